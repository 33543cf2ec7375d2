//! What one watch shows: the objects of one kind that carry owner labels, in one namespace or in all of them.
//!
//! # Guarantees
//! A view that is not complete answers nothing. While a list is repeated, the objects of the one before stay; those that it does not
//! name are gone when it ends.

use crate::kubernetes::live::seen::{Seen, number};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Namespace and name.
pub(crate) type Name = (String, String);

/// How far a watch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The first list is under way.
    Starting,
    /// The objects are known.
    Complete,
    /// The identity may not list or watch here.
    Forbidden,
}

/// What a watch shows.
pub(crate) struct View {
    phase: watch::Sender<Phase>,
    objects: Mutex<Objects>,
}

#[derive(Default)]
struct Objects {
    seen: HashMap<Name, Seen>,
    /// The names in the list under way.
    listed: HashSet<Name>,
    /// The highest resource version of an event so far.
    latest: u64,
}

impl Default for View {
    fn default() -> Self {
        Self { phase: watch::Sender::new(Phase::Starting), objects: Mutex::default() }
    }
}

impl View {
    /// How far it has come, at the latest after `limit`.
    pub(crate) async fn settled(&self, limit: Duration) -> Phase {
        let mut phase = self.phase.subscribe();
        let settled = phase.wait_for(|phase| *phase != Phase::Starting);
        match tokio::time::timeout(limit, settled).await {
            Ok(Ok(phase)) => *phase,
            Ok(Err(_)) | Err(_) => Phase::Starting,
        }
    }

    /// How far it has come.
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// The identity may not list or watch here.
    pub(crate) fn is_forbidden(&self) {
        self.phase.send_replace(Phase::Forbidden);
        *self.lock() = Objects::default();
    }

    /// A list begins.
    pub(crate) fn list_begins(&self) {
        self.lock().listed.clear();
    }

    /// An object of the list under way.
    pub(crate) fn listed(&self, name: Name, seen: Seen) {
        self.lock().listed.insert(name.clone());
        self.changed(name, seen);
    }

    /// The list is complete: what it does not name is gone.
    pub(crate) fn list_ends(&self) {
        let mut objects = self.lock();
        let listed = std::mem::take(&mut objects.listed);
        objects.seen.retain(|name, _| listed.contains(name));
        drop(objects);
        self.phase.send_replace(Phase::Complete);
    }

    /// An object was created or changed.
    pub(crate) fn changed(&self, name: Name, seen: Seen) {
        let mut objects = self.lock();
        objects.latest = objects.latest.max(number(&seen.version).unwrap_or_default());
        objects.seen.insert(name, seen);
    }

    /// An object was deleted; its last resource version is that of the deletion.
    pub(crate) fn deleted(&self, name: &Name, version: &str) {
        let mut objects = self.lock();
        objects.latest = objects.latest.max(number(version).unwrap_or_default());
        objects.seen.remove(name);
    }

    /// The object of this name, if the watch has seen it.
    pub(crate) fn get(&self, name: &Name) -> Option<Seen> {
        self.lock().seen.get(name).cloned()
    }

    /// Whether the watch has not come as far as this resource version yet.
    pub(crate) fn is_behind(&self, version: &str) -> bool {
        number(version).is_some_and(|version| self.lock().latest < version)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn name(name: &str) -> Name {
        ("apps".to_owned(), name.to_owned())
    }

    fn seen(version: &str) -> Seen {
        let live = json!({"metadata": {"uid": "u", "resourceVersion": version}});
        Seen::of(&serde_json::from_value(live).unwrap(), &[]).unwrap()
    }

    #[tokio::test]
    async fn a_view_is_complete_after_the_first_list_and_a_later_list_removes_what_it_does_not_name() {
        let view = View::default();
        assert_eq!(view.settled(Duration::from_millis(10)).await, Phase::Starting);
        for version in ["1", "2"] {
            view.list_begins();
            view.listed(name("a"), seen(version));
            if version == "1" {
                view.listed(name("b"), seen("1"));
            }
            assert!(view.get(&name("b")).is_some(), "until the list ends");
            view.list_ends();
        }
        assert_eq!(view.settled(Duration::from_secs(60)).await, Phase::Complete);
        assert_eq!((view.get(&name("a")), view.get(&name("b"))), (Some(seen("2")), None));
        assert!(view.is_behind("3") && !view.is_behind("2"));
        view.deleted(&name("a"), "7");
        assert!(view.get(&name("a")).is_none() && !view.is_behind("7"));
    }

    #[tokio::test]
    async fn a_view_that_is_forbidden_says_so_and_knows_nothing() {
        let view = View::default();
        view.changed(name("a"), seen("1"));
        view.is_forbidden();
        assert_eq!((view.settled(Duration::from_secs(60)).await, view.get(&name("a"))), (Phase::Forbidden, None));
    }
}
