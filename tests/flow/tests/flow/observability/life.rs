//! What a set tells of its life: its steps one by one, its results, and that it was created suspended.

use crate::observability::events::events;
use anyhow::{Context, Result, ensure};
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};

async fn running(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    Ok(world)
}

fn map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "NAMESPACE"}, "data": {"value": value}})
}

fn stepped(value: &str) -> String {
    let release = json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "app", "namespace": "NAMESPACE"},
        "spec": {"interval": "10m", "chartRef": {"kind": "OCIRepository", "name": "elsewhere"}},
    });
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"steps": [
            {"name": "prepare", "resources": [map("first", value)]},
            {"name": "install", "resources": [release]},
            {"name": "announce", "resources": [map("last", "1")]},
        ]},
    })
    .to_string()
}

async fn history(world: &World) -> Result<Vec<Value>> {
    let live = world.live(SET, "set").await?;
    Ok(live.pointer("/status/history").and_then(Value::as_array).cloned().unwrap_or_default())
}

#[tokio::test]
async fn each_step_has_its_event_and_the_condition_says_which_one_is_applied() -> Result<()> {
    let world = running("stepped").await?;
    world.apply(&stepped("1")).await?;
    world
        .settles("it waits in the second step", async |world| {
            let [status, _, message] = world.condition(SET, "set", "Reconciling").await?;
            Ok(status == "True" && message.starts_with("Applying step 2/3 \"install\", waiting for: [HelmRelease/"))
        })
        .await?;
    let release = world.live("HelmRelease", "app").await?;
    let generation = release.pointer("/metadata/generation").cloned().context("a generation")?;
    let ready = json!({
        "type": "Ready", "status": "True", "reason": "AsTold", "message": "", "observedGeneration": generation,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let status = json!({"observedGeneration": generation, "conditions": [ready]});
    world.patch_status("HelmRelease", "app", status).await?;
    world.is_ready(SET, "set").await?;
    let namespace = world.namespace();
    let wanted = [
        format!("step \"prepare\": ConfigMap/{namespace}/first created"),
        format!("step \"install\": HelmRelease/{namespace}/app created"),
        format!("ConfigMap/{namespace}/last created"),
    ];
    let said = async |world: &World| events(world, "ApplySucceeded").await;
    world.settles("three events", async |world| Ok(said(world).await?.len() >= 3)).await?;
    let mut notes: Vec<String> = said(&world).await?.into_iter().map(|(note, _)| note).collect();
    notes.sort();
    let mut sorted = wanted.to_vec();
    sorted.sort();
    assert_eq!(notes, sorted);

    // One that changes the first step only has one event more.
    world.apply(&stepped("2")).await?;
    let changed = format!("step \"prepare\": ConfigMap/{namespace}/first configured");
    world.settles("a fourth event", async |world| Ok(said(world).await?.contains(&(changed.clone(), 1)))).await?;
    assert_eq!(said(&world).await?.len(), 4);

    let latest = history(&world).await?.first().cloned().context("a history")?;
    let metadata = latest.pointer("/metadata").cloned().unwrap_or_default();
    assert_eq!(metadata, json!({"inputs": "0", "resources": "3", "steps": "3"}));
    Ok(())
}

#[tokio::test]
async fn the_generation_that_was_acted_on_stands_in_the_status_until_another_operator_acts() -> Result<()> {
    let world = running("observed").await?;
    let set = |value: &str| {
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
            "spec": {"resources": [map("map", value)]},
        })
    };
    let observed = async |world: &World| -> Result<[Value; 2]> {
        let live = world.live(SET, "set").await?;
        let of = |pointer: &str| live.pointer(pointer).cloned().unwrap_or_default();
        Ok([of("/status/observedGeneration"), of("/metadata/generation")])
    };
    for (value, generation) in [("1", 1), ("2", 2)] {
        world.apply(&set(value).to_string()).await?;
        world
            .settles("it was acted on", async |world| {
                Ok(observed(world).await? == [json!(generation), json!(generation)])
            })
            .await?;
    }
    world.annotate(SET, "set", "orangery.dev/reconcile", "disabled").await?;
    world.settles("it is gone", async |world| Ok(observed(world).await?[0].is_null())).await
}

