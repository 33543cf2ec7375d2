//! When an object is reconciled again: at its interval, after a failure, and while it waits. The one place for these delays,
//! in a cluster and in a directory.
//!
//! | what the last reconciliation asks for | delay |
//! |---|---|
//! | [`Requeue::Interval`] | the interval, spread by `--interval-jitter-percentage` |
//! | [`Requeue::Trigger`] | exactly the time until the trigger: a window may be short |
//! | [`Requeue::BackOff`] | `--min-retry-delay`, doubled by each failure in a row, at most `--max-retry-delay` |
//! | [`Requeue::Denied`] | the same, but at most `RIGHTS`: nothing tells us that a right was given |
//! | [`Requeue::NotBefore`] | what the remote asked for, or up to one jitter more |
//! | [`Requeue::Dependency`] | `--requeue-dependency` |
//! | [`Requeue::OnChange`] | none: a watch triggers the next reconciliation |
//!
//! The intervals themselves are annotations of the object and have their defaults in [`orangery_core::spec::Cadence`].

mod back_off;
mod policy;
mod sources;

pub use policy::{InvalidRequeuePolicy, Jitter, RequeuePolicy};
pub use sources::{Reader, SourceReaders};

use back_off::FailureCounts;
use orangery_core::{Disposition, NamespacedName, Timestamp};
use std::time::{Duration, Instant};

/// The longest delay while an object waits for something that no watch reports.
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// The longest delay after a failure for lack of rights, and after one that only the API server is to blame for.
const RIGHTS: Duration = Duration::from_secs(15);
/// The shortest delay, so that a deadline that has just passed does not become a busy loop.
const SHORTEST: Duration = Duration::from_millis(10);

/// When an object asks to be reconciled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeue {
    /// After its interval.
    Interval(Duration),
    /// At the next trigger of its schedule, which is so far away.
    Trigger(Duration),
    /// After a failure, with exponential back-off.
    BackOff,
    /// After a failure for lack of rights, which may be granted at any time.
    Denied,
    /// After a failure for which the remote named this delay.
    NotBefore(Duration),
    /// When a dependency may have become ready.
    Dependency,
    /// Only when the object, or something that it reads, changes.
    OnChange,
}

impl From<Disposition> for Requeue {
    fn from(disposition: Disposition) -> Self {
        match disposition {
            Disposition::Retry => Self::BackOff,
            Disposition::RetryAfter(delay) => Self::NotBefore(delay),
            Disposition::WaitForChange => Self::OnChange,
        }
    }
}

/// Something that a ResourceSet waits for: objects that become ready, or that are being deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// When the wait began.
    pub since: Timestamp,
    /// When it ends as a failure; `None` if it has no deadline.
    pub until: Option<Timestamp>,
}

/// Turns what reconciliations ask for into delays, and counts failures in a row. One for the process.
pub struct Requeuer {
    policy: RequeuePolicy,
    failures: FailureCounts,
}

impl Requeuer {
    /// Starts without any failure.
    #[must_use]
    pub fn new(policy: RequeuePolicy) -> Self {
        Self { policy, failures: FailureCounts::default() }
    }

    /// The delay until the next reconciliation; `None` waits for a change. `seed` spreads intervals: the UID of the object.
    pub fn delay(&self, kind: &'static str, name: &NamespacedName, seed: &str, requeue: Requeue) -> Option<Duration> {
        match requeue {
            Requeue::Interval(interval) => {
                self.forget(kind, name);
                Some(self.policy.jitter().around(interval, seed))
            }
            Requeue::Trigger(delay) => {
                self.forget(kind, name);
                Some(delay)
            }
            Requeue::OnChange => {
                self.forget(kind, name);
                None
            }
            Requeue::BackOff => Some(self.back_off(kind, name)),
            Requeue::Denied => Some(self.short_back_off(kind, name)),
            Requeue::NotBefore(delay) => Some(self.policy.jitter().beyond(delay, seed)),
            Requeue::Dependency => Some(self.dependency_delay()),
        }
    }

    /// Counts a failure, and answers the delay before the retry.
    pub fn back_off(&self, kind: &'static str, name: &NamespacedName) -> Duration {
        self.policy.retry_delay(self.failures.add(kind, name, Instant::now(), self.policy.max_retry_delay()))
    }

    /// As [`Requeuer::back_off`], but short: for failures that end without anybody telling us.
    pub fn short_back_off(&self, kind: &'static str, name: &NamespacedName) -> Duration {
        self.back_off(kind, name).min(RIGHTS)
    }

