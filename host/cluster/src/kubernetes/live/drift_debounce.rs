//! Decides which watch events of one kind in one namespace trigger a reconciliation.
//!
//! Events for objects that are as we left them are ignored. The event of our own write may arrive before the answer to that write,
//! so every event is judged after a short delay. The delay between two reconciliations grows while somebody keeps writing against
//! us, because two controllers that disagree must not wear out the API server.

use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::live::memory::{DriftKind, Memory};
use crate::kubernetes::object::ownership::owner_of;
use kube::runtime::watcher::Event;
use orangery_core::{NamespacedName, Object, ObjectKey};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Delay between an event and its judgement.
const SETTLING_TIME: Duration = Duration::from_millis(500);

/// Shortest and longest time between two reconciliations that one set is triggered to.
#[derive(Debug, Clone, Copy)]
struct NotificationBounds {
    shortest: Duration,
    longest: Duration,
}

impl NotificationBounds {
    fn of(drift: DriftKind) -> Self {
        match drift {
            DriftKind::Moved => Self { shortest: Duration::from_secs(5), longest: Duration::from_secs(600) },
            // The set waits for the object, so it reacts quickly; but a status that is written every second must not keep it busy.
            DriftKind::Awaited => Self { shortest: Duration::from_secs(1), longest: Duration::from_secs(15) },
        }
    }
}

/// Collects the events of one watch.
pub(crate) struct DriftDebounce {
    kind: Kind,
    namespace: String,
    memory: Arc<Memory>,
    /// Keys that the list under way has named so far.
    listed: HashSet<ObjectKey>,
    waiting: VecDeque<ObservedObject>,
    delays: HashMap<(NamespacedName, DriftKind), NotificationDelay>,
}

/// One object of a set as an event showed it.
struct ObservedObject {
    due: Instant,
    set: NamespacedName,
    key: ObjectKey,
    /// `None` if the object is gone.
    object: Option<Object>,
}

/// Whether an event shows an object or its deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Exists,
    Deleted,
}

/// When a set was last triggered, and how long it is left alone since.
#[derive(Debug, Clone, Copy)]
struct NotificationDelay {
    told: Instant,
    wait: Duration,
}

impl NotificationDelay {
    fn first(now: Instant, bounds: NotificationBounds) -> Self {
        Self { told: now, wait: bounds.shortest }
    }

    /// Twice as long from time to time; short again after a quiet while.
    fn next(self, now: Instant, bounds: NotificationBounds) -> Self {
        let quiet = now.duration_since(self.told) > self.wait.saturating_mul(4);
        let longer = self.wait.saturating_mul(2).min(bounds.longest);
        Self { told: now, wait: if quiet { bounds.shortest } else { longer } }
    }

    fn allows(self) -> Instant {
        self.told + self.wait
    }
}

impl DriftDebounce {
    pub(crate) fn new(kind: Kind, namespace: String, memory: Arc<Memory>) -> Self {
        Self { kind, namespace, memory, listed: HashSet::new(), waiting: VecDeque::new(), delays: HashMap::new() }
    }

