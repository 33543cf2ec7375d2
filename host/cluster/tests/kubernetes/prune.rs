//! Deletions: what is ours goes, nothing else.

use crate::world::World;
use anyhow::{Context, Result};
use orangery_cluster::Target;
use orangery_core::{LedgerEntry, Mark, keys};
use serde_json::json;

fn entries(world: &World) -> Vec<LedgerEntry> {
    world.ledger.iter().cloned().collect()
}

#[tokio::test]
async fn what_is_no_longer_rendered_is_deleted_and_leaves_the_ledger() -> Result<()> {
    let mut world = World::new("prune").await?;
    world.applied(vec![world.map("pr-1", "1"), world.map("pr-10", "1"), world.map("pr-100", "1")]).await?;
    let (_, pruned) = world.settle(vec![world.map("pr-10", "1"), world.map("pr-100", "1")]).await?;
    assert_eq!(pruned.deleted.len(), 1);
    assert_eq!((world.value("pr-1").await?, world.value("pr-10").await?.is_some()), (None, true));
    assert_eq!(world.ledger.len(), 2);
    Ok(())
}

#[tokio::test]
async fn d10_copied_labels() -> Result<()> {
    let mut world = World::new("copied").await?;
    world.applied(vec![world.map("a", "1")]).await?;
    let child = serde_json::to_value(world.own(world.map("child", "1"))?)?;
    world.somebody_applies("a-controller", child).await?;
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!(pruned.deleted.len(), 1);
    assert!(world.value("child").await?.is_some());
    Ok(())
}

