//! What a watch has seen of one kind in one namespace, and whom to tell of it.
//!
//! An event that shows an object as we left it is nobody's news. Because the event of our own write may come before the
//! answer to that write, every sight waits a moment before it is judged. Whoever writes against us again and again is
//! answered ever more rarely: two controllers that disagree must not wear out the API server.

use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::live::memory::{Memory, News};
use crate::kubernetes::object::ownership::owner_of;
use kube::runtime::watcher::Event;
use orangery_core::{NamespacedName, Object, ObjectKey};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between an event and the judgement of it.
const MOMENT: Duration = Duration::from_millis(500);

/// Bounds of the time between two tellings of one set.
#[derive(Debug, Clone, Copy)]
struct Rhythm {
    shortest: Duration,
    longest: Duration,
}

impl Rhythm {
    fn of(news: News) -> Self {
        match news {
            News::Moved => Self { shortest: Duration::from_secs(5), longest: Duration::from_secs(600) },
            // Somebody waits for it, and a status that is written every second must not keep the set busy either.
            News::Awaited => Self { shortest: Duration::from_secs(1), longest: Duration::from_secs(15) },
        }
    }
}

/// The sights of one watch.
pub(crate) struct Sights {
    kind: Kind,
    namespace: String,
    memory: Arc<Memory>,
    /// What the present list has named so far.
    listed: HashSet<ObjectKey>,
    waiting: VecDeque<Sight>,
    paces: HashMap<(NamespacedName, News), Pace>,
}

/// One object of a set, as it was seen; `None` if it is gone.
struct Sight {
    due: Instant,
    set: NamespacedName,
    key: ObjectKey,
    object: Option<Object>,
}

/// How often a set is told.
#[derive(Debug, Clone, Copy)]
struct Pace {
    told: Instant,
    wait: Duration,
}

impl Pace {
    fn first(now: Instant, rhythm: Rhythm) -> Self {
        Self { told: now, wait: rhythm.shortest }
    }

    /// Twice as long from time to time; short again after a quiet while.
    fn next(self, now: Instant, rhythm: Rhythm) -> Self {
        let quiet = now.duration_since(self.told) > self.wait.saturating_mul(4);
        let longer = self.wait.saturating_mul(2).min(rhythm.longest);
        Self { told: now, wait: if quiet { rhythm.shortest } else { longer } }
    }

    fn allows(self) -> Instant {
        self.told + self.wait
    }
}

impl Sights {
    pub(crate) fn new(kind: Kind, namespace: String, memory: Arc<Memory>) -> Self {
        Self { kind, namespace, memory, listed: HashSet::new(), waiting: VecDeque::new(), paces: HashMap::new() }
    }

