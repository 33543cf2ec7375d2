//! What rendered objects take from the cluster: copies, kubeconfigs and checksums, against a real API server.

use crate::tenant::TENANT;
use anyhow::Result;
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};

/// `{a: 1, b: 2}` of ConfigMap/apps/cfg has a known answer in the unit tests; the name of the namespace is another here.
const SOURCES: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: source, namespace: NAMESPACE-other}
data: {a: '1', b: '2'}
---
apiVersion: v1
kind: Secret
metadata: {name: source, namespace: NAMESPACE-other}
type: kubernetes.io/basic-auth
stringData: {username: git, password: hush-hush}
---
apiVersion: v1
kind: Secret
metadata: {name: kubeconfig, namespace: NAMESPACE-other}
stringData: {value: 'clusters: [{name: a, cluster: {server: \"https://a.example.com\", certificate-authority-data: UEVN}}]'}
";

const COPIES: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: user, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/checksumFrom: 'ConfigMap/NAMESPACE/copy,Secret/NAMESPACE-other/source'}}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: copy, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/copyFrom: NAMESPACE-other/source}}}
    - {apiVersion: v1, kind: Secret, metadata: {name: copy, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/copyFrom: NAMESPACE-other/source}}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: cluster, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: NAMESPACE-other/kubeconfig}}}
";

async fn checksum(world: &World) -> Result<Value> {
    let live = world.live("ConfigMap", "user").await?;
    Ok(live.pointer("/metadata/annotations/fluxcd.controlplane.io~1checksum").cloned().unwrap_or_default())
}

async fn data(world: &World, kind: &str, name: &str) -> Result<Value> {
    Ok(world.live(kind, name).await?.pointer("/data").cloned().unwrap_or_default())
}

#[tokio::test]
async fn what_is_missing_is_waited_for_what_is_there_is_copied_and_a_change_reaches_the_checksum() -> Result<()> {
    let mut world = World::new("copies").await?;
    world.start().await?;
    world.apply("{apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE-other}}").await?;
    world.apply(COPIES).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    assert!(
        said.contains(&format!("failed to copy data from ConfigMap/{}-other/source: not found", world.namespace())),
        "{said}"
    );
    assert_eq!(world.owned("ConfigMap").await?.len(), 0, "nothing is applied by halves");

    world.apply(SOURCES).await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(data(&world, "ConfigMap", "copy").await?, json!({"a": "1", "b": "2"}));
    assert_eq!(data(&world, "Secret", "copy").await?, json!({"username": "Z2l0", "password": "aHVzaC1odXNo"}));
    assert_eq!(world.live("Secret", "copy").await?.pointer("/type"), Some(&json!("kubernetes.io/basic-auth")));
    assert_eq!(
        data(&world, "ConfigMap", "cluster").await?,
        json!({"address": "https://a.example.com", "ca.crt": "PEM"})
    );
    let first = checksum(&world).await?;
    assert!(first.as_str().is_some_and(|sum| sum.starts_with("sha256:") && sum.len() == 71), "{first}");
    let external = world.live(SET, "set").await?.pointer("/status/externalChecksumRefs").cloned();
    assert_eq!(
        external,
        Some(json!([format!("Secret/{}-other/source", world.namespace())])),
        "what is in the set is not outside"
    );

    world.reconciles(SET, "set").await?;
    assert_eq!(checksum(&world).await?, first, "the same data has the same checksum");
    world.apply(&SOURCES.replace("b: '2'", "c: '3'")).await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(
        data(&world, "ConfigMap", "copy").await?,
        json!({"a": "1", "c": "3"}),
        "a key that the source lost is lost"
    );
    let second = checksum(&world).await?;
    assert_ne!(second, first);
    world.apply(&SOURCES.replace("b: '2'", "c: '3'").replace("hush-hush", "hush")).await?;
    world.reconciles(SET, "set").await?;
    assert_ne!(checksum(&world).await?, second, "a Secret outside of the set counts too");
    Ok(())
}

#[tokio::test]
async fn s06_secrets_only_with_the_rights_of_the_set() -> Result<()> {
    let mut world = World::of_a_tenant("copies-tenant").await?;
    world.start().await?;
    world.apply(TENANT).await?;
    world.apply("{apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE-other}}").await?;
    world.apply(SOURCES).await?;
    world.apply(&COPIES.replace("spec:", "spec:\n  serviceAccountName: flux")).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    assert!(said.contains("give the service account of the set the verb get"), "{said}");
    assert!(!said.contains("hush"), "{said}");
    assert_eq!(world.owned("ConfigMap").await?.len() + world.owned("Secret").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn references_stay_listed_in_the_order_of_their_texts_while_the_set_cannot_go_on() -> Result<()> {
    let mut world = World::new("copies-listed").await?;
    world.start().await?;
    world.apply("{apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE-other}}").await?;
    world.apply(SOURCES).await?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: own}, data: {a: '1'}}").await?;
    let set = |more: &str| {
        format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: set}}\nspec:\n  {more}resources: [{{apiVersion: v1, \
             kind: ConfigMap, metadata: {{name: user, namespace: NAMESPACE, annotations: {{fluxcd.controlplane.io/checksumFrom: \
             'ConfigMap/NAMESPACE/own, Secret/NAMESPACE-other/source, ConfigMap/NAMESPACE-other/source'}}}}}}]\n"
        )
    };
    let listed = async |world: &World| -> Result<Vec<String>> {
        let live = world.live(SET, "set").await?;
        let all = live.pointer("/status/externalChecksumRefs").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
    };
    world.apply(&set("")).await?;
    world.is_ready(SET, "set").await?;
    let ns = world.namespace();
    // A dash sorts before a slash, as in Flux Operator, which sorts texts.
    let wanted =
        [format!("ConfigMap/{ns}-other/source"), format!("ConfigMap/{ns}/own"), format!("Secret/{ns}-other/source")];
    assert_eq!(listed(&world).await?, wanted);
    let first = checksum(&world).await?;

    world
        .apply(&set("dependsOn: [{apiVersion: v1, kind: ConfigMap, name: missing, namespace: NAMESPACE}]\n  "))
        .await?;
    world.has_condition(SET, "set", "Ready", "False", "DependencyNotReady").await?;
    assert_eq!(listed(&world).await?, wanted, "a set that waits forgets nothing");
    world.apply(&set("")).await?;
    world.is_ready(SET, "set").await?;
    world.delete("ConfigMap", "own").await?;
    world.reconciles(SET, "set").await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    assert!(said.contains(&format!("ConfigMap/{ns}/own: not found")), "{said}");
    assert_eq!((listed(&world).await?, checksum(&world).await?), (wanted.to_vec(), first));
    Ok(())
}
