//! What the stories apply.

use serde_json::{Value, json};

/// A ConfigMap of nobody, which the set copies.
pub(super) const SOURCE: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: source, namespace: NAMESPACE}, data: {key: copied}}";

/// A set with steps, a copy, an object that cannot change and is made anew, a Job, and one object for each input.
pub(super) fn stepped(version: &str, inputs: &[&str]) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|name| json!({"name": name, "value": version})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "metadata": {"name": "set"},
        "spec": {"wait": true, "inputs": inputs, "steps": [
            {"name": "ground", "resources": [
                {
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": {
                        "name": "copy", "namespace": "NAMESPACE",
                        "annotations": {"fluxcd.controlplane.io/copyFrom": "NAMESPACE/source"},
                    },
                },
                {
                    "apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": {"value": version},
                    "metadata": {
                        "name": "fixed", "namespace": "NAMESPACE",
                        "annotations": {"fluxcd.controlplane.io/force": "enabled"},
                    },
                },
            ]},
            {"name": "migrate", "resources": [job(version)]},
            {"name": "apps", "resources": [map()]},
        ]},
    })
    .to_string()
}

/// A set of one ConfigMap for each input.
pub(super) fn flat(version: &str, inputs: &[&str]) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|name| json!({"name": name, "value": version})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "metadata": {"name": "set"},
        "spec": {"inputs": inputs, "resources": [map()]},
    })
    .to_string()
}

fn map() -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app-<< inputs.name >>", "namespace": "NAMESPACE"},
        "data": {"value": "<< inputs.value >>"},
    })
}

fn job(version: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": "migrate", "namespace": "NAMESPACE",
            "annotations": {"fluxcd.controlplane.io/force": "enabled"},
        },
        "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "main", "image": format!("main:{version}")}],
        }}},
    })
}

/// An object as Flux Operator left it: with its labels, of the set in this namespace.
pub(super) fn of_flux_operator(name: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": "one"},
        "metadata": {
            "name": format!("app-{name}"), "namespace": namespace,
            "labels": {
                "resourceset.fluxcd.controlplane.io/name": "set",
                "resourceset.fluxcd.controlplane.io/namespace": namespace,
            },
        },
    })
}
