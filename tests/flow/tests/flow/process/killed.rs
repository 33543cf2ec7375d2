//! The process killed with SIGKILL, after each request in turn: whatever the server has already done, the next process
//! reaches the same end.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use orangery_test_flow::{Launch, Process, SET, World};
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

const SIGKILL: i32 = 9;

/// A set of ConfigMaps: `name: value`.
fn maps(maps: &[(&str, &str)]) -> String {
    let inputs: Vec<Value> = maps.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"serviceAccountName": "flux", "inputs": inputs, "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.name >>", "namespace": "NAMESPACE"},
            "data": {"value": "<< inputs.value >>"},
        }]},
    })
    .to_string()
}

fn launch(world: &World, rights: &Path) -> Result<Launch> {
    Ok(Launch::new(PROGRAM, rights, world)?.flags(&["--no-leader-election", "--watch-namespace", world.namespace()]))
}

/// Runs a process with a fuse until it is dead, or until `done`. Says whether it was killed.
async fn dies(world: &World, mut process: Process, done: impl AsyncFn(&World) -> Result<bool>) -> Result<bool> {
    for _ in 0..400 {
        if let Some(status) = process.ended()? {
            ensure!(status.signal() == Some(SIGKILL), "it ended by itself ({status}):\n{}", process.said()?);
            return Ok(true);
        }
        if done(world).await? {
            return Ok(false);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    anyhow::bail!("neither killed nor done:\n{}", process.said()?)
}

/// One process, and how to start one that is killed and one that is not.
struct Round {
    process: Process,
    fused: Launch,
    whole: Launch,
}

/// Every N-th fuse from `first` on, until one outlives the work. The process that finishes one round begins the next.
async fn each_fuse(
    first: u64,
    step: usize,
    round: impl AsyncFn(&World, Round) -> Result<(bool, Process)>,
) -> Result<u64> {
    let world = World::of_processes("killed").await?;
    let rights = world.shipped_rights().await?;
    world.apply(TENANT).await?;
    let mut process = launch(&world, &rights)?.start()?;
    let mut killed = 0;
    for requests in (first..).step_by(step) {
        let (fused, whole) = (launch(&world, &rights)?.killed_after(requests), launch(&world, &rights)?);
        let turn = round(&world, Round { process, fused, whole }).await;
        let (was_killed, next) = turn.with_context(|| format!("killed after request {requests}"))?;
        process = next;
        if !was_killed {
            break;
        }
        killed += 1;
    }
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(killed)
}

async fn changed(world: &World, round: Round) -> Result<(bool, Process)> {
    let Round { mut process, fused, whole } = round;
    world.apply(&maps(&[("gone", "old"), ("changed", "old"), ("same", "old")])).await?;
    world.has_objects("ConfigMap", &["changed", "gone", "same"]).await?;
    world.is_ready(SET, "set").await?;
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    let before = world.deleted().await?;

    world.apply(&maps(&[("changed", "young"), ("same", "old"), ("new", "young")])).await?;
    let killed = dies(world, fused.start()?, async |world| reconciled(world).await).await?;

    let next = whole.start()?;
    world.settles("the set is as it should be", async |world| reconciled(world).await).await?;
    let value = world.live("ConfigMap", "changed").await?;
    assert_eq!(value.pointer("/data/value"), Some(&json!("young")));
    let mut deleted = world.deleted().await?;
    for name in before {
        deleted.swap_remove(deleted.iter().position(|one| *one == name).context("the audit log only grows")?);
    }
    assert_eq!(deleted, ["gone"], "what was to be deleted, once, and nothing else");
    Ok((killed, next))
}

/// Ready for what is wished now, with three objects and a ledger of three.
async fn reconciled(world: &World) -> Result<bool> {
    let set = world.live(SET, "set").await?;
    let entries = set.pointer("/status/inventory/entries").and_then(Value::as_array).map(Vec::len);
    let conditions = set.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let ready = conditions.iter().any(|condition| {
        condition.get("type") == Some(&json!("Ready"))
            && condition.get("status") == Some(&json!("True"))
            && condition.get("observedGeneration") == set.pointer("/metadata/generation")
    });
    Ok(ready && entries == Some(3) && world.owned("ConfigMap").await? == ["changed", "new", "same"])
}

async fn dismantled(world: &World, round: Round) -> Result<(bool, Process)> {
    let Round { mut process, fused, whole } = round;
    world.apply(&maps(&[("one", "a"), ("two", "a")])).await?;
    world.has_objects("ConfigMap", &["one", "two"]).await?;
    world.is_ready(SET, "set").await?;
    ensure!(process.terminate().await?.success(), "{}", process.said()?);

    world.delete(SET, "set").await?;
    let killed = dies(world, fused.start()?, async |world| Ok(world.live(SET, "set").await?.is_null())).await?;
    if world.live(SET, "set").await?.is_null() {
        assert!(world.owned("ConfigMap").await?.is_empty(), "the set left before its objects");
    }
    let next = whole.start()?;
    world.is_gone(SET, "set").await?;
    assert!(world.owned("ConfigMap").await?.is_empty());
    Ok((killed, next))
}

#[tokio::test]
async fn a_process_killed_after_any_request_of_an_apply_or_prune_is_followed_by_one_that_finishes() -> Result<()> {
    const WORLDS: u8 = 3;
    let fuses = (1..=WORLDS).map(|first| each_fuse(first.into(), WORLDS.into(), changed));
    let killed: u64 = try_join_all(fuses).await?.into_iter().sum();
    println!("killed {killed} times");
    assert!(killed > 12, "only {killed} requests were the last");
    Ok(())
}

#[tokio::test]
async fn a_process_killed_while_a_set_is_deleted_is_followed_by_one_that_leaves_nothing_behind() -> Result<()> {
    let killed = each_fuse(1, 1, dismantled).await?;
    println!("killed {killed} times");
    assert!(killed > 3, "only {killed} requests were the last");
    Ok(())
}
