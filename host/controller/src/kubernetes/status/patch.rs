//! The merge patch that turns one status into another.

use orangery_core::InputList;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A field of the status that is a list of inputs. It stays text from the watch to the patch.
pub(super) struct InputField<'a> {
    pub(super) name: &'static str,
    pub(super) before: &'a InputList,
    pub(super) after: &'a InputList,
}

/// A merge patch of a status.
#[derive(Debug, Serialize)]
pub(super) struct StatusPatch {
    metadata: Value,
    status: BTreeMap<String, Box<RawValue>>,
}

impl StatusPatch {
    /// The patch of the object with this UID; `None` if nothing changed. `before` and `after` leave out the inputs.
    pub(super) fn between(
        uid: Option<String>,
        before: &impl Serialize,
        after: &impl Serialize,
        inputs: Option<&InputField<'_>>,
    ) -> Result<Option<Self>, serde_json::Error> {
        let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
        let changed = inputs.filter(|inputs| inputs.before != inputs.after);
        if before == after && changed.is_none() {
            return Ok(None);
        }
        Self::of(uid, &merge(&before, &after), changed).map(Some)
    }

    fn of(uid: Option<String>, merged: &Value, inputs: Option<&InputField<'_>>) -> Result<Self, serde_json::Error> {
        let raw = |value: &Value| RawValue::from_string(value.to_string());
        let fields = merged.as_object().into_iter().flatten();
        let mut status: BTreeMap<_, _> =
            fields.map(|(name, value)| Ok((name.clone(), raw(value)?))).collect::<Result<_, serde_json::Error>>()?;
        if let Some(inputs) = inputs {
            // A list that became empty is left out, as it is in the whole status.
            let text = if inputs.after.is_empty() { "null".to_owned() } else { inputs.after.to_json() };
            status.insert(inputs.name.to_owned(), RawValue::from_string(text)?);
        }
        Ok(Self { metadata: json!({"uid": uid}), status })
    }
}

/// What a merge patch must say to make `old` into `new`: changed fields, and null for those that are gone.
fn merge(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
    let mut patch = serde_json::Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(known) if known == value => {}
            Some(known) if known.is_object() && value.is_object() => {
                patch.insert(key.clone(), merge(known, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_holds_what_changed_and_nulls_for_what_is_gone() {
        let old = json!({"a": 1, "b": {"c": 1, "d": 2}, "gone": [1], "same": [1, 2]});
        let new = json!({"a": 2, "b": {"c": 1, "d": 3}, "same": [1, 2], "fresh": true});
        assert_eq!(merge(&old, &new), json!({"a": 2, "b": {"d": 3}, "gone": null, "fresh": true}));
    }

    #[test]
    fn inputs_are_in_the_patch_as_they_are_only_if_they_changed() {
        let list = |value: Value| serde_json::from_value::<InputList>(value).unwrap();
        let (one, none) = (list(json!([{"id": "1"}])), InputList::default());
        let patch = |before: &InputList, after: &InputList| {
            let field = InputField { name: "exportedInputs", before, after };
            let changed = Some(&field).filter(|field| field.before != field.after);
            let patch = StatusPatch::of(Some("u".to_owned()), &json!({"a": {"b": null}}), changed).unwrap();
            serde_json::from_str::<Value>(&serde_json::to_string(&patch).unwrap()).unwrap()
        };
        let metadata = json!({"uid": "u"});
        assert_eq!(patch(&one, &one), json!({"metadata": metadata, "status": {"a": {"b": null}}}));
        let status = json!({"a": {"b": null}, "exportedInputs": [{"id": "1"}]});
        assert_eq!(patch(&none, &one), json!({"metadata": metadata, "status": status}));
        let status = json!({"a": {"b": null}, "exportedInputs": null});
        assert_eq!(patch(&one, &none), json!({"metadata": metadata, "status": status}));
    }
}
