//! Two sets and one object.

use crate::world::World;
use anyhow::Result;
use kube::api::{Api, DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use orangery_core::{Action, keys};
use serde_json::{Value, json};

/// Enough of the definition of ResourceSet to have objects of it.
const RESOURCE_SET: &str = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
"metadata":{"name":"resourcesets.fluxcd.controlplane.io"},"spec":{"group":"fluxcd.controlplane.io","scope":"Namespaced",
"names":{"kind":"ResourceSet","listKind":"ResourceSetList","plural":"resourcesets","singular":"resourceset"},
"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":
{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}"#;

fn sets(world: &World) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("fluxcd.controlplane.io", "v1", "ResourceSet");
    Api::namespaced_with(world.namespace.client(), world.namespace.name(), &ApiResource::from_gvk(&kind))
}

/// A world whose ConfigMap `a` was applied by the set `first`, and which now acts as the set `second`.
async fn second_set(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.cluster.install_crds(RESOURCE_SET).await?;
    let set: Value =
        json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "metadata": {"name": "first"}});
    sets(&world).create(&PostParams::default(), &serde_json::from_value(set)?).await?;
    world.owner.name.name = "first".to_owned();
    world.applied(vec![world.map("a", "first")]).await?;
    world.owner.name.name = "second".to_owned();
    world.ledger = orangery_core::Ledger::default();
    Ok(world)
}

#[tokio::test]
async fn the_object_of_another_set_is_refused_with_its_owners_name() -> Result<()> {
    let mut world = second_set("owned").await?;
    let (applied, _) = world.settle(vec![world.map("a", "second"), world.map("b", "second")]).await?;
    assert!(applied.failed[0].owned_by_another);
    let owner = format!("belongs to ResourceSet/{}/first", world.namespace.name());
    assert!(applied.failed[0].message.contains(&owner), "{}", applied.failed[0].message);
    assert_eq!((world.value("a").await?.as_deref(), world.value("b").await?), (Some("first"), None));
    // Deleting the second set leaves the object of the first.
    let plan = world.plan(Vec::new())?;
    let (_, pruned) = world.run(&plan).await;
    assert_eq!(pruned.released.len(), 1);
    assert_eq!(world.value("a").await?.as_deref(), Some("first"));
    Ok(())
}

#[tokio::test]
async fn take_ownership_hands_the_object_over_and_the_first_set_releases_it() -> Result<()> {
    let mut world = second_set("handed").await?;
    let mut map = world.map("a", "second");
    map["metadata"]["annotations"] = json!({keys::TAKE_OWNERSHIP: "true"});
    assert_eq!(world.applied(vec![map]).await?, [Action::Configured]);
    world.owner.name.name = "first".to_owned();
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!((pruned.released.len(), pruned.deleted.len()), (1, 0));
    assert_eq!(world.value("a").await?.as_deref(), Some("second"));
    Ok(())
}

#[tokio::test]
async fn the_object_of_a_set_that_is_gone_is_adopted() -> Result<()> {
    let mut world = second_set("adopted").await?;
    sets(&world).delete("first", &kube::api::DeleteParams::default()).await?;
    assert_eq!(world.applied(vec![world.map("a", "second")]).await?, [Action::Configured]);
    assert_eq!(world.value("a").await?.as_deref(), Some("second"));
    Ok(())
}
