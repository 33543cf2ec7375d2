//! Flux Operator's part, played by the tests: what it writes to a cluster, in the formats that its documentation shows.

use anyhow::{Context, Result};
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use orangery_core::{ObjectKey, digest, inventory};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

/// Its field manager.
pub(super) const MANAGER: &str = "flux-operator";
/// Its finalizer.
pub(super) const FINALIZER: &str = "fluxcd.controlplane.io/finalizer";

/// When it did all this, before this operator came.
const THEN: &str = "2026-01-02T03:04:05Z";

/// An object of a set as Flux Operator applies it: with the owner labels, in the name of its field manager.
pub(super) async fn applies(world: &World, set: &str, object: &Value) -> Result<Value> {
    let mut object = object.clone();
    let labels = object.pointer_mut("/metadata").and_then(Value::as_object_mut).context("metadata")?;
    let labels = labels.entry("labels").or_insert_with(|| json!({})).as_object_mut().context("labels")?;
    labels.insert("resourceset.fluxcd.controlplane.io/name".to_owned(), json!(set));
    labels.insert("resourceset.fluxcd.controlplane.io/namespace".to_owned(), json!(world.namespace()));
    let (api, name) = place(world, &object)?;
    api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&object)).await?;
    live(world, &object).await
}

/// An object as it is now.
pub(super) async fn live(world: &World, object: &Value) -> Result<Value> {
    let (api, name) = place(world, object)?;
    Ok(serde_json::to_value(api.get_opt(&name).await?)?)
}

fn place(world: &World, object: &Value) -> Result<(Api<DynamicObject>, String)> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("/apiVersion").split_once('/').unwrap_or(("", text("/apiVersion")));
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("/kind")));
    let api = Api::namespaced_with(world.cluster.client()?, world.namespace(), &kind);
    Ok((api, text("/metadata/name").to_owned()))
}

/// The inventory entry of an object.
fn entry(object: &Value) -> Value {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let api_version = text("/apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version.as_str()));
    let key = ObjectKey {
        group: group.to_owned(),
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
    };
    json!({"id": inventory::id(&key), "v": version})
}

fn ready(message: &str, generation: &Value) -> Value {
    json!({
        "type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": message,
        "lastTransitionTime": THEN, "observedGeneration": generation,
    })
}

/// The revision that it gave a set, which is not ours.
pub(super) fn revision(set: &str) -> String {
    format!("sha256:{}", digest::sha256_hex(set.as_bytes()))
}

/// Writes finalizer and status of a set as it leaves them: everything that it knows, and nothing else.
pub(super) async fn has_reconciled(world: &World, set: &str, objects: &[Value], more: Value) -> Result<()> {
    let mut entries: Vec<Value> = objects.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry["id"].to_string());
    let generation = finalizes(world, SET, set).await?;
    let mut status = json!({
        "conditions": [ready("Reconciliation finished in 52ms", &generation)],
        "inventory": {"entries": entries},
        "lastAppliedRevision": revision(set),
        "history": [{
            "digest": revision(set), "firstReconciled": THEN, "lastReconciled": THEN, "lastReconciledDuration": "52ms",
            "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 7,
            "metadata": {"inputs": "2", "resources": objects.len().to_string()},
        }],
        // What this operator adds, and Flux Operator's definitions do not have.
        "inventoryDetails": null, "pendingPrune": null, "highWaterMarks": null, "lastHandledApproval": null,
    });
    if let (Some(status), Some(more)) = (status.as_object_mut(), more.as_object()) {
        status.extend(more.clone());
    }
    writes_status(world, SET, set, status).await
}

/// Writes finalizer and status of a provider as it leaves them.
pub(super) async fn has_polled(world: &World, provider: &str, inputs: Value) -> Result<()> {
    let generation = finalizes(world, PROVIDER, provider).await?;
    let status = json!({
        "conditions": [ready("Reconciliation finished in 310ms", &generation)],
        "exportedInputs": inputs, "lastExportedRevision": revision(provider),
    });
    writes_status(world, PROVIDER, provider, status).await
}

async fn finalizes(world: &World, kind: &str, name: &str) -> Result<Value> {
    let patch = json!({"metadata": {"finalizers": [FINALIZER]}});
    let how = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let live = world.api(kind)?.patch(name, &how, &Patch::Merge(&patch)).await?;
    Ok(json!(live.metadata.generation))
}

async fn writes_status(world: &World, kind: &str, name: &str, status: Value) -> Result<()> {
    let how = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    world.api(kind)?.patch_status(name, &how, &Patch::Merge(&json!({"status": status}))).await?;
    Ok(())
}
