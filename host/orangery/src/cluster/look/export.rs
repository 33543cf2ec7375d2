//! `orangery export`: an object as a manifest to keep, without what only the cluster knows.

use crate::cli::OutputFormat;
use crate::cli::cluster::{ExportCommand, ExportOptions};
use crate::cluster::connection::Connection;
use crate::cluster::discovery;
use crate::cluster::print::{json_text, out, yaml_text};
use crate::exit;
use anyhow::Context as _;
use orangery_core::keys;
use serde_json::Value;
use std::process::ExitCode;

/// Metadata that people write.
const METADATA: [&str; 4] = ["name", "namespace", "labels", "annotations"];
/// Annotations that a manifest does not have.
const ANNOTATIONS: [&str; 3] = [keys::REQUESTED_AT, keys::FORCE_AT, "kubectl.kubernetes.io/last-applied-configuration"];
/// Labels of the reconcilers.
const OWNERS: [&str; 3] =
    ["resourceset.fluxcd.controlplane.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"];

pub(in crate::cluster) async fn perform(command: ExportCommand) -> anyhow::Result<ExitCode> {
    let ExportCommand::Resource(ExportOptions { name, output, connection }) = command;
    let connection = Connection::open(&connection).await?;
    let (word, name) = name
        .split_once('/')
        .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
        .with_context(|| format!("{name} is not of the form Kind/name, such as ResourceSet/previews"))?;
    let kind = discovery::resolve(&connection, word).await?;
    let object = kind.get(&connection, &connection.namespace, name).await?;
    let manifest = manifest(serde_json::to_value(object)?);
    out(&match output {
        OutputFormat::Yaml => format!("---\n{}", yaml_text(&manifest)?),
        OutputFormat::Json => json_text(&manifest)?,
    })?;
    Ok(exit::SUCCESS)
}

/// The object as its author wrote it.
fn manifest(mut object: Value) -> Value {
    let Some(fields) = object.as_object_mut() else { return object };
    fields.remove("status");
    let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) else { return object };
    metadata.retain(|field, _| METADATA.contains(&field.as_str()));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|key, _| !ANNOTATIONS.contains(&key.as_str()));
    }
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !OWNERS.iter().any(|owner| key.starts_with(owner)));
    }
    for map in ["annotations", "labels"] {
        if metadata.get(map).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
            metadata.remove(map);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_only_the_cluster_knows_is_left_out() {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}, "status": {}, "metadata": {
            "name": "a", "namespace": "n", "uid": "u", "resourceVersion": "1", "finalizers": ["x"],
            "labels": {keys::OWNER_NAME: "set", "app": "shop"}, "annotations": {keys::REQUESTED_AT: "now"},
        }});
        let kept = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
            "metadata": {"name": "a", "namespace": "n", "labels": {"app": "shop"}}});
        assert_eq!(manifest(object), kept);
    }
}
