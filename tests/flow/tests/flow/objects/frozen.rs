//! D22: a live object that says `reconcile: disabled` is neither applied nor deleted, whatever becomes of its template and its
//! input, and is listed as frozen until the mark is removed. Deletions are counted in the audit log.

use anyhow::{Context, Result};
use kube::api::{Patch, PatchParams};
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};

const RECONCILE: &str = "fluxcd.controlplane.io/reconcile";

/// A ConfigMap for each input, with this value.
fn set(inputs: &[&str], value: &str) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|name| json!({"name": name})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": inputs, "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.name >>", "namespace": "NAMESPACE"},
            "data": {"value": value},
        }]},
    })
    .to_string()
}

/// Marks a ConfigMap as `kubectl annotate` does; null removes the mark.
async fn mark(world: &World, name: &str, word: impl Into<Value>) -> Result<()> {
    let patch = json!({"metadata": {"annotations": {RECONCILE: word.into()}}});
    let kubectl = PatchParams { field_manager: Some("kubectl-annotate".to_owned()), ..PatchParams::default() };
    world.api("ConfigMap")?.patch(name, &kubectl, &Patch::Merge(&patch)).await?;
    Ok(())
}

async fn value(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("ConfigMap", name).await?.pointer("/data/value").cloned().unwrap_or_default())
}

async fn has_value(world: &World, name: &str, wanted: &str) -> Result<()> {
    world.settles(&format!("{name} says {wanted}"), async |world| Ok(value(world, name).await? == json!(wanted))).await
}

/// Waits until the inventory marks exactly these names as frozen.
async fn lists_as_frozen(world: &World, names: &[&str]) -> Result<()> {
    world
        .settles(&format!("{names:?} are listed as frozen"), async |world| {
            let inventory = world.inventory("set").await?;
            let frozen = inventory.iter().filter(|entry| entry["mark"] == "Frozen");
            let frozen: Vec<&str> = frozen.filter_map(|entry| entry["id"].as_str()?.split('_').nth(1)).collect();
            Ok(frozen == names)
        })
        .await
}

async fn started(hint: &str, inputs: &[&str]) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    world.apply(&set(inputs, "first")).await?;
    world.is_ready(SET, "set").await?;
    Ok(world)
}

