//! Objects that somebody else changes or deletes again after each repair: two controllers that disagree, or a set beside another tool.
//!
//! # Guarantees
//! A few repairs in a row are made at once, because people edit by hand. After them the object alone is left as it is for a time that
//! doubles with each repair; its set goes on, and another rendering of it is applied at once. A fight is over when a repair has lasted
//! for a minute. In memory only: after a restart it takes a few repairs to be known again.

use orangery_core::{ContestedObject, NamespacedName, ObjectKey, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Repairs that are made at once.
const AT_ONCE: u32 = 3;
/// The first time that an object is left alone, and the longest.
const LEFT_ALONE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(600));
/// A repair that lasts so long ends a fight.
const CALM: Duration = Duration::from_secs(60);

/// The objects of all sets that were repaired lately.
#[derive(Default)]
pub(crate) struct Fights {
    sets: Mutex<HashMap<NamespacedName, HashMap<ObjectKey, Fight>>>,
}

/// One object that was repaired.
#[derive(Debug, Clone)]
struct Fight {
    /// Digest of what was rendered.
    rendered: u64,
    /// How often in a row.
    repairs: u32,
    /// The last time.
    last: Timestamp,
    /// What was done to the object since; `None` if nobody has touched it.
    undone: Option<String>,
    /// What was done to it the last time that it was left alone.
    known: Option<String>,
}

impl Fight {
    fn until(&self) -> Timestamp {
        let (first, longest) = LEFT_ALONE;
        let pause = self
            .repairs
            .checked_sub(AT_ONCE)
            .map_or(Duration::ZERO, |more| first.saturating_mul(2_u32.saturating_pow(more.min(16))).min(longest));
        self.last + pause
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.undone.is_none() && now.since(self.last) > CALM
    }

    /// When it is looked at again, and what is said of it until then; `None` while repairs are made at once.
    fn contested(&self, key: &ObjectKey) -> Option<ContestedObject> {
        let repairs = self.repairs;
        let (until, then) = match &self.undone {
            Some(_) => (self.until(), "is repaired again at"),
            None => (self.last + CALM, "is no longer contested if the last repair lasts until"),
        };
        let what = self.undone.as_ref().or(self.known.as_ref())?;
        let message = format!(
            "{what}; it was repaired {repairs} times in a row, is left as it is for a while each time, and {then} {until}: let \
             one of both own the field, for example by leaving it out of the template"
        );
        Some(ContestedObject { key: key.clone(), message, until })
    }
}

impl Fights {
    /// Whether this rendering of an object is left as it is for now. Another rendering ends the fight.
    pub(crate) fn is_left_alone(&self, set: &NamespacedName, key: &ObjectKey, rendered: u64, now: Timestamp) -> bool {
        let mut sets = self.lock();
        let Some(fights) = sets.get_mut(set) else { return false };
        match fights.get(key) {
            Some(fight) if fight.rendered == rendered => now < fight.until(),
            Some(_) => {
                fights.remove(key);
                false
            }
            None => false,
        }
    }

    /// Whether it is known what was done to an object that is left alone, so that nothing about it is news until then.
    pub(crate) fn is_known(&self, set: &NamespacedName, key: &ObjectKey, now: Timestamp) -> bool {
        let sets = self.lock();
        let fight = sets.get(set).and_then(|fights| fights.get(key));
        fight.is_some_and(|fight| fight.undone.is_some() && now < fight.until())
    }

    /// Notes that an object was changed back to this rendering, which was applied before.
    pub(crate) fn repaired(&self, set: &NamespacedName, key: &ObjectKey, rendered: u64, now: Timestamp) {
        let mut sets = self.lock();
        let fights = sets.entry(set.clone()).or_default();
        fights.retain(|_, fight| !fight.is_over(now));
        let before = fights.remove(key).filter(|fight| fight.rendered == rendered);
        let repairs = before.as_ref().map_or(0, |fight| fight.repairs).saturating_add(1);
        let known = before.and_then(|fight| fight.undone.or(fight.known));
        fights.insert(key.clone(), Fight { rendered, repairs, last: now, undone: None, known });
    }

