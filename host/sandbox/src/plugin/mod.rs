//! Plugins as other crates see them: their identity, where they came from, and what they serve.

pub(crate) mod describe;
pub(crate) mod schema;
pub(crate) mod world;

use orangery_core::ServedType;
use orangery_plugin_documents::Manifest;
use std::fmt;
use std::sync::Arc;

/// The identity of a plugin, for messages and metrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct PluginRef {
    /// The name from its manifest.
    pub name: String,
    /// The version from its manifest.
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
    /// A path or `bundled`, for messages.
    pub label: String,
    /// Whether it came with the program.
    pub bundled: bool,
    /// Whether it may take types and renderer names from a bundled plugin.
    pub shadowing: Shadowing,
}

/// Whether a plugin of the user may serve what a bundled one serves. It would get the credentials and the inventory
/// of every provider of that type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Shadowing {
    /// The plugin is not admitted.
    Refused,
    /// The plugin of the user is used instead of the bundled one.
    Allowed,
}

impl PluginSource {
    /// A component that the user gave, for types and names that no bundled plugin has.
    pub fn given(label: impl Into<String>) -> Self {
        Self { label: label.into(), bundled: false, shadowing: Shadowing::Refused }
    }

    /// A component that came with the program.
    pub fn bundled(label: impl Into<String>) -> Self {
        Self { label: label.into(), bundled: true, shadowing: Shadowing::Refused }
    }

    /// The same source with another rule for replacing a bundled plugin.
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

/// What a plugin's manifest says, after it was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginDescription {
    /// The name, version and digest.
    pub plugin: PluginRef,
    /// Where the component came from.
    pub source: PluginSource,
    /// The types it lists inputs for, as filters and limits need them.
    pub types: Vec<ServedType>,
    /// The manifest as a whole.
    pub manifest: Arc<Manifest>,
    /// What the manifest says that this host does not know, one sentence each.
    pub notes: Vec<String>,
}

impl PluginDescription {
    /// The name of its renderer, if it is one.
    #[must_use]
    pub fn renderer(&self) -> Option<&str> {
        self.manifest.renderer.as_ref().map(|renderer| renderer.name.as_str())
    }

    /// The names of the credentials that it declares.
    #[must_use]
    pub fn credential_names(&self) -> Vec<String> {
        self.manifest.credentials.iter().map(|credential| credential.name.clone()).collect()
    }
}
