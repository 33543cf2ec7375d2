//! The fields in which two objects differ.

use orangery_core::Object;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One field that would change.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FieldChange {
    /// Its path, for example `.spec.template.spec.containers[name=web].image`.
    pub path: String,
    /// What it is now; absent if there is no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it would be; absent if it would be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What stands for a value of a Secret.
const HIDDEN: &str = "(hidden)";

/// Fields of metadata that people write.
const METADATA: [&str; 2] = ["annotations", "labels"];

/// The fields that would change if `desired`, the answer of a dry run, was stored.
pub(super) fn between(live: &Object, desired: &Object) -> Vec<FieldChange> {
    let (before, after) = (compared(live), compared(desired));
    let mut changes = Vec::new();
    objects("", &before, &after, &mut changes);
    hide(live, changes)
}

/// The fields of a template in which the live object differs. What the template does not name is not compared.
pub(super) fn of_template(live: &Object, template: &Object) -> Vec<FieldChange> {
    let mut changes = between(live, template);
    changes.retain(|change| change.after.is_some());
    changes
}

/// An object without its identity, its status, and the metadata that the server writes.
fn compared(object: &Object) -> Map<String, Value> {
    let mut compared: Map<String, Value> = object
        .0
        .iter()
        .filter(|(field, _)| !matches!(field.as_str(), "apiVersion" | "kind" | "metadata" | "status"))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    let metadata = object.0.get("metadata").and_then(Value::as_object).into_iter().flatten();
    let metadata: Map<String, Value> = metadata
        .filter(|(field, _)| METADATA.contains(&field.as_str()))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    compared.insert("metadata".to_owned(), Value::Object(metadata));
    compared
}

fn objects(path: &str, before: &Map<String, Value>, after: &Map<String, Value>, changes: &mut Vec<FieldChange>) {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        values(&format!("{path}{}", segment(key)), before.get(key), after.get(key), changes);
    }
}

fn values(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => objects(path, before, after, changes),
        (Some(Value::Array(before)), Some(Value::Array(after))) => lists(path, before, after, changes),
        (before, after) => {
            changes.push(FieldChange { path: path.to_owned(), before: before.cloned(), after: after.cloned() });
        }
    }
}

/// Elements with unique names are compared by name, as the server merges them; others by their place.
fn lists(path: &str, before: &[Value], after: &[Value], changes: &mut Vec<FieldChange>) {
    if let (Some(before), Some(after)) = (named(before), named(after)) {
        let names: BTreeSet<&str> = before.iter().chain(&after).map(|(name, _)| *name).collect();
        for name in names {
            let of = |list: &[(&str, &'_ Value)]| list.iter().position(|(known, _)| *known == name);
            let (old, new) = (of(&before), of(&after));
            let old = old.and_then(|index| before.get(index)).map(|(_, value)| *value);
            let new = new.and_then(|index| after.get(index)).map(|(_, value)| *value);
            values(&format!("{path}[name={name}]"), old, new, changes);
        }
        return;
    }
    for index in 0..before.len().max(after.len()) {
        values(&format!("{path}[{index}]"), before.get(index), after.get(index), changes);
    }
}

fn named(list: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let named: Vec<(&str, &Value)> =
        list.iter().map(|value| Some((value.get("name")?.as_str()?, value))).collect::<Option<_>>()?;
    let names: BTreeSet<&str> = named.iter().map(|(name, _)| *name).collect();
    (names.len() == named.len()).then_some(named)
}

/// A key of a path; one with dots or slashes stands in brackets.
fn segment(key: &str) -> String {
    if key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        format!(".{key}")
    } else {
        format!("[\"{key}\"]")
    }
}

/// Hides the values of Secrets; that they change is shown.
fn hide(object: &Object, mut changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let gvk = object.gvk();
    if gvk.group.is_empty() && gvk.kind == "Secret" {
        for change in changes.iter_mut().filter(|change| {
            ["data", "stringData"]
                .iter()
                .any(|field| change.path.strip_prefix('.').is_some_and(|path| path.starts_with(field)))
                || change.path.contains("last-applied-configuration")
        }) {
            change.before = change.before.take().map(|_| Value::from(HIDDEN));
            change.after = change.after.take().map(|_| Value::from(HIDDEN));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(before: Value, after: Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        let object = |value: Value| serde_json::from_value(value).unwrap();
        let changes = between(&object(before), &object(after));
        changes.into_iter().map(|change| (change.path, change.before, change.after)).collect()
    }

    #[test]
    fn a_change_is_named_by_its_path() {
        let before = json!({"kind": "A", "metadata": {"name": "a", "uid": "1", "labels": {"app.kubernetes.io/x": "1"}},
            "spec": {"list": [{"name": "web", "image": "a"}], "gone": true, "numbers": [1, 2]}, "status": {"x": 1}});
        let after = json!({"kind": "A", "metadata": {"name": "a", "labels": {"app.kubernetes.io/x": "2"}},
            "spec": {"list": [{"name": "init"}, {"name": "web", "image": "b"}], "numbers": [1, 3]}});
        assert_eq!(
            of(before, after),
            [
                (".metadata.labels[\"app.kubernetes.io/x\"]".to_owned(), Some(json!("1")), Some(json!("2"))),
                (".spec.gone".to_owned(), Some(json!(true)), None),
                (".spec.list[name=init]".to_owned(), None, Some(json!({"name": "init"}))),
                (".spec.list[name=web].image".to_owned(), Some(json!("a")), Some(json!("b"))),
                (".spec.numbers[1]".to_owned(), Some(json!(2)), Some(json!(3))),
            ]
        );
    }

    #[test]
    fn values_of_secrets_are_hidden() {
        let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "data": {"token": value}});
        let changes = of(secret("b2xk"), secret("bmV3"));
        assert_eq!(changes, [(".data.token".to_owned(), Some(json!(HIDDEN)), Some(json!(HIDDEN)))]);
    }
}
