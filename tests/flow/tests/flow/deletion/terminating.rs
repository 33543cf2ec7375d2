//! Terminating is a state: what takes long to go fails nothing, is known to be on its way, and is noticed when it is gone (L3).

use crate::tenant::PROGRAM;
use anyhow::{Context, Result, ensure};
use orangery_test_flow::{Launch, SET, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A ConfigMap for each input.
fn set(inputs: &[&str]) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|id| json!({"id": id})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": inputs, "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
        }]},
    })
    .to_string()
}

/// Whether the ledger names a ConfigMap.
async fn is_in_ledger(world: &World, name: &str) -> Result<bool> {
    let live = world.live(SET, "set").await?;
    let entries = live.pointer("/status/inventory/entries").and_then(Value::as_array).cloned().unwrap_or_default();
    let id = format!("{}_{name}__ConfigMap", world.namespace());
    Ok(entries.iter().any(|entry| entry.get("id") == Some(&json!(id))))
}

async fn ready_says(world: &World, wanted: &str) -> Result<()> {
    world
        .settles(&format!("Ready is True and says {wanted:?}"), async |world| {
            let [status, _, message] = world.condition(SET, "set", "Ready").await?;
            Ok(status == "True" && message.ends_with(wanted))
        })
        .await
}

#[tokio::test]
async fn an_object_that_takes_long_to_go_leaves_the_set_ready_and_is_noticed_when_it_is_gone() -> Result<()> {
    let world = World::new("terminating").await?;
    // Without a watch the set would look again after a minute.
    let flags =
        ["--no-leader-election", "--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    let flags = [&flags[..], &["--terminating-deadline", "4s", "--requeue-dependency", "1h"]].concat();
    let mut process = Launch::new(PROGRAM, world.cluster.kubeconfig_path(), &world)?.flags(&flags).start()?;
    world.apply(&set(&["stuck", "stays"])).await?;
    world.is_ready(SET, "set").await?;
    world.patch("ConfigMap", "stuck", json!({"metadata": {"finalizers": ["example.com/stuck"]}})).await?;

    world.apply(&set(&["stays"])).await?;
    ready_says(&world, "; 1 object terminating").await?;
    ensure!(is_in_ledger(&world, "stuck").await?);
    let [.., message] = world.condition(SET, "set", "Warning").await?;
    ensure!(message.contains("waits for finalizer example.com/stuck"), "{message}");
    // Others go on.
    world.apply(&set(&["stays", "comes"])).await?;
    world.settles("the new one is there", async |world| Ok(!world.live("ConfigMap", "comes").await?.is_null())).await?;
    ready_says(&world, "; 1 object terminating").await?;

    let said = world.has_condition(SET, "set", "DeletionFailed", "True", "ReconciliationFailed").await?;
    let names = [&format!("ConfigMap/{}/stuck", world.namespace()), "example.com/stuck", "for longer than 4s"];
    ensure!(names.iter().all(|part| said.contains(*part)), "{said}");
    ready_says(&world, "; 1 object terminating").await?;
    assert_eq!(world.deletes().await?, 1, "asked for once");

    let released = Instant::now();
    world.patch("ConfigMap", "stuck", json!({"metadata": {"finalizers": null}})).await?;
    world.settles("it left the ledger", async |world| Ok(!is_in_ledger(world, "stuck").await?)).await?;
    ensure!(released.elapsed() < Duration::from_secs(20), "noticed after {:?}", released.elapsed());
    world
        .settles("nothing is said of it any more", async |world| {
            let [_, _, ready] = world.condition(SET, "set", "Ready").await?;
            let [failed, ..] = world.condition(SET, "set", "DeletionFailed").await?;
            Ok(failed.is_empty() && !ready.contains("terminating"))
        })
        .await?;
    assert_eq!(world.deletes().await?, 1);

    // The same of a set that is deleted: the finalizer stays, the condition names what holds it.
    world.patch("ConfigMap", "stays", json!({"metadata": {"finalizers": ["example.com/stuck"]}})).await?;
    world.delete(SET, "set").await?;
    let said = world.has_condition(SET, "set", "DeletionFailed", "True", "ReconciliationFailed").await?;
    ensure!(said.contains("/stays waits for finalizer example.com/stuck"), "{said}");
    ensure!(is_in_ledger(&world, "stays").await?);
    let live = world.live(SET, "set").await?;
    live.pointer("/metadata/finalizers/0").context("the finalizer stays")?;
    let released = Instant::now();
    world.patch("ConfigMap", "stays", json!({"metadata": {"finalizers": null}})).await?;
    world.is_gone(SET, "set").await?;
    ensure!(released.elapsed() < Duration::from_secs(20), "noticed after {:?}", released.elapsed());
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_rendered_again_while_it_goes_is_waited_for_and_created_when_it_is_gone() -> Result<()> {
    let world = World::new("reborn").await?;
    // Without a watch the set would look again after a minute.
    let flags =
        ["--no-leader-election", "--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    let flags = [&flags[..], &["--requeue-dependency", "1h"]].concat();
    let mut process = Launch::new(PROGRAM, world.cluster.kubeconfig_path(), &world)?.flags(&flags).start()?;
    world.apply(&set(&["stuck", "stays"])).await?;
    world.is_ready(SET, "set").await?;
    world.patch("ConfigMap", "stuck", json!({"metadata": {"finalizers": ["example.com/stuck"]}})).await?;
    world.apply(&set(&["stays"])).await?;
    ready_says(&world, "; 1 object terminating").await?;

    world.apply(&set(&["stuck", "stays", "comes"])).await?;
    world
        .settles("it waits", async |world| {
            let [.., said] = world.condition(SET, "set", "Reconciling").await?;
            Ok(said.starts_with("waiting for: ["))
        })
        .await?;
    let said = world.has_condition(SET, "set", "Reconciling", "True", "Progressing").await?;
    let name = format!(
        "ConfigMap/{}/stuck is being deleted and waits for finalizer example.com/stuck since 20",
        world.namespace()
    );
    ensure!(said.contains(&name), "{said}");
    world.settles("the new one is there", async |world| Ok(!world.live("ConfigMap", "comes").await?.is_null())).await?;
    let [ready, ..] = world.condition(SET, "set", "Ready").await?;
    ensure!(ready != "False", "it is a state, and not a failure: {ready}");

    let old = world.live("ConfigMap", "stuck").await?.pointer("/metadata/uid").cloned();
    world.patch("ConfigMap", "stuck", json!({"metadata": {"finalizers": null}})).await?;
    let released = Instant::now();
    world
        .settles("it is there again", async |world| {
            let live = world.live("ConfigMap", "stuck").await?;
            Ok(live.pointer("/metadata/uid").is_some_and(|uid| Some(uid) != old.as_ref()))
        })
        .await?;
    println!("created {:?} after it was gone", released.elapsed());
    // Three times as long as on an idle machine.
    ensure!(released.elapsed() < Duration::from_secs(3), "created after {:?}", released.elapsed());
    world.is_ready(SET, "set").await?;
    assert_eq!(world.deletes().await?, 1, "it was deleted once");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
