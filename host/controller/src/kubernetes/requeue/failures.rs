//! How often each object failed in a row, for the back-off.
//!
//! # Guarantees
//! An object that is gone is forgotten: at once where its deletion is seen, and in any case when it has not failed again for
//! far longer than the longest wait.

use orangery_core::NamespacedName;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Beyond the longest wait, a reconciliation itself may take this long before it fails again.
const SLACK: Duration = Duration::from_secs(2 * 60 * 60);

/// Kind and name of the object.
type Key = (&'static str, NamespacedName);

/// All objects that failed the last time.
pub(in crate::kubernetes) struct Failures {
    first: Duration,
    longest: Duration,
    counts: Mutex<BTreeMap<Key, Count>>,
}

struct Count {
    failures: u32,
    last: Instant,
}

impl Failures {
    pub(in crate::kubernetes) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, counts: Mutex::default() }
    }

    /// Counts a failure and says how long to wait: doubled each time, between the two bounds.
    pub(in crate::kubernetes) fn back_off(&self, kind: &'static str, name: &NamespacedName, now: Instant) -> Duration {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = self.longest.saturating_add(SLACK);
        counts.retain(|_, count| now.saturating_duration_since(count.last) < remembered);
        let count = counts.entry((kind, name.clone())).or_insert(Count { failures: 0, last: now });
        count.failures = count.failures.saturating_add(1);
        count.last = now;
        let doubled = 2_u32.saturating_pow(count.failures.saturating_sub(1).min(24));
        self.first.saturating_mul(doubled).min(self.longest)
    }

    /// Forgets the failures of an object that succeeded or is gone.
    pub(in crate::kubernetes) fn forget(&self, kind: &'static str, name: &NamespacedName) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).remove(&(kind, name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "ResourceSet";

    fn failures() -> Failures {
        Failures::new(Duration::from_millis(750), Duration::from_secs(15 * 60))
    }

    fn name(name: &str) -> NamespacedName {
        NamespacedName::new("apps", name)
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_longest() {
        let (failures, now) = (failures(), Instant::now());
        let waits: Vec<_> = (0..3).map(|_| failures.back_off(KIND, &name("a"), now)).collect();
        assert_eq!(waits, [750, 1500, 3000].map(Duration::from_millis));
        for _ in 0..40 {
            failures.back_off(KIND, &name("a"), now);
        }
        assert_eq!(failures.back_off(KIND, &name("a"), now), Duration::from_secs(15 * 60));
        failures.forget(KIND, &name("a"));
        assert_eq!(failures.back_off(KIND, &name("a"), now), Duration::from_millis(750));
    }

    #[test]
    fn objects_that_never_fail_again_are_forgotten() {
        let (failures, start) = (failures(), Instant::now());
        for n in 0..1000 {
            failures.back_off(KIND, &name(&n.to_string()), start);
        }
        let count = || failures.counts.lock().unwrap().len();
        assert_eq!(count(), 1000);
        failures.back_off(KIND, &name("alive"), start + Duration::from_secs(15 * 60));
        assert_eq!(count(), 1001, "whoever waits for the longest time is remembered");
        failures.back_off(KIND, &name("alive"), start + Duration::from_secs(3 * 60 * 60));
        assert_eq!(count(), 1);
    }
}
