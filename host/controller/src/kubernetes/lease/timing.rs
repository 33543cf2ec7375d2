//! The timing of an election, with its defaults and bounds.
//!
//! A leader that dies is replaced after at most one retry period (until the last renewal was seen), the lease duration, and the time
//! of two requests: with the defaults within 13 s.

use orangery_core::duration;
use std::time::Duration;

/// How long a lease lasts, and how often it is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    lease: Duration,
    renew_deadline: Duration,
    retry: Duration,
}

impl Default for Timing {
    /// The defaults of the flags: 10 s, 7 s, 2 s.
    fn default() -> Self {
        Self { lease: Duration::from_secs(10), renew_deadline: Duration::from_secs(7), retry: Duration::from_secs(2) }
    }
}

/// A timing with which two copies could lead at once, or none for long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTiming {
    /// The Lease holds whole seconds.
    #[error(
        "--leader-election-lease-duration ({}) must be a whole number of seconds, at least 1s",
        duration::format(*.0)
    )]
    NotInSeconds(Duration),
    /// Another copy could lead before this one has stopped.
    #[error(
        "--leader-election-renew-deadline ({}) must be shorter than --leader-election-lease-duration ({}): \
         otherwise two copies could act at once",
        duration::format(*.renew_deadline),
        duration::format(*.lease)
    )]
    DeadlineNotBelowLease {
        /// The value of `--leader-election-renew-deadline`.
        renew_deadline: Duration,
        /// The value of `--leader-election-lease-duration`.
        lease: Duration,
    },
    /// The lease would be given up without a second attempt.
    #[error(
        "--leader-election-retry-period ({}) must be longer than zero and at most half of \
         --leader-election-renew-deadline ({}): otherwise one lost renewal ends the leadership",
        duration::format(*.retry),
        duration::format(*.renew_deadline)
    )]
    RetryTooLong {
        /// The value of `--leader-election-retry-period`.
        retry: Duration,
        /// The value of `--leader-election-renew-deadline`.
        renew_deadline: Duration,
    },
}

impl Timing {
    /// A timing in which leadership ends before another copy may begin.
    ///
    /// # Errors
    /// The times contradict each other.
    pub fn new(lease: Duration, renew_deadline: Duration, retry: Duration) -> Result<Self, InvalidTiming> {
        if lease.is_zero() || lease.subsec_nanos() != 0 {
            return Err(InvalidTiming::NotInSeconds(lease));
        }
        if renew_deadline >= lease {
            return Err(InvalidTiming::DeadlineNotBelowLease { renew_deadline, lease });
        }
        if retry.is_zero() || retry.saturating_mul(2) > renew_deadline {
            return Err(InvalidTiming::RetryTooLong { retry, renew_deadline });
        }
        Ok(Self { lease, renew_deadline, retry })
    }

    /// How long a lease is valid without renewal.
    #[must_use]
    pub fn lease(self) -> Duration {
        self.lease
    }

    /// Without a successful renewal for this long, leadership is given up.
    pub(super) fn renew_deadline(self) -> Duration {
        self.renew_deadline
    }

    /// Time between attempts.
    pub(super) fn retry(self) -> Duration {
        self.retry
    }

    /// Timeout of one request, short enough for three in a row before the deadline.
    pub(super) fn request_timeout(self) -> Duration {
        self.renew_deadline / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(lease: u64, deadline: u64, retry: u64) -> Result<Timing, InvalidTiming> {
        let [lease, deadline, retry] = [lease, deadline, retry].map(Duration::from_secs);
        Timing::new(lease, deadline, retry)
    }

    #[test]
    fn leadership_ends_before_another_copy_may_begin() {
        assert_eq!(seconds(10, 7, 2), Ok(Timing::default()));
        assert!(seconds(35, 30, 5).is_ok(), "the timing of Flux");
        for (wrong, what) in [
            (seconds(10, 10, 2), "shorter than"),
            (seconds(10, 12, 2), "shorter than"),
            (seconds(0, 0, 0), "whole number"),
            (seconds(10, 7, 4), "one lost renewal"),
            (seconds(10, 7, 0), "longer than zero"),
            (Timing::new(Duration::from_millis(2500), Duration::from_secs(1), Duration::from_millis(100)), "seconds"),
        ] {
            let said = wrong.unwrap_err().to_string();
            assert!(said.contains(what), "{said}");
        }
    }
}
