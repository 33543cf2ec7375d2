//! Names, namespaces, labels and annotations that YAML took for numbers, bools or dates are kept as they were written.
//!
//! Flux Operator drops such objects or erases their labels silently.

use go_yaml::{Json, Node, Object, parse_first};
use orangery_plugin_sdk::Note;
use std::borrow::Cow;
use std::fmt::Display;

/// The fields of the metadata that are strings.
const STRINGS: [&str; 2] = ["name", "namespace"];
/// The maps of the metadata whose values are strings.
const MAPS: [&str; 2] = ["labels", "annotations"];

/// One value that was kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retyped {
    field: String,
    written: String,
    what: &'static str,
}

impl Retyped {
    pub(super) fn note(&self, place: impl Display) -> Note {
        let Self { field, written, what } = self;
        Note {
            code: "RetypedValue".to_owned(),
            message: format!(
                "{place}: {field} was rendered as {written} without quotes, which YAML reads as a {what}; it is kept as \
                 the string {quoted}. Pipe the value through `| quote` to say so.",
                quoted = go_std::strconv::quote(written.as_bytes())
            ),
        }
    }
}

/// Puts the written text back, in the object and in the elements of a list.
pub(super) fn retype(value: &mut Json<'_>, text: &str) -> Vec<Retyped> {
    let mut found = Vec::new();
    let items = value.get("items").and_then(Json::as_array).map_or(0, <[_]>::len);
    let suspicious = is_suspicious(value)
        || value.get("items").and_then(Json::as_array).is_some_and(|items| items.iter().any(is_suspicious));
    if !suspicious {
        return found;
    }
    let Ok(Some(root)) = parse_first(text) else { return found };
    object(value, &root, "", &mut found);
    let nodes = root.get("items").map(|node| node.items()).unwrap_or_default();
    for (nth, node) in nodes.iter().enumerate().take(items) {
        if let Some(item) = value.get_mut("items").and_then(Json::as_array_mut).and_then(|items| items.get_mut(nth)) {
            object(item, node, &format!("items[{nth}]."), &mut found);
        }
    }
    found
}

fn is_retyped(value: &Json<'_>) -> bool {
    matches!(value, Json::Number(_) | Json::Bool(_))
}

fn is_suspicious(value: &Json<'_>) -> bool {
    let Some(metadata) = value.get("metadata") else { return false };
    STRINGS.iter().any(|field| metadata.get(field).is_some_and(is_retyped))
        || MAPS.iter().any(|map| {
            metadata.get(map).and_then(Json::as_object).is_some_and(|m| m.iter().any(|(_, value)| is_retyped(value)))
        })
}

fn object(value: &mut Json<'_>, node: &Node<'_>, prefix: &str, found: &mut Vec<Retyped>) {
    let Some(metadata) = value.get_mut("metadata") else { return };
    for field in STRINGS {
        if let Some(value) = metadata.get_mut(field) {
            put_back(value, node, &["metadata", field], prefix, found);
        }
    }
    for map in MAPS {
        for (key, value) in metadata.get_mut(map).and_then(Json::as_object_mut).into_iter().flat_map(Object::iter_mut) {
            put_back(value, node, &["metadata", map, key], prefix, found);
        }
    }
}

fn put_back(value: &mut Json<'_>, node: &Node<'_>, path: &[&str], prefix: &str, found: &mut Vec<Retyped>) {
    let what = match value {
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        _ => return,
    };
    let written = node.plain_scalar(path).unwrap_or_else(|| value.to_json());
    let field = format!("{prefix}{}", path.join("."));
    found.push(Retyped { field, written: written.clone(), what });
    *value = Json::String(Cow::Owned(written));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_written_is_what_is_kept() {
        let text = "metadata:\n  name: 0101\n  labels: {a: yes, b: 1.0, c: x}\n  annotations:\n    d: 12e3\n";
        let mut value = go_yaml::read(text).unwrap();
        let found = retype(&mut value, text);
        assert_eq!(
            serde_json::Value::from(value),
            json!({"metadata": {"name": "0101", "labels": {"a": "yes", "b": "1.0", "c": "x"},
            "annotations": {"d": "12e3"}}})
        );
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn what_follows_the_end_of_the_document_does_not_matter() {
        let text = "metadata: {name: 5}\n...\nkind: A: B\n";
        let mut value = go_yaml::read(text).unwrap();
        assert_eq!(retype(&mut value, text).len(), 1);
        assert_eq!(serde_json::Value::from(value), json!({"metadata": {"name": "5"}}));
    }

    #[test]
    fn nothing_else_is_touched() {
        let text = "metadata: {name: a, generation: 3}\nspec: {m: 1}\n";
        let mut value = go_yaml::read(text).unwrap();
        assert!(retype(&mut value, text).is_empty());
        assert_eq!(
            serde_json::Value::from(value),
            json!({"metadata": {"name": "a", "generation": 3}, "spec": {"m": 1}})
        );
    }
}