#[tokio::test]
async fn an_object_of_another_uid_or_without_our_labels_is_released() -> Result<()> {
    let mut world = World::new("released").await?;
    world.applied(vec![world.map("reborn", "1"), world.map("unlabelled", "1")]).await?;
    let api = world.api("v1", "ConfigMap");
    api.delete("reborn", &kube::api::DeleteParams::default()).await?;
    let reborn = serde_json::to_value(world.own(world.map("reborn", "1"))?)?;
    world.somebody_applies("somebody", reborn).await?;
    world.merge("v1", "ConfigMap", "unlabelled", json!({"metadata": {"labels": {keys::OWNER_NAME: null}}})).await?;
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!((pruned.released.len(), pruned.deleted.len()), (2, 0));
    assert!(world.value("reborn").await?.is_some() && world.value("unlabelled").await?.is_some());
    let deletes =
        world.cluster.audit().await?.in_namespace(world.namespace.name()).acting_as("test-admin").verb("delete");
    assert_eq!(deletes.count(), 1, "only the test's own");
    assert!(world.ledger.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_gone_already_counts_as_deleted() -> Result<()> {
    let mut world = World::new("gone").await?;
    world.applied(vec![world.map("a", "1")]).await?;
    world.api("v1", "ConfigMap").delete("a", &kube::api::DeleteParams::default()).await?;
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!(pruned.deleted.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_object_that_says_prune_disabled_stays_in_the_ledger() -> Result<()> {
    let mut world = World::new("kept").await?;
    let mut map = world.map("a", "1");
    map["metadata"]["annotations"] = json!({keys::PRUNE: "Disabled"});
    world.applied(vec![map]).await?;
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!((pruned.retained.len(), pruned.deleted.len()), (1, 0));
    assert_eq!(world.ledger.iter().next().context("it is still known")?.mark, Mark::PruneDisabled);
    Ok(())
}

#[tokio::test]
async fn an_object_with_a_finalizer_is_reported_until_it_is_gone() -> Result<()> {
    let mut world = World::new("finalizer").await?;
    let mut map = world.map("a", "1");
    map["metadata"]["finalizers"] = json!(["example.org/stuck"]);
    world.applied(vec![map, world.map("b", "1")]).await?;
    let (_, mut pruned) = world.settle(Vec::new()).await?;
    assert_eq!(pruned.deleted.len(), 1, "the other one is gone");
    // It is no failure, and nobody waits for the deadline.
    while pruned.overdue().next().is_none() {
        let [terminating] = pruned.terminating.as_slice() else { anyhow::bail!("{pruned:?}") };
        assert!(terminating.message.contains("waits for finalizer example.org/stuck"), "{terminating:?}");
        assert_eq!(world.ledger.len(), 1);
        (_, pruned) = world.settle(Vec::new()).await?;
    }
    let [overdue] = pruned.terminating.as_slice() else { anyhow::bail!("{pruned:?}") };
    assert!(
        overdue.message.contains("waits for finalizer example.org/stuck") && pruned.failed.is_empty(),
        "{pruned:?}"
    );
    assert!(overdue.message.ends_with("for longer than 2s"), "{overdue:?}");
    assert_eq!(world.ledger.len(), 1);
    let message = world.refused(vec![world.map("a", "1")]).await?;
    assert!(message.contains("is being deleted and waits for finalizer"), "{message}");
    world.merge("v1", "ConfigMap", "a", json!({"metadata": {"finalizers": null}})).await?;
    let (_, pruned) = world.settle(Vec::new()).await?;
    assert_eq!((pruned.deleted.len(), world.ledger.len()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn l02_namespace_left_behind() -> Result<()> {
    let mut world = World::new("inner").await?;
    let name = format!("{}-preview", world.namespace.name());
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": name}, "data": {}});
    world.applied(vec![map, namespace]).await?;
    for _ in 0..20 {
        let (_, pruned) = world.settle(Vec::new()).await?;
        let going = pruned.terminating.iter().map(|one| &one.message);
        let going: Vec<_> = going.chain(pruned.failed.iter().map(|one| &one.message)).collect();
        if going.is_empty() {
            break;
        }
        assert!(going[0].contains("waits for finalizer kubernetes"), "{going:?}");
    }
    assert!(world.ledger.is_empty());
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> = kube::Api::all(world.namespace.client());
    assert!(namespaces.get_opt(&name).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_ledger_without_uids_is_pruned_by_labels() -> Result<()> {
    let mut world = World::new("nouid").await?;
    world.applied(vec![world.map("a", "1")]).await?;
    world.somebody_applies("somebody", world.map("theirs", "1")).await?;
    let mut stale = entries(&world);
    stale[0].uid = None;
    let mut theirs = stale[0].clone();
    theirs.key.name = "theirs".to_owned();
    stale.push(theirs);
    let pruned = world.target.prune(&world.owner, &stale).await;
    assert_eq!((pruned.deleted.len(), pruned.released.len()), (1, 1));
    assert!(world.value("theirs").await?.is_some());
    Ok(())
}

#[tokio::test]
async fn flux_objects_are_gone_before_what_they_need_is_deleted() -> Result<()> {
    let mut world = World::new("flux").await?;
    world.cluster.install_flux_crds().await?;
    let mut flux = world.object(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        "a",
        json!({"spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "x"}}}),
    );
    flux["metadata"]["finalizers"] = json!(["finalizers.fluxcd.io"]);
    world.applied(vec![flux, world.map("needed", "1")]).await?;
    let (objects, maps) = (world.api("kustomize.toolkit.fluxcd.io/v1", "Kustomization"), world.api("v1", "ConfigMap"));
    let controller = tokio::spawn(async move {
        while objects.get("a").await?.metadata.deletion_timestamp.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let needed = maps.get_opt("needed").await?;
        let done = kube::api::Patch::Merge(json!({"metadata": {"finalizers": null}}));
        objects.patch("a", &kube::api::PatchParams::default(), &done).await?;
        anyhow::Ok(needed.is_some())
    });
    world.applied(Vec::new()).await?;
    assert!(controller.await??, "the ConfigMap was deleted before the Kustomization was gone");
    world.applied(Vec::new()).await?;
    assert!(world.ledger.is_empty());
    Ok(())
}
