//! Points in time, durations as Go writes them, and the windows of `spec.schedule`.

pub mod duration;
pub mod schedule;
mod timestamp;

pub use timestamp::{Timestamp, TimestampError};
