//! The cache of all providers, by namespace.
//!
//! # Guarantees
//! A set reads the providers that it names without looking at any other, and those that it selects by looking at its own namespace.

use super::known;
use crate::kubernetes::object::name_of;
use crate::pipeline::set::gather::KnownProvider;
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::Event;
use orangery_api::ResourceSetInputProvider;
use orangery_core::NamespacedName;
use orangery_core::spec::InputsFrom;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The names of the cached providers, by namespace.
#[derive(Clone, Default)]
pub(in crate::kubernetes) struct ProviderNames(Arc<Mutex<Names>>);

#[derive(Default)]
struct Names {
    namespaces: HashMap<String, BTreeSet<String>>,
    /// The providers in the list under way.
    listed: HashSet<NamespacedName>,
}

impl ProviderNames {
    /// Takes in an event that the cache has taken in already.
    pub(in crate::kubernetes) fn observe(&self, event: &Event<ResourceSetInputProvider>) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Init => names.listed.clear(),
            Event::InitApply(provider) => {
                let name = name_of(provider);
                names.listed.insert(name.clone());
                names.namespaces.entry(name.namespace).or_default().insert(name.name);
            }
            Event::Apply(provider) => {
                let name = name_of(provider);
                names.namespaces.entry(name.namespace).or_default().insert(name.name);
            }
            Event::InitDone => {
                let listed = std::mem::take(&mut names.listed);
                names.namespaces.retain(|namespace, names| {
                    names.retain(|name| listed.contains(&NamespacedName::new(namespace.as_str(), name.as_str())));
                    !names.is_empty()
                });
            }
            Event::Delete(provider) => {
                let name = name_of(provider);
                if let Some(names) = names.namespaces.get_mut(&name.namespace) {
                    names.remove(&name.name);
                }
            }
        }
    }

    fn of(&self, namespace: &str) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.namespaces.get(namespace).into_iter().flatten().cloned().collect()
    }
}

/// The providers of the watch's cache.
pub(in crate::kubernetes) struct CachedProviders {
    pub(in crate::kubernetes) store: Store<ResourceSetInputProvider>,
    pub(in crate::kubernetes) names: ProviderNames,
}

impl CachedProviders {
    /// The providers in a namespace that these references name or select.
    pub(in crate::kubernetes) fn read_by(&self, namespace: &str, inputs_from: &[InputsFrom]) -> Vec<KnownProvider> {
        let mut found: BTreeMap<String, KnownProvider> = BTreeMap::new();
        for from in inputs_from {
            let names = match from {
                InputsFrom::Name(name) => vec![name.clone()],
                InputsFrom::Selector(_) => self.names.of(namespace),
            };
            for name in names {
                let Some(provider) = self.store.get(&ObjectRef::new(&name).within(namespace)) else { continue };
                let selected = match from {
                    InputsFrom::Name(_) => true,
                    InputsFrom::Selector(selector) => selector.matches(provider.labels()),
                };
                if selected {
                    found.entry(name).or_insert_with(|| known(&provider));
                }
            }
        }
        found.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::runtime::reflector;
    use orangery_api::ResourceSetInputProviderSpec;
    use orangery_core::spec::LabelSelector;

    fn provider(namespace: &str, name: &str, team: &str) -> ResourceSetInputProvider {
        let mut provider = ResourceSetInputProvider::new(name, ResourceSetInputProviderSpec::default());
        provider.metadata.namespace = Some(namespace.to_owned());
        provider.metadata.labels = Some(BTreeMap::from([("team".to_owned(), team.to_owned())]));
        provider
    }

    #[test]
    fn a_set_reads_what_it_names_or_selects_in_its_own_namespace() {
        let (store, mut writer) = reflector::store();
        let names = ProviderNames::default();
        let mut take = |event: Event<ResourceSetInputProvider>| {
            writer.apply_watcher_event(&event);
            names.observe(&event);
        };
        for (namespace, name, team) in [("a", "one", "fruit"), ("a", "two", "nut"), ("b", "three", "fruit")] {
            take(Event::Apply(provider(namespace, name, team)));
        }
        let cached = CachedProviders { store, names: names.clone() };
        let reads = |from: InputsFrom| -> Vec<String> {
            cached.read_by("a", &[from]).into_iter().map(|provider| provider.name.name).collect()
        };
        let fruit = LabelSelector {
            match_labels: BTreeMap::from([("team".to_owned(), "fruit".to_owned())]),
            ..LabelSelector::default()
        };
        assert_eq!(reads(InputsFrom::Name("two".to_owned())), ["two"]);
        assert_eq!(reads(InputsFrom::Name("three".to_owned())), Vec::<String>::new());
        assert_eq!(reads(InputsFrom::Selector(fruit)), ["one"]);
        assert_eq!(reads(InputsFrom::Selector(LabelSelector::default())), ["one", "two"]);
        take(Event::Delete(provider("a", "one", "fruit")));
        assert_eq!(reads(InputsFrom::Selector(LabelSelector::default())), ["two"]);
        for event in [Event::Init, Event::InitApply(provider("b", "three", "fruit")), Event::InitDone] {
            take(event);
        }
        assert!(names.of("a").is_empty(), "a list names all providers");
    }
}