    /// The delay between two looks at a dependency, or at objects that are being deleted.
    #[must_use]
    pub fn dependency_delay(&self) -> Duration {
        self.policy.dependency_delay()
    }

    /// The delay until a wait is looked at again: a quarter of the time that it has lasted, so that a long wait costs few
    /// requests, and never later than its deadline. A watch usually reports the change earlier.
    #[must_use]
    pub fn wait_delay(&self, wait: Wait, now: Timestamp) -> Duration {
        let waited = now.since(wait.since);
        let delay = (waited / 4).max(self.policy.dependency_delay()).min(LONGEST_POLL);
        let deadline = wait.until.map(|until| until.since(now).max(SHORTEST));
        deadline.map_or(delay, |deadline| delay.min(deadline))
    }

    /// Forgets the failures of an object that succeeded or was deleted.
    pub fn forget(&self, kind: &'static str, name: &NamespacedName) {
        self.failures.remove(kind, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requeuer(dependency_delay: Duration) -> Requeuer {
        Requeuer::new(RequeuePolicy::default().with_dependency_delay(dependency_delay))
    }

    #[test]
    fn a_wait_is_looked_at_ever_more_rarely_and_at_its_deadline() {
        let begun = Timestamp::from_millis(1_000_000);
        let hour = Wait { since: begun, until: Some(begun + Duration::from_secs(3600)) };
        let requeuer_of_5s = requeuer(Duration::from_secs(5));
        let after = |seconds| requeuer_of_5s.wait_delay(hour, begun + Duration::from_secs(seconds)).as_millis();
        assert_eq!([0, 10, 100, 1000, 3599].map(after), [5_000, 5_000, 25_000, 60_000, 1_000]);
        assert_eq!(after(3600), 10, "a deadline that has just passed does not become a busy loop");
        let endless = Wait { since: begun, until: None };
        assert_eq!(requeuer(Duration::from_secs(3600)).wait_delay(endless, begun), LONGEST_POLL);
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_delay_until_a_success() {
        let (requeuer, name) = (requeuer(Duration::from_secs(5)), NamespacedName::new("apps", "a"));
        let next = |requeue| requeuer.delay("ResourceSet", &name, "uid", requeue);
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!([Requeue::BackOff; 3].map(next), [millis(750), millis(1500), millis(3000)]);
        assert_eq!(next(Requeue::Dependency), millis(5000), "waiting for a dependency is not a failure");
        assert_eq!(next(Requeue::BackOff), millis(6000));
        assert!(next(Requeue::Interval(Duration::from_secs(60))).is_some());
        assert_eq!(next(Requeue::BackOff), millis(750), "a success ends the row");
        assert_eq!(next(Requeue::OnChange), None);
        assert_eq!(next(Requeue::BackOff), millis(750), "so does a change of the object");
    }

    #[test]
    fn a_missing_right_is_looked_for_again_within_fifteen_seconds() {
        let (requeuer, name) = (requeuer(Duration::from_secs(5)), NamespacedName::new("apps", "a"));
        let delays: Vec<u64> = (0..12)
            .filter_map(|_| requeuer.delay("ResourceSet", &name, "uid", Requeue::Denied))
            .map(|delay| delay.as_secs())
            .collect();
        assert_eq!(delays, [0, 1, 3, 6, 12, 15, 15, 15, 15, 15, 15, 15]);
    }

    #[test]
    fn a_trigger_of_a_schedule_is_met_exactly() {
        let (requeuer, name) = (requeuer(Duration::from_secs(5)), NamespacedName::new("apps", "a"));
        let day = Duration::from_secs(24 * 60 * 60);
        for seed in ["a", "b", "7f0c", ""] {
            let delay = requeuer.delay("ResourceSetInputProvider", &name, seed, Requeue::Trigger(day));
            assert_eq!(delay, Some(day), "five percent of a day would miss a window of an hour");
        }
    }

    #[test]
    fn a_delay_that_the_remote_asked_for_is_never_shortened() {
        let (requeuer, name) = (requeuer(Duration::from_secs(5)), NamespacedName::new("apps", "a"));
        for seed in ["a", "b", "7f0c", ""] {
            let delay =
                requeuer.delay("ResourceSetInputProvider", &name, seed, Requeue::NotBefore(Duration::from_secs(100)));
            assert!(delay.is_some_and(|delay| (100..=105).contains(&delay.as_secs())), "{seed}: {delay:?}");
        }
    }
}
