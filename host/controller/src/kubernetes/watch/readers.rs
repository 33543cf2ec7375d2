//! Which sets read which providers, by namespace, name and selector.
//!
//! # Guarantees
//! Finding the readers of a provider looks at the sets of its own namespace only: at those that name it, and at the selectors there.

use crate::kubernetes::object::name_of;
use kube::runtime::watcher::Event;
use orangery_api::ResourceSet;
use orangery_core::NamespacedName;
use orangery_core::spec::{InputsFrom, LabelSelector};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Labels of a provider.
pub(super) type Labels = BTreeMap<String, String>;

/// All sets by what they read.
#[derive(Default)]
pub(super) struct Readers(Mutex<Index>);

#[derive(Default)]
struct Index {
    namespaces: HashMap<String, Namespace>,
    /// The sets in the list under way.
    listed: HashSet<NamespacedName>,
}

/// The sets of one namespace.
#[derive(Default)]
struct Namespace {
    /// What each set reads.
    reads: HashMap<String, Vec<InputsFrom>>,
    /// The sets that name a provider.
    named: HashMap<String, BTreeSet<String>>,
    /// The sets that select providers.
    selecting: BTreeSet<String>,
}

impl Namespace {
    fn put(&mut self, set: &str, reads: Vec<InputsFrom>) {
        self.remove(set);
        for from in &reads {
            match from {
                InputsFrom::Name(provider) => {
                    self.named.entry(provider.clone()).or_default().insert(set.to_owned());
                }
                InputsFrom::Selector(_) => {
                    self.selecting.insert(set.to_owned());
                }
            }
        }
        self.reads.insert(set.to_owned(), reads);
    }

    fn remove(&mut self, set: &str) {
        for from in self.reads.remove(set).unwrap_or_default() {
            if let InputsFrom::Name(provider) = from
                && let Some(sets) = self.named.get_mut(&provider)
            {
                sets.remove(set);
                if sets.is_empty() {
                    self.named.remove(&provider);
                }
            }
        }
        self.selecting.remove(set);
    }

    fn selectors(&self, set: &str) -> impl Iterator<Item = &LabelSelector> {
        self.reads.get(set).into_iter().flatten().filter_map(|from| match from {
            InputsFrom::Selector(selector) => Some(selector),
            InputsFrom::Name(_) => None,
        })
    }
}

impl Readers {
    /// Takes in an event of the watch of the sets.
    pub(super) fn observe(&self, event: &Event<ResourceSet>) {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Init => index.listed.clear(),
            Event::InitApply(set) => {
                index.listed.insert(name_of(set));
                index.put(set);
            }
            Event::Apply(set) => index.put(set),
            Event::InitDone => {
                let listed = std::mem::take(&mut index.listed);
                for (name, namespace) in &mut index.namespaces {
                    let is_gone = |set: &&String| !listed.contains(&NamespacedName::new(name.as_str(), set.as_str()));
                    let gone: Vec<String> = namespace.reads.keys().filter(is_gone).cloned().collect();
                    for set in gone {
                        namespace.remove(&set);
                    }
                }
                index.namespaces.retain(|_, namespace| !namespace.reads.is_empty());
            }
            Event::Delete(set) => {
                let name = name_of(set);
                if let Some(namespace) = index.namespaces.get_mut(&name.namespace) {
                    namespace.remove(&name.name);
                }
            }
        }
    }

    /// The sets that name the provider, or select it by its labels as they are or as they were.
    pub(super) fn of(&self, provider: &NamespacedName, labels: &[Labels]) -> Vec<NamespacedName> {
        let index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(namespace) = index.namespaces.get(&provider.namespace) else { return Vec::new() };
        let mut sets = namespace.named.get(&provider.name).cloned().unwrap_or_default();
        let selects = |set: &&String| {
            namespace.selectors(set).any(|selector| labels.iter().any(|labels| selector.matches(labels)))
        };
        sets.extend(namespace.selecting.iter().filter(selects).cloned());
        sets.into_iter().map(|set| NamespacedName::new(provider.namespace.as_str(), set)).collect()
    }
}

