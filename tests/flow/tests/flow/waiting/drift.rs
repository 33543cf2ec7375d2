//! Objects that somebody else changes or deletes, and objects and sets that ask to be left alone.

use crate::tenant::TENANT;
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const DISABLED: &str = "fluxcd.controlplane.io/reconcile";

const PAIR: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  inputs: [{name: one}, {name: two}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.name >>, namespace: NAMESPACE, labels: {team: fruit}}, data: {value: ours}}]
";

async fn running(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    Ok(world)
}

async fn data(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("ConfigMap", name).await?.pointer("/data").cloned().unwrap_or_default())
}

#[tokio::test]
async fn what_somebody_edits_or_deletes_is_as_rendered_after_the_next_look() -> Result<()> {
    let world = running("drift").await?;
    world.apply(PAIR).await?;
    world.is_ready(SET, "set").await?;
    let before = world.live("ConfigMap", "one").await?;

    world.patch("ConfigMap", "one", json!({"data": {"value": "theirs", "more": "theirs"}})).await?;
    world.patch("ConfigMap", "two", json!({"metadata": {"labels": {"team": null}}})).await?;
    world.reconciles(SET, "set").await?;
    // A key that nobody rendered belongs to whoever added it.
    assert_eq!(data(&world, "one").await?, json!({"value": "ours", "more": "theirs"}));
    let after = world.live("ConfigMap", "one").await?;
    assert_eq!(after.pointer("/metadata/uid"), before.pointer("/metadata/uid"), "changed in place");
    let two = world.live("ConfigMap", "two").await?;
    assert_eq!(two.pointer("/metadata/labels/team"), Some(&json!("fruit")));
    assert_eq!(world.deletes().await?, 0);

    world.delete("ConfigMap", "two").await?;
    world.is_gone("ConfigMap", "two").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(data(&world, "two").await?, json!({"value": "ours"}));
    world.is_ready(SET, "set").await?;

    // Made anew by somebody else under the same name: adopted, not deleted.
    world.delete("ConfigMap", "two").await?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: two}, data: {value: strange}}").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(data(&world, "two").await?, json!({"value": "ours"}));
    assert_eq!(world.owned("ConfigMap").await?, ["one", "two"]);
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn l04_deleted_by_hand() -> Result<()> {
    let world = running("watched").await?;
    world.apply(PAIR).await?;
    world.is_ready(SET, "set").await?;
    world
        .settles("the objects are watched", async |world| {
            let requests = world.requests().await?;
            let watched = requests.verb("watch").iter().any(|event| event.uri.contains("/configmaps?"));
            Ok(watched)
        })
        .await?;
    // Longer than a sight waits for its judgement: what we wrote ourselves has been seen and passed over.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = world.requests().await?.count();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.requests().await?.count(), before, "nobody looks at what nobody changed");

    world.patch("ConfigMap", "one", json!({"data": {"value": "theirs"}})).await?;
    world
        .settles("the edit is undone", async |world| Ok(data(world, "one").await? == json!({"value": "ours"})))
        .await?;
    world.delete("ConfigMap", "two").await?;
    world
        .settles("the deleted object is back", async |world| Ok(data(world, "two").await? == json!({"value": "ours"})))
        .await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn without_the_right_to_watch_drift_waits_for_the_next_look() -> Result<()> {
    let mut world = World::of_a_tenant("unwatched").await?;
    world.start().await?;
    world.apply(&TENANT.replace("watch, ", "")).await?;
    world.apply(&PAIR.replace("spec:", "spec:\n  serviceAccountName: flux")).await?;
    world.is_ready(SET, "set").await?;
    world.patch("ConfigMap", "one", json!({"data": {"value": "theirs"}})).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(data(&world, "one").await?, json!({"value": "theirs"}));
    let tried = world.requests().await?.verb("watch");
    // Labelled ConfigMaps are watched with the operator's own rights, for all sets.
    let for_set = |uri: &str| uri.contains("/configmaps?") && !uri.contains("labelSelector=reconcile.fluxcd.io");
    let tried = tried.iter().filter(|event| for_set(&event.uri));
    // A refused watch has two lines in the log: its answer began, and its answer ended.
    let tried: BTreeSet<_> = tried.map(|event| &event.request_received_timestamp).cloned().collect();
    assert!(tried.len() <= 1, "a refused watch was tried at {tried:?}");
    world.reconciles(SET, "set").await?;
    assert_eq!(data(&world, "one").await?, json!({"value": "ours"}));
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_label_of_ours_that_is_taken_off_does_not_save_an_object_that_is_ours_from_repair() -> Result<()> {
    let world = running("labels").await?;
    world.apply(PAIR).await?;
    world.is_ready(SET, "set").await?;
    let label = "resourceset.fluxcd.controlplane.io/name";
    world.patch("ConfigMap", "one", json!({"metadata": {"labels": {label: null}}})).await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.owned("ConfigMap").await?, ["one", "two"]);
    Ok(())
}

#[tokio::test]
async fn a_disabled_set_leaves_drift_alone_until_it_is_enabled() -> Result<()> {
    let world = running("paused").await?;
    world.apply(PAIR).await?;
    world.is_ready(SET, "set").await?;
    world.annotate(SET, "set", DISABLED, "Disabled").await?;
    world.patch("ConfigMap", "one", json!({"data": {"value": "theirs"}})).await?;
    world.delete("ConfigMap", "two").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(data(&world, "one").await?, json!({"value": "theirs"}));
    assert_eq!(world.owned("ConfigMap").await?, ["one"]);
    world.annotate(SET, "set", DISABLED, Value::Null).await?;
    world.has_objects("ConfigMap", &["one", "two"]).await?;
    world
        .settles("the drift is repaired", async |world| Ok(data(world, "one").await? == json!({"value": "ours"})))
        .await
}

#[tokio::test]
async fn a_disabled_provider_is_not_polled_and_its_environments_stay() -> Result<()> {
    let world = running("unasked").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(2);
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSetInputProvider\n\
             metadata: {name: pulls}\n\
             spec: {type: GitHubPullRequest, url: FORGE/acme/shop}\n\
             ---\n\
             apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSet\n\
             metadata: {name: set}\n\
             spec:\n  inputsFrom: [{name: pulls}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}]\n",
        )
        .await?;
    world.has_objects("ConfigMap", &["app-1", "app-2"]).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.annotate(PROVIDER, "pulls", DISABLED, "disabled").await?;
    world.reconciles(PROVIDER, "pulls").await?;
    let asked = world.forge.requests().len();
    shop.closes(1);
    shop.opens("three");
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.forge.requests().len(), asked, "a disabled provider asks nobody");
    assert_eq!(world.owned("ConfigMap").await?, ["app-1", "app-2"]);
    world.annotate(PROVIDER, "pulls", DISABLED, Value::Null).await?;
    world.has_objects("ConfigMap", &["app-2", "app-3"]).await
}

