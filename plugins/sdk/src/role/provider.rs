//! A provider: who it is, what it is asked, what it answers.

use orangery_plugin_documents::Facts;
use orangery_plugin_documents::manifest::{Credential, ServedType, Want};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::Http;

#[doc(inline)]
pub use crate::bindings::describing::orangery::plugin::types::{Note, UnreadableItem};
#[doc(inline)]
pub use crate::bindings::polling::exports::orangery::plugin::provider::Filter;

/// Lists things on a forge or anywhere else.
pub trait Provider {
    /// The typed form of `spec.config`; its JSON Schema is what the host validates against.
    type Config: DeserializeOwned + JsonSchema;
    /// The lower-case name of the plugin.
    const NAME: &'static str;
    /// Its semantic version; `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One sentence: what the plugin is for.
    const DESCRIPTION: &'static str = "";
    /// Where people read more.
    const HOMEPAGE: &'static str = "";
    /// SPDX expression, for example `Apache-2.0`.
    const LICENSE: &'static str = "";

    /// The values of `spec.type` that it serves.
    fn types() -> Vec<ServedType>;

    /// The credentials that it may name in requests, and the Secrets that they are made of. The host attaches no other.
    fn credentials() -> Vec<Credential> {
        vec![Credential::new("api")]
    }

    /// What it wants to reach beyond the origin of `spec.url`, which it may always read.
    fn wants() -> Vec<Want> {
        Vec::new()
    }

    /// Checks what a JSON Schema cannot say.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] naming the field.
    fn validate(_provider_type: &str, _config: Self::Config) -> Result<Vec<Note>, Error> {
        Ok(Vec::new())
    }

    /// Asks the source once.
    ///
    /// # Errors
    /// Whatever kept it from seeing all there is. Never an empty list instead.
    fn poll(poll: &Poll<'_>, config: Self::Config) -> Result<Outcome, Error>;
}

/// What one poll is about, and what it may use.
pub struct Poll<'a> {
    /// `spec.type`.
    pub provider_type: String,
    /// `spec.url`; empty if the manifest has none.
    pub url: String,
    /// The user's filter. The host applies it; a provider may push parts of it down to the forge.
    pub filter: Filter,
    /// The way to the network.
    pub http: &'a dyn Http,
    /// The user's filter, as the host applies it; see [`Poll::wants`].
    pub selection: &'a dyn Selection,
}

/// Says whether the user's filter wants a candidate.
pub trait Selection {
    /// Whether a candidate of this name with these labels is wanted.
    fn wants(&self, name: &str, labels: &[String]) -> bool;
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Everything there is; what is not in it is gone.
    Complete(Found),
    /// Some of it: adds and updates, removes nothing.
    Partial(Found),
}

/// The contents of an answer: `inputs.into()` where every item could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// What can be exported.
    pub inputs: Vec<Input>,
    /// What exists as well but cannot be read: the host keeps what it last exported of it, and warns.
    pub unreadable: Vec<UnreadableItem>,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// 1 to 253 characters. Users build object names from it. Inputs may share an id if their names differ.
    pub id: String,
    /// The values that templates see.
    pub attributes: Map<String, Value>,
    /// What the host needs to know besides. What is left out is unknown, never "no".
    pub facts: Facts,
}

/// The configuration of a type that has none: an empty object, and any key is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

impl Poll<'_> {
    /// Whether the user's filter wants this candidate. Worth asking before an expensive sub-request; the host applies
    /// the same filter again to what is returned.
    pub fn wants(&self, name: &str, labels: &[String]) -> bool {
        self.selection.wants(name, labels)
    }
}

impl Default for Filter {
    /// A filter that wants everything.
    fn default() -> Self {
        Self { include: None, exclude: None, labels: Vec::new(), semver: None }
    }
}

impl Default for UnreadableItem {
    /// An item of which nothing is known.
    fn default() -> Self {
        Self { id: None, name: None, problem: String::new() }
    }
}

impl From<Vec<Input>> for Found {
    fn from(inputs: Vec<Input>) -> Self {
        Self { inputs, unreadable: Vec::new() }
    }
}

impl FromIterator<Input> for Found {
    fn from_iter<T: IntoIterator<Item = Input>>(inputs: T) -> Self {
        Self { inputs: inputs.into_iter().collect(), unreadable: Vec::new() }
    }
}

impl Input {
    /// An input without attributes. The host adds `id` and `provider` to what templates see.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), attributes: Map::new(), facts: Facts::default() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(key.to_owned(), value.into());
        self
    }

    /// Sets what the host needs to know besides.
    #[must_use]
    pub fn facts(self, facts: Facts) -> Self {
        Self { facts, ..self }
    }

    /// Adds an attribute unless the text is empty.
    #[must_use]
    pub fn with_text(self, key: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.with(key, text) }
    }

    /// Adds a list unless it is empty.
    #[must_use]
    pub fn with_list(self, key: &str, list: Vec<String>) -> Self {
        if list.is_empty() { self } else { self.with(key, list) }
    }
}
