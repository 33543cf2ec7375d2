//! Adding and removing the finalizer of a set.
//!
//! Providers own nothing in the cluster and get none: a deleted provider is simply gone. The finalizer that the reference
//! put on them is removed, so that an installation that was taken over can be deleted.

use kube::api::{Api, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Client, Resource, ResourceExt};
use orangery_core::keys::FINALIZER;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Whether the object has our finalizer.
pub(super) fn has<K: Resource>(object: &K) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
}

/// Adds it.
pub(super) async fn add<K>(client: &Client, object: &K) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(FINALIZER.to_owned());
    write(client, object, finalizers).await
}

/// Removes it.
pub(super) async fn remove<K>(client: &Client, object: &K) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let finalizers = object.finalizers().iter().filter(|finalizer| *finalizer != FINALIZER).cloned().collect();
    write(client, object, finalizers).await
}

/// The resource version makes the write fail if somebody else changed the list meanwhile; the next reconciliation tries again.
async fn write<K>(client: &Client, object: &K, finalizers: Vec<String>) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let patch = json!({"metadata": {"resourceVersion": object.resource_version(), "finalizers": finalizers}});
    match api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await {
        // Gone already: that is what the finalizer's removal is for.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other.map(|_| ()),
    }
}
