//! Creates an object, and nothing else.
//!
//! Server-side apply creates or patches, whichever it finds. Creating with `POST` would tell them apart, but would enter the
//! fields as those of an update, and a field that is no longer rendered would stay. So the apply names a resource version that no
//! object has: if the object exists, the API server refuses it as outdated and writes nothing. An API server that does not look at the
//! version is caught by an apply without force, which never overwrites a field of somebody else, and by the answer, which says which
//! of both it was: 201 or 200.
//!
//! # Guarantees
//! An object that somebody else created keeps its content, does not keep our labels, and is reported.

use crate::kubernetes::client::connection::{Answer, Session};
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::object::ownership::{owner_of, remove_labels};
use orangery_core::{Object, keys};
use serde_json::{Map, Value, json};

/// The first resource version of etcd, which is that of no object.
const OF_NO_OBJECT: &str = "1";

/// The result of an attempt to create.
pub(crate) enum Created {
    /// The object was created.
    New(Answer<Object>),
    /// An object with this UID was created by somebody else in between.
    WasThere(String),
}

/// Applies to a name that was free at the inspection.
pub(crate) async fn create(session: &Session, path: &str, body: &Object) -> Result<Created, Refusal> {
    match create_only(session, path, body).await {
        // Somebody else created it in between, and nothing was written.
        Err(refusal) if refusal.is_conflict() => taken(session, path, refusal).await,
        other => other,
    }
}

/// Applies to a name that should be free. A name that is taken is a conflict.
pub(crate) async fn create_only(session: &Session, path: &str, body: &Object) -> Result<Created, Refusal> {
    let mut body = body.clone();
    if let Some(Value::Object(metadata)) = body.0.get_mut("metadata") {
        metadata.insert("resourceVersion".to_owned(), json!(OF_NO_OBJECT));
    }
    let answer = session.apply_gently(path, &body).await?;
    if answer.created || !is_shared(&answer.body) {
        return Ok(Created::New(answer));
    }
    let uid = answer.body.uid().unwrap_or_default().to_owned();
    take_back(session, path, &answer.body, &uid).await?;
    Ok(Created::WasThere(uid))
}

/// Finds out who created the object.
async fn taken(session: &Session, path: &str, refusal: Refusal) -> Result<Created, Refusal> {
    let live = session.metadata(path).await?.filter(|live| owner_of(live).is_none());
    match live.as_ref().and_then(Object::uid) {
        Some(uid) => Ok(Created::WasThere(uid.to_owned())),
        // Gone again, or another instance of ours has created it: the next apply will tell.
        None => Err(refusal),
    }
}

/// Whether somebody else has written fields of the object, besides its status. Without force every other writer is still
/// named among the managers; where nobody else is, another instance of ours has created it.
fn is_shared(live: &Object) -> bool {
    let managers = live.0.get("metadata").and_then(|metadata| metadata.get("managedFields")).and_then(Value::as_array);
    managers.is_some_and(|managers| {
        managers.iter().any(|entry| {
            let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
            text("manager") != keys::FIELD_MANAGER && text("subresource").is_empty()
        })
    })
}

/// Undoes what the apply added. Applying an empty configuration removes the fields that only we own; where the object would be
/// invalid without them, at least the labels are removed.
async fn take_back(session: &Session, path: &str, live: &Object, uid: &str) -> Result<(), Refusal> {
    let mut metadata = Map::new();
    for field in ["name", "namespace"] {
        if let Some(value) = live.0.get("metadata").and_then(|metadata| metadata.get(field)) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    metadata.insert("uid".to_owned(), json!(uid));
    let mut nothing = Object::default();
    for field in ["apiVersion", "kind"] {
        nothing.0.insert(field.to_owned(), live.0.get(field).cloned().unwrap_or_default());
    }
    nothing.0.insert("metadata".to_owned(), Value::Object(metadata));
    match session.apply_gently(path, &nothing).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.is_not_found() => Ok(()),
        Err(_) => remove_labels(session, path, live).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_shared_if_another_manager_has_fields_outside_of_its_status() {
        let live =
            |managers: Value| Object(json!({"metadata": {"managedFields": managers}}).as_object().cloned().unwrap());
        let ours = json!({"manager": "flux-operator", "operation": "Apply"});
        let status = json!({"manager": "a-controller", "subresource": "status"});
        assert!(!is_shared(&live(json!([ours, status]))));
        assert!(is_shared(&live(json!([ours, {"manager": "kubectl-create", "operation": "Update"}]))));
    }
}
