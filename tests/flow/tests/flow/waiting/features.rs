//! What a set can ask for beyond objects: order, waiting, rest, and inputs of several sources.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};
use std::time::Duration;

/// A Deployment as a template; nothing runs it, so it is ready when the test says so.
const DEPLOYMENT: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: first, namespace: NAMESPACE}, spec: {selector: {matchLabels: {app: first}}, \
     template: {metadata: {labels: {app: first}}, spec: {containers: [{name: main, image: main}]}}}}";

const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: second, namespace: NAMESPACE}}";

fn set(spec: &str) -> String {
    format!("apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: set}}\nspec:\n{spec}")
}

async fn deployment_becomes_ready(world: &World) -> Result<()> {
    world
        .patch_status(
            "Deployment",
            "first",
            json!({
                "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                "conditions": [
                    {"type": "Available", "status": "True"},
                    {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
                ],
            }),
        )
        .await
}

async fn running(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    Ok(world)
}

#[tokio::test]
async fn a_step_begins_when_the_one_before_it_is_ready() -> Result<()> {
    let world = running("steps").await?;
    world
        .apply(&set(&format!(
            "  steps:\n    - {{name: one, resources: [{DEPLOYMENT}]}}\n    - {{name: two, resources: [{MAP}]}}\n"
        )))
        .await?;
    world.has_objects("Deployment", &["first"]).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(world.owned("ConfigMap").await?.is_empty(), "the second step waits");
    deployment_becomes_ready(&world).await?;
    world.has_objects("ConfigMap", &["second"]).await?;
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_set_that_waits_is_ready_when_its_objects_are() -> Result<()> {
    let world = running("wait").await?;
    world.apply(&set(&format!("  wait: true\n  resources: [{DEPLOYMENT}]\n"))).await?;
    world.has_objects("Deployment", &["first"]).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let [ready, ..] = world.condition(SET, "set", "Ready").await?;
    assert_ne!(ready, "True");
    deployment_becomes_ready(&world).await?;
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_set_is_built_when_what_it_depends_on_is_there_and_as_the_expression_wants_it() -> Result<()> {
    let world = running("depends").await?;
    world
        .apply(&set(&format!(
            "  dependsOn:\n    - {{apiVersion: v1, kind: ConfigMap, name: gate, namespace: NAMESPACE, ready: true, readyExpr: \"data.open == 'yes'\"}}\n  resources: [{MAP}]\n"
        )))
        .await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "DependencyNotReady").await?;
    assert!(said.contains("not found"), "{said}");
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: gate}, data: {open: 'no'}}").await?;
    world
        .settles("the gate is there and shut", async |world| {
            let [_, _, message] = world.condition(SET, "set", "Ready").await?;
            Ok(message.contains("not ready: expression"))
        })
        .await?;
    assert!(world.owned("ConfigMap").await?.is_empty());
    world.patch("ConfigMap", "gate", json!({"data": {"open": "yes"}})).await?;
    world.has_objects("ConfigMap", &["second"]).await?;
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_suspended_set_rests_and_leaves_its_objects_behind() -> Result<()> {
    let world = running("rest").await?;
    world.apply(&set("  inputs: [{name: a}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}]\n")).await?;
    world.is_ready(SET, "set").await?;
    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.patch(SET, "set", json!({"spec": {"inputs": [{"name": "a"}, {"name": "b"}]}})).await?;
    world.reconciles(SET, "set").await?;
    world.has_objects("ConfigMap", &["a"]).await?;
    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcile", Value::Null).await?;
    world.has_objects("ConfigMap", &["a", "b"]).await?;

    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.delete(SET, "set").await?;
    world.is_gone(SET, "set").await?;
    assert_eq!(world.owned("ConfigMap").await?, ["a", "b"]);
    Ok(())
}

#[tokio::test]
async fn outside_of_its_schedule_a_provider_is_polled_only_by_force() -> Result<()> {
    let mut world = World::new("force").await?;
    world.forge.github("acme/shop").opens("one");
    world.start().await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSetInputProvider\n\
             metadata: {name: pulls}\n\
             spec: {type: GitHubPullRequest, url: FORGE/acme/shop, schedule: [{cron: '0 0 29 2 *', window: 10m}]}\n",
        )
        .await?;
    world.reconciles(PROVIDER, "pulls").await?;
    assert!(world.forge.requests().is_empty(), "it is not the 29th of February");
    world
        .patch(
            PROVIDER,
            "pulls",
            json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now", "reconcile.fluxcd.io/forceAt": "now"}}}),
        )
        .await?;
    world
        .settles("the force is handled", async |world| {
            let live = world.live(PROVIDER, "pulls").await?;
            Ok(live.pointer("/status/lastHandledForceAt") == Some(&json!("now"))
                && live.pointer("/status/exportedInputs/0/branch") == Some(&json!("one")))
        })
        .await
}

#[tokio::test]
async fn inputs_of_static_providers_are_multiplied_and_the_common_labels_are_on_every_object() -> Result<()> {
    let world = running("permute").await?;
    for (name, key) in [("colour", "tint"), ("size", "width")] {
        world
            .apply(&format!(
                "{{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {{name: {name}, labels: {{part: 'all'}}}}, \
                 spec: {{type: Static, defaultValues: {{{key}: some-{key}}}}}}}"
            ))
            .await?;
    }
    world
        .apply(&set("  inputStrategy: {name: Permute}\n  inputsFrom: [{selector: {matchLabels: {part: all}}}]\n  commonMetadata: {labels: {team: fruit}}\n  resources:\n    - {apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.colour.tint >>-<< inputs.size.width >>, namespace: NAMESPACE}}\n"))
        .await?;
    world.has_objects("ConfigMap", &["some-tint-some-width"]).await?;
    world.is_ready(SET, "set").await?;
    let live = world.live("ConfigMap", "some-tint-some-width").await?;
    assert_eq!(live.pointer("/metadata/labels/team"), Some(&json!("fruit")));
    Ok(())
}

#[tokio::test]
async fn looking_again_at_a_hundred_unchanged_objects_costs_a_handful_of_requests() -> Result<()> {
    let world = running("hundred").await?;
    let inputs: Vec<Value> = (0..100).map(|number| json!({"name": format!("map-{number}")})).collect();
    world
        .apply(&set(&format!(
            "  inputs: {}\n  resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: << inputs.name >>, namespace: NAMESPACE}}}}]\n",
            json!(inputs)
        )))
        .await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(world.owned("ConfigMap").await?.len(), 100);
    let first = world.requests().await?.count();
    world.reconciles(SET, "set").await?;
    let again = world.requests().await?.count() - first;
    println!("{first} requests to make a hundred objects, {again} to look at them again");
    assert!(again <= 12, "{again} requests to find a hundred objects unchanged");
    Ok(())
}
