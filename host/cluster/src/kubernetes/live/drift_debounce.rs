//! Takes the events of one watch into its view, and decides which of them trigger a reconciliation.
//!
//! Events for objects that are as we left them are ignored. The event of our own write may arrive before the answer to that write,
//! so every event is judged after a short delay, by the view as it is then. The delay between two reconciliations that one object
//! triggers grows while somebody keeps writing against us, because two controllers that disagree must not wear out the API server.

use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::live::memory::{DriftKind, Memory};
use crate::kubernetes::live::seen::Seen;
use crate::kubernetes::live::view::{Name, View};
use kube::runtime::watcher::Event;
use orangery_core::{NamespacedName, Object, ObjectKey};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Delay between an event and its judgement.
const SETTLING_TIME: Duration = Duration::from_millis(200);

/// Shortest and longest time between two reconciliations that one object triggers.
#[derive(Debug, Clone, Copy)]
struct NotificationBounds {
    shortest: Duration,
    longest: Duration,
}

impl NotificationBounds {
    fn of(drift: DriftKind) -> Self {
        match drift {
            DriftKind::Moved => Self { shortest: Duration::from_secs(2), longest: Duration::from_secs(600) },
            // The set waits for the object, so it reacts quickly; but a status that is written every second must not keep it busy.
            // A set that is being deleted, or that renders the object again, goes on at once; many that go are told together.
            DriftKind::Gone => Self { shortest: Duration::from_secs(1), longest: Duration::from_secs(5) },
            DriftKind::Awaited => Self { shortest: Duration::from_secs(1), longest: Duration::from_secs(15) },
        }
    }
}

/// An object of a set.
type Place = (NamespacedName, ObjectKey);

/// What a watch covers.
#[derive(Debug, Clone)]
pub(crate) struct Coverage {
    /// Objects of this kind.
    pub(crate) kind: Kind,
    /// In this namespace; everywhere if it is empty.
    pub(crate) namespace: String,
    /// Of sets in this namespace; of all sets if `None`.
    pub(crate) sets_in: Option<String>,
}

/// Collects the events of one watch.
pub(crate) struct DriftDebounce {
    covers: Coverage,
    memory: Arc<Memory>,
    view: Arc<View>,
    /// Field managers that are taken over from.
    overrides: Arc<[String]>,
    /// When each object with an event is judged.
    waiting: HashMap<Place, Instant>,
    /// The first of these times; looking for it at each event of a long list would cost the square of its length.
    next: Option<Instant>,
    delays: HashMap<(Place, DriftKind), NotificationDelay>,
}

/// When an object last triggered its set, and for how long it triggers nothing after that.
#[derive(Debug, Clone, Copy)]
struct NotificationDelay {
    told: Instant,
    wait: Duration,
}

impl NotificationDelay {
    fn first(now: Instant, bounds: NotificationBounds) -> Self {
        Self { told: now, wait: bounds.shortest }
    }

    /// Doubles the delay with each trigger, and resets it after a quiet time.
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
    pub(crate) fn new(covers: Coverage, memory: Arc<Memory>, view: Arc<View>, overrides: Arc<[String]>) -> Self {
        let (waiting, delays) = (HashMap::new(), HashMap::new());
        Self { covers, memory, view, overrides, waiting, next: None, delays }
    }

    /// Takes in an event.
    pub(crate) fn take(&mut self, event: &Event<Object>, now: Instant) {
        match event {
            Event::Init => self.view.list_begins(),
            Event::InitApply(object) => {
                if let Some((name, seen)) = self.sighting(object, now) {
                    self.view.listed(name, seen);
                }
            }
            Event::InitDone => self.listed(now),
            Event::Apply(object) => {
                if let Some((name, seen)) = self.sighting(object, now) {
                    self.view.changed(name, seen);
                }
            }
            Event::Delete(object) => {
                if let Some((name, seen)) = self.sighting(object, now) {
                    self.view.deleted(&name, &seen.version);
                }
            }
        }
    }

    /// An object that was deleted while the watch was down has no event of its own.
    fn listed(&mut self, now: Instant) {
        self.view.list_ends();
        for place in self.left() {
            if self.view.get(&(place.1.namespace.clone(), place.1.name.clone())).is_none() {
                self.wait(place, now + SETTLING_TIME);
            }
        }
    }

