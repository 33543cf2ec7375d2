//! What a plugin wants to reach beyond the origin of `spec.url`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An origin beyond that of `spec.url`. Two keys open it: the plugin asks here, the operator grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Want {
    /// Scheme, host and, if not the default, port: `https://api.github.com`.
    pub origin: String,
    /// Wanted only where `spec.url` has this origin, for example `https://github.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_url: Option<String>,
    /// The methods that it wants. Without any: GET and HEAD, and whatever else the operator grants there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// The path prefixes that it wants, for example `/repos/`. Without any: every path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

/// A method that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    Get,
    /// Read without a body.
    Head,
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Change in part.
    Patch,
    /// Remove.
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

impl Method {
    /// The method as it is written in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}