    /// Takes an event in.
    pub(crate) fn take(&mut self, event: Event<Object>, now: Instant) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(object) => {
                self.listed.insert(self.key(&object));
                self.wait_for(object, true, now);
            }
            Event::InitDone => {
                // What went while nobody watched has no event of its own.
                let listed = std::mem::take(&mut self.listed);
                let left = self.memory.left_in(&self.kind, &self.namespace);
                let gone = left.into_iter().filter(|(_, key)| !listed.contains(key));
                self.waiting.extend(gone.map(|(set, key)| Sight { due: now + MOMENT, set, key, object: None }));
            }
            Event::Apply(object) => self.wait_for(object, true, now),
            Event::Delete(object) => self.wait_for(object, false, now),
        }
    }

    fn wait_for(&mut self, object: Object, exists: bool, now: Instant) {
        let Some(set) = owner_of(&object) else { return };
        let key = self.key(&object);
        self.waiting.push_back(Sight { due: now + MOMENT, set, key, object: exists.then_some(object) });
    }

    fn key(&self, object: &Object) -> ObjectKey {
        ObjectKey {
            group: self.kind.gvk.group.clone(),
            kind: self.kind.gvk.kind.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
        }
    }

    /// When something is to be judged; `None` if nothing waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.iter().map(|sight| sight.due).min()
    }

    /// Judges what is due: the sets that should look again, each once.
    pub(crate) fn judge(&mut self, now: Instant) -> Vec<NamespacedName> {
        let (due, later): (VecDeque<Sight>, VecDeque<Sight>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|sight| sight.due <= now);
        self.waiting = later;
        let mut told = Vec::new();
        for mut sight in due {
            if told.contains(&sight.set) {
                continue;
            }
            let Some(news) = self.memory.news(&sight.set, &sight.key, sight.object.as_ref()) else { continue };
            let (who, rhythm) = ((sight.set.clone(), news), Rhythm::of(news));
            match self.paces.get(&who).map(|pace| pace.allows()) {
                Some(allowed) if allowed > now => {
                    sight.due = allowed;
                    self.waiting.push_back(sight);
                }
                _ => {
                    let pace = self.paces.get(&who);
                    let pace = pace.map_or_else(|| Pace::first(now, rhythm), |pace| pace.next(now, rhythm));
                    self.paces.insert(who, pace);
                    told.push(sight.set);
                }
            }
        }
        told
    }

    /// Whether any set still has objects here.
    pub(crate) fn is_of_use(&mut self) -> bool {
        let left = self.memory.left_in(&self.kind, &self.namespace);
        self.paces.retain(|(set, _), _| left.iter().any(|(owner, _)| owner == set));
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

    /// Sights of ConfigMaps, of which `a` and `b` were left at version 1.
    fn sights() -> (Sights, Arc<Memory>) {
        let memory = Arc::new(Memory::default());
        let owner = Owner { name: set(), service_account: None, force: false };
        for name in ["a", "b"] {
            memory.keep(&owner, &map(name, ""), &map(name, "1"), &[]);
        }
        let kind =
            Kind { gvk: GroupVersionKind::new("v1", "ConfigMap"), plural: "configmaps".to_owned(), namespaced: true };
        (Sights::new(kind, "apps".to_owned(), Arc::clone(&memory)), memory)
    }

    #[test]
    fn an_object_as_we_left_it_is_no_news_and_a_changed_one_is_after_a_moment() {
        let (mut sights, _) = sights();
        let now = Instant::now();
        sights.take(Event::Apply(map("a", "1")), now);
        assert!(sights.judge(now + MOMENT).is_empty());
        sights.take(Event::Apply(map("a", "2")), now);
        assert!(sights.judge(now).is_empty(), "our own write may not be remembered yet");
        assert_eq!(sights.judge(now + MOMENT), [set()]);
        assert_eq!(sights.due(), None);
    }

    #[test]
    fn a_deleted_object_is_news_and_one_that_nobody_applied_is_not() {
        let (mut sights, _) = sights();
        let now = Instant::now();
        sights.take(Event::Delete(map("a", "3")), now);
        sights.take(Event::Apply(map("copied-labels", "3")), now);
        sights.take(Event::Delete(map("copied-labels", "4")), now);
        assert_eq!(sights.judge(now + MOMENT), [set()]);
    }

    #[test]
    fn what_went_while_nobody_watched_is_found_missing_in_the_list() {
        let (mut sights, _) = sights();
        let now = Instant::now();
        for event in [Event::Init, Event::InitApply(map("a", "1")), Event::InitApply(map("b", "1")), Event::InitDone] {
            sights.take(event, now);
        }
        assert!(sights.judge(now + MOMENT).is_empty());
        for event in [Event::Init, Event::InitApply(map("a", "1")), Event::InitDone] {
            sights.take(event, now);
        }
        assert_eq!(sights.judge(now + MOMENT), [set()]);
    }

    #[test]
    fn who_is_told_again_and_again_is_told_ever_more_rarely_and_nothing_is_lost() {
        let (mut sights, _) = sights();
        let begin = Instant::now();
        let mut told = Vec::new();
        for second in 0..3600_u32 {
            let now = begin + Duration::from_secs(second.into());
            sights.take(Event::Apply(map("a", "9")), now);
            if !sights.judge(now + MOMENT).is_empty() {
                told.push(second);
            }
        }
        assert!(told.len() < 15 && told.first() == Some(&0), "{told:?}");
        let quiet = begin + Duration::from_secs(3 * 3600);
        sights.judge(quiet);
        assert_eq!(sights.due(), None, "the last sight was judged too");
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
        let mut sights = Sights::new(kind, "apps".to_owned(), Arc::clone(&memory));
        let mut now = Instant::now();
        let mut judged = |version: &str| {
            now += Duration::from_secs(60);
            sights.take(Event::Apply(widget(version)), now);
            sights.judge(now + MOMENT)
        };
        assert!(judged("2").is_empty(), "a new status is nobody's news");
        memory.awaits(&owner, HashMap::from([(map("a", "").key(), Some("2".to_owned()))]));
        assert!(judged("2").is_empty());
        assert_eq!(judged("3"), [set()]);
        memory.awaits(&owner, HashMap::new());
        assert!(judged("4").is_empty());
    }

    #[test]
    fn a_watch_is_of_use_as_long_as_a_set_has_objects() {
        let (mut sights, memory) = sights();
        assert!(sights.is_of_use());
        let owner = Owner { name: set(), service_account: None, force: false };
        for name in ["a", "b"] {
            memory.forget(&owner, &map(name, "1").key());
        }
        assert!(!sights.is_of_use());
    }
}
