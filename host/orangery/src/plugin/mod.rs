//! `orangery plugin`: look at components, and test them.

pub mod check;
pub mod list;
pub mod log;
pub mod test;
