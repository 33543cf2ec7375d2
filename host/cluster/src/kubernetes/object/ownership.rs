//! Reads the owner of an object from its two owner labels.

use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::refusal::Refusal;
use orangery_core::{Mark, NamespacedName, Object, ObjectKey, Owner, Plan, keys};
use serde_json::{Value, json};

/// The set that the labels name, if both are there.
pub(crate) fn owner_of(object: &Object) -> Option<NamespacedName> {
    Some(NamespacedName::new(object.label(keys::OWNER_NAMESPACE)?, object.label(keys::OWNER_NAME)?))
}

/// Whether both labels name `owner`.
pub(crate) fn is_owned_by(object: &Object, owner: &Owner) -> bool {
    owner_of(object).is_some_and(|name| name == owner.name)
}

/// The UID of `live` if nobody owns it: it carries no owner labels, the ledger does not know it, and it does not itself ask to
/// be taken over. Whether it may be is decided elsewhere, and then in the ledger.
pub(crate) fn unowned(plan: &Plan, key: &ObjectKey, live: &Object) -> Option<String> {
    let known = plan.ledger.get(key).is_some_and(|entry| entry.is_about(live.uid()));
    let free = owner_of(live).is_none() && !known && live.annotation(keys::TAKE_OWNERSHIP) != Some("true");
    free.then(|| live.uid().unwrap_or_default().to_owned())
}

/// The UID of `live` if it may be deleted to be created again: it is ours by ledger, owner labels and UID, and we made it.
pub(crate) fn replaceable<'l>(plan: &Plan, key: &ObjectKey, live: &'l Object) -> Option<&'l str> {
    let entry = plan.ledger.get(key);
    if entry.is_some_and(|entry| entry.mark == Mark::Adopted) {
        return None;
    }
    let known = entry.and_then(|entry| entry.uid.as_deref());
    live.uid().filter(|uid| known.is_none_or(|known| known == *uid) && is_owned_by(live, &plan.owner))
}

/// The label selector that finds what `owner` owns, ready for a query.
pub(crate) fn selector(owner: &Owner) -> String {
    format!("{}%3D{}%2C{}%3D{}", keys::OWNER_NAME, owner.name.name, keys::OWNER_NAMESPACE, owner.name.namespace)
}

/// Removes the owner labels from the object as it was read; if somebody else has replaced it, nothing.
pub(crate) async fn remove_labels(session: &Session, path: &str, live: &Object) -> Result<(), Refusal> {
    let mut operations = vec![json!({"op": "test", "path": "/metadata/uid", "value": live.uid()})];
    for label in [keys::OWNER_NAME, keys::OWNER_NAMESPACE] {
        if live.label(label).is_some() {
            operations.push(json!({"op": "remove", "path": format!("/metadata/labels/{}", label.replace('/', "~1"))}));
        }
    }
    match session.patch(path, &Value::Array(operations)).await {
        Err(refusal) if refusal.is_not_found() => Ok(()),
        other => other.map(drop),
    }
}
