//! Taking over: the objects, inventories and histories that Flux Operator left.

use super::installation::{self, ACTIVE, Owned};
use super::theirs;
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

/// An installation of Flux Operator, and its objects.
async fn installed(hint: &str) -> Result<(World, Vec<Owned>)> {
    let world = World::new(hint).await?;
    installation::manifests(&world).await?;
    let all = installation::rendered(&world);
    for Owned { set, objects } in &all {
        for object in objects {
            theirs::applies(&world, set, object).await?;
        }
    }
    installation::reconciled(&world, &all).await?;
    let exported =
        (1..=3).map(|n| json!({"id": n.to_string(), "sha": format!("{n:040}"), "branch": format!("branch-{n}")}));
    theirs::has_polled(&world, "pulls", exported.collect()).await?;
    Ok((world, all))
}

#[tokio::test]
async fn d21_an_installation_is_taken_over_without_a_changed_byte() -> Result<()> {
    let (mut world, all) = installed("d21-over").await?;
    let before = installation::now(&world, &all).await?;
    let finalizers = json!([theirs::FINALIZER]);
    world.start().await?;
    for set in ACTIVE {
        world.reconciles(SET, set).await?;
        world.is_ready(SET, set).await?;
        world.reconciles(SET, set).await?;
    }
    world.reconciles(PROVIDER, "pulls").await?;
    world.is_ready(PROVIDER, "pulls").await?;
    installation::is_unchanged(&world, &all, &before, "an object was changed").await?;
    assert_eq!(world.deletes().await?, 0);

    for set in ACTIVE {
        let live = world.live(SET, set).await?;
        assert_eq!(live.pointer("/metadata/finalizers"), Some(&finalizers), "{set}");
        let history = live.pointer("/status/history").and_then(Value::as_array).cloned().unwrap_or_default();
        let kept = history.iter().find(|entry| entry["digest"] == json!(theirs::revision(set)));
        assert!(kept.is_some_and(|entry| entry["totalReconciliations"] == json!(7)), "{set}: {history:?}");
        let ids: Vec<&Value> =
            live.pointer("/status/inventory/entries").and_then(Value::as_array).into_iter().flatten().collect();
        assert!(ids.iter().all(|entry| entry.as_object().is_some_and(|entry| entry.len() == 2)), "{set}: {ids:?}");
    }
    let external = world.live(SET, "copied").await?.pointer("/status/externalChecksumRefs").cloned();
    assert_eq!(external, Some(json!([format!("ConfigMap/{}/source", world.namespace())])));

    // The set that is suspended is as Flux Operator left it, but for the request that it has handled.
    let paused = world.live(SET, "paused").await?;
    assert_eq!(paused.pointer("/status/lastAppliedRevision"), Some(&json!(theirs::revision("paused"))));
    assert_eq!(
        paused.pointer("/status/inventory/entries/0/id"),
        Some(&json!(format!("{}_paused__ConfigMap", world.namespace())))
    );

    // From here on they are the operator's own: a closed change request and an edit do what they do elsewhere.
    world.forge.github("acme/shop").closes(2);
    world.reconciles(PROVIDER, "pulls").await?;
    world.is_gone("ConfigMap", "pr-2").await?;
    world.patch("ConfigMap", "base", json!({"data": {"value": "theirs"}})).await?;
    world
        .settles("the edit is undone", async |world| {
            Ok(world.live("ConfigMap", "base").await?.pointer("/data/value") == Some(&json!("base")))
        })
        .await?;
    assert_eq!(world.deleted().await?, ["pr-2"]);

    // Flux Operator's finalizer on a provider holds nothing up, although it is gone.
    world.delete(PROVIDER, "pulls").await?;
    world.is_gone(PROVIDER, "pulls").await?;
    world.reconciles(SET, "pulls").await?;
    assert_eq!(world.deleted().await?, ["pr-2"]);
    Ok(())
}

#[tokio::test]
async fn d21_what_flux_operator_left_behind_and_nothing_renders_goes_and_nothing_else() -> Result<()> {
    let (mut world, mut all) = installed("d21-stale").await?;
    let ns = world.namespace().to_owned();
    let old = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": ns}});
    let strange = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "strange", "namespace": ns}});
    theirs::applies(&world, "stepped", &old).await?;
    // In the inventory, but without the labels: it is somebody else's by now.
    world.apply(&strange.to_string()).await?;
    let stepped = all.iter_mut().find(|owned| owned.set == "stepped");
    let mut recorded = stepped.map(|owned| owned.objects.clone()).unwrap_or_default();
    recorded.extend([old, strange]);
    theirs::has_reconciled(&world, "stepped", &recorded, json!({})).await?;
    let before = installation::now(&world, &all).await?;
    world.start().await?;
    world.is_gone("ConfigMap", "old").await?;
    for set in ACTIVE {
        world.reconciles(SET, set).await?;
        world.is_ready(SET, set).await?;
    }
    assert!(!world.live("ConfigMap", "strange").await?.is_null());
    installation::is_unchanged(&world, &all, &before, "an object was changed").await?;
    assert_eq!(world.deleted().await?, ["old"]);
    Ok(())
}

#[tokio::test]
async fn d21_a_suspended_set_is_taken_over_when_it_is_resumed_and_left_with_its_objects_when_deleted() -> Result<()> {
    let (mut world, _) = installed("d21-paused").await?;
    world.start().await?;
    world.reconciles(SET, "paused").await?;
    assert_eq!(world.live("ConfigMap", "paused").await?.pointer("/data/value"), Some(&json!("older")));
    world.annotate(SET, "teams", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.delete(SET, "teams").await?;
    world.is_gone(SET, "teams").await?;
    assert!(!world.live("ServiceAccount", "one").await?.is_null(), "its objects stay");

    world.annotate(SET, "paused", "fluxcd.controlplane.io/reconcile", Value::Null).await?;
    world
        .settles("it goes on", async |world| {
            Ok(world.live("ConfigMap", "paused").await?.pointer("/data/value") == Some(&json!("newer")))
        })
        .await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}
