//! Writing status: one merge patch, and only when something changed.

pub(super) mod ledger;
pub(super) mod size;

use kube::api::{Api, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Client, Resource, ResourceExt};
use orangery_core::{InputList, NamespacedName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A status that could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatusError {
    /// The API server said no, or nothing.
    #[error("the status of {name} could not be written: {source}")]
    Refused { name: NamespacedName, source: Box<kube::Error> },
}

/// A field of the status that is a list of inputs. It stays text from the watch to the patch.
pub(super) struct InputField<'a> {
    pub(super) name: &'static str,
    pub(super) before: &'a InputList,
    pub(super) after: &'a InputList,
}

/// Replaces the status of an object by `after`, if it differs from `before`. Answers whether it was written. The patch
/// names the UID: a status of a deleted object never lands on its namesake.
pub(super) async fn publish<K, S>(client: &Client, object: &K, before: &S, after: &S) -> Result<bool, StatusError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
    S: Serialize,
{
    publish_with_inputs(client, object, before, after, None).await
}

/// The same for a status with a field of inputs, which `before` and `after` leave out.
pub(super) async fn publish_with_inputs<K, S>(
    client: &Client,
    object: &K,
    before: &S,
    after: &S,
    inputs: Option<InputField<'_>>,
) -> Result<bool, StatusError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
    S: Serialize,
{
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let failed = |source: kube::Error| StatusError::Refused { name: name.clone(), source: Box::new(source) };
    let encode = |status: &S| serde_json::to_value(status).map_err(|error| failed(kube::Error::SerdeError(error)));
    let (old, new) = (encode(before)?, encode(after)?);
    let changed = inputs.as_ref().filter(|inputs| inputs.before != inputs.after);
    if old == new && changed.is_none() {
        return Ok(false);
    }
    let patch = StatusPatch::of(object.uid(), &merge(&old, &new), changed);
    let patch = patch.map_err(|error| failed(kube::Error::SerdeError(error)))?;
    let api: Api<K> = Api::namespaced(client.clone(), &name.namespace);
    api.patch_status(&name.name, &PatchParams::default(), &Patch::Merge(&patch)).await.map_err(failed)?;
    Ok(true)
}

/// A merge patch of a status.
#[derive(Debug, Serialize)]
struct StatusPatch {
    metadata: Value,
    status: BTreeMap<String, Box<RawValue>>,
}

impl StatusPatch {
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