#[tokio::test]
async fn the_history_tells_failures_of_building_too() -> Result<()> {
    let world = running("history").await?;
    let set = |steps: &[&str]| {
        let steps: Vec<Value> =
            steps.iter().map(|name| json!({"name": name, "resources": [map("map", "1")]})).collect();
        let spec = json!({"steps": steps});
        json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"}, "spec": spec})
            .to_string()
    };
    world.apply(&set(&["one"])).await?;
    world.is_ready(SET, "set").await?;
    // One object in two steps.
    world.apply(&set(&["one", "two"])).await?;
    world.has_condition(SET, "set", "Ready", "False", "BuildFailed").await?;
    let all = history(&world).await?;
    let of = |entry: &Value, pointer: &str| entry.pointer(pointer).cloned().unwrap_or_default();
    let statuses: Vec<Value> = all.iter().map(|entry| of(entry, "/lastReconciledStatus")).collect();
    assert_eq!(statuses, ["BuildFailed", "ReconciliationSucceeded"]);
    let (failed, done) = (&all[0], &all[1]);
    ensure!(of(failed, "/digest").as_str().is_some_and(|digest| digest.starts_with("sha256:")), "{failed}");
    ensure!(of(failed, "/digest") != of(done, "/digest") && of(failed, "/metadata").is_null(), "{failed}");
    assert_eq!(of(done, "/metadata"), json!({"inputs": "0", "resources": "1", "steps": "1"}));
    Ok(())
}

#[tokio::test]
async fn a_set_that_is_created_suspended_says_so_and_one_that_is_suspended_later_keeps_its_conditions() -> Result<()> {
    let world = running("asleep").await?;
    let set = |suspended: &str| {
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
            "metadata": {"name": "set", "annotations": {"fluxcd.controlplane.io/reconcile": suspended}},
            "spec": {"resources": [map("map", "1")]},
        })
        .to_string()
    };
    world.apply(&set("disabled")).await?;
    let said = world.has_condition(SET, "set", "Ready", "True", "ReconciliationDisabled").await?;
    assert_eq!(said, "Initialized with reconciliation suspended");
    ensure!(world.owned("ConfigMap").await?.is_empty());
    world.apply(&set("enabled")).await?;
    world.has_condition(SET, "set", "Ready", "True", "ReconciliationSucceeded").await?;
    let before = world.condition(SET, "set", "Ready").await?;
    world.apply(&set("disabled")).await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.condition(SET, "set", "Ready").await?, before);
    Ok(())
}

#[tokio::test]
async fn a_dependency_that_is_not_ready_is_one_normal_event_when_that_begins() -> Result<()> {
    let world = running("dependent").await?;
    let set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {
            "dependsOn": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "needed", "namespace": "NAMESPACE"}],
            "resources": [map("map", "1")],
        },
    });
    world.apply(&set.to_string()).await?;
    world.has_condition(SET, "set", "Ready", "False", "DependencyNotReady").await?;
    for _ in 0..2 {
        world.reconciles(SET, "set").await?;
    }
    world.settles("an event tells", async |world| Ok(!events(world, "DependencyNotReady").await?.is_empty())).await?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: needed}}").await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(events(&world, "DependencyNotReady").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_end_of_the_last_environment_stands_in_the_message_of_ready() -> Result<()> {
    let world = running("stopped").await?;
    let set = |inputs: Value| {
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
            "metadata": {"name": "set", "annotations": {"orangery.dev/prune-guard": "off"}},
            "spec": {"inputs": inputs, "resources": [map("one-<< inputs.id >>", "1"), map("two-<< inputs.id >>", "1")]},
        })
        .to_string()
    };
    let message =
        async |world: &World| -> Result<String> { Ok(world.condition(SET, "set", "Ready").await?[2].clone()) };
    world.apply(&set(json!([{"id": "a"}, {"id": "b"}]))).await?;
    world.is_ready(SET, "set").await?;
    ensure!(!message(&world).await?.contains("deleted"), "{}", message(&world).await?);
    world.apply(&set(json!([{"id": "b"}]))).await?;
    world
        .settles("it tells what went", async |world| Ok(message(world).await?.ends_with(", 2 objects deleted")))
        .await?;
    // A look that changes nothing takes nothing back.
    world.reconciles(SET, "set").await?;
    ensure!(message(&world).await?.ends_with(", 2 objects deleted"), "{}", message(&world).await?);
    Ok(())
}
