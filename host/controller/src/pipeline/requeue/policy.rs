//! The delays that the operator's flags set, with their defaults and bounds.

use orangery_core::duration;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Jitter never brings an interval below this: the next reconciliation must not begin at once.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// How failures are retried and how intervals are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequeuePolicy {
    min_retry_delay: Duration,
    max_retry_delay: Duration,
    jitter: Jitter,
    dependency_delay: Duration,
}

impl Default for RequeuePolicy {
    /// The defaults of the flags: 750 ms, 15 minutes, 5 %, 5 s.
    fn default() -> Self {
        Self {
            min_retry_delay: Duration::from_millis(750),
            max_retry_delay: Duration::from_secs(15 * 60),
            jitter: Jitter(5),
            dependency_delay: Duration::from_secs(5),
        }
    }
}

/// Delays that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequeuePolicy {
    /// A failure would be retried in a busy loop.
    #[error("--min-retry-delay must be longer than zero; write for example 750ms")]
    NoDelay,
    /// The first delay is longer than the longest.
    #[error(
        "--min-retry-delay ({}) must not be longer than --max-retry-delay ({})",
        duration::format(*.min),
        duration::format(*.max)
    )]
    MinAboveMax {
        /// The value of `--min-retry-delay`.
        min: Duration,
        /// The value of `--max-retry-delay`.
        max: Duration,
    },
    /// A jitter that would reach below zero.
    #[error("--interval-jitter-percentage is {0}; it must be between 0 and 100")]
    Percentage(u8),
}

impl RequeuePolicy {
    /// Policy with these retry delays.
    ///
    /// # Errors
    /// `min` is zero or longer than `max`.
    pub fn with_retry_delays(self, min: Duration, max: Duration) -> Result<Self, InvalidRequeuePolicy> {
        if min.is_zero() {
            return Err(InvalidRequeuePolicy::NoDelay);
        }
        if min > max {
            return Err(InvalidRequeuePolicy::MinAboveMax { min, max });
        }
        Ok(Self { min_retry_delay: min, max_retry_delay: max, ..self })
    }

    /// Policy with this delay between two looks at a dependency that is not ready and cannot be watched.
    #[must_use]
    pub fn with_dependency_delay(self, dependency_delay: Duration) -> Self {
        Self { dependency_delay, ..self }
    }

    /// Policy with this jitter.
    #[must_use]
    pub fn with_jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    /// The delay after so many failures in a row: doubled by each, between the two bounds.
    #[must_use]
    pub fn retry_delay(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(24));
        self.min_retry_delay.saturating_mul(doubled).min(self.max_retry_delay)
    }

    pub(super) fn dependency_delay(&self) -> Duration {
        self.dependency_delay
    }

    pub(super) fn max_retry_delay(&self) -> Duration {
        self.max_retry_delay
    }

    pub(super) fn jitter(&self) -> Jitter {
        self.jitter
    }
}

/// `--interval-jitter-percentage`: by how much an interval may be longer or shorter, so that a thousand objects do not come
/// back at once. The share within that range is derived from a seed, the UID of the object: it is the same each time, and
/// different for each object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(u8);

impl Jitter {
    /// Intervals are kept exactly.
    pub const NONE: Self = Self(0);

    /// Jitter of so many percent.
    ///
    /// # Errors
    /// More than 100 percent.
    pub fn percent(percentage: u8) -> Result<Self, InvalidRequeuePolicy> {
        if percentage > 100 { Err(InvalidRequeuePolicy::Percentage(percentage)) } else { Ok(Self(percentage)) }
    }

    /// The interval, up to the percentage longer or shorter.
    pub(super) fn around(self, interval: Duration, seed: &str) -> Duration {
        let (range, share) = (self.range(interval), share(seed));
        let spread = if share < 0.5 {
            interval.saturating_sub(range.mul_f64(1.0 - 2.0 * share))
        } else {
            interval.saturating_add(range.mul_f64(2.0 * share - 1.0))
        };
        spread.max(SHORTEST_INTERVAL.min(interval))
    }

    /// The delay, up to the percentage longer.
    pub(super) fn beyond(self, delay: Duration, seed: &str) -> Duration {
        delay.saturating_add(self.range(delay).mul_f64(share(seed)))
    }

    fn range(self, delay: Duration) -> Duration {
        (delay / 100).saturating_mul(u32::from(self.0))
    }
}

/// A number from 0 to 1 that is the seed's own.
fn share(seed: &str) -> f64 {
    /// Steps between 0 and 1.
    const STEPS: u32 = 1000;
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    u32::try_from(hasher.finish() % u64::from(STEPS + 1)).map_or(0.0, |step| f64::from(step) / f64::from(STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: [&str; 5] = ["a", "b", "7f0c", "", "0d2bd3ca-93ad-4a5b-8a3c-8f2c1c5b0a11"];

    #[test]
    fn a_spread_interval_is_within_the_percentage_and_stable() {
        let interval = Duration::from_secs(600);
        for (percentage, least, most) in [(5, 570, 630), (0, 600, 600), (50, 300, 900)] {
            let jitter = Jitter::percent(percentage).unwrap();
            for seed in SEEDS {
                let spread = jitter.around(interval, seed);
                assert!((least..=most).contains(&spread.as_secs()), "{percentage}% of {seed}: {spread:?}");
                assert_eq!(spread, jitter.around(interval, seed));
                let beyond = jitter.beyond(interval, seed);
                assert!((600..=most).contains(&beyond.as_secs()), "{percentage}% beyond {seed}: {beyond:?}");
            }
        }
    }

    #[test]
    fn objects_are_spread_over_the_whole_range() {
        let jitter = Jitter::percent(5).unwrap();
        let spread: Vec<u64> =
            (0..1000).map(|n| jitter.around(Duration::from_secs(600), &format!("7f0c-{n}")).as_secs()).collect();
        let within = |from, to| spread.iter().filter(|seconds| (from..to).contains(*seconds)).count();
        assert!(within(570, 580) > 50 && within(595, 605) > 50 && within(620, 631) > 50, "{spread:?}");
    }

    #[test]
    fn a_full_jitter_is_never_a_busy_loop() {
        let jitter = Jitter::percent(100).unwrap();
        for n in 0..2000 {
            assert!(jitter.around(Duration::from_secs(10), &n.to_string()) >= Duration::from_secs(1));
        }
        assert_eq!(Jitter::percent(101), Err(InvalidRequeuePolicy::Percentage(101)));
    }

    #[test]
    fn each_failure_doubles_the_delay_up_to_the_longest() {
        let policy = RequeuePolicy::default();
        assert_eq!([1, 2, 3].map(|failures| policy.retry_delay(failures).as_millis()), [750, 1500, 3000]);
        assert_eq!([40, u32::MAX].map(|failures| policy.retry_delay(failures).as_secs()), [900, 900]);
        let policy = policy.with_retry_delays(Duration::from_secs(2), Duration::from_secs(5)).unwrap();
        assert_eq!([1, 2, 3, 4].map(|failures| policy.retry_delay(failures).as_secs()), [2, 4, 5, 5]);
    }

    #[test]
    fn delays_that_contradict_each_other_are_refused() {
        let with = |min, max| RequeuePolicy::default().with_retry_delays(min, max).unwrap_err().to_string();
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(with(minute, second), "--min-retry-delay (1m0s) must not be longer than --max-retry-delay (1s)");
        assert!(with(Duration::ZERO, second).contains("longer than zero"));
        assert!(RequeuePolicy::default().with_retry_delays(second, second).is_ok());
    }
}
