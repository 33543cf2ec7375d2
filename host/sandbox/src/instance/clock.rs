//! The clocks of calls whose answer must always be the same: describing, validating, rendering.
//!
//! The wall clock does not move. The monotonic clock starts at one nanosecond and advances by one with each reading:
//! Go's runtime refuses to start where it reads zero, and a loop that waits for time to pass would never end on a
//! clock that does not move.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// A wall clock that does not move.
pub(crate) struct FixedWallClock(pub(crate) Duration);

impl HostWallClock for FixedWallClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

/// A monotonic clock that counts its readings.
#[derive(Default)]
pub(crate) struct CountingMonotonicClock(AtomicU64);

impl HostMonotonicClock for CountingMonotonicClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_counts_from_one() {
        let clock = CountingMonotonicClock::default();
        assert_eq!([clock.now(), clock.now(), clock.now()], [1, 2, 3]);
    }
}
