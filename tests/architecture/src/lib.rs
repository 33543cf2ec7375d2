//! What the architecture tests read: the modules of a crate and which of them name which.

pub mod drawing;
pub mod modules;
