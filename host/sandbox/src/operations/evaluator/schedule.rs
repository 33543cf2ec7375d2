//! A cache of triggers. They hold until the next one, so a schedule is computed once for each trigger.

use super::Triggers;
use lru::LruCache;
use orangery_core::Timestamp;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Schedules that are remembered: more than a large installation has providers.
const MOST: usize = 4096;
/// Longer texts are not remembered.
const TEXT_BYTES: usize = 1024;

/// The cached triggers of a process.
pub(crate) struct Schedules {
    known: Mutex<LruCache<(String, String), Triggers>>,
}

impl Default for Schedules {
    fn default() -> Self {
        Self { known: Mutex::new(LruCache::new(NonZeroUsize::new(MOST).unwrap_or(NonZeroUsize::MIN))) }
    }
}

impl Schedules {
    /// The triggers around a moment, if they are cached.
    pub(super) fn find(&self, cron: &str, time_zone: &str, now: Timestamp) -> Option<Triggers> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&(cron.to_owned(), time_zone.to_owned()))?;
        let holds = found.previous.is_none_or(|previous| previous <= now) && found.next.is_none_or(|next| now < next);
        holds.then_some(*found)
    }

    pub(super) fn keep(&self, cron: &str, time_zone: &str, found: Triggers) {
        if cron.len() + time_zone.len() > TEXT_BYTES {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.put((cron.to_owned(), time_zone.to_owned()), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_hold_from_the_previous_one_to_the_next() {
        let schedules = Schedules::default();
        let at = Timestamp::from_millis;
        let found = Triggers { previous: Some(at(10)), next: Some(at(20)) };
        schedules.keep("@hourly", "UTC", found);
        for (now, known) in [(9, None), (10, Some(found)), (19, Some(found)), (20, None)] {
            assert_eq!(schedules.find("@hourly", "UTC", at(now)), known, "{now}");
        }
        assert_eq!(schedules.find("@hourly", "Asia/Tokyo", at(15)), None);
        schedules.keep(&"1,".repeat(1000), "UTC", found);
        assert_eq!(schedules.find(&"1,".repeat(1000), "UTC", at(15)), None, "too long to be kept");
    }
}
