//! One provider's part in a combination: its identity, its inputs, and whether its values can be trusted.

use crate::conditions::{Notice, Reason};
use crate::digest;
use crate::input::{Attributes, InputList, NamespacedName};
use crate::ledger::SourceRef;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The identity of a provider. The order is that of combination: by kind, namespace, name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderRef {
    /// For example `fluxcd.controlplane.io/v1`.
    pub api_version: String,
    /// For example `ResourceSetInputProvider`.
    pub kind: String,
    /// Namespace and name.
    pub name: NamespacedName,
}

/// API version of both custom resources.
pub const API_VERSION: &str = "fluxcd.controlplane.io/v1";
/// Kind of the sets.
pub const SET_KIND: &str = "ResourceSet";
/// Kind of the providers.
pub const PROVIDER_KIND: &str = "ResourceSetInputProvider";

impl ProviderRef {
    /// A reference to a `ResourceSetInputProvider`.
    #[must_use]
    pub fn provider(name: NamespacedName) -> Self {
        Self { api_version: API_VERSION.to_owned(), kind: PROVIDER_KIND.to_owned(), name }
    }

    /// A `ResourceSet`, as the provider of its inline inputs.
    #[must_use]
    pub fn set(name: NamespacedName) -> Self {
        Self { api_version: API_VERSION.to_owned(), kind: SET_KIND.to_owned(), name }
    }

    /// `Kind/name`, for messages.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{}/{}", self.kind, self.name.name)
    }

    /// Its reference in the ledger.
    #[must_use]
    pub fn source(&self) -> SourceRef {
        if self.kind == SET_KIND { SourceRef::set(&self.name.name) } else { SourceRef::provider(&self.name.name) }
    }

    /// The value of the key `provider`.
    #[must_use]
    pub fn as_value(&self) -> Value {
        json!({
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name.name,
            "namespace": self.name.namespace,
        })
    }

    /// The uid of an input of this provider with this natural key.
    #[must_use]
    pub fn uid(&self, natural_key: &str) -> String {
        digest::uid(&self.digest_key(), natural_key)
    }

    fn digest_key(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

impl Ord for ProviderRef {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.api_version, &self.kind, &self.name).cmp(&(&other.api_version, &other.kind, &other.name))
    }
}

impl PartialOrd for ProviderRef {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether an outsider may have chosen the values.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Trust {
    /// The user wrote them: inline inputs, `Static`, files of the command line.
    #[default]
    Trusted,
    /// A provider answered them. Only values that equal these defaults are the user's own.
    Answered {
        /// The values for absent keys, from `spec.defaultValues`.
        defaults: Map<String, Value>,
    },
}

/// One provider's part in a combination.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The provider that the inputs come from.
    pub provider: ProviderRef,
    /// What it exports, in its order.
    pub inputs: InputList,
    /// Whether an outsider may have chosen their values.
    pub trust: Trust,
}

/// One input of one source, ready to be combined.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) attributes: Attributes,
    pub(super) uid: String,
    pub(super) label: String,
    pub(super) untrusted: Vec<String>,
}

impl Part {
    /// The size that it adds to each combination: its text, its label and its untrusted keys.
    pub(super) fn bytes(&self) -> usize {
        let untrusted: usize = self.untrusted.iter().map(|key| key.len() + size_of::<String>()).sum();
        self.attributes.len() + self.label.len() + untrusted
    }
}

impl Source {
    /// The inline inputs of a set.
    #[must_use]
    pub fn inline(set: &NamespacedName, inputs: &[Map<String, Value>]) -> Self {
        Self { provider: ProviderRef::set(set.clone()), inputs: inputs.into(), trust: Trust::Trusted }
    }

    /// The inputs with what the host adds: the key `provider`, the uid, and a label for messages.
    pub(super) fn parts(&self) -> Vec<Part> {
        let provider = self.provider.as_value();
        let digest_key = self.provider.digest_key();
        let keys = digest::natural_keys(self.inputs.maps());
        self.inputs
            .maps()
            .zip(keys)
            .enumerate()
            .map(|(index, (input, natural))| {
                let (label, untrusted) = (self.label(index, &input), self.untrusted(&input));
                let mut attributes = input;
                attributes.insert("provider".to_owned(), provider.clone());
                Part { uid: digest::uid(&digest_key, &natural), label, untrusted, attributes: attributes.into() }
            })
            .collect()
    }

    /// The uids of its inputs.
    #[must_use]
    pub fn uids(&self) -> BTreeSet<String> {
        digest::natural_keys(self.inputs.maps()).iter().map(|key| self.provider.uid(key)).collect()
    }

    fn label(&self, index: usize, input: &Map<String, Value>) -> String {
        match input.get("id") {
            Some(Value::String(id)) => format!("{} id {id}", self.provider.short()),
            Some(Value::Number(id)) => format!("{} id {id}", self.provider.short()),
            _ => format!("{} input {index}", self.provider.short()),
        }
    }

    fn untrusted(&self, input: &Map<String, Value>) -> Vec<String> {
        match &self.trust {
            Trust::Trusted => Vec::new(),
            Trust::Answered { defaults } => input
                .iter()
                .filter(|(key, value)| key.as_str() != "provider" && defaults.get(key.as_str()) != Some(value))
                .map(|(key, _)| key.clone())
                .collect(),
        }
    }

    /// Warns about different inputs of one provider with the same id, because objects named by the id would collide.
    pub(super) fn repeated_ids(&self) -> Vec<Notice> {
        let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, input) in self.inputs.maps().enumerate() {
            match input.get("id") {
                None | Some(Value::Null) => {}
                Some(Value::String(id)) => by_id.entry(id.clone()).or_default().push(index),
                Some(id) => by_id.entry(id.to_string()).or_default().push(index),
            }
        }
        by_id
            .into_iter()
            .filter(|(_, indexes)| indexes.len() > 1)
            .map(|(id, indexes)| {
                let indexes: Vec<String> = indexes.iter().map(usize::to_string).collect();
                Notice::warning(
                    Reason::DuplicateObjects,
                    format!("{}: inputs {} have the same id {id}", self.provider.short(), indexes.join(", ")),
                )
            })
            .collect()
    }
}