#[tokio::test]
async fn d22_a_frozen_object_is_left_alone_until_it_is_thawed() -> Result<()> {
    let world = started("d22", &["one", "two"]).await?;
    mark(&world, "one", "disabled").await?;
    lists_as_frozen(&world, &["one"]).await?;
    let said = world.has_condition(SET, "set", "Warning", "True", "ObjectsFrozen").await?;
    assert!(
        said.contains(&format!("ConfigMap/{}/one", world.namespace())) && said.contains("remove the mark"),
        "{said}"
    );
    let [_, _, ready] = world.condition(SET, "set", "Ready").await?;
    assert!(ready.ends_with("1 object frozen"), "{ready}");
    let series = format!("orangery_frozen_objects{{exported_namespace=\"{}\",name=\"set\"}} 1", world.namespace());
    assert!(world.metrics()?.contains(&series), "{}", world.metrics()?);

    // Its template line changes, and somebody edits it.
    world.apply(&set(&["one", "two"], "second")).await?;
    has_value(&world, "two", "second").await?;
    world.patch("ConfigMap", "one", json!({"data": {"value": "theirs"}})).await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(value(&world, "one").await?, "theirs");
    world.is_ready(SET, "set").await?;

    // Without the mark, the set goes on at once.
    mark(&world, "one", Value::Null).await?;
    has_value(&world, "one", "second").await?;
    lists_as_frozen(&world, &[]).await?;
    world
        .settles("the warning is gone", async |world| {
            Ok(world.condition(SET, "set", "Warning").await?[0].is_empty()
                && !world.condition(SET, "set", "Ready").await?[2].contains("frozen")
                && !world.metrics()?.contains("orangery_frozen_objects{"))
        })
        .await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn d22_a_frozen_object_outlives_its_input_and_goes_when_it_is_thawed() -> Result<()> {
    let world = started("d22-input", &["one", "two", "three"]).await?;
    mark(&world, "one", "Disabled").await?;
    lists_as_frozen(&world, &["one"]).await?;
    world.apply(&set(&["three"], "first")).await?;
    world.has_objects("ConfigMap", &["one", "three"]).await?;
    lists_as_frozen(&world, &["one"]).await?;
    world.reconciles(SET, "set").await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(world.deleted().await?, ["two"]);

    mark(&world, "one", Value::Null).await?;
    world.has_objects("ConfigMap", &["three"]).await?;
    assert_eq!(world.deleted().await?, ["one", "two"]);
    Ok(())
}

#[tokio::test]
async fn d22_what_is_frozen_or_thawed_while_the_operator_is_away_is_seen_afterwards() -> Result<()> {
    let mut world = started("d22-away", &["one", "two"]).await?;
    mark(&world, "one", "disabled").await?;
    lists_as_frozen(&world, &["one"]).await?;
    world.patch("ConfigMap", "one", json!({"data": {"value": "theirs"}})).await?;
    world.stop().await?;
    mark(&world, "one", Value::Null).await?;
    mark(&world, "two", "disabled").await?;
    world.patch("ConfigMap", "two", json!({"data": {"value": "theirs"}})).await?;
    world.start().await?;
    lists_as_frozen(&world, &["two"]).await?;
    has_value(&world, "one", "first").await?;
    assert_eq!(value(&world, "two").await?, "theirs");
    world.stop().await?;
    world.start().await?;
    world.reconciles(SET, "set").await?;
    assert_eq!((value(&world, "two").await?, world.deletes().await?), (json!("theirs"), 0));
    lists_as_frozen(&world, &["two"]).await
}

#[tokio::test]
async fn d22_another_word_freezes_nothing() -> Result<()> {
    let world = started("d22-word", &["one", "two"]).await?;
    mark(&world, "one", "enabled").await?;
    mark(&world, "two", "").await?;
    world.apply(&set(&["one"], "second")).await?;
    world.has_objects("ConfigMap", &["one"]).await?;
    has_value(&world, "one", "second").await?;
    assert_eq!(world.deleted().await?, ["two"]);
    Ok(())
}

#[tokio::test]
async fn d22_the_namespace_of_a_frozen_object_stays() -> Result<()> {
    let mut world = World::new("d22-inside").await?;
    world.start().await?;
    let template = "\
apiVersion: v1
kind: Namespace
metadata: {name: NAMESPACE-<< inputs.name >>}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, namespace: NAMESPACE-<< inputs.name >>}
";
    let of = |inputs: Value| {
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
            "spec": {"inputs": inputs, "resourcesTemplate": template},
        })
        .to_string()
    };
    let all = json!([{"name": "one"}, {"name": "two"}, {"name": "three"}]);
    world.apply(&of(all)).await?;
    world.is_ready(SET, "set").await?;
    let path = format!("/api/v1/namespaces/{}-one/configmaps/kept", world.namespace());
    let frozen = json!({"metadata": {"labels": {RECONCILE: "disabled"}}}).to_string().into_bytes();
    let request = http::Request::patch(&path).header("content-type", "application/merge-patch+json").body(frozen)?;
    let _: Value = world.cluster.client()?.request(request).await.context("freezing")?;
    world.apply(&of(json!([{"name": "three"}]))).await?;
    let gone = format!("ConfigMap/{}-two/kept", world.namespace());
    world
        .settles("the other environment goes", async |world| {
            Ok(!world.inventory("set").await?.iter().any(|entry| {
                entry["id"].as_str().is_some_and(|id| id.starts_with(&format!("{}-two_", world.namespace())))
            }))
        })
        .await
        .context(gone)?;
    let live: Value = world.cluster.client()?.request(http::Request::get(&path).body(Vec::new())?).await?;
    assert!(live.pointer("/metadata/deletionTimestamp").is_none(), "{live:#}");
    let said = world.has_condition(SET, "set", "Warning", "True", "ObjectsFrozen").await?;
    assert!(said.contains("is not deleted while it contains objects that stay"), "{said}");

    // Deleting the whole set leaves it, and its namespace, as they are.
    world.delete(SET, "set").await?;
    world.is_gone(SET, "set").await?;
    let live: Value = world.cluster.client()?.request(http::Request::get(&path).body(Vec::new())?).await?;
    assert!(live.pointer("/metadata/deletionTimestamp").is_none(), "{live:#}");
    let deleted = world.deleted().await?;
    assert!(!deleted.iter().any(|name| name.ends_with("-one")), "{deleted:?}");
    Ok(())
}
