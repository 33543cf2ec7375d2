//! The field names of the built-in kinds of Kubernetes.
//!
//! They come from the generated types of `k8s-openapi`. Only the names are kept, in a file that a test compares with the types, so
//! that the schemas with all their descriptions need not be in the binary.

use serde_json::Value;

/// `kinds`: `apiVersion kind` to the name of a type. `types`: to a JSON schema that has only `properties`, `items`,
/// `additionalProperties` and `$ref`.
const FIELDS: &str = include_str!("kinds.json");

/// The schemas of all built-in kinds.
pub(super) struct Kinds(Value);

impl Kinds {
    /// Parses the embedded file.
    ///
    /// # Errors
    /// The embedded file is not valid: a broken build.
    pub(super) fn read() -> serde_json::Result<Self> {
        serde_json::from_str(FIELDS).map(Self)
    }

    /// The schema of a kind; `None` for custom resources and for alpha and beta versions.
    pub(super) fn schema(&self, api_version: &str, kind: &str) -> Option<&Value> {
        self.named(self.0.get("kinds")?.get(format!("{api_version} {kind}"))?.as_str()?)
    }

    /// Follows a `$ref`.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        schema.get("$ref").and_then(Value::as_str).and_then(|name| self.named(name)).unwrap_or(schema)
    }

    fn named(&self, name: &str) -> Option<&Value> {
        self.0.get("types")?.get(name)
    }
}

#[cfg(test)]
mod tests;
