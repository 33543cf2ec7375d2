//! How often each object has failed in a row.
//!
//! # Guarantees
//! Deleted objects are forgotten: at once where the deletion is seen, and otherwise when they have not failed again for much
//! longer than the longest retry delay.

use orangery_core::NamespacedName;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Beyond the longest retry delay, a reconciliation itself may take this long before it fails again.
const SLACK: Duration = Duration::from_secs(2 * 60 * 60);

/// Kind and name of the object.
type Key = (&'static str, NamespacedName);

/// Objects whose last reconciliation failed.
#[derive(Default)]
pub(super) struct FailureCounts(Mutex<BTreeMap<Key, Count>>);

struct Count {
    failures: u32,
    last: Instant,
}

impl FailureCounts {
    /// Counts a failure, and answers how many there are in a row.
    pub(super) fn add(
        &self,
        kind: &'static str,
        name: &NamespacedName,
        now: Instant,
        max_retry_delay: Duration,
    ) -> u32 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = max_retry_delay.saturating_add(SLACK);
        counts.retain(|_, count| now.saturating_duration_since(count.last) < kept);
        let count = counts.entry((kind, name.clone())).or_insert(Count { failures: 0, last: now });
        count.failures = count.failures.saturating_add(1);
        count.last = now;
        count.failures
    }

    /// Forgets an object that succeeded or was deleted.
    pub(super) fn remove(&self, kind: &'static str, name: &NamespacedName) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(kind, name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "ResourceSet";
    const LONGEST: Duration = Duration::from_secs(15 * 60);

    fn name(name: &str) -> NamespacedName {
        NamespacedName::new("apps", name)
    }

    #[test]
    fn failures_are_counted_for_each_object_until_it_succeeds() {
        let (counts, now) = (FailureCounts::default(), Instant::now());
        let fails = |kind, object| counts.add(kind, &name(object), now, LONGEST);
        assert_eq!([fails(KIND, "a"), fails(KIND, "a"), fails(KIND, "b")], [1, 2, 1]);
        assert_eq!(fails("ResourceSetInputProvider", "a"), 1, "a provider of the same name is another object");
        counts.remove(KIND, &name("a"));
        assert_eq!([fails(KIND, "a"), fails(KIND, "b")], [1, 2]);
    }

    #[test]
    fn objects_that_never_fail_again_are_forgotten() {
        let (counts, start) = (FailureCounts::default(), Instant::now());
        for n in 0..1000 {
            counts.add(KIND, &name(&n.to_string()), start, LONGEST);
        }
        let count = || counts.0.lock().unwrap().len();
        assert_eq!(count(), 1000);
        counts.add(KIND, &name("alive"), start + LONGEST, LONGEST);
        assert_eq!(count(), 1001, "an object that waits for the longest delay is remembered");
        counts.add(KIND, &name("alive"), start + Duration::from_secs(3 * 60 * 60), LONGEST);
        assert_eq!(count(), 1);
    }
}
