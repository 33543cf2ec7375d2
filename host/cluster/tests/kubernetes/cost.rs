//! What a re-check costs when nothing has changed, counted by the API server.

use crate::world::World;
use anyhow::Result;
use orangery_core::Action;
use serde_json::json;

#[tokio::test]
async fn a_recheck_of_a_hundred_unchanged_objects_costs_a_request_a_kind() -> Result<()> {
    let mut world = World::new("cost").await?;
    let objects = |world: &World| {
        let maps = (0..60).map(|n| world.map(&format!("map-{n}"), "1"));
        let services = (0..40).map(|n| {
            world.object("v1", "Service", &format!("service-{n}"), json!({"spec": {"ports": [{"port": 80}]}}))
        });
        maps.chain(services).collect::<Vec<_>>()
    };
    world.applied(objects(&world)).await?;
    let before = world.cluster.audit().await?.in_namespace(world.namespace.name()).count();
    let (applied, _) = world.settle(objects(&world)).await?;
    let after = world.cluster.audit().await?.in_namespace(world.namespace.name()).count();
    assert_eq!(after - before, 2);
    assert_eq!(applied.requests, 2);
    assert!(applied.changes.iter().all(|change| change.action == Action::Unchanged && change.uid.is_some()));
    Ok(())
}

#[tokio::test]
async fn a_first_check_after_a_restart_writes_nothing() -> Result<()> {
    let mut world = World::new("restart").await?;
    world.applied(vec![world.map("a", "1"), world.map("b", "1")]).await?;
    // Only ours: the namespace's own service account is made by a controller, at its leisure.
    let written = async |world: &World| -> Result<usize> {
        let audit = world.cluster.audit().await?;
        Ok(audit.in_namespace(world.namespace.name()).by_agent("orangery-tests").writes().count())
    };
    let before = written(&world).await?;
    assert_eq!(before, 2);
    world.connect(kube::Client::try_from);
    assert_eq!(world.applied(vec![world.map("a", "1"), world.map("b", "1")]).await?, [Action::Unchanged; 2]);
    let after = written(&world).await?;
    assert_eq!(after, before);
    Ok(())
}

#[tokio::test]
async fn a_status_that_moves_costs_nothing_and_a_spec_that_moves_is_noticed() -> Result<()> {
    let mut world = World::new("status").await?;
    let deployment = world.object(
        "apps/v1",
        "Deployment",
        "a",
        json!({"spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}),
    );
    world.applied(vec![deployment.clone()]).await?;
    let api = world.api("apps/v1", "Deployment");
    let status = kube::api::Patch::Merge(json!({"status": {"observedGeneration": 1}}));
    api.patch_status("a", &kube::api::PatchParams::default(), &status).await?;
    let (applied, _) = world.settle(vec![deployment.clone()]).await?;
    assert_eq!((applied.changes[0].action, applied.requests), (Action::Unchanged, 1));
    world.merge("apps/v1", "Deployment", "a", json!({"spec": {"replicas": 3}})).await?;
    assert_eq!(world.applied(vec![deployment]).await?, [Action::Configured]);
    Ok(())
}

#[tokio::test]
async fn objects_of_a_kind_in_many_namespaces_cost_one_request() -> Result<()> {
    let mut world = World::new("many").await?;
    let mut objects = vec![world.map("a", "1")];
    for hint in ["many-b", "many-c"] {
        let other = world.cluster.namespace(hint).await?;
        let mut map = world.map("a", "1");
        map["metadata"]["namespace"] = json!(other.name());
        objects.push(map);
    }
    world.applied(objects.clone()).await?;
    let (applied, _) = world.settle(objects).await?;
    assert_eq!((applied.changes.len(), applied.requests), (3, 1));
    assert!(applied.changes.iter().all(|change| change.action == Action::Unchanged));
    Ok(())
}
