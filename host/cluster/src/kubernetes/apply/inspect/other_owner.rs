//! Whether an object belongs to another ResourceSet.

use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::object::ownership::owner_of;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{NamespacedName, Object, Owner, keys};
use serde_json::Value;

/// The other set that owns `live` and still exists, unless `desired` asks to take the object over.
///
/// # Errors
/// It cannot be found out whether that set exists. Then the object is not touched.
pub(crate) async fn other_owner(
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
