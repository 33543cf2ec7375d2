//! Inputs: what providers find and templates see.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// A namespace and a name: how one custom resource is addressed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamespacedName {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl NamespacedName {
    /// Both parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for NamespacedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// One thing a provider found, before the host filters, and before defaults are merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// 1–253 characters, unique in one answer.
    pub id: String,
    /// What templates see as `inputs.<key>`; holds no `id` of its own.
    pub attributes: Map<String, Value>,
}

/// A provider's answer. Only [`PollOutcome::Complete`] may shrink what exists (law 1).
#[derive(Debug, Clone, PartialEq)]
pub enum PollOutcome {
    /// Everything there is.
    Complete(Vec<Input>),
    /// Some of it: adds and updates, removes nothing.
    Partial(Vec<Input>),
    /// The same as last time.
    Unchanged,
}