    /// Notes what was done to an object that is left alone.
    pub(crate) fn undone(&self, set: &NamespacedName, key: &ObjectKey, what: String) {
        let mut sets = self.lock();
        if let Some(fight) = sets.get_mut(set).and_then(|fights| fights.get_mut(key)) {
            fight.undone = Some(what);
        }
    }

    /// The objects of a set that are fought over.
    pub(crate) fn contested(&self, set: &NamespacedName, now: Timestamp) -> Vec<ContestedObject> {
        let mut sets = self.lock();
        let Some(fights) = sets.get_mut(set) else { return Vec::new() };
        fights.retain(|_, fight| !fight.is_over(now));
        let mut contested: Vec<_> = fights.iter().filter_map(|(key, fight)| fight.contested(key)).collect();
        if fights.is_empty() {
            sets.remove(set);
        }
        contested.sort_by(|one, other| one.key.cmp(&other.key));
        contested
    }

    /// The set does not want the object any more.
    pub(crate) fn forget_object(&self, set: &NamespacedName, key: &ObjectKey) {
        if let Some(fights) = self.lock().get_mut(set) {
            fights.remove(key);
        }
    }

    /// The set does not exist any more.
    pub(crate) fn forget(&self, set: &NamespacedName) {
        self.lock().remove(set);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<NamespacedName, HashMap<ObjectKey, Fight>>> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> NamespacedName {
        NamespacedName::new("apps", "set")
    }

    fn key() -> ObjectKey {
        let text = str::to_owned;
        ObjectKey { group: text(""), kind: text("ConfigMap"), namespace: text("apps"), name: text("a") }
    }

    const BEGIN: Timestamp = Timestamp::from_millis(1_000_000_000);

    #[test]
    fn an_object_that_is_changed_back_each_time_is_left_alone_ever_longer() {
        let (fights, mut now, mut pauses) = (Fights::default(), BEGIN, Vec::new());
        for _ in 0..12 {
            if fights.is_left_alone(&set(), &key(), 1, now) {
                fights.undone(&set(), &key(), "somebody wrote".to_owned());
                assert!(fights.is_known(&set(), &key(), now));
                let contested = fights.contested(&set(), now);
                assert!(contested[0].message.starts_with("somebody wrote; it was repaired "), "{contested:?}");
                pauses.push(contested[0].until.since(now).as_secs());
                now = contested[0].until;
            }
            assert!(!fights.is_left_alone(&set(), &key(), 1, now));
            fights.repaired(&set(), &key(), 1, now);
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 600, 600, 600]);
        assert!(!fights.is_left_alone(&set(), &key(), 2, now), "another rendering is what somebody wants now");
        assert!(fights.contested(&set(), now).is_empty());
    }

    #[test]
    fn a_fight_is_over_when_a_repair_has_lasted_for_a_minute() {
        let fights = Fights::default();
        for _ in 0..4 {
            fights.repaired(&set(), &key(), 1, BEGIN);
            fights.undone(&set(), &key(), "somebody wrote".to_owned());
        }
        let later = |seconds| BEGIN + Duration::from_secs(seconds);
        fights.repaired(&set(), &key(), 1, later(30));
        let [contested] = fights.contested(&set(), later(31)).try_into().unwrap();
        assert_eq!(contested.until, later(90), "it is said until then");
        assert_eq!(fights.contested(&set(), later(90)).len(), 1);
        assert!(fights.contested(&set(), later(91)).is_empty());
    }

    #[test]
    fn edits_by_hand_now_and_then_are_repaired_at_once() {
        let (fights, mut now) = (Fights::default(), BEGIN);
        for _ in 0..20 {
            assert!(!fights.is_left_alone(&set(), &key(), 1, now));
            fights.repaired(&set(), &key(), 1, now);
            assert!(fights.contested(&set(), now).is_empty(), "nobody has to hear of it");
            now += Duration::from_secs(3600);
        }
        fights.repaired(&set(), &key(), 1, now);
        fights.forget(&set());
        assert!(fights.contested(&set(), now).is_empty());
    }
}
