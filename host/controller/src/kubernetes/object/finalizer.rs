//! Adding and removing the finalizer. The deletion of an object with a finalizer waits until we have removed it.

use super::ManagedObject;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt};
use orangery_core::keys::FINALIZER;
use serde_json::json;

/// Whether the deletion of an object has to wait for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes) enum FinalizerUse {
    /// It owns objects, which are deleted first.
    Required,
    /// It owns nothing in the cluster.
    NotNeeded,
}

/// Whether the object has our finalizer, which is that of Flux Operator too.
pub(in crate::kubernetes) fn has<K: Resource>(object: &K) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
}

/// Adds the finalizer; answers the object, or `None` if it is gone.
pub(in crate::kubernetes) async fn add<K: ManagedObject>(
    client: &Client,
    object: &K,
) -> Result<Option<K>, kube::Error> {
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(FINALIZER.to_owned());
    write(client, object, finalizers).await
}

/// Removes the finalizer.
pub(in crate::kubernetes) async fn remove<K: ManagedObject>(client: &Client, object: &K) -> Result<(), kube::Error> {
    let finalizers = object.finalizers().iter().filter(|finalizer| *finalizer != FINALIZER).cloned().collect();
    write(client, object, finalizers).await.map(|_| ())
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
