//! `spec.selectors` of a provider of type `ExternalArtifact`.

use super::LabelSelector;
use crate::input::NamespacedName;
use std::collections::BTreeMap;

/// Stands for any name or any namespace.
const ANY: &str = "*";

/// One entry of `spec.selectors`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactSelector {
    /// By name; `*` is any.
    pub name: Option<String>,
    /// Namespace; the provider's own if absent, `*` is any.
    pub namespace: Option<String>,
    /// By labels.
    pub labels: LabelSelector,
}

/// Where a selector looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactScope<'a> {
    /// In all namespaces.
    Cluster,
    /// In one namespace.
    Namespace(&'a str),
}

impl ArtifactSelector {
    /// Where it looks, for a provider in the namespace `own`.
    #[must_use]
    pub fn scope<'a>(&'a self, own: &'a str) -> ArtifactScope<'a> {
        match self.namespace.as_deref() {
            None => ArtifactScope::Namespace(own),
            Some(ANY) => ArtifactScope::Cluster,
            Some(namespace) => ArtifactScope::Namespace(namespace),
        }
    }

    /// The only name that it selects, if it names one.
    #[must_use]
    pub fn single_name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| *name != ANY)
    }

    /// Whether it selects this artifact, for a provider in the namespace `own`.
    #[must_use]
    pub fn selects(&self, own: &str, artifact: &NamespacedName, labels: &BTreeMap<String, String>) -> bool {
        let is_in_scope = match self.scope(own) {
            ArtifactScope::Cluster => true,
            ArtifactScope::Namespace(namespace) => namespace == artifact.namespace,
        };
        is_in_scope && self.single_name().is_none_or(|name| name == artifact.name) && self.labels.matches(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(namespace: Option<&str>, name: Option<&str>, team: Option<&str>) -> ArtifactSelector {
        let match_labels = team.map(|team| ("team".to_owned(), team.to_owned())).into_iter().collect();
        ArtifactSelector {
            name: name.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            labels: LabelSelector { match_labels, ..LabelSelector::default() },
        }
    }

    #[test]
    fn a_selector_is_bound_to_its_namespace_its_name_and_its_labels() {
        let selects = |selector: ArtifactSelector, namespace: &str, name: &str| {
            let labels = BTreeMap::from([("team".to_owned(), "fruit".to_owned())]);
            selector.selects("own", &NamespacedName::new(namespace, name), &labels)
        };
        assert!(selects(selector(None, None, None), "own", "a") && !selects(selector(None, None, None), "other", "a"));
        assert!(selects(selector(Some("*"), None, Some("fruit")), "other", "a"));
        assert!(!selects(selector(Some("*"), None, Some("nut")), "other", "a"));
        assert!(selects(selector(Some("other"), Some("a"), None), "other", "a"));
        assert!(!selects(selector(Some("other"), Some("a"), None), "other", "b"));
        assert!(!selects(selector(Some("other"), Some("a"), None), "own", "a"));
        assert!(selects(selector(None, Some("*"), None), "own", "anything"));
    }
}
