//! The program itself, as a cluster runs it: two copies, one lease, health and metrics, an orderly end.

use crate::tenant::PULLS;
use anyhow::{Context, Result};
use orangery_test_flow::{Launch, PROVIDER, SET, World, get};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The program of this source tree, built now if it is not. Built as part of the workspace, because the features of the
/// dependencies are then those of the tests: with `-p orangery` alone most of them are compiled a second time.
pub(crate) fn program() -> Result<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bin", "orangery"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    assert!(built.success(), "the program does not build");
    let exe = std::env::current_exe()?;
    let folder = exe.parent().and_then(|deps| deps.parent()).context("tests lie in target/…/deps")?;
    Ok(folder.join("orangery"))
}

#[tokio::test]
async fn two_copies_take_turns_by_the_lease_and_tell_how_they_are() -> Result<()> {
    let world = World::new("binary").await?;
    let copy = Launch::new(program()?, world.cluster.kubeconfig_path(), &world)?.flags(&[
        "--watch-namespace",
        world.namespace(),
        "--operator-namespace",
        world.namespace(),
    ]);
    let mut first = copy.start()?;
    let holder = async |world: &World| -> Result<String> {
        let lease = world.live("Lease", "orangery").await?;
        Ok(lease.pointer("/spec/holderIdentity").and_then(|holder| holder.as_str()).unwrap_or_default().to_owned())
    };
    world.settles("the first copy leads", async |world| Ok(!holder(world).await?.is_empty())).await?;
    let led_by = holder(&world).await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSetInputProvider\n\
             metadata: {name: one}\n\
             spec: {type: Static, defaultValues: {name: from-the-program}}\n\
             ---\n\
             apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSet\n\
             metadata: {name: set}\n\
             spec:\n  inputsFrom: [{name: one}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}]\n",
        )
        .await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["from-the-program"]).await?;
    assert!(get(first.health, "/healthz").is_some_and(|answer| answer.contains("200 OK")));
    assert!(get(first.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")));
    let metrics = get(first.metrics, "/metrics").context("metrics")?;
    assert!(metrics.contains("name=\"set\"") && metrics.contains("ready=\"True\""), "{metrics}");

    let mut second = copy.start()?;
    world
        .settles("the second copy waits in good health", async |_| {
            Ok(get(second.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")))
        })
        .await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(holder(&world).await?, led_by, "the first still leads");

    assert!(first.terminate().await?.success(), "an orderly end is a success");
    world
        .settles("the second takes the lease that was given back", async |world| {
            let now = holder(world).await?;
            Ok(!now.is_empty() && now != led_by)
        })
        .await?;
    world.patch(SET, "set", serde_json::json!({"spec": {"commonMetadata": {"labels": {"by": "the-second"}}}})).await?;
    world
        .settles("the second works", async |world| {
            let live = world.live("ConfigMap", "from-the-program").await?;
            Ok(live.pointer("/metadata/labels/by").is_some())
        })
        .await?;
    assert!(second.terminate().await?.success());
    assert_eq!(holder(&world).await?, "", "the lease is given back");
    Ok(())
}

#[tokio::test]
async fn the_program_dials_no_loopback_address_whatever_a_provider_asks_for() -> Result<()> {
    let world = World::of_processes("loopback").await?;
    world.forge.github("acme/shop").opens_many(1);
    let rights = world.shipped_rights().await?;
    let flags = ["--no-leader-election", "--watch-namespace", world.namespace()];
    // The variables of the program that the other stories run mean nothing to this one.
    let mut process = Launch::new(program()?, &rights, &world)?.flags(&flags).killed_after(1).start()?;
    world.apply(PULLS).await?;
    world
        .settles("the provider is refused", async |world| {
            let [ready, ..] = world.condition(PROVIDER, "pulls", "Ready").await?;
            Ok(ready == "False")
        })
        .await?;
    let [_, reason, message] = world.condition(PROVIDER, "pulls", "Ready").await?;
    assert!(message.contains("loopback"), "{reason}: {message}");
    assert!(world.forge.requests().is_empty(), "nobody was dialled");
    assert!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
