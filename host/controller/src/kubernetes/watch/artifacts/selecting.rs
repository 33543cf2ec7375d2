//! Which providers select which ExternalArtifacts.
//!
//! # Guarantees
//! Finding the providers of an artifact looks at those of the type `ExternalArtifact` only that look into its namespace.

use crate::kubernetes::object::name_of;
use kube::runtime::watcher::Event;
use orangery_api::ResourceSetInputProvider;
use orangery_core::NamespacedName;
use orangery_core::spec::{ArtifactScope, ArtifactSelector, ProviderSpec};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Labels of an artifact.
pub(super) type Labels = BTreeMap<String, String>;

/// The providers of the type `ExternalArtifact`.
pub(in crate::kubernetes::watch) struct SelectingProviders {
    index: Mutex<Index>,
    /// Whether there is any.
    any: watch::Sender<bool>,
}

#[derive(Default)]
struct Index {
    selectors: HashMap<NamespacedName, Vec<ArtifactSelector>>,
    /// The providers that look into a namespace.
    by_namespace: HashMap<String, BTreeSet<NamespacedName>>,
    /// The providers that look into all of them.
    everywhere: BTreeSet<NamespacedName>,
    /// The providers in the list under way.
    listed: HashSet<NamespacedName>,
}

impl Default for SelectingProviders {
    fn default() -> Self {
        Self { index: Mutex::default(), any: watch::channel(false).0 }
    }
}

impl SelectingProviders {
    /// Takes in an event of the watch of the providers.
    pub(in crate::kubernetes::watch) fn observe(&self, event: &Event<ResourceSetInputProvider>) {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Init => index.listed.clear(),
            Event::InitApply(provider) => {
                index.listed.insert(name_of(provider));
                index.put(provider);
            }
            Event::Apply(provider) => index.put(provider),
            Event::InitDone => {
                let listed = std::mem::take(&mut index.listed);
                let gone: Vec<_> = index.selectors.keys().filter(|name| !listed.contains(name)).cloned().collect();
                gone.iter().for_each(|name| index.remove(name));
            }
            Event::Delete(provider) => index.remove(&name_of(provider)),
        }
        let any = !index.selectors.is_empty();
        self.any.send_if_modified(|before| std::mem::replace(before, any) != any);
    }

    /// Waits until there is any, or none.
    pub(super) async fn until_any(&self, wanted: bool) {
        // The sender lives as long as this.
        let _ = self.any.subscribe().wait_for(|any| *any == wanted).await;
    }

    /// The providers that select an artifact by its labels as they are or as they were.
    pub(super) fn of(&self, artifact: &NamespacedName, labels: &[Labels]) -> Vec<NamespacedName> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let here = index.by_namespace.get(&artifact.namespace).into_iter().flatten();
        let looking: BTreeSet<&NamespacedName> = here.chain(&index.everywhere).collect();
        let selects = |provider: &&NamespacedName| {
            let mut selectors = index.selectors.get(*provider).into_iter().flatten();
            selectors
                .any(|selector| labels.iter().any(|labels| selector.selects(&provider.namespace, artifact, labels)))
        };
        looking.into_iter().filter(selects).cloned().collect()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<NamespacedName> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).selectors.keys().cloned().collect()
    }
}

impl Index {
    fn put(&mut self, provider: &ResourceSetInputProvider) {
        let name = name_of(provider);
        self.remove(&name);
        // Others are not parsed at all. One that cannot be parsed selects nothing; it is reconciled again when it is edited.
        let Some(spec) = (provider.spec.selectors.is_some()).then(|| ProviderSpec::try_from(provider).ok()).flatten()
        else {
            return;
        };
        if !spec.provider_type.is_external_artifact() {
            return;
        }
        for selector in &spec.selectors {
            match selector.scope(&name.namespace) {
                ArtifactScope::Cluster => {
                    self.everywhere.insert(name.clone());
                }
                ArtifactScope::Namespace(namespace) => {
                    self.by_namespace.entry(namespace.to_owned()).or_default().insert(name.clone());
                }
            }
        }
        self.selectors.insert(name, spec.selectors);
    }

    fn remove(&mut self, provider: &NamespacedName) {
        let Some(selectors) = self.selectors.remove(provider) else { return };
        self.everywhere.remove(provider);
        for selector in selectors {
            if let ArtifactScope::Namespace(namespace) = selector.scope(&provider.namespace)
                && let Some(providers) = self.by_namespace.get_mut(namespace)
            {
                providers.remove(provider);
                if providers.is_empty() {
                    self.by_namespace.remove(namespace);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn provider(namespace: &str, name: &str, selectors: Value) -> ResourceSetInputProvider {
        let provider = json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"type": "ExternalArtifact", "selectors": selectors},
        });
        serde_json::from_value(provider).unwrap()
    }

    fn of(providers: &SelectingProviders, namespace: &str, name: &str, teams: &[&str]) -> Vec<String> {
        let labels: Vec<Labels> = teams.iter().map(|team| [("team".to_owned(), (*team).to_owned())].into()).collect();
        let found = providers.of(&NamespacedName::new(namespace, name), &labels);
        found.into_iter().map(|provider| provider.to_string()).collect()
    }

    #[test]
    fn an_artifact_wakes_those_that_select_it_or_selected_it_and_nobody_else() {
        let providers = SelectingProviders::default();
        for provider in [
            provider("a", "named", json!([{"name": "shop"}])),
            provider("a", "fruit", json!([{"namespace": "*", "matchLabels": {"team": "fruit"}}])),
            provider("b", "all", json!([{"name": "*"}, {"namespace": "a", "matchLabels": {"team": "nut"}}])),
        ] {
            providers.observe(&Event::Apply(provider));
        }
        assert_eq!(of(&providers, "a", "shop", &["fruit"]), ["a/fruit", "a/named"]);
        assert_eq!(of(&providers, "a", "other", &["fruit", "nut"]), ["a/fruit", "b/all"]);
        assert_eq!(of(&providers, "b", "shop", &["x"]), ["b/all"]);
        assert!(of(&providers, "c", "shop", &["x"]).is_empty());

        providers.observe(&Event::Apply(provider("a", "fruit", json!([{"name": "one"}]))));
        assert!(of(&providers, "c", "shop", &["fruit"]).is_empty(), "an edited provider selects what it says now");
        providers.observe(&Event::Delete(provider("a", "named", json!([{"name": "shop"}]))));
        assert!(of(&providers, "a", "shop", &["x"]).is_empty());
        for event in [Event::Init, Event::InitDone] {
            providers.observe(&event);
        }
        assert!(providers.all().is_empty() && !*providers.any.borrow(), "a list names all providers");
    }
}
