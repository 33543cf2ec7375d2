//! Stages, gates, steps and health checks.

use crate::world::World;
use anyhow::Result;
use orangery_core::{Action, ApplyReport};
use serde_json::{Value, json};
use std::time::Duration;

/// A definition whose names are the test's own, and an object of it.
fn definition(world: &World) -> (Value, Value) {
    let group = format!("{}.example.org", world.namespace.name());
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}});
    let widget = world.object(&format!("{group}/v1"), "Widget", "a", json!({"spec": {"size": 1, "colour": "red"}}));
    (crd, widget)
}

#[tokio::test]
async fn a_definition_and_an_object_of_it_are_applied_and_pruned_together() -> Result<()> {
    let mut world = World::new("crd").await?;
    let (crd, widget) = definition(&world);
    let (applied, _) = world.settle(vec![widget.clone(), crd.clone()]).await?;
    assert_eq!(applied.failed, []);
    assert!(
        applied.warnings.iter().any(|warning| warning.contains("unknown field \"spec.colour\"")),
        "{:?}",
        applied.warnings
    );
    assert_eq!(world.applied(vec![widget, crd]).await?, [Action::Unchanged; 2]);
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!((pruned.deleted.len(), world.ledger.len()), (2, 0), "{pruned:?}");
    Ok(())
}

fn deployment(world: &World) -> Value {
    world.object(
        "apps/v1",
        "Deployment",
        "a",
        json!({"spec": {"selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}),
    )
}

async fn steps(world: &mut World, first: Vec<Value>, wait: Duration) -> Result<ApplyReport> {
    let second = vec![world.map("after", "1")];
    let plan = world.plan_steps(vec![(Some("first"), Some(wait), first), (Some("second"), None, second)])?;
    Ok(world.run(&plan).await.0)
}

#[tokio::test]
async fn a_step_that_does_not_become_ready_stops_the_next() -> Result<()> {
    let mut world = World::new("unready").await?;
    let first = vec![deployment(&world)];
    // The first apply does not wait: it says what is not ready, and until when that is no failure.
    let report = steps(&mut world, first.clone(), Duration::from_secs(1)).await?;
    let [waiting] = report.waiting.as_slice() else { anyhow::bail!("{report:?}") };
    assert_eq!((waiting.key.kind.as_str(), waiting.status.as_str()), ("Deployment", "InProgress"));
    assert_eq!(
        (waiting.until.since(waiting.since), report.failed.len(), report.is_complete()),
        (Duration::from_secs(1), 0, false)
    );
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let report = steps(&mut world, first, Duration::from_secs(1)).await?;
    let text = format!(
        "step \"first\" health check failed: timeout waiting for: [Deployment/{}/a status: 'InProgress']",
        world.namespace.name()
    );
    assert!(report.failed[0].message.starts_with(&text), "{:?}", report.failed);
    assert_eq!((report.changes.len(), world.value("after").await?), (1, None));
    Ok(())
}

#[tokio::test]
async fn a_step_that_is_ready_lets_the_next_begin() -> Result<()> {
    let mut world = World::new("ready").await?;
    let first = vec![world.map("before", "1")];
    let report = steps(&mut world, first, Duration::from_secs(10)).await?;
    assert_eq!((report.failed.len(), world.value("after").await?.as_deref()), (0, Some("1")));
    Ok(())
}

#[tokio::test]
async fn a_failed_object_ends_the_wait_at_once() -> Result<()> {
    let mut world = World::new("early").await?;
    let first = vec![deployment(&world)];
    world.applied(first.clone()).await?;
    let late = json!({"status": {"observedGeneration": 1, "conditions": [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"}]}});
    let api = world.api("apps/v1", "Deployment");
    api.patch_status("a", &kube::api::PatchParams::default(), &kube::api::Patch::Merge(&late)).await?;
    let started = std::time::Instant::now();
    let report = steps(&mut world, first, Duration::from_secs(60)).await?;
    assert!(report.failed[0].message.contains("failed early due to stalled resources: ["), "{:?}", report.failed);
    assert!(started.elapsed() < Duration::from_secs(20));
    Ok(())
}
