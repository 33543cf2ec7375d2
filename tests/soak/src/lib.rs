//! What no single story shows: that the operator ends in the same state wherever it is cut, and that after any history what
//! exists is what a small model says.
//!
//! [`crash`] cuts each kind of work at each request that the operator makes. [`model`] plays random histories and compares.
//! Both run against the real API server; DELETE requests are counted in its audit log. The tests of this crate take a seeded
//! part of each; `cargo xtask soak` takes all.

pub mod crash;
pub mod model;
mod random;

pub use random::Random;
