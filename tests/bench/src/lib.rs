//! What is measured, and what it is measured against; the measurements are in the `benches` folder, and
//! `cargo xtask bench --help` runs them.

pub mod budget;
pub mod cluster;
pub mod pinned;
pub mod process;
pub mod sandboxed;
pub mod set;
pub mod started;