    /// What sets left of what the watch covers.
    fn left(&self) -> Vec<Place> {
        self.memory.left_in(&self.covers.kind, &self.covers.namespace, self.covers.sets_in.as_deref())
    }

    fn sighting(&mut self, object: &Object, now: Instant) -> Option<(Name, Seen)> {
        let seen = Seen::of(object, &self.overrides)?;
        let key = ObjectKey {
            group: self.covers.kind.gvk.group.clone(),
            kind: self.covers.kind.gvk.kind.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
        };
        let name = (key.namespace.clone(), key.name.clone());
        if let Some(set) = seen.owner.clone() {
            self.wait((set, key), now + SETTLING_TIME);
        }
        Some((name, seen))
    }

    /// Judges an object at this time, unless it is judged before.
    fn wait(&mut self, place: Place, due: Instant) {
        let due = *self.waiting.entry(place).or_insert(due);
        self.next = Some(self.next.map_or(due, |next| next.min(due)));
    }

    /// When the next event has to be judged; `None` if there is none.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.next
    }

    /// Judges the events that are due, and returns the sets to reconcile, each once.
    pub(crate) fn judge(&mut self, now: Instant) -> Vec<NamespacedName> {
        let due: Vec<Place> =
            self.waiting.iter().filter(|(_, due)| **due <= now).map(|(place, _)| place.clone()).collect();
        let mut told = BTreeSet::new();
        for place in due {
            self.waiting.remove(&place);
            let (set, key) = &place;
            let seen = self.view.get(&(key.namespace.clone(), key.name.clone()));
            let Some(drift) = self.memory.drift(set, key, seen.as_ref()) else { continue };
            let (set, bounds, who) = (set.clone(), NotificationBounds::of(drift), (place.clone(), drift));
            let before = self.delays.get(&who).copied();
            match before.map(NotificationDelay::allows) {
                Some(allowed) if allowed > now => {
                    self.waiting.insert(place, allowed);
                }
                _ => {
                    let delay =
                        before.map_or_else(|| NotificationDelay::first(now, bounds), |delay| delay.next(now, bounds));
                    self.delays.insert(who, delay);
                    told.insert(set);
                }
            }
        }
        self.next = self.waiting.values().min().copied();
        told.into_iter().collect()
    }

    /// Whether any set still has objects here.
    pub(crate) fn is_of_use(&mut self, now: Instant) -> bool {
        let owners: BTreeSet<NamespacedName> = self.left().into_iter().map(|(set, _)| set).collect();
        // A delay that has ended four times over counts as none.
        self.delays.retain(|((set, _), _), delay| {
            owners.contains(set) && now.duration_since(delay.told) <= delay.wait.saturating_mul(4)
        });
        !owners.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::live::memory::Left;
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

    fn keep(memory: &Memory, live: &Object) {
        let owner = Owner { name: set(), service_account: None, force: false };
        let seen = Seen::of(live, &[]).unwrap();
        let left = Left { rendered: 1, seen, warnings: Vec::new(), checked: Instant::now(), ready: None };
        memory.keep(&owner, live.key(), left);
    }

    fn watching(memory: &Arc<Memory>) -> DriftDebounce {
        let kind =
            Kind { gvk: GroupVersionKind::new("v1", "ConfigMap"), plural: "configmaps".to_owned(), namespaced: true };
        let covers = Coverage { kind, namespace: "apps".to_owned(), sets_in: None };
        DriftDebounce::new(covers, Arc::clone(memory), Arc::default(), Arc::default())
    }

    /// DriftDebounce of ConfigMaps, of which `a` and `b` were left at version 1.
    fn observations() -> (DriftDebounce, Arc<Memory>) {
        let memory = Arc::new(Memory::default());
        for name in ["a", "b"] {
            keep(&memory, &map(name, "1"));
        }
        (watching(&memory), memory)
    }

    #[test]
    fn an_object_as_we_left_it_is_no_news_and_a_changed_one_is_after_a_moment() {
        let (mut observations, _) = observations();
        let now = Instant::now();
        observations.take(&Event::Apply(map("a", "1")), now);
        assert!(observations.judge(now + SETTLING_TIME).is_empty());
        observations.take(&Event::Apply(map("a", "2")), now);
        assert!(observations.judge(now).is_empty(), "our own write may not be remembered yet");
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()]);
        assert_eq!(observations.due(), None);
    }

    #[test]
    fn a_deleted_object_is_news_and_one_that_nobody_applied_is_not() {
        let (mut observations, _) = observations();
        let now = Instant::now();
        observations.take(&Event::Delete(map("a", "3")), now);
        observations.take(&Event::Apply(map("copied-labels", "3")), now);
        observations.take(&Event::Delete(map("copied-labels", "4")), now);
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()]);
    }

    #[test]
    fn what_was_being_deleted_is_news_once_it_is_gone_and_keeps_its_watch_until_then() {
        let (mut observations, memory) = observations();
        let owner = Owner { name: set(), service_account: None, force: false };
        for name in ["a", "b"] {
            memory.forget(&owner, &map(name, "1").key());
        }
        memory.ends(&owner, [], &BTreeSet::from([&map("a", "1").key()]));
        let now = Instant::now();
        assert!(observations.is_of_use(now));
        observations.take(&Event::Apply(map("a", "2")), now);
        assert!(observations.judge(now + SETTLING_TIME).is_empty(), "it is on its way");
        observations.take(&Event::Delete(map("a", "3")), now);
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()]);
        assert!(!observations.is_of_use(now));
        memory.ends(&owner, [], &BTreeSet::from([&map("b", "1").key()]));
        for event in [Event::Init, Event::InitDone] {
            observations.take(&event, now);
        }
        let later = now + Duration::from_secs(60);
        assert_eq!(observations.judge(later), [set()], "it went while nobody watched");
    }

    #[test]
    fn what_went_while_nobody_watched_is_found_missing_in_the_list() {
        let (mut observations, _) = observations();
        let now = Instant::now();
        for event in [Event::Init, Event::InitApply(map("a", "1")), Event::InitApply(map("b", "1")), Event::InitDone] {
            observations.take(&event, now);
        }
        assert!(observations.judge(now + SETTLING_TIME).is_empty());
        for event in [Event::Init, Event::InitApply(map("a", "1")), Event::InitDone] {
            observations.take(&event, now);
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
            observations.take(&Event::Apply(map("a", "9")), now);
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
    fn an_object_that_is_fought_over_does_not_delay_the_others() {
        let (mut observations, _) = observations();
        let begin = Instant::now();
        for second in 0..300_u32 {
            let now = begin + Duration::from_secs(second.into());
            observations.take(&Event::Apply(map("a", "9")), now);
            observations.judge(now + SETTLING_TIME);
        }
        let now = begin + Duration::from_secs(300);
        observations.take(&Event::Apply(map("b", "9")), now);
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()], "b was changed for the first time");
    }

    #[test]
    fn an_object_that_is_left_alone_is_no_news_while_it_is_known_who_changes_it() {
        let (mut observations, memory) = observations();
        for _ in 0..3 {
            memory.fights.repaired(&set(), &map("a", "1").key(), 1, crate::kubernetes::live::wait::now());
        }
        let now = Instant::now();
        observations.take(&Event::Apply(map("a", "2")), now);
        assert_eq!(observations.judge(now + SETTLING_TIME), [set()], "it has to be found out who did it");
        memory.fights.undone(&set(), &map("a", "1").key(), "somebody wrote".to_owned());
        let later = now + Duration::from_secs(300);
        observations.take(&Event::Apply(map("a", "3")), later);
        assert!(observations.judge(later + SETTLING_TIME).is_empty());
    }

    #[test]
    fn a_change_of_what_is_waited_for_is_news_though_nobody_changed_what_we_applied() {
        let memory = Arc::new(Memory::default());
        let owner = Owner { name: set(), service_account: None, force: false };
        let widget = |version: &str| {
            let mut widget = map("a", version);
            let ours = json!({"manager": keys::FIELD_MANAGER, "operation": "Apply", "time": "t", "fieldsV1": {}});
            widget.0.get_mut("metadata").unwrap()["managedFields"] = json!([ours]);
            widget
        };
        keep(&memory, &widget("1"));
        let mut observations = watching(&memory);
        let mut now = Instant::now();
        let mut judged = |version: &str| {
            now += Duration::from_secs(60);
            observations.take(&Event::Apply(widget(version)), now);
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
        assert!(observations.is_of_use(Instant::now()));
        let owner = Owner { name: set(), service_account: None, force: false };
        for name in ["a", "b"] {
            memory.forget(&owner, &map(name, "1").key());
        }
        assert!(!observations.is_of_use(Instant::now()));
    }
}
