//! Which custom resources a copy looks after: several namespaces, a label selector, and one set at a time beside another operator.

use crate::tenant::PROGRAM;
use anyhow::Result;
use kube::api::{Api, DynamicObject};
use orangery_test_flow::{Launch, PROVIDER, SET, World};
use serde_json::{Value, json};
use std::time::Duration;

/// Long enough for an operator that would act.
const PAUSE: Duration = Duration::from_secs(2);

fn set(name: &str, labels: &str) -> String {
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n\
         spec: {{inputsFrom: [{{name: inputs}}], resources: [{{apiVersion: v1, kind: ConfigMap, \
         metadata: {{name: '{name}-<< inputs.name >>', namespace: NAMESPACE}}}}]}}\n"
    )
}

const INPUTS: &str = "apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: inputs}
spec: {type: Static, defaultValues: {name: a}}
";

async fn is_untouched(world: &World, kind: &str, name: &str) -> Result<()> {
    let live = world.live(kind, name).await?;
    let (status, finalizers) = (live.get("status"), live.pointer("/metadata/finalizers"));
    assert!(status.is_none() && finalizers.is_none(), "{kind} {name} was touched: {live}");
    Ok(())
}

#[tokio::test]
async fn only_the_given_namespaces_and_labels_are_looked_after() -> Result<()> {
    let world = World::new("scope").await?;
    let watched = world.beside(&format!("{}-too", world.namespace())).await?;
    let other = world.beside(&format!("{}-not", world.namespace())).await?;
    let namespaces = [world.namespace(), watched.namespace()].join(",");
    let mut process = Launch::new(PROGRAM, world.cluster.kubeconfig_path(), &world)?
        .flags(&["--no-leader-election", "--operator-namespace", world.namespace()])
        .flags(&["--watch-namespace", &namespaces, "--watch-label-selector", "sharding.fluxcd.io/key in (one,two)"])
        .start()?;
    let (one, three) = ("sharding.fluxcd.io/key: one", "sharding.fluxcd.io/key: three");
    for world in [&world, &watched, &other] {
        // Another copy polls it: this one reads its inputs.
        world.apply(INPUTS).await?;
        world
            .patch_status(PROVIDER, "inputs", json!({
                "exportedInputs": [{"id": "1", "name": "a"}], "lastExportedRevision": "sha256:0",
                "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "",
                    "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            }))
            .await?;
        world.apply(&format!("{}---\n{}", set("mine", one), set("theirs", three))).await?;
    }
    world.is_ready(SET, "mine").await?;
    world.has_objects("ConfigMap", &["mine-a"]).await?;
    // Only the operator's own namespace may use its rights; what counts is that it was looked at.
    watched.has_condition(SET, "mine", "Ready", "False", "InvalidSpec").await?;
    tokio::time::sleep(PAUSE).await;
    for world in [&world, &watched] {
        is_untouched(world, SET, "theirs").await?;
    }
    is_untouched(&other, SET, "mine").await?;
    let provider = world.live(PROVIDER, "inputs").await?;
    assert_eq!(provider.pointer("/status/exportedInputs"), Some(&json!([{"id": "1", "name": "a"}])), "it was polled");

    world.patch(SET, "theirs", json!({"metadata": {"labels": {"sharding.fluxcd.io/key": "two"}}})).await?;
    world.is_ready(SET, "theirs").await?;
    world.patch(SET, "mine", json!({"metadata": {"labels": {"sharding.fluxcd.io/key": "three"}}})).await?;
    world.patch(SET, "mine", json!({"spec": {"commonMetadata": {"labels": {"by": "nobody"}}}})).await?;
    tokio::time::sleep(PAUSE).await;
    let kept = world.live("ConfigMap", "mine-a").await?;
    assert!(
        kept.pointer("/metadata/labels/by").is_none(),
        "a set that was handed to another shard is left alone: {kept}"
    );
    assert_eq!(world.deletes().await?, 0);
    assert!(process.terminate().await?.success());
    Ok(())
}

#[tokio::test]
async fn d21_two_operators() -> Result<()> {
    let mut world = World::new("one-set").await?;
    world.start().await?;
    world.apply(INPUTS).await?;
    world.apply(&set("set", "")).await?;
    world.is_ready(SET, "set").await?;

    // Another operator takes it: this one lets go, and deletes nothing.
    world.annotate(SET, "set", "orangery.dev/reconcile", "disabled").await?;
    world.patch(SET, "set", json!({"spec": {"commonMetadata": {"labels": {"by": "another"}}}})).await?;
    tokio::time::sleep(PAUSE).await;
    let kept = world.live("ConfigMap", "set-a").await?;
    assert!(kept.pointer("/metadata/labels/by").is_none(), "{kept}");

    // Back again, while the annotation that both operators read keeps the other one away.
    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.annotate(SET, "set", "orangery.dev/reconcile", "enabled").await?;
    world
        .settles("this operator acts on it", async |world| {
            Ok(world.live("ConfigMap", "set-a").await?.pointer("/metadata/labels/by") == Some(&json!("another")))
        })
        .await?;
    let finalizers = finalizers(&world).await?;
    assert_eq!(finalizers, ["fluxcd.controlplane.io/finalizer", "orangery.dev/finalizer"]);

    // The other operator releases a set that it considers suspended. The objects go all the same.
    let api: Api<DynamicObject> = world.api(SET)?;
    api.delete("set", &Default::default()).await?;
    let released = json!({"metadata": {"finalizers": ["orangery.dev/finalizer"]}});
    // Without effect where this operator was faster.
    drop(world.patch(SET, "set", released).await);
    world.is_gone(SET, "set").await?;
    world.is_gone("ConfigMap", "set-a").await
}

#[tokio::test]
async fn a_set_that_is_left_to_another_operator_loses_our_finalizer_and_no_object() -> Result<()> {
    let mut world = World::new("left-set").await?;
    world.start().await?;
    world.apply(INPUTS).await?;
    world.apply(&set("set", "")).await?;
    world.annotate(SET, "set", "orangery.dev/reconcile", "enabled").await?;
    world.is_ready(SET, "set").await?;
    world.settles("it has both finalizers", async |world| Ok(finalizers(world).await?.len() == 2)).await?;
    world.annotate(SET, "set", "orangery.dev/reconcile", "disabled").await?;
    world
        .settles("our finalizer is gone", async |world| {
            Ok(finalizers(world).await? == ["fluxcd.controlplane.io/finalizer"])
        })
        .await?;
    // Deleting it is the other operator's work.
    let api: Api<DynamicObject> = world.api(SET)?;
    api.delete("set", &Default::default()).await?;
    tokio::time::sleep(PAUSE).await;
    assert_eq!(finalizers(&world).await?, ["fluxcd.controlplane.io/finalizer"]);
    world.patch(SET, "set", json!({"metadata": {"finalizers": null}})).await?;
    world.is_gone(SET, "set").await?;
    tokio::time::sleep(PAUSE).await;
    assert_eq!(world.owned("ConfigMap").await?, ["set-a"]);
    Ok(())
}

async fn finalizers(world: &World) -> Result<Vec<String>> {
    let live = world.live(SET, "set").await?;
    let list = live.pointer("/metadata/finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
