//! Adding and removing the finalizer. The deletion of an object with a finalizer waits until we have removed it.

use super::ManagedObject;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt};
use orangery_core::keys::{FINALIZER, OWN_FINALIZER};
use orangery_core::spec::Management;
use serde_json::json;

/// Whether the deletion of an object has to wait for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes) enum FinalizerUse {
    /// It owns objects, which are deleted first.
    Required,
    /// It owns nothing in the cluster.
    NotNeeded,
}

/// Whether the object has one of our finalizers. [`FINALIZER`] is that of Flux Operator too.
pub(in crate::kubernetes) fn has<K: Resource>(object: &K) -> bool {
    [FINALIZER, OWN_FINALIZER].iter().any(|ours| contains(object, ours))
}

fn contains<K: Resource>(object: &K, wanted: &str) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == wanted)
}

/// Adds the finalizers that are missing: one of our own beside the shared one where another operator considers the object suspended.
/// Answers the object if it was changed.
pub(in crate::kubernetes) async fn ensure<K: ManagedObject>(
    client: &Client,
    object: &K,
) -> Result<Option<K>, kube::Error> {
    let own = (Management::of(object.annotations()) == Management::ActiveHere).then_some(OWN_FINALIZER);
    let missing: Vec<&str> = [FINALIZER].into_iter().chain(own).filter(|ours| !contains(object, ours)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let finalizers = object.finalizers().iter().cloned().chain(missing.into_iter().map(str::to_owned));
    write(client, object, finalizers.collect()).await
}

/// Removes our finalizers.
pub(in crate::kubernetes) async fn remove<K: ManagedObject>(client: &Client, object: &K) -> Result<(), kube::Error> {
    without(client, object, &[FINALIZER, OWN_FINALIZER]).await
}

/// Hands the object over to another operator, which has the shared finalizer.
pub(in crate::kubernetes) async fn hand_over<K: ManagedObject>(client: &Client, object: &K) -> Result<(), kube::Error> {
    if contains(object, OWN_FINALIZER) { without(client, object, &[OWN_FINALIZER]).await } else { Ok(()) }
}

async fn without<K: ManagedObject>(client: &Client, object: &K, removed: &[&str]) -> Result<(), kube::Error> {
    let stays = |finalizer: &&String| !removed.contains(&finalizer.as_str());
    write(client, object, object.finalizers().iter().filter(stays).cloned().collect()).await.map(|_| ())
}

/// The resource version makes the write fail if somebody else changed the list meanwhile; the next reconciliation tries again.
async fn write<K: ManagedObject>(
    client: &Client,
    object: &K,
    finalizers: Vec<String>,
) -> Result<Option<K>, kube::Error> {
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let patch = json!({"metadata": {"resourceVersion": object.resource_version(), "finalizers": finalizers}});
    match api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await {
        // The object is gone, which is what removing the finalizer is for.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        other => other.map(Some),
    }
}
