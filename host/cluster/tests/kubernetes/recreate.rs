//! Immutable fields and failed Jobs.

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
    world.applied(vec![job(&world, asking)]).await?;
    assert_ne!(uid(world.live("batch/v1", "Job", "a").await?)?, first);
    Ok(())
}
