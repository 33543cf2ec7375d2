//! Writing status: one merge patch, and only when something changed.

use kube::api::{Api, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Client, Resource, ResourceExt};
use orangery_core::NamespacedName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A status that could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatusError {
    /// The API server said no, or nothing.
    #[error("the status of {name} could not be written: {source}")]
    Refused { name: NamespacedName, source: Box<kube::Error> },
    /// It would not fit into etcd. What was there before stays.
    #[error("the status of {name} would have {bytes} bytes, more than the {MOST_BYTES} that fit; split the object")]
    TooLarge { name: NamespacedName, bytes: usize },
}

/// An Etcd object holds 1.5 MiB; a status near it is refused here, with its size, instead of there, without.
const MOST_BYTES: usize = 1_300_000;

/// Replaces the status of an object by `after`, if it differs from `before`. Answers whether it was written. The patch
/// names the UID: a status of a deleted object never lands on its namesake.
pub(super) async fn publish<K, S>(client: &Client, object: &K, before: &S, after: &S) -> Result<bool, StatusError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
    S: Serialize,
{
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let failed = |source: kube::Error| StatusError::Refused { name: name.clone(), source: Box::new(source) };
    let encode = |status: &S| serde_json::to_value(status).map_err(|error| failed(kube::Error::SerdeError(error)));
    let (old, new) = (encode(before)?, encode(after)?);
    if old == new {
        return Ok(false);
    }
    let bytes = new.to_string().len();
    if bytes > MOST_BYTES {
        return Err(StatusError::TooLarge { name, bytes });
    }
    let patch = json!({
        "metadata": {"uid": object.uid()},
        "status": merge(&old, &new),
    });
    let api: Api<K> = Api::namespaced(client.clone(), &name.namespace);
    api.patch_status(&name.name, &PatchParams::default(), &Patch::Merge(&patch)).await.map_err(failed)?;
    Ok(true)
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
}
