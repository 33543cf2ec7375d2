//! The manifest: the document in which a plugin describes itself.
//!
//! ```text
//! plugin ── describe ──▶ JSON ── parse ──▶ Manifest ──▶ admission, plugin list, plugin check, explain TYPE
//! ```
//!
//! # Guarantees
//!
//! * A document of another `apiVersion` is refused before anything else of it is read.
//! * A key that is missing or has the wrong shape is an error that names the key.
//! * An unknown key is a note and never an error: a plugin may be newer than the host.
//!
//! # Refuses
//!
//! Nothing about the values themselves. Whether a name or an origin is valid is checked where a plugin is admitted.

mod credential;
mod notifies;
mod parse;
mod reach;
mod served_type;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use credential::{Credential, Part, Scheme, SecretKey, Shape};
pub use notifies::{NotifiedBy, Notifies};
pub use parse::{ManifestError, Parsed, parse};
pub use reach::{Method, UnknownMethod, Want};
pub use served_type::{Attribute, LimitRule, NameKind, ServedType};

/// The version of the manifest that this crate writes and reads.
pub const API_VERSION: &str = "plugins.orangery.dev/v1alpha1";

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of the document: always `plugins.orangery.dev/v1alpha1`.
    pub api_version: String,
    /// The lower-case name of the plugin, for example `github`.
    pub name: String,
    /// The semantic version of the plugin.
    pub version: String,
    /// One sentence about what the plugin is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The address of a page with more about the plugin.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub homepage: String,
    /// The license as an SPDX expression, for example `Apache-2.0`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// The provider types (`spec.type`) that it lists inputs for; empty for a renderer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<ServedType>,
    /// The renderer, if the plugin is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renderer: Option<RendererEntry>,
    /// The notices that it can send; empty if it is not a notifier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notifies: Vec<Notifies>,
    /// The credentials that it may name in requests. The host attaches no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// What it wants to reach beyond the origin of `spec.url`. The plugin asks here, the operator grants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wants: Vec<Want>,
}

/// The renderer that a plugin is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RendererEntry {
    /// The value of `spec.renderer.name`.
    pub name: String,
    /// JSON Schema of `spec.renderer.config`; without it, anything is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
}

impl Manifest {
    /// A manifest with a name and a version and nothing else.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            description: String::new(),
            homepage: String::new(),
            license: String::new(),
            types: Vec::new(),
            renderer: None,
            notifies: Vec::new(),
            credentials: Vec::new(),
            wants: Vec::new(),
        }
    }

    /// The document that `describe` returns.
    ///
    /// # Errors
    /// A schema or an example holds a number that JSON cannot represent.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The JSON Schema of the document, as it is published in `wit/manifest.schema.json`.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).into()
    }
}
