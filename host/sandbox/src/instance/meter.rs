//! The processor time of one call.
//!
//! Time is read from the thread's own clock, and only while the call is polled. What the guest computes and what host
//! functions compute for it counts; the time for which the call waits for the network or for a free core does not.
//! Counting ticks of the epoch instead would let a guest hide its time behind host calls, and would punish it for a
//! busy machine.

use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The processor time of one call. Only the task of the call writes to it.
#[derive(Debug, Default)]
pub(crate) struct CpuMeter {
    /// Nanoseconds of all finished polls.
    spent: AtomicU64,
    /// The thread's clock when the current poll began.
    since: AtomicU64,
    /// Whether the epoch interrupted the guest, so that it has more to compute.
    interrupted: AtomicBool,
}

/// Why a poll returned without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// The guest has more to compute and lets other calls run first.
    Yields,
    /// The call waits for something outside of this process.
    Waits,
}

impl CpuMeter {
    /// Starts counting: a poll begins on this thread.
    pub(crate) fn begin(&self) {
        self.since.store(thread_nanos(), Ordering::Relaxed);
    }

    /// Stops counting: the poll has ended, on the same thread.
    pub(crate) fn end(&self) -> Pause {
        self.spent.fetch_add(self.running(), Ordering::Relaxed);
        if self.interrupted.swap(false, Ordering::Relaxed) { Pause::Yields } else { Pause::Waits }
    }

    /// Notes that the guest is about to yield.
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// The time used so far; to be called from within a poll.
    pub(crate) fn spent(&self) -> Duration {
        self.total() + Duration::from_nanos(self.running())
    }

    /// The time used by all finished polls.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    fn running(&self) -> u64 {
        thread_nanos().saturating_sub(self.since.load(Ordering::Relaxed))
    }
}

fn thread_nanos() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn computing_counts_and_sleeping_does_not() {
        let meter = CpuMeter::default();
        meter.begin();
        while meter.spent() < Duration::from_millis(20) {
            std::hint::black_box(0);
        }
        assert_eq!(meter.end(), Pause::Waits);
        let started = Instant::now();
        std::thread::sleep(Duration::from_millis(200));
        assert!(started.elapsed() > meter.total());
        meter.begin();
        meter.interrupt();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(meter.end(), Pause::Yields);
        assert!(meter.total() >= Duration::from_millis(20) && meter.total() < Duration::from_millis(200), "{meter:?}");
    }
}
