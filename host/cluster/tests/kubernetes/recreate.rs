//! Immutable fields, failed Jobs, and objects that are rendered again while they are being deleted.

use crate::world::World;
use anyhow::{Context, Result};
use kube::api::{Patch, PatchParams};
use orangery_core::{Action, keys};
use serde_json::{Value, json};

fn immutable(world: &World, value: &str) -> Value {
    world.object("v1", "ConfigMap", "a", json!({"immutable": true, "data": {"value": value}}))
}

#[tokio::test]
async fn an_immutable_field_is_refused_with_the_way_out() -> Result<()> {
    let mut world = World::new("immutable").await?;
    world.applied(vec![immutable(&world, "1")]).await?;
    let message = world.refused(vec![immutable(&world, "2")]).await?;
    assert!(message.contains("dry-run failed (Invalid)") && message.contains(keys::FORCE), "{message}");
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn force_re_creates_the_object() -> Result<()> {
    let mut world = World::new("force").await?;
    world.applied(vec![immutable(&world, "1")]).await?;
    world.owner.force = true;
    assert_eq!(world.applied(vec![immutable(&world, "2")]).await?, [Action::Recreated]);
    assert_eq!(world.value("a").await?.as_deref(), Some("2"));
    Ok(())
}

#[tokio::test]
async fn force_never_deletes_for_an_object_that_would_be_refused() -> Result<()> {
    let mut world = World::new("proof").await?;
    world.applied(vec![immutable(&world, "1")]).await?;
    world.owner.force = true;
    let invalid = world.object("v1", "ConfigMap", "a", json!({"immutable": true, "data": {"not a key!": "2"}}));
    world.refused(vec![invalid]).await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    let deletes = world.cluster.audit().await?.in_namespace(world.namespace.name()).verb("delete");
    assert_eq!(deletes.count(), 0);
    Ok(())
}

#[tokio::test]
async fn force_never_deletes_an_object_of_somebody_else() -> Result<()> {
    let mut world = World::new("foreign").await?;
    world.somebody_applies("somebody", immutable(&world, "1")).await?;
    world.owner.force = true;
    let message = world.refused(vec![immutable(&world, "2")]).await?;
    assert!(message.contains("was not created by this ResourceSet"), "{message}");
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn a_failed_job_runs_again_only_if_it_asks_to() -> Result<()> {
    let mut world = World::new("job").await?;
    let job = |world: &World, annotations: Value| {
        let mut job = world.object(
            "batch/v1",
            "Job",
            "a",
            json!({"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}}),
        );
        job["metadata"]["annotations"] = annotations;
        job
    };
    let asking = json!({keys::RECREATE_ON_FAILURE: "enabled"});
    world.applied(vec![job(&world, asking.clone())]).await?;
    let uid = |live: Option<Value>| anyhow::Ok(live.context("the Job exists")?["metadata"]["uid"].clone());
    let first = uid(world.live("batch/v1", "Job", "a").await?)?;
    let failed = json!({"status": {"startTime": "2026-01-01T00:00:00Z", "failed": 1, "conditions": [
        {"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True"}]}});
    world.api("batch/v1", "Job").patch_status("a", &PatchParams::default(), &Patch::Merge(&failed)).await?;
    world.applied(vec![job(&world, json!({"other": "x"}))]).await?;
    assert_eq!(uid(world.live("batch/v1", "Job", "a").await?)?, first);
    // A frozen one does not, although it asks to.
    let mark = |word: Value| json!({"metadata": {"annotations": {keys::RECONCILE: word}}});
    world.merge("batch/v1", "Job", "a", mark(json!("disabled"))).await?;
    assert_eq!(world.applied(vec![job(&world, asking.clone())]).await?, [Action::Frozen]);
    assert_eq!(uid(world.live("batch/v1", "Job", "a").await?)?, first);
    world.merge("batch/v1", "Job", "a", mark(Value::Null)).await?;
    world.applied(vec![job(&world, asking)]).await?;
    assert_ne!(uid(world.live("batch/v1", "Job", "a").await?)?, first);
    Ok(())
}

/// A ConfigMap that stays until its finalizer is removed.
async fn stuck(world: &mut World, name: &str) -> Result<()> {
    let metadata = json!({"name": name, "namespace": world.namespace.name(), "finalizers": ["example.org/stuck"]});
    let map = world.object("v1", "ConfigMap", name, json!({"metadata": metadata, "data": {"value": "1"}}));
    world.applied(vec![map]).await?;
    world.api("v1", "ConfigMap").delete(name, &kube::api::DeleteParams::default()).await?;
    Ok(())
}

#[tokio::test]
async fn a_terminating_object_is_no_failure_and_the_others_are_applied() -> Result<()> {
    let mut world = World::new("reborn").await?;
    stuck(&mut world, "a").await?;
    let (applied, _) = world.settle(vec![world.map("a", "1"), world.map("b", "1")]).await?;
    assert_eq!(applied.failed, []);
    assert!(!applied.is_complete(), "{applied:?}");
    assert_eq!(world.value("b").await?.as_deref(), Some("1"));
    let said = format!("{applied:?}");
    let name = format!(
        "ConfigMap/{}/a is being deleted and waits for finalizer example.org/stuck since 20",
        world.namespace.name()
    );
    assert!(said.contains(&name), "{said}");

    world.merge("v1", "ConfigMap", "a", json!({"metadata": {"finalizers": null}})).await?;
    let (applied, _) = world.settle(vec![world.map("a", "1"), world.map("b", "1")]).await?;
    let actions: Vec<_> = applied.changes.iter().map(|change| (change.key.name.as_str(), change.action)).collect();
    assert!(actions.contains(&("a", Action::Created)), "{applied:?}");
    assert!(applied.is_complete(), "{applied:?}");
    Ok(())
}

#[tokio::test]
async fn what_comes_after_a_terminating_object_waits_for_it() -> Result<()> {
    let mut world = World::new("reborn-steps").await?;
    stuck(&mut world, "a").await?;
    let plan =
        world.plan_steps(vec![(None, None, vec![world.map("a", "1")]), (None, None, vec![world.map("later", "1")])])?;
    let (applied, _) = world.run(&plan).await;
    assert_eq!(applied.failed, []);
    assert_eq!(world.value("later").await?, None);
    Ok(())
}
