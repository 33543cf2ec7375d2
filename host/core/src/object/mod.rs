//! A Kubernetes object as data, and its identity.

pub mod checksum;
pub mod copy;
pub mod keys;
mod packed;
pub mod readiness;

pub use packed::PackedObject;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// Group, version and kind. The core group is the empty string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupVersionKind {
    /// API group; empty for the core group.
    pub group: String,
    /// API version, for example `v1`.
    pub version: String,
    /// Kind, for example `ConfigMap`.
    pub kind: String,
}

impl GroupVersionKind {
    /// Splits `apiVersion` at its slash: `apps/v1` ⇒ (`apps`, `v1`), `v1` ⇒ (``, `v1`).
    #[must_use]
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// `group/version`, or the version alone for the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// The identity of an object: group, kind, namespace and name, and **not** the version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// API group; empty for the core group.
    pub group: String,
    /// The kind of the object.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
}

impl fmt::Display for ObjectKey {
    /// `Kind/namespace/name`, or `Kind/name` without a namespace: the form of all messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{}/{}", self.kind, self.name)
        } else {
            write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// One rendered object: a JSON object with `kind`, possibly without a usable name (the host checks before it applies).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(pub Map<String, Value>);

impl Object {
    /// The object as a JSON value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// A string field at the top level, empty if it is absent or not a string.
    fn top(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// `apiVersion` and `kind`.
    #[must_use]
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind::new(self.top("apiVersion"), self.top("kind"))
    }

    /// A string field of `metadata`, empty if it is absent or not a string.
    fn meta(&self, field: &str) -> &str {
        self.0.get("metadata").and_then(|m| m.get(field)).and_then(Value::as_str).unwrap_or_default()
    }

    /// `metadata.name`, empty if it is absent or not a string.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta("name")
    }

    /// `metadata.namespace`, empty if it is absent or not a string.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.meta("namespace")
    }

    /// `metadata.uid` of a live object.
    #[must_use]
    pub fn uid(&self) -> Option<&str> {
        Some(self.meta("uid")).filter(|uid| !uid.is_empty())
    }

    /// The key that identifies the object.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        let gvk = self.gvk();
        ObjectKey {
            group: gvk.group,
            kind: gvk.kind,
            namespace: self.namespace().to_owned(),
            name: self.name().to_owned(),
        }
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.0.get("metadata")?.get("labels")?.get(key)?.as_str()
    }

    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.0.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }

    /// Whether an annotation or a label says `disabled`, in upper or lower case.
    #[must_use]
    pub fn has_disabled(&self, key: &str) -> bool {
        [self.annotation(key), self.label(key)]
            .into_iter()
            .flatten()
            .any(|value| value.eq_ignore_ascii_case("disabled"))
    }

    /// Whether the object says that it is not to be reconciled. In the cluster that freezes it: it is neither applied nor pruned.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.has_disabled(keys::RECONCILE)
    }
}