    /// Records an event.
    pub(crate) fn take(&mut self, event: Event<Object>, now: Instant) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(object) => {
                self.listed.insert(self.key(&object));
                self.wait_for(object, Presence::Exists, now);
            }
            Event::InitDone => {
                // An object that was deleted while the watch was down has no event of its own.
                let listed = std::mem::take(&mut self.listed);
                let left = self.memory.left_in(&self.kind, &self.namespace);
                let gone = left.into_iter().filter(|(_, key)| !listed.contains(key));
                self.waiting.extend(gone.map(|(set, key)| ObservedObject {
                    due: now + SETTLING_TIME,
                    set,
                    key,
                    object: None,
                }));
            }
            Event::Apply(object) => self.wait_for(object, Presence::Exists, now),
            Event::Delete(object) => self.wait_for(object, Presence::Deleted, now),
        }
    }

    fn wait_for(&mut self, object: Object, presence: Presence, now: Instant) {
        let Some(set) = owner_of(&object) else { return };
        let key = self.key(&object);
        let object = match presence {
            Presence::Exists => Some(object),
            Presence::Deleted => None,
        };
        self.waiting.push_back(ObservedObject { due: now + SETTLING_TIME, set, key, object });
    }

    fn key(&self, object: &Object) -> ObjectKey {
        ObjectKey {
            group: self.kind.gvk.group.clone(),
            kind: self.kind.gvk.kind.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
        }
    }

    /// When the next event has to be judged; `None` if there is none.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.iter().map(|observed| observed.due).min()
    }

    /// Judges the events that are due, and returns the sets to reconcile, each once.
    pub(crate) fn judge(&mut self, now: Instant) -> Vec<NamespacedName> {
        let (due, later): (VecDeque<ObservedObject>, VecDeque<ObservedObject>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|observed| observed.due <= now);
        self.waiting = later;
        let mut told = Vec::new();
        for mut observed in due {
            if told.contains(&observed.set) {
                continue;
            }
            let Some(drift) = self.memory.drift(&observed.set, &observed.key, observed.object.as_ref()) else {
                continue;
            };
            let (who, bounds) = ((observed.set.clone(), drift), NotificationBounds::of(drift));
            match self.delays.get(&who).map(|delay| delay.allows()) {
                Some(allowed) if allowed > now => {
                    observed.due = allowed;
                    self.waiting.push_back(observed);
                }
                _ => {
                    let delay = self.delays.get(&who);
                    let delay =
                        delay.map_or_else(|| NotificationDelay::first(now, bounds), |delay| delay.next(now, bounds));
                    self.delays.insert(who, delay);
                    told.push(observed.set);
                }
            }
        }
        told
    }

    /// Whether any set still has objects here.
    pub(crate) fn is_of_use(&mut self) -> bool {
        let left = self.memory.left_in(&self.kind, &self.namespace);
        self.delays.retain(|(set, _), _| left.iter().any(|(owner, _)| owner == set));
        !left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_core::{GroupVersionKind, Owner, keys};
    use serde_json::json;

    fn map(name: &str, version: &str) -> Object {
        serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": name, "namespace": "apps", "uid": format!("uid-of-{name}"), "resourceVersion": version,
                "labels": {keys::OWNER_NAME: "set", keys::OWNER_NAMESPACE: "team"},
            },
        }))
        .unwrap()
    }

    fn set() -> NamespacedName {
        NamespacedName::new("team", "set")
    }

    /// DriftDebounce of ConfigMaps, of which `a` and `b` were left at version 1.
    fn observations() -> (DriftDebounce, Arc<Memory>) {
        let memory = Arc::new(Memory::default());
        let owner = Owner { name: set(), service_account: None, force: false };
        for name in ["a", "b"] {
            memory.keep(&owner, &map(name, ""), &map(name, "1"), &[]);
        }
        let kind =
            Kind { gvk: GroupVersionKind::new("v1", "ConfigMap"), plural: "configmaps".to_owned(), namespaced: true };
        (DriftDebounce::new(kind, "apps".to_owned(), Arc::clone(&memory)), memory)
    }

    #[test]
    fn an_object_as_we_left_it_is_no_news_and_a_changed_one_is_after_a_moment() {
        let (mut observations, _) = observations();
        let now = Instant::now();
        observations.take(Event::Apply(map("a", "1")), now);
        assert!(observations.judge(now + SETTLING_TIME).is_empty());
        observations.take(Event::Apply(map("a", "2")), now);
        assert!(observations.judge(now).is_empty(), "our own write may not be remembered yet");
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()]);
        assert_eq!(observations.due(), None);
    }

    #[test]
    fn a_deleted_object_is_news_and_one_that_nobody_applied_is_not() {
        let (mut observations, _) = observations();
        let now = Instant::now();
        observations.take(Event::Delete(map("a", "3")), now);
        observations.take(Event::Apply(map("copied-labels", "3")), now);
        observations.take(Event::Delete(map("copied-labels", "4")), now);
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()]);
    }

    #[test]
    fn what_went_while_nobody_watched_is_found_missing_in_the_list() {
        let (mut observations, _) = observations();
        let now = Instant::now();
        for event in [Event::Init, Event::InitApply(map("a", "1")), Event::InitApply(map("b", "1")), Event::InitDone] {
            observations.take(event, now);
        }
        assert!(observations.judge(now + SETTLING_TIME).is_empty());
        for event in [Event::Init, Event::InitApply(map("a", "1")), Event::InitDone] {
            observations.take(event, now);
        }
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()]);
    }

    #[test]
    fn who_is_told_again_and_again_is_told_ever_more_rarely_and_nothing_is_lost() {
        let (mut observations, _) = observations();
        let begin = Instant::now();
        let mut told = Vec::new();
        for second in 0..3600_u32 {
            let now = begin + Duration::from_secs(second.into());
            observations.take(Event::Apply(map("a", "9")), now);
            if !observations.judge(now + SETTLING_TIME).is_empty() {
                told.push(second);
            }
        }
        assert!(told.len() < 15 && told.first() == Some(&0), "{told:?}");
        let quiet = begin + Duration::from_secs(3 * 3600);
        observations.judge(quiet);
        assert_eq!(observations.due(), None, "the last observed was judged too");
    }

    #[test]
    fn a_change_of_what_is_waited_for_is_news_though_nobody_changed_what_we_applied() {
        let memory = Arc::new(Memory::default());
        let owner = Owner { name: set(), service_account: None, force: false };
        let widget = |version: &str| {
            let mut widget = map("a", version);
            widget.0.get_mut("metadata").unwrap()["generation"] = json!(1);
            widget
        };
        memory.keep(&owner, &map("a", ""), &widget("1"), &[]);
        let kind =
            Kind { gvk: GroupVersionKind::new("v1", "ConfigMap"), plural: "configmaps".to_owned(), namespaced: true };
        let mut observations = DriftDebounce::new(kind, "apps".to_owned(), Arc::clone(&memory));
        let mut now = Instant::now();
        let mut judged = |version: &str| {
            now += Duration::from_secs(60);
            observations.take(Event::Apply(widget(version)), now);
            observations.judge(now + SETTLING_TIME)
        };
        assert!(judged("2").is_empty(), "a new status is nobody's drift");
        memory.awaits(&owner, HashMap::from([(map("a", "").key(), Some("2".to_owned()))]));
        assert!(judged("2").is_empty());
        assert_eq!(judged("3"), [set()]);
        memory.awaits(&owner, HashMap::new());
        assert!(judged("4").is_empty());
    }

    #[test]
    fn a_watch_is_of_use_as_long_as_a_set_has_objects() {
        let (mut observations, memory) = observations();
        assert!(observations.is_of_use());
        let owner = Owner { name: set(), service_account: None, force: false };
        for name in ["a", "b"] {
            memory.forget(&owner, &map(name, "1").key());
        }
        assert!(!observations.is_of_use());
    }
}
