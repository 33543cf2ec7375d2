//! The fields of the kinds that Kubernetes itself serves and people apply.
//!
//! They come from the generated types of `k8s-openapi`. Only their names are kept, in a file beside this one that a test
//! holds in step: the types' own schemas, with all their descriptions, need not be in the binary.

use serde_json::Value;

/// `kinds`: `apiVersion kind` to the name of a type. `types`: to a JSON schema that has only `properties`, `items`,
/// `additionalProperties` and `$ref`.
const FIELDS: &str = include_str!("kinds.json");

/// All kinds.
pub(super) struct Kinds(Value);

impl Kinds {
    /// Reads the file.
    ///
    /// # Errors
    /// The file in this program is broken.
    pub(super) fn read() -> serde_json::Result<Self> {
        serde_json::from_str(FIELDS).map(Self)
    }

    /// The schema of a kind; `None` for those that Kubernetes itself does not serve, and for previews of interfaces.
    pub(super) fn schema(&self, api_version: &str, kind: &str) -> Option<&Value> {
        self.named(self.0.get("kinds")?.get(format!("{api_version} {kind}"))?.as_str()?)
    }

    /// The schema itself, where another one is referred to.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        schema.get("$ref").and_then(Value::as_str).and_then(|name| self.named(name)).unwrap_or(schema)
    }

    fn named(&self, name: &str) -> Option<&Value> {
        self.0.get("types")?.get(name)
    }
}

#[cfg(test)]
mod tests;
