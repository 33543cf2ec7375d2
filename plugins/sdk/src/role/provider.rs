//! A provider: its description, the poll that it is asked for, and its answer.

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

/// A plugin that lists inputs from a forge or any other source.
pub trait Provider {
    /// The typed form of `spec.config`. The host validates configurations against its JSON Schema.
    type Config: DeserializeOwned + JsonSchema;
    /// The lower-case name of the plugin.
    const NAME: &'static str;
    /// Its semantic version, usually `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One sentence about what the plugin is for.
    const DESCRIPTION: &'static str = "";
    /// The address of a page with more about the plugin.
    const HOMEPAGE: &'static str = "";
    /// The license as an SPDX expression, for example `Apache-2.0`.
    const LICENSE: &'static str = "";

    /// The values of `spec.type` that it serves.
    fn types() -> Vec<ServedType>;

    /// The credentials that it may name in requests, and the Secrets that they are made of. The host adds no others.
    fn credentials() -> Vec<Credential> {
        vec![Credential::new("api")]
    }

    /// What it needs to reach in addition to the origin of `spec.url`, which it may always read.
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

    /// Lists what the source has now.
    ///
    /// # Errors
    /// Whatever kept it from seeing everything. It must never return an empty list instead.
    fn poll(poll: &Poll<'_>, config: Self::Config) -> Result<Outcome, Error>;
}

/// The subject of one poll, and what it may use.
pub struct Poll<'a> {
    /// The type that is polled, from `spec.type`.
    pub provider_type: String,
    /// `spec.url`; empty if the manifest has none.
    pub url: String,
    /// The user's filter. The host applies it; a provider may pass parts of it on to the forge.
    pub filter: Filter,
    /// The network through which it sends requests.
    pub http: &'a dyn Http,
    /// The user's filter, as the host applies it; see [`Poll::wants`].
    pub selection: &'a dyn Selection,
}

/// Evaluates the user's filter.
pub trait Selection {
    /// Whether a candidate of this name with these labels is wanted.
    fn wants(&self, name: &str, labels: &[String]) -> bool;
}

/// The result of a poll.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Everything that exists; an input that is missing from it is gone.
    Complete(Found),
    /// A part of what exists: it adds and updates inputs, and removes none.
    Partial(Found),
}

/// The contents of an answer; `inputs.into()` if every item could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The items that could be read.
    pub inputs: Vec<Input>,
    /// Items that exist but cannot be read: the host keeps what it last exported of them, and warns.
    pub unreadable: Vec<UnreadableItem>,
}

/// One input that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The id, 1 to 253 characters. Users build object names from it. Inputs may share an id if their names differ.
    pub id: String,
    /// The values that templates see.
    pub attributes: Map<String, Value>,
    /// What the host needs to know in addition. An absent fact is unknown, never "no".
    pub facts: Facts,
}

/// The configuration of a type that has none: an empty object, and any key is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

impl Poll<'_> {
    /// Whether the user's filter wants this candidate. Call this before an expensive sub-request; the host applies the
    /// same filter again to the answer.
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
    /// An item about which nothing is known.
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

    /// Sets what the host needs to know in addition.
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
