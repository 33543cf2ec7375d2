//! Whether an object can be applied at all. What a renderer made is untrusted: its kind, name and namespace become parts of URLs
//! and of paths.

use crate::conditions::{Disposition, Explain, Reason};
use crate::object::{Object, ObjectKey};
use serde_json::Value;

/// An object that can never be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} from {origin} cannot be applied: {field} {what}")]
pub struct NotApplicable {
    /// `Kind/namespace/name`, as far as they are known.
    pub key: String,
    /// Template and input.
    pub origin: String,
    /// The field to blame, for example `metadata.name`.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: String,
}

impl Explain for NotApplicable {
    fn reason(&self) -> Reason {
        Reason::BuildFailed
    }

    fn disposition(&self) -> Disposition {
        Disposition::WaitForChange
    }
}

/// Refuses what no API server could take.
pub(super) fn check(object: &Object, origin: &str) -> Result<(), NotApplicable> {
    let refuse =
        |field, what: String| NotApplicable { key: object.key().to_string(), origin: origin.to_owned(), field, what };
    let version = text(object.0.get("apiVersion")).map_err(|what| refuse("apiVersion", what))?;
    let mut segments = version.split('/').rev();
    let plausible =
        segments.next().is_some_and(is_version) && segments.next().is_none_or(is_domain) && segments.next().is_none();
    if !plausible {
        return Err(refuse("apiVersion", format!("{version:?} is not of the form v1 or group/v1")));
    }
    let kind = text(object.0.get("kind")).map_err(|what| refuse("kind", what))?;
    if !(kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.chars().all(|c| c.is_ascii_alphanumeric())
        && kind.len() <= 63)
    {
        return Err(refuse("kind", format!("{kind:?} is not a word of letters and digits")));
    }
    let metadata = object.0.get("metadata");
    let name =
        text(metadata.and_then(|metadata| metadata.get("name"))).map_err(|what| refuse("metadata.name", what))?;
    check_name(name).map_err(|what| refuse("metadata.name", what))?;
    match metadata.and_then(|metadata| metadata.get("namespace")) {
        None | Some(Value::Null) => Ok(()),
        Some(namespace) => match text(Some(namespace)) {
            Ok(label) if is_label(label) => Ok(()),
            Ok(other) => {
                Err(refuse("metadata.namespace", format!("{other:?} is not a DNS label of at most 63 characters")))
            }
            // An empty namespace means none.
            Err(_) if namespace.as_str() == Some("") => Ok(()),
            Err(what) => Err(refuse("metadata.namespace", what)),
        },
    }
}

/// Refuses names that no API server accepts, for objects of which only the key is known. An object without a name is not checked.
///
/// # Errors
/// The name or the namespace is impossible.
pub fn check_names(key: &ObjectKey, origin: &str) -> Result<(), NotApplicable> {
    let refuse = |field, what| NotApplicable { key: key.to_string(), origin: origin.to_owned(), field, what };
    check_name(&key.name).map_err(|what| refuse("metadata.name", what))?;
    if key.namespace.is_empty() || is_label(&key.namespace) {
        return Ok(());
    }
    let what = format!("{:?} is not a DNS label of at most 63 characters", key.namespace);
    Err(refuse("metadata.namespace", what))
}

fn check_name(name: &str) -> Result<(), String> {
    let possible = name.len() <= 253
        && !matches!(name, "." | "..")
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '%' | ' '));
    if possible {
        return Ok(());
    }
    Err(format!("{name:?} is not a name: at most 253 characters, no slash, percent sign or space"))
}

fn text(value: Option<&Value>) -> Result<&str, String> {
    match value {
        None | Some(Value::Null) => Err("is missing".to_owned()),
        Some(Value::String(text)) if text.is_empty() => Err("is empty".to_owned()),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(format!("is {other}, which is not a string; quote it")),
    }
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn is_domain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty()
        && text.len() <= 63
        && text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && text.chars().all(|c| alphanumeric(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(value: Value) -> Result<(), String> {
        check(&Object(value.as_object().cloned().unwrap()), "spec.resources[0]").map_err(|error| error.to_string())
    }

    #[test]
    fn what_an_api_server_could_take_passes() {
        for value in [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "apps"}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:a"}}),
            json!({"apiVersion": "x.io/v1beta1", "kind": "X", "metadata": {"name": "a", "namespace": ""}}),
        ] {
            assert_eq!(run(value), Ok(()));
        }
    }

    #[test]
    fn what_could_not_is_refused_with_field_and_reason() {
        for (value, part) in [
            (json!({"kind": "A", "metadata": {"name": "a"}}), "apiVersion is missing"),
            (
                json!({"apiVersion": "a/b/v1", "kind": "A", "metadata": {"name": "a"}}),
                "apiVersion \"a/b/v1\" is not of the form",
            ),
            (json!({"apiVersion": "v1", "kind": "../x", "metadata": {"name": "a"}}), "kind \"../x\" is not a word"),
            (json!({"apiVersion": "v1", "kind": "A"}), "metadata.name is missing"),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": 101}}),
                "metadata.name is 101, which is not a string; quote it",
            ),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "../etc"}}),
                "metadata.name \"../etc\" is not a name",
            ),
            (json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": ".."}}), "metadata.name"),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "namespace": "A_b"}}),
                "metadata.namespace \"A_b\"",
            ),
            (
                json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "namespace": true}}),
                "metadata.namespace is true",
            ),
        ] {
            let message = run(value).unwrap_err();
            assert!(message.contains(part), "{message}");
            assert!(message.contains("from spec.resources[0] cannot be applied"), "{message}");
        }
    }
}
