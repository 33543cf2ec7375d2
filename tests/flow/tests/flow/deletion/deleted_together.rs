//! Many sets that are deleted at once, by their definition or one after the other: nothing is deleted until a person says so,
//! and there are ways back. The deletion of a few is carried out.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Context, Result, ensure};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, ListParams};
use orangery_test_flow::{Launch, Process, SET, World};
use serde_json::Value;
use std::path::Path;

const DEFINITION: &str = "resourcesets.fluxcd.controlplane.io";
const APPROVE: &str = "orangery.dev/approve-deletion";
const SUSPEND: &str = "fluxcd.controlplane.io/reconcile";

/// One set with one ConfigMap; `account` is a line of the spec or nothing.
fn set(number: usize, account: &str) -> String {
    format!(
        "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {{name: set-{number}}}
spec:
  {account}
  resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{number}, namespace: NAMESPACE}}}}]
"
    )
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("map-{number}")).collect()
}

async fn uid(world: &World, kind: &str, name: &str) -> Result<String> {
    let live = world.live(kind, name).await?;
    let uid = live.pointer("/metadata/uid").and_then(Value::as_str);
    Ok(uid.with_context(|| format!("{kind} {name} exists"))?.to_owned())
}

async fn is_held(world: &World, number: usize) -> Result<String> {
    world.has_condition(SET, &format!("set-{number}"), "DeletionHeld", "True", "DeletionHeld").await
}

/// The deletion of this set alone.
async fn approve(world: &World, number: usize) -> Result<()> {
    let name = format!("set-{number}");
    let uid = uid(world, SET, &name).await?;
    world.annotate(SET, &name, APPROVE, uid).await?;
    world.is_gone(SET, &name).await
}

async fn suspend(world: &World, number: usize) -> Result<()> {
    let name = format!("set-{number}");
    world.annotate(SET, &name, SUSPEND, "disabled").await?;
    world.is_gone(SET, &name).await
}

async fn told_of(world: &World, reason: &str, about: &str) -> Result<()> {
    let events: Api<Event> = Api::namespaced(world.cluster.client()?, world.namespace());
    world
        .settles(&format!("an event {reason} about {about}"), async |_| {
            let all = events.list(&ListParams::default()).await?;
            Ok(all.iter().any(|event| {
                event.reason.as_deref() == Some(reason)
                    && event.regarding.as_ref().and_then(|object| object.name.as_deref()) == Some(about)
            }))
        })
        .await
}

#[tokio::test]
async fn half_of_all_sets_within_a_minute_are_held_and_fewer_are_deleted() -> Result<()> {
    let mut world = World::new("together").await?;
    for number in 0..10 {
        world.apply(&set(number, "")).await?;
    }
    world.start().await?;
    for number in 0..10 {
        world.is_ready(SET, &format!("set-{number}")).await?;
    }
    for number in 0..4 {
        world.delete(SET, &format!("set-{number}")).await?;
    }
    for number in 0..4 {
        world.is_gone(SET, &format!("set-{number}")).await?;
    }
    assert_eq!(world.deleted().await?, names(0..4), "a few are somebody's wish");

    // The fifth of ten, although four are gone already.
    for number in 4..9 {
        world.delete(SET, &format!("set-{number}")).await?;
    }
    for number in 4..9 {
        let said = is_held(&world, number).await?;
        assert!(said.contains("of 10 ResourceSets") && said.contains(APPROVE) && said.contains(SUSPEND), "{said}");
    }
    told_of(&world, "DeletionHeld", "set-4").await?;
    assert_eq!(world.deleted().await?, names(0..4));
    assert_eq!(world.owned("ConfigMap").await?, names(4..10));

    // An operator that starts anew knows of it, and another set's approval is none.
    world.stop().await?;
    world.start().await?;
    let other = uid(&world, SET, "set-9").await?;
    world.annotate(SET, "set-4", APPROVE, other).await?;
    approve(&world, 5).await?;
    assert_eq!(world.deleted().await?, names([0, 1, 2, 3, 5]), "the approved one alone");
    suspend(&world, 6).await?;
    for number in [4, 7, 8] {
        is_held(&world, number).await?;
    }
    assert_eq!(world.deleted().await?, names([0, 1, 2, 3, 5]), "what is suspended leaves its objects");
    assert_eq!(world.owned("ConfigMap").await?, names([4, 6, 7, 8, 9]));

    // The way back: a set of the same name takes the object up again, and can be deleted like any other.
    let before = uid(&world, "ConfigMap", "map-6").await?;
    world.apply(&set(6, "")).await?;
    world.is_ready(SET, "set-6").await?;
    assert_eq!(uid(&world, "ConfigMap", "map-6").await?, before);
    Ok(())
}

