//! Origins that a plugin wants to reach in addition to that of `spec.url`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An origin in addition to that of `spec.url`. The plugin asks for it here; it is reached only if the operator grants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Want {
    /// Scheme, host and, if not the default, port: `https://api.github.com`.
    pub origin: String,
    /// The plugin needs this origin only if `spec.url` has that one, for example `https://github.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_url: Option<String>,
    /// The methods that it needs. If empty: GET and HEAD, and whatever else the operator grants there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// The path prefixes that it needs, for example `/repos/`. If empty: every path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

/// A method that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads a resource.
    Get,
    /// Reads the headers of a resource.
    Head,
    /// Creates a resource, or starts an operation.
    Post,
    /// Replaces a resource.
    Put,
    /// Changes parts of a resource.
    Patch,
    /// Removes a resource.
    Delete,
}

impl Want {
    /// Wants to read everything of an origin.
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), for_url: None, methods: Vec::new(), paths: Vec::new() }
    }

    /// Only where `spec.url` has this origin.
    #[must_use]
    pub fn for_url(mut self, origin: &str) -> Self {
        self.for_url = Some(origin.to_owned());
        self
    }

    /// These methods instead of GET and HEAD.
    #[must_use]
    pub fn methods(mut self, methods: &[Method]) -> Self {
        self.methods.extend_from_slice(methods);
        self
    }

    /// Only below this path.
    #[must_use]
    pub fn path(mut self, prefix: &str) -> Self {
        self.paths.push(prefix.to_owned());
        self
    }
}

/// A word that is not an HTTP method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a method; the methods are GET, HEAD, POST, PUT, PATCH, DELETE")]
pub struct UnknownMethod(String);

impl Method {
    /// All methods, in the order of the plugin package.
    pub const ALL: [Self; 6] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it only reads: such requests may be redirected and answered conditionally.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    /// Whether doing it twice is the same as doing it once (RFC 9110 §9.2.2).
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Put | Self::Delete)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownMethod(text.escape_debug().to_string()))
    }
}
