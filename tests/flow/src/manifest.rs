//! Manifests as people write them, and the API they go to.

use anyhow::{Context, Result};
use kube::Client;
use kube::api::{Api, DynamicObject};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;

/// The documents of a YAML text.
pub(crate) fn documents(yaml: &str) -> Result<Vec<Value>> {
    let documents: Vec<Option<Value>> = serde_saphyr::from_multiple(yaml).context("reading a manifest")?;
    Ok(documents.into_iter().flatten().collect())
}

/// A text field of an object, empty if there is none.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The API of a kind, in `namespace` unless the kind has none.
pub(crate) fn api(client: Client, api_version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    if matches!(kind, "Namespace" | "ClusterRole" | "ClusterRoleBinding" | "CustomResourceDefinition") {
        Api::all_with(client, &resource)
    } else {
        Api::namespaced_with(client, namespace, &resource)
    }
}

/// The API version of the kinds that stories speak about by kind alone.
pub(crate) fn version_of(kind: &str) -> &'static str {
    match kind {
        "ResourceSet" | "ResourceSetInputProvider" => "fluxcd.controlplane.io/v1",
        "GitRepository" | "OCIRepository" | "ExternalArtifact" => "source.toolkit.fluxcd.io/v1",
        "Receiver" => "notification.toolkit.fluxcd.io/v1",
        "HelmRelease" => "helm.toolkit.fluxcd.io/v2",
        "Deployment" => "apps/v1",
        "Job" => "batch/v1",
        "Role" => "rbac.authorization.k8s.io/v1",
        "Lease" => "coordination.k8s.io/v1",
        _ => "v1",
    }
}
