//! Since when objects are waited for. A wait is no task: each apply looks, says what is not ready, and returns. What makes it
//! end is remembered here.
//!
//! # Guarantees
//! The wait for an object begins anew when another rendering of it is applied, or when it was ready meanwhile. In memory only:
//! after a restart every wait begins anew.

use orangery_core::{NamespacedName, ObjectKey};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

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
    /// Milliseconds since 1970.
    pub(crate) at: u64,
}

impl Clock {
    /// When the wait of a set for this rendering began; `now` if it begins now.
    pub(crate) fn began(&self, set: &NamespacedName, place: &Place, rendered: &str, now: u64) -> Began {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sets.get(set).and_then(|places| places.get(place));
        let same = known.filter(|began| began.rendered == rendered);
        same.cloned().unwrap_or_else(|| Began { rendered: rendered.to_owned(), at: now })
    }

    /// What a set waits for now; everything else that it waited for has ended.
    pub(crate) fn keep(&self, set: &NamespacedName, waits: HashMap<Place, Began>) {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if waits.is_empty() {
            sets.remove(set);
        } else {
            sets.insert(set.clone(), waits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Place {
        let text = str::to_owned;
        (text("step"), ObjectKey { group: text(""), kind: text("A"), namespace: text("n"), name: text(name) })
    }

    #[test]
    fn a_wait_goes_on_until_it_is_ready_or_rendered_anew() {
        let (clock, set) = (Clock::default(), NamespacedName::new("apps", "set"));
        let begins = |rendered: &str, now: u64| {
            let began = clock.began(&set, &place("a"), rendered, now);
            clock.keep(&set, HashMap::from([(place("a"), began.clone())]));
            began.at
        };
        assert_eq!(begins("one", 5), 5);
        assert_eq!(begins("one", 9), 5);
        assert_eq!(begins("two", 12), 12);
        clock.keep(&set, HashMap::new());
        assert_eq!(begins("two", 20), 20);
        assert!(clock.sets.lock().unwrap().len() == 1);
    }
}
