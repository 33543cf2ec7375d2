//! Remembers since when objects are waited for. An apply does not block until an object is ready; it reports and returns, so the
//! beginning of a wait has to be kept between applies.
//!
//! # Guarantees
//! The wait for an object begins anew when another rendering of it is applied, or when it was ready meanwhile. In memory; after a
//! restart the live objects tell since when they are waited for, so that an operator that is started again and again does not
//! wait for ever.

use orangery_core::{NamespacedName, Object, ObjectKey, Timestamp, keys};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is waited for: where in the plan, and which object.
pub(crate) type Place = (String, ObjectKey);

/// When waits began.
#[derive(Default)]
pub(crate) struct Clock {
    sets: Mutex<HashMap<NamespacedName, HashMap<Place, Began>>>,
}

/// The beginning of one wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Began {
    /// Digest of what was rendered.
    pub(crate) rendered: String,
    /// When it began.
    pub(crate) at: Timestamp,
}

impl Clock {
    /// When the wait of a set for this rendering began; `now` if it begins now. `before` is what the live object tells, which
    /// counts until the set has been applied once by this process.
    pub(crate) fn began(
        &self,
        set: &NamespacedName,
        place: &Place,
        rendered: &str,
        now: Timestamp,
        before: Option<Timestamp>,
    ) -> Began {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = |at| Began { rendered: rendered.to_owned(), at };
        match sets.get(set) {
            Some(places) => {
                let same = places.get(place).filter(|began| began.rendered == rendered);
                same.cloned().unwrap_or_else(|| begins(now))
            }
            None => begins(before.map_or(now, |before| before.min(now))),
        }
    }

    /// What a set waits for now; everything else that it waited for has ended.
    pub(crate) fn keep(&self, set: &NamespacedName, waits: HashMap<Place, Began>) {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).insert(set.clone(), waits);
    }

    /// Forgets the waits of a deleted set.
    pub(crate) fn forget(&self, set: &NamespacedName) {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
    }
}

/// Since when an object that nobody has written today has been as it is: since we last changed it, or since one of its conditions
/// changed. Rounded up, because Kubernetes keeps whole seconds: a wait is never shorter than asked for.
pub(crate) fn unchanged_since(live: &Object) -> Option<Timestamp> {
    let list = |pointer: &str, field: &'static str| -> Vec<Timestamp> {
        let list = live.0.get(pointer).and_then(|parent| parent.get(field)).and_then(Value::as_array);
        let ours = |entry: &&Value| {
            field != "managedFields"
                || (entry.get("manager").and_then(Value::as_str) == Some(keys::FIELD_MANAGER)
                    && entry.get("subresource").is_none())
        };
        let times = list.into_iter().flatten().filter(ours);
        let time =
            |entry: &Value| entry.get("time").or_else(|| entry.get("lastTransitionTime"))?.as_str()?.parse().ok();
        times.filter_map(time).collect()
    };
    let written = list("metadata", "managedFields").into_iter().max()?;
    let latest = list("status", "conditions").into_iter().fold(written, Timestamp::max);
    Some(latest + Duration::from_millis(999))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(name: &str) -> Place {
        let text = str::to_owned;
        (text("step"), ObjectKey { group: text(""), kind: text("A"), namespace: text("n"), name: text(name) })
    }

    #[test]
    fn a_wait_goes_on_until_it_is_ready_or_rendered_anew() {
        let (clock, set) = (Clock::default(), NamespacedName::new("apps", "set"));
        let begins = |rendered: &str, now: u64| {
            let began = clock.began(&set, &place("a"), rendered, Timestamp::from_millis(now), None);
            clock.keep(&set, HashMap::from([(place("a"), began.clone())]));
            began.at.as_millis()
        };
        assert_eq!(begins("one", 5), 5);
        assert_eq!(begins("one", 9), 5);
        assert_eq!(begins("two", 12), 12);
        clock.keep(&set, HashMap::new());
        assert_eq!(begins("two", 20), 20);
        assert!(clock.sets.lock().unwrap().len() == 1);
        clock.forget(&set);
        assert!(clock.sets.lock().unwrap().is_empty());
    }

    #[test]
    fn what_the_live_object_tells_counts_for_the_first_apply_of_a_process_only() {
        let (clock, set) = (Clock::default(), NamespacedName::new("apps", "set"));
        let at = Timestamp::from_millis;
        let began =
            |now, before: Option<u64>| clock.began(&set, &place("a"), "one", at(now), before.map(at)).at.as_millis();
        assert_eq!([began(9, Some(5)), began(9, Some(12)), began(9, None)], [5, 9, 9]);
        clock.keep(&set, HashMap::new());
        assert_eq!(began(20, Some(5)), 20, "it was ready meanwhile");
    }

    #[test]
    fn a_live_object_tells_when_we_changed_it_or_one_of_its_conditions_changed() {
        let second = |second: u32| format!("2026-01-01T00:00:{second:02}Z");
        let fields = |manager: &str, at: u32| json!({"manager": manager, "time": second(at)});
        let object = |fields: Value, conditions: Value| {
            let object = json!({"metadata": {"managedFields": fields}, "status": {"conditions": conditions}});
            unchanged_since(&Object(object.as_object().cloned().unwrap()))
        };
        let base = 1_767_225_600_000;
        let ours = json!([fields(keys::FIELD_MANAGER, 5), fields("kubectl", 50)]);
        assert_eq!(object(ours.clone(), json!([])), Some(Timestamp::from_millis(base + 5_999)));
        let ready = json!([{"type": "Ready", "lastTransitionTime": second(9)}]);
        assert_eq!(object(ours, ready), Some(Timestamp::from_millis(base + 9_999)));
        assert_eq!(object(json!([fields("kubectl", 50)]), json!([])), None, "nothing is known of our own write");
    }
}