/// Each of three inputs says whether its object is disabled.
fn chosen(modes: [&str; 3], team: &str) -> String {
    let inputs = ["one", "two", "three"].iter().zip(modes).map(|(name, mode)| json!({"name": name, "mode": mode}));
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": inputs.collect::<Vec<_>>(), "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": "<< inputs.name >>", "namespace": "NAMESPACE",
                "labels": {"team": team}, "annotations": {DISABLED: "<< inputs.mode >>"},
            },
        }]},
    })
    .to_string()
}

async fn team(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("ConfigMap", name).await?.pointer("/metadata/labels/team").cloned().unwrap_or_default())
}

/// As in Flux Operator: the annotation on a rendered object takes it out of what is wanted, it does not freeze it.
#[tokio::test]
async fn a_rendered_object_that_is_disabled_is_not_wanted_and_the_others_go_on() -> Result<()> {
    let world = running("excluded").await?;
    world.apply(&chosen(["enabled", "enabled", "disabled"], "fruit")).await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(world.owned("ConfigMap").await?, ["one", "two"], "what is disabled from the beginning is not applied");

    world.apply(&chosen(["disabled", "enabled", "enabled"], "nut")).await?;
    world.has_objects("ConfigMap", &["three", "two"]).await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(team(&world, "two").await?, json!("nut"), "the others are applied");
    assert_eq!(world.deleted().await?, ["one"], "and only what is disabled goes");

    // One that asks to be kept stays as it was, and is not forgotten.
    world.annotate("ConfigMap", "two", "fluxcd.controlplane.io/prune", "disabled").await?;
    world.apply(&chosen(["enabled", "disabled", "enabled"], "berry")).await?;
    world.has_objects("ConfigMap", &["one", "three", "two"]).await?;
    world.is_ready(SET, "set").await?;
    assert_eq!([team(&world, "one").await?, team(&world, "two").await?], [json!("berry"), json!("nut")]);
    assert_eq!(world.deleted().await?, ["one"]);

    // All at once could be a mistake.
    world.apply(&chosen(["disabled", "disabled", "disabled"], "berry")).await?;
    world.has_condition(SET, "set", "PruneHeld", "True", "PruneHeld").await?;
    assert_eq!(world.owned("ConfigMap").await?, ["one", "three", "two"]);
    assert_eq!(world.deletes().await?, 1);
    Ok(())
}
