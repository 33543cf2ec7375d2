//! Inputs: what providers find and templates see.

mod attributes;
pub mod digest;
mod revision;

pub use attributes::{Attributes, InputList};
pub use revision::revision;

use orangery_plugin_documents::Facts;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// A namespace and a name: how one custom resource is addressed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamespacedName {
    /// The namespace of the object.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
}

impl NamespacedName {
    /// The name of an object in a namespace.
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
    /// 1–253 characters. Two inputs of one answer may share it; their names differ then.
    pub id: String,
    /// What templates see as `inputs.<key>`; holds no `id` of its own.
    pub attributes: Map<String, Value>,
    /// What the host needs to know besides. Absent means unknown.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
}

/// An item that exists at the source but cannot be made an input. Its last exported input stays, and nothing of it is pruned.
/// Where neither id nor name is known it may be any exported input.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnreadableItem {
    /// The id that its input has in other answers, if it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name of its input, if it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is wrong with it: one bounded line.
    pub problem: String,
}

/// The contents of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// What can be exported, in the order of the source.
    pub inputs: Vec<Input>,
    /// What exists as well but cannot be read.
    pub unreadable: Vec<UnreadableItem>,
}

impl From<Vec<Input>> for Found {
    fn from(inputs: Vec<Input>) -> Self {
        Self { inputs, unreadable: Vec::new() }
    }
}

/// A provider's answer. Only [`PollOutcome::Complete`] may shrink what exists (law 1).
#[derive(Debug, Clone, PartialEq)]
pub enum PollOutcome {
    /// Everything there is: an item that is neither an input nor unreadable is gone.
    Complete(Found),
    /// Some of it: adds and updates, removes nothing.
    Partial(Found),
}
