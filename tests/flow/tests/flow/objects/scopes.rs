//! Cluster-scoped objects that templates write with a namespace: one object, however many namespaces are written.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

async fn with_three_pulls(hint: &str, resources: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.forge.github("acme/shop").opens_many(3);
    world.start().await?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    let set = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: set}\nspec:\n  inputsFrom: [{name: pulls}]\n";
    world.apply(&format!("{set}{resources}")).await?;
    world.is_ready(SET, "set").await?;
    Ok(world)
}

#[tokio::test]
async fn a_cluster_role_that_three_inputs_render_with_namespaces_survives_the_first_that_closes() -> Result<()> {
    let world = with_three_pulls(
        "roles",
        "  resources:
    - {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: NAMESPACE-shared, namespace: pr-<< inputs.id >>}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}
",
    )
    .await?;
    let name = format!("{}-shared", world.namespace());
    let roles = kube::Api::<k8s_openapi::api::rbac::v1::ClusterRole>::all(world.cluster.client()?);
    let before = roles.get(&name).await?.metadata.uid;
    for number in [1, 2] {
        world.forge.github("acme/shop").closes(number);
        world.reconciles(PROVIDER, "pulls").await?;
        world.reconciles(SET, "set").await?;
        world
            .settles("the ConfigMap is gone", async |world| {
                Ok(world.deleted().await?.contains(&format!("app-{number}")))
            })
            .await?;
    }
    assert_eq!(world.deleted().await?, ["app-1", "app-2"], "what others still render was deleted");
    assert_eq!(roles.get(&name).await?.metadata.uid, before);
    let live = world.live(SET, "set").await?;
    let entries = live.pointer("/status/inventory/entries").and_then(Value::as_array).cloned().unwrap_or_default();
    let ids: Vec<&str> = entries.iter().filter_map(|entry| entry["id"].as_str()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids.contains(&format!("_{name}_rbac.authorization.k8s.io_ClusterRole").as_str()), "{ids:?}");
    Ok(())
}

#[tokio::test]
async fn a_ledger_with_a_key_for_each_written_namespace_is_read_as_one_object() -> Result<()> {
    let mut world = with_three_pulls(
        "old-ledger",
        "  resources:
    - {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: NAMESPACE-shared, namespace: pr-<< inputs.id >>}}
",
    )
    .await?;
    let name = format!("{}-shared", world.namespace());
    world.stop().await?;
    // As the version before wrote it, without the UIDs that an older one did not have.
    let entry =
        |number: u64| json!({"id": format!("pr-{number}_{name}_rbac.authorization.k8s.io_ClusterRole"), "v": "v1"});
    let entries: Vec<Value> = (1..=3).map(entry).collect();
    world.patch_status(SET, "set", json!({"inventory": {"entries": entries}})).await?;
    world.forge.github("acme/shop").closes(1);
    world.start().await?;
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "set").await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(world.deletes().await?, 0);
    let live = world.live(SET, "set").await?;
    assert_eq!(live.pointer("/status/inventory/entries").and_then(Value::as_array).map(Vec::len), Some(1), "{live:#}");
    Ok(())
}

#[tokio::test]
async fn a_kind_that_the_same_set_defines_is_known_before_it_is_served() -> Result<()> {
    let world = with_three_pulls(
        "defined",
        "  resources:
    - apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: gardens.NAMESPACE.example.org}
      spec:
        group: NAMESPACE.example.org
        scope: Cluster
        names: {kind: Workspace, listKind: GardenList, plural: gardens, singular: workspace}
        versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
    - {apiVersion: NAMESPACE.example.org/v1, kind: Workspace, metadata: {name: shared, namespace: pr-<< inputs.id >>}}
",
    )
    .await?;
    world.forge.github("acme/shop").closes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "set").await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_object_that_moves_to_another_group_of_the_same_storage_is_not_deleted_under_the_old_one() -> Result<()> {
    let mut world = World::new("group").await?;
    world.start().await?;
    let set = |event: Value| {
        json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"}, "spec": {"resources": [event]}})
            .to_string()
    };
    let about = json!({"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": "NAMESPACE"});
    let metadata = json!({"name": "note", "namespace": "NAMESPACE"});
    world
        .apply(&set(json!({"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about,
            "eventTime": "2026-01-01T00:00:00.000000Z", "action": "Tested", "reason": "Tested", "type": "Normal",
            "reportingComponent": "example.org/test", "reportingInstance": "test"})))
        .await?;
    world.is_ready(SET, "set").await?;
    let before = world.live("Event", "note").await?.pointer("/metadata/uid").cloned();
    assert!(before.is_some(), "the event exists");
    world
        .apply(&set(
            json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": metadata, "regarding": about,
            "eventTime": "2026-01-01T00:00:00.000000Z", "action": "Tested", "reason": "Tested", "type": "Normal",
            "reportingController": "example.org/test", "reportingInstance": "test"}),
        ))
        .await?;
    world.is_ready(SET, "set").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.live("Event", "note").await?.pointer("/metadata/uid").cloned(), before);
    assert_eq!(world.deletes().await?, 0);
    let live = world.live(SET, "set").await?;
    let ids: Vec<Value> =
        live.pointer("/status/inventory/entries").and_then(Value::as_array).cloned().unwrap_or_default();
    assert_eq!(ids.len(), 1, "{ids:?}");
    Ok(())
}
