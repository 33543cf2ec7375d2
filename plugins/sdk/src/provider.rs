//! A provider: who it is, what it is asked, what it answers.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::http::Http;
use crate::renderer::schema_of;

/// Lists things on a forge or anywhere else.
pub trait Provider {
    /// The typed form of `spec.config`; its JSON Schema is what the host validates against.
    type Config: DeserializeOwned + JsonSchema;
    /// The lower-case name of the plugin.
    const NAME: &'static str;
    /// Its semantic version; `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// The credential names it may use in requests. The host grants no other.
    const CREDENTIALS: &'static [&'static str] = &["api"];

    /// The values of `spec.type` that it serves.
    fn types() -> Vec<ServedType>;

    /// Origins it wants to reach beyond that of `spec.url`, which is always granted.
    fn wants() -> Vec<Want> {
        Vec::new()
    }

    /// Checks what a JSON Schema cannot say.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] naming the field.
    fn validate(_kind: &str, _config: Self::Config) -> Result<Vec<Note>, Error> {
        Ok(Vec::new())
    }

    /// Asks the source once.
    ///
    /// # Errors
    /// Whatever kept it from seeing all there is. Never an empty list instead.
    fn poll(poll: &Poll<'_>, config: Self::Config) -> Result<Outcome, Error>;
}

/// What one poll is about, and the doors that it may use.
pub struct Poll<'a> {
    /// `spec.type`.
    pub kind: String,
    /// `spec.url`; empty if the manifest has none.
    pub url: String,
    /// The user's filter. The host applies it; a provider may push parts of it down to the forge.
    pub filter: Filter,
    /// The door to the network.
    pub http: &'a dyn Http,
    /// The user's filter, as the host applies it; see [`Poll::wants`].
    pub selection: &'a dyn Selection,
}

/// Says whether the user's filter wants a candidate.
pub trait Selection {
    /// Whether a candidate of this name with these labels is wanted.
    fn wants(&self, name: &str, labels: &[String]) -> bool;
}

/// `spec.filter` as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The include expression that applies to this type (RE2, unanchored).
    pub include: Option<String>,
    /// The exclude expression that applies to this type.
    pub exclude: Option<String>,
    /// All of these labels must be present.
    pub labels: Vec<String>,
    /// A semantic version range.
    pub semver: Option<String>,
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
    pub odd: Vec<OddItem>,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// 1 to 253 characters. Users build object names from it. Inputs may share an id if their names differ.
    pub id: String,
    /// The values that templates see.
    pub attributes: Map<String, Value>,
}

/// An item that exists but cannot be made an input, because a field is missing or has another shape. One such item must not
/// stop the others: report it here instead of failing. What is known of its identity tells the host which exported input
/// stays as it is; without any, all that are missing from the answer stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OddItem {
    /// The id that its input has in other answers, if it can be told.
    pub id: Option<String>,
    /// The value of the type's name attribute, if it can be told.
    pub name: Option<String>,
    /// What is wrong with it.
    pub problem: String,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteLevel {
    /// Worth knowing.
    Information,
    /// Probably not what the user meant.
    Warning,
}

/// A remark for the user that is not a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// A short stable identifier in CamelCase.
    pub code: String,
    /// One sentence: what, where, what to do.
    pub message: String,
}

/// What the names that a type lists are, which decides which filter fields apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// `includeBranch`, `excludeBranch`.
    Branch,
    /// `includeTag`, `excludeTag`, `semver`.
    Tag,
    /// `includeEnvironment`, `excludeEnvironment`.
    Environment,
    /// No name filter applies.
    Unnamed,
}

/// What happens when there are more inputs than `filter.limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitRule {
    /// Those already exported stay, new ones wait.
    Admit,
    /// Sorted, and the best win.
    Best,
}

/// One value of `spec.type` that a provider serves.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedType {
    /// The value of `spec.type`.
    pub name: String,
    /// What its names are.
    pub name_kind: NameKind,
    /// The attribute that holds the name; empty if unnamed.
    pub name_attribute: String,
    /// Whether its inputs carry labels (attribute `labels`).
    pub labelled: bool,
    /// What `filter.limit` does.
    pub limit_rule: LimitRule,
    /// JSON Schema of `spec.config`; that of [`Provider::Config`] if not set.
    pub config_schema: Option<Value>,
}

/// An origin beyond that of `spec.url`. Two keys: the plugin asks here, the operator grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Scheme, host and, if not the default, port.
    pub origin: String,
    /// Wanted only where `spec.url` has this origin.
    pub for_url: Option<String>,
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

impl From<Vec<Input>> for Found {
    fn from(inputs: Vec<Input>) -> Self {
        Self { inputs, odd: Vec::new() }
    }
}

impl FromIterator<Input> for Found {
    fn from_iter<T: IntoIterator<Item = Input>>(inputs: T) -> Self {
        Self { inputs: inputs.into_iter().collect(), odd: Vec::new() }
    }
}

impl Input {
    /// An input without attributes. The host adds `id` and `provider` to what templates see.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), attributes: Map::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(key.to_owned(), value.into());
        self
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

impl ServedType {
    /// A type that lists change requests: named by branch, labelled, those admitted stay.
    pub fn change_requests(name: &str) -> Self {
        Self { labelled: true, ..Self::branches(name) }
    }

    /// A type that lists branches.
    pub fn branches(name: &str) -> Self {
        Self::new(name, NameKind::Branch, "branch", LimitRule::Admit)
    }

    /// A type that lists tags: the best win.
    pub fn tags(name: &str) -> Self {
        Self::new(name, NameKind::Tag, "tag", LimitRule::Best)
    }

    /// A type that lists environments whose names are in `name_attribute`.
    pub fn environments(name: &str, name_attribute: &str) -> Self {
        Self::new(name, NameKind::Environment, name_attribute, LimitRule::Admit)
    }

    /// A type without names: no name filter applies.
    pub fn unnamed(name: &str) -> Self {
        Self::new(name, NameKind::Unnamed, "", LimitRule::Admit)
    }

    /// Gives this type a configuration of its own.
    #[must_use]
    pub fn config<C: JsonSchema>(mut self) -> Self {
        self.config_schema = Some(schema_of::<C>());
        self
    }

    fn new(name: &str, name_kind: NameKind, name_attribute: &str, limit_rule: LimitRule) -> Self {
        Self {
            name: name.to_owned(),
            name_kind,
            name_attribute: name_attribute.to_owned(),
            labelled: false,
            limit_rule,
            config_schema: None,
        }
    }
}
