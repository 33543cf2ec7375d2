//! Plugins as other crates know them: who they are, where they came from, and what they serve.

pub(crate) mod describe;
pub(crate) mod schema;
pub(crate) mod world;

use orangery_core::ServedType;
use orangery_plugin_documents::Manifest;
use std::fmt;
use std::sync::Arc;

/// Who a plugin is, for messages and metrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct PluginRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component, 64 hexadecimal characters.
    pub digest: String,
}

impl fmt::Display for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Where a component came from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PluginSource {
    /// For people: a path, or `bundled`.
    pub label: String,
    /// Whether it came with the program.
    pub bundled: bool,
    /// Whether it may take types and renderer names from a bundled plugin.
    pub shadowing: Shadowing,
}

/// Whether a plugin that the user gave may serve what a bundled one serves. It would get the credentials and the inventory
/// of every provider of that type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Shadowing {
    /// It is not admitted.
    Refused,
    /// It wins.
    Allowed,
}

impl PluginSource {
    /// One that the user gave, for types and names of its own.
    pub fn given(label: impl Into<String>) -> Self {
        Self { label: label.into(), bundled: false, shadowing: Shadowing::Refused }
    }

    /// One that came with the program.
    pub fn bundled(label: impl Into<String>) -> Self {
        Self { label: label.into(), bundled: true, shadowing: Shadowing::Refused }
    }

    /// The same with another answer to whether it may win over a bundled one.
    #[must_use]
    pub fn shadowing(self, shadowing: Shadowing) -> Self {
        Self { shadowing, ..self }
    }
}

impl fmt::Display for PluginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// What a plugin said of itself, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginDescription {
    /// Who it is.
    pub plugin: PluginRef,
    /// Where it came from.
    pub source: PluginSource,
    /// The types it lists inputs for, as filters and limits need them.
    pub types: Vec<ServedType>,
    /// All that it said.
    pub manifest: Arc<Manifest>,
    /// What it said that this host does not know, a sentence each.
    pub notes: Vec<String>,
}

impl PluginDescription {
    /// The renderer name it answers to.
    #[must_use]
    pub fn renderer(&self) -> Option<&str> {
        self.manifest.renderer.as_ref().map(|renderer| renderer.name.as_str())
    }

    /// The names of the credentials that it may use.
    #[must_use]
    pub fn credential_names(&self) -> Vec<String> {
        self.manifest.credentials.iter().map(|credential| credential.name.clone()).collect()
    }
}
