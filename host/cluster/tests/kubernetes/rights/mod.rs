//! Impersonation: a set can do what its service account can do.

mod missing;

use crate::world::World;
use anyhow::Result;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{Api, PostParams};
use orangery_core::Action;
use serde_json::{Value, json};

async fn may(world: &World, verbs: Value) -> Result<()> {
    let (client, namespace) = (world.namespace.client(), world.namespace.name());
    let role = json!({"metadata": {"name": "tenant"}, "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]});
    let binding = json!({"metadata": {"name": "tenant"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}]});
    Api::<Role>::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &serde_json::from_value(role)?)
        .await?;
    Api::<RoleBinding>::namespaced(client, namespace)
        .create(&PostParams::default(), &serde_json::from_value(binding)?)
        .await?;
    Ok(())
}

/// A world whose set is applied as the service account `tenant`.
async fn tenant(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.owner.service_account = Some("tenant".to_owned());
    Ok(world)
}

#[tokio::test]
async fn a_service_account_without_rights_is_refused() -> Result<()> {
    let mut world = tenant("forbidden").await?;
    let message = world.refused(vec![world.map("a", "1")]).await?;
    let who = format!("service account {}/tenant", world.namespace.name());
    assert!(message.contains("not applied (Forbidden)") && message.contains(&who), "{message}");
    assert_eq!(world.value("a").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_service_account_with_rights_applies_and_prunes_in_its_own_name() -> Result<()> {
    let mut world = tenant("allowed").await?;
    may(&world, json!(["get", "list", "create", "patch", "delete"])).await?;
    let (applied, _) = world.settle(vec![world.map("a", "1")]).await?;
    assert_eq!((applied.failed.len(), applied.warnings.len()), (0, 0), "{applied:?}");
    assert_eq!(world.applied(vec![world.map("a", "1")]).await?, [Action::Unchanged]);
    world.applied(Vec::new()).await?;
    assert_eq!(world.value("a").await?, None);
    let who = format!("system:serviceaccount:{}:tenant", world.namespace.name());
    let audit = world.cluster.audit().await?.in_namespace(world.namespace.name());
    assert_eq!(audit.verb("delete").count(), audit.acting_as(&who).verb("delete").count());
    Ok(())
}

#[tokio::test]
async fn l05_missing_right_to_delete() -> Result<()> {
    let mut world = tenant("nodelete").await?;
    may(&world, json!(["get", "create", "patch"])).await?;
    let (applied, _) = world.settle(vec![world.map("a", "1")]).await?;
    assert_eq!(applied.failed, []);
    assert!(
        applied.warnings.iter().any(|warning| warning.contains("may create but not delete configmaps")),
        "{applied:?}"
    );
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert!(pruned.failed[0].message.contains("cannot delete resource"), "{:?}", pruned.failed);
    assert_eq!(world.ledger.len(), 1);
    Ok(())
}

#[tokio::test]
async fn without_the_right_to_list_an_unchanged_object_is_still_unchanged() -> Result<()> {
    let mut world = tenant("nolist").await?;
    may(&world, json!(["get", "create", "patch", "delete"])).await?;
    world.applied(vec![world.map("a", "1")]).await?;
    assert_eq!(world.applied(vec![world.map("a", "1")]).await?, [Action::Unchanged]);
    Ok(())
}