#[tokio::test]
async fn sets_that_were_deleted_while_nobody_looked_are_held() -> Result<()> {
    let mut world = World::new("unseen").await?;
    for number in 0..6 {
        world.apply(&set(number, "")).await?;
    }
    world.start().await?;
    for number in 0..6 {
        world.is_ready(SET, &format!("set-{number}")).await?;
    }
    world.stop().await?;
    for number in 0..6 {
        world.delete(SET, &format!("set-{number}")).await?;
    }
    world.start().await?;
    for number in 0..6 {
        is_held(&world, number).await?;
    }
    assert_eq!(world.deletes().await?, 0);
    assert_eq!(world.owned("ConfigMap").await?, names(0..6));
    Ok(())
}

/// Deletes the definition and waits until that shows.
async fn delete_definition(world: &World) -> Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(world.cluster.client()?);
    definitions.delete(DEFINITION, &DeleteParams::default()).await?;
    world
        .settles("all sets are being deleted", async |world| {
            let sets = world.api(SET)?.list(&ListParams::default()).await?;
            Ok(sets.iter().all(|set| set.metadata.deletion_timestamp.is_some()))
        })
        .await
}

async fn definition_is_gone(world: &World) -> Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(world.cluster.client()?);
    world.settles("the definition is gone", async |_| Ok(definitions.get_opt(DEFINITION).await?.is_none())).await
}

fn operator(world: &World, rights: &Path) -> Result<Process> {
    Launch::new(PROGRAM, rights, world)?.flags(&["--no-leader-election"]).start()
}

#[tokio::test]
async fn d20_definition_deleted() -> Result<()> {
    let world = World::alone("definition").await?;
    let rights = world.shipped_rights().await?;
    let as_flux = "serviceAccountName: flux";
    world.apply(TENANT).await?;
    let mut process = operator(&world, &rights)?;
    for number in 0..3 {
        world.apply(&set(number, as_flux)).await?;
        world.is_ready(SET, &format!("set-{number}")).await?;
    }

    delete_definition(&world).await?;
    for number in 0..3 {
        let said = is_held(&world, number).await?;
        assert!(said.contains("definition"), "{said}");
    }
    told_of(&world, "DeletionHeld", "set-0").await?;
    assert_eq!(world.deletes().await?, 0);
    approve(&world, 0).await?;
    assert_eq!(world.deleted().await?, names([0]), "the approved one alone");
    let before = uid(&world, "ConfigMap", "map-1").await?;
    for number in [1, 2] {
        suspend(&world, number).await?;
    }
    definition_is_gone(&world).await?;
    assert_eq!(world.owned("ConfigMap").await?, names([1, 2]), "they outlive the definition");

    world.cluster.install_our_crds().await?;
    for number in [1, 2] {
        world.apply(&set(number, as_flux)).await?;
        world.is_ready(SET, &format!("set-{number}")).await?;
    }
    assert_eq!(uid(&world, "ConfigMap", "map-1").await?, before, "taken up, not made anew");
    world.delete(SET, "set-1").await?;
    world.is_gone(SET, "set-1").await?;
    assert_eq!(world.deleted().await?, names([0, 1]), "and deleted as any other");

    // The same while the operator is down.
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    delete_definition(&world).await?;
    let mut process = operator(&world, &rights)?;
    is_held(&world, 2).await?;
    assert_eq!(world.deleted().await?, names([0, 1]));
    suspend(&world, 2).await?;
    definition_is_gone(&world).await?;
    assert_eq!(world.owned("ConfigMap").await?, names([2]));
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