impl Index {
    fn put(&mut self, set: &ResourceSet) {
        let name = name_of(set);
        // A reference that cannot be parsed reads nothing; the set is reconciled again when it is edited.
        let reads = orangery_api::inputs_from(set).unwrap_or_default();
        self.namespaces.entry(name.namespace).or_default().put(&name.name, reads);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn set(namespace: &str, name: &str, inputs_from: Value) -> ResourceSet {
        let set = json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet",
            "metadata": {"name": name, "namespace": namespace}, "spec": {"inputsFrom": inputs_from},
        });
        serde_json::from_value(set).unwrap()
    }

    fn labels(team: &str) -> Labels {
        BTreeMap::from([("team".to_owned(), team.to_owned())])
    }

    fn names(readers: &Readers, provider: &str, labels: &[Labels]) -> Vec<String> {
        let found = readers.of(&NamespacedName::new("a", provider), labels);
        found.into_iter().map(|set| format!("{}/{}", set.namespace, set.name)).collect()
    }

    fn by_team(team: &str) -> Value {
        json!([{"selector": {"matchLabels": {"team": team}}}])
    }

    #[test]
    fn a_provider_is_read_by_those_that_name_it_and_those_that_select_it_now_or_selected_it_before() {
        let readers = Readers::default();
        for set in [
            set("a", "names", json!([{"name": "pulls"}])),
            set("a", "names-another", json!([{"name": "tags"}])),
            set("a", "selects", by_team("fruit")),
            set("a", "selects-another", by_team("nut")),
            set("b", "elsewhere", json!([{"name": "pulls"}, {"selector": {}}])),
        ] {
            readers.observe(&Event::Apply(set));
        }
        assert_eq!(names(&readers, "pulls", &[labels("fruit")]), ["a/names", "a/selects"]);
        assert_eq!(names(&readers, "x", &[labels("fruit"), labels("nut")]), ["a/selects", "a/selects-another"]);
        assert_eq!(names(&readers, "x", &[Labels::new()]), Vec::<String>::new());

        readers.observe(&Event::Apply(set("a", "names", json!([{"name": "tags"}]))));
        assert_eq!(names(&readers, "pulls", &[]), Vec::<String>::new(), "an edited set reads what it says now");
        readers.observe(&Event::Delete(set("a", "selects", by_team("fruit"))));
        assert_eq!(names(&readers, "pulls", &[labels("fruit")]), Vec::<String>::new());
        assert_eq!(names(&readers, "tags", &[]), ["a/names", "a/names-another"]);
        for event in [Event::Init, Event::InitApply(set("a", "names", json!([{"name": "tags"}]))), Event::InitDone] {
            readers.observe(&event);
        }
        assert_eq!(names(&readers, "tags", &[labels("nut")]), ["a/names"], "a list names all sets");
    }

    #[test]
    fn ten_thousand_sets_elsewhere_and_ten_thousand_that_name_another_provider_do_not_slow_it_down() {
        let (few, many) = (Readers::default(), Readers::default());
        for readers in [&few, &many] {
            readers.observe(&Event::Apply(set("a", "names", json!([{"name": "pulls"}]))));
        }
        for number in 0..10_000 {
            many.observe(&Event::Apply(set("b", &format!("b-{number}"), json!([{"name": "pulls"}, {"selector": {}}]))));
            many.observe(&Event::Apply(set("a", &format!("a-{number}"), json!([{"name": format!("p-{number}")}]))));
        }
        let took = |readers: &Readers| {
            let begun = std::time::Instant::now();
            for _ in 0..1000 {
                assert_eq!(names(readers, "pulls", &[labels("fruit")]), ["a/names"]);
            }
            begun.elapsed()
        };
        // A scan takes a thousand times as long.
        let (few, many) = (took(&few), took(&many));
        assert!(many < few * 50 + std::time::Duration::from_millis(50), "{many:?} with many sets, {few:?} with one");
    }
}
