//! Whose object it is, by its two owner labels.

use super::KubernetesTarget;
use super::refusal::Refusal;
use orangery_core::{NamespacedName, Object, Owner, keys};
use serde_json::Value;

/// The set that the labels name, if both are there.
pub(super) fn owner_of(object: &Object) -> Option<NamespacedName> {
    Some(NamespacedName::new(object.label(keys::OWNER_NAMESPACE)?, object.label(keys::OWNER_NAME)?))
}

/// Whether both labels name `owner`.
pub(super) fn is_owned_by(object: &Object, owner: &Owner) -> bool {
    owner_of(object).is_some_and(|name| name == owner.name)
}

/// The label selector that finds what `owner` owns, ready for a query.
pub(super) fn selector(owner: &Owner) -> String {
    format!("{}%3D{}%2C{}%3D{}", keys::OWNER_NAME, owner.name.name, keys::OWNER_NAMESPACE, owner.name.namespace)
}

/// The other set that owns `live` and still exists, unless `desired` asks to take the object over.
///
/// # Errors
/// It cannot be found out whether that set exists. Then the object is not touched.
pub(super) async fn other_owner(
    target: &KubernetesTarget,
    owner: &Owner,
    live: &Object,
    desired: &Object,
) -> Result<Option<NamespacedName>, Refusal> {
    let Some(other) = owner_of(live).filter(|other| *other != owner.name) else {
        return Ok(None);
    };
    if desired.annotation(keys::TAKE_OWNERSHIP) == Some("true") {
        return Ok(None);
    }
    let path = format!("/apis/fluxcd.controlplane.io/v1/namespaces/{}/resourcesets/{}", other.namespace, other.name);
    let exists = target.operator()?.get::<Value>(&path).await?.is_some();
    Ok(exists.then_some(other))
}
