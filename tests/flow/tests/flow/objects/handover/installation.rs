//! An installation with one set of each kind that may be taken over, and the objects that belong to it.

use super::theirs;
use anyhow::Result;
use orangery_core::digest;
use orangery_test_flow::World;
use serde_json::{Value, json};

/// The sets and the provider, as users have applied them.
const MANIFESTS: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: source, namespace: NAMESPACE}
data: {a: '1', b: '2'}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: pulls}
spec:
  inputsFrom: [{name: pulls}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: pr-<< inputs.id >>, namespace: NAMESPACE}, data: {branch: << inputs.branch >>}}]
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: teams}
spec:
  commonMetadata: {labels: {team: fruit}}
  inputs: [{name: one}, {name: two}]
  resources:
    - {apiVersion: v1, kind: ServiceAccount, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}
    - {apiVersion: v1, kind: Service, metadata: {name: << inputs.name >>, namespace: NAMESPACE}, spec: {selector: {app: << inputs.name >>}, ports: [{port: 80, protocol: TCP}]}}
    - {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: 'team:<< inputs.name >>', namespace: NAMESPACE}, rules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: stepped}
spec:
  steps:
    - {name: base, resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: base, namespace: NAMESPACE}, data: {value: base}}]}
    - {name: app, resources: [{apiVersion: v1, kind: Secret, metadata: {name: app, namespace: NAMESPACE}, stringData: {password: hush}}]}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: copied}
spec:
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: copy, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/copyFrom: NAMESPACE/source}}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: user, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/checksumFrom: ConfigMap/NAMESPACE/source}}}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: paused, annotations: {fluxcd.controlplane.io/reconcile: disabled}}
spec:
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: paused, namespace: NAMESPACE}, data: {value: newer}}]
";

/// Sets that reconcile.
pub(super) const ACTIVE: [&str; 4] = ["copied", "pulls", "stepped", "teams"];

/// A set and its objects as they are in the cluster.
pub(super) struct Owned {
    pub(super) set: &'static str,
    pub(super) objects: Vec<Value>,
}

/// An object with the fields of another; those of the other one count.
fn merged(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

/// What Flux Operator renders of the sets.
pub(super) fn rendered(world: &World) -> Vec<Owned> {
    let ns = world.namespace();
    let object = |api: &str, kind: &str, name: &str, more: Value| {
        let metadata = json!({"name": name, "namespace": ns});
        merged(json!({"apiVersion": api, "kind": kind, "metadata": metadata}), more)
    };
    let map = |name: &str, data: Value| object("v1", "ConfigMap", name, json!({"data": data}));
    let annotated = |name: &str, annotations: Value, more: Value| {
        let metadata = json!({"name": name, "namespace": ns, "annotations": annotations});
        object("v1", "ConfigMap", name, merged(more, json!({"metadata": metadata})))
    };
    let team = |name: &str| {
        let rules = json!({"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]});
        let service = json!({"spec": {"selector": {"app": name}, "ports": [{"port": 80, "protocol": "TCP"}]}});
        let rbac = "rbac.authorization.k8s.io/v1";
        let labelled = |name: &str, more: Value| {
            let metadata = json!({"name": name, "namespace": ns, "labels": {"team": "fruit"}});
            merged(more, json!({"metadata": metadata}))
        };
        [
            object("v1", "ServiceAccount", name, labelled(name, json!({}))),
            object("v1", "Service", name, labelled(name, service)),
            object(rbac, "Role", &format!("team:{name}"), labelled(&format!("team:{name}"), rules)),
        ]
    };
    let checksum = digest::sha256_hex(format!("ConfigMap/{ns}/source\0a\01\0b\02\0").as_bytes());
    vec![
        Owned {
            set: "copied",
            objects: vec![
                annotated(
                    "copy",
                    json!({"fluxcd.controlplane.io/copyFrom": format!("{ns}/source")}),
                    json!({"data": {"a": "1", "b": "2"}}),
                ),
                annotated(
                    "user",
                    json!({
                        "fluxcd.controlplane.io/checksumFrom": format!("ConfigMap/{ns}/source"),
                        "fluxcd.controlplane.io/checksum": format!("sha256:{checksum}"),
                    }),
                    json!({}),
                ),
            ],
        },
        Owned {
            set: "pulls",
            objects: (1..=3).map(|n| map(&format!("pr-{n}"), json!({"branch": format!("branch-{n}")}))).collect(),
        },
        Owned {
            set: "stepped",
            objects: vec![
                map("base", json!({"value": "base"})),
                object("v1", "Secret", "app", json!({"data": {"password": "aHVzaA=="}})),
            ],
        },
        Owned { set: "teams", objects: ["one", "two"].into_iter().flat_map(team).collect() },
        Owned { set: "paused", objects: vec![map("paused", json!({"value": "older"}))] },
    ]
}

/// The manifests, with three open change requests at the forge.
pub(super) async fn manifests(world: &World) -> Result<()> {
    let shop = world.forge.github("acme/shop");
    for number in 1..=3 {
        shop.opens(&format!("branch-{number}"));
    }
    world.apply(MANIFESTS).await
}

/// Writes the status of every set and of the provider as Flux Operator leaves them.
pub(super) async fn reconciled(world: &World, all: &[Owned]) -> Result<()> {
    for Owned { set, objects } in all {
        let more = match *set {
            "copied" => json!({"externalChecksumRefs": [format!("ConfigMap/{}/source", world.namespace())]}),
            _ => json!({}),
        };
        theirs::has_reconciled(world, set, objects, more).await?;
    }
    Ok(())
}

/// Objects as they are now, in the same order.
pub(super) async fn now(world: &World, all: &[Owned]) -> Result<Vec<Value>> {
    let mut live = Vec::new();
    for object in all.iter().flat_map(|owned| &owned.objects) {
        live.push(theirs::live(world, object).await?);
    }
    Ok(live)
}

/// Fails at the first object that is not, to the byte, what it was.
pub(super) async fn is_unchanged(world: &World, all: &[Owned], before: &[Value], what: &str) -> Result<()> {
    let now = now(world, all).await?;
    assert_eq!(now.len(), before.len());
    for (now, before) in now.iter().zip(before) {
        assert_eq!(now, before, "{what}");
    }
    Ok(())
}
