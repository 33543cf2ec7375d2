//! Rendered text to objects.

use super::prepare::Road;
use super::retype::{Retyped, retype};
use orangery_yaml::{Document, documents, from_str};
use serde_json::Value;
use std::borrow::Cow;

/// A text that holds no object, in the reference's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ObjectError {
    /// Nothing was rendered.
    #[error("EOF")]
    Empty,
    /// A line that begins as a separator and goes on.
    #[error("invalid Yaml document separator: {0}")]
    Separator(String),
    /// No YAML.
    #[error("{0}")]
    Yaml(String),
    /// No object.
    #[error("Object 'Kind' is missing in '{0}'")]
    Kind(String),
    /// A scalar or a list.
    #[error("json: cannot unmarshal {0} into Go value of type map[string]interface {{}}")]
    NoObject(&'static str),
    /// An element of a list that is no object.
    #[error("items member is not an object: {0}")]
    Item(String),
}

/// One document and what was written for it.
pub(super) struct Read<'t> {
    value: Value,
    text: Cow<'t, str>,
}

/// The text of the first document, as the reference's reader cuts it off.
fn first_text(text: &str) -> Result<&str, ObjectError> {
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(ObjectError::Separator(rest.to_owned()));
            }
            if at > start {
                break;
            }
            start = at + line.len();
        }
        at += line.len();
    }
    Ok(text.get(start..at).unwrap_or_default())
}

/// The one object of `resources[]`: what follows its document is dropped.
pub(super) fn first(text: &str) -> Result<Read<'_>, ObjectError> {
    let text = first_text(text)?;
    if text.is_empty() {
        return Err(ObjectError::Empty);
    }
    let value = from_str(text).map_err(|e| ObjectError::Yaml(e.to_string()))?;
    check_kind(&value)?;
    Ok(Read { value, text: Cow::Borrowed(text) })
}

/// The objects of `resourcesTemplate`.
pub(super) fn all(text: &str) -> Result<Vec<Read<'_>>, ObjectError> {
    let found = documents(text).map_err(|e| ObjectError::Yaml(e.to_string()))?;
    let mut out = Vec::with_capacity(found.len());
    for Document { value, text, .. } in found {
        check_kind(&value)?;
        if let Some(items) = value.get("items").and_then(Value::as_array)
            && let Some(bad) = items.iter().find(|item| !item.is_object())
        {
            return Err(ObjectError::Item(bad.to_string()));
        }
        out.push(Read { value, text });
    }
    Ok(out)
}

fn check_kind(value: &Value) -> Result<(), ObjectError> {
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Err(ObjectError::Kind("null".to_owned())),
        Value::Bool(_) => return Err(ObjectError::NoObject("bool")),
        Value::Number(_) => return Err(ObjectError::NoObject("number")),
        Value::String(_) => return Err(ObjectError::NoObject("string")),
        Value::Array(_) => return Err(ObjectError::NoObject("array")),
    };
    let named = object.get("kind").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty());
    // A group/version with two slashes is none, and then neither is the kind.
    let slashes = object.get("apiVersion").and_then(Value::as_str).map_or(0, |v| v.matches('/').count());
    if named && slashes < 2 { Ok(()) } else { Err(ObjectError::Kind(value.to_string())) }
}

fn text_of<'v>(value: &'v Value, path: [&str; 2]) -> &'v str {
    let [outer, inner] = path;
    value.get(outer).and_then(|m| m.get(inner)).and_then(Value::as_str).unwrap_or_default()
}

/// What `resourcesTemplate` keeps: named objects that are no kustomizations of kustomize itself.
fn is_kept(value: &Value) -> bool {
    let version = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let kustomization = kind == "Kustomization" && version.starts_with("kustomize.config.k8s.io/");
    !version.is_empty() && !text_of(value, ["metadata", "name"]).is_empty() && !kustomization
}

/// Names and labels as strings, lists taken apart, what is no object for a cluster left out.
pub(super) fn finish(read: Vec<Read<'_>>, road: Road) -> (Vec<Value>, Vec<Retyped>) {
    let (mut out, mut retyped) = (Vec::new(), Vec::new());
    for Read { mut value, text } in read {
        retyped.extend(retype(&mut value, &text));
        if road == Road::Object {
            out.push(value);
            continue;
        }
        match value.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => out.extend(items),
            Some(other) => {
                if let Some(object) = value.as_object_mut() {
                    object.insert("items".to_owned(), other);
                }
                out.extend(Some(value).filter(is_kept));
            }
            None => out.extend(Some(value).filter(is_kept)),
        }
    }
    (out, retyped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_document_counts_in_resources() {
        assert_eq!(first_text("---\n---\nkind: A\n---\nkind: B\n"), Ok("kind: A\n"));
        assert_eq!(first_text("--- x\n"), Err(ObjectError::Separator("x".to_owned())));
        assert_eq!(first("").err(), Some(ObjectError::Empty));
        assert_eq!(first("a: 1\n").err(), Some(ObjectError::Kind("{\"a\":1}".to_owned())));
    }

    #[test]
    fn lists_are_taken_apart_and_nameless_objects_left_out() {
        let text = "kind: List\napiVersion: v1\nitems:\n- {kind: A, metadata: {name: 7}}\n---\nkind: B\napiVersion: v1\n---\n# nothing\n---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: k}\n";
        let (objects, retyped) = finish(all(text).unwrap(), Road::Text);
        assert_eq!(objects, vec![serde_json::json!({"kind": "A", "metadata": {"name": "7"}})]);
        assert_eq!(retyped.len(), 1);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        assert_eq!(all("- 1\n").err(), Some(ObjectError::NoObject("array")));
        assert!(matches!(all("{}\n").err(), Some(ObjectError::Kind(_))));
        assert!(matches!(all("kind: List\nitems: [1]\n").err(), Some(ObjectError::Item(_))));
    }
}
