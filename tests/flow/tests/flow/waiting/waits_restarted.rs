//! A wait goes on where it was when the operator is started again: one that never becomes ready is told of however often the
//! operator ends.

use anyhow::{Result, ensure};
use orangery_test_flow::{SET, World};
use std::time::{Duration, Instant};

/// Nothing runs the Deployment, so it never becomes ready.
const NEVER_READY: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set, annotations: {fluxcd.controlplane.io/reconcileTimeout: 20s}}
spec:
  wait: true
  resources:
    - apiVersion: apps/v1
      kind: Deployment
      metadata: {name: slow, namespace: NAMESPACE}
      spec:
        selector: {matchLabels: {app: slow}}
        template: {metadata: {labels: {app: slow}}, spec: {containers: [{name: main, image: main}]}}
";

async fn said(world: &World) -> Result<(String, String)> {
    let [ready, _, message] = world.condition(SET, "set", "Ready").await?;
    let [_, _, waiting] = world.condition(SET, "set", "Reconciling").await?;
    Ok((format!("{ready} {message}"), waiting))
}

#[tokio::test]
async fn a_wait_times_out_although_the_operator_is_started_again_and_again() -> Result<()> {
    let mut world = World::new("restarted").await?;
    world.start().await?;
    world.apply(NEVER_READY).await?;
    world
        .settles("the set waits", async |world| Ok(said(world).await?.1.contains("/slow status: 'InProgress'")))
        .await?;
    let begun = Instant::now();
    let first = said(&world).await?.1;
    // Each operator lives for much less than the timeout.
    while !said(&world).await?.0.contains("timeout waiting for: [Deployment/") {
        ensure!(begun.elapsed() < Duration::from_secs(110), "it waits for ever: {:?}", said(&world).await?);
        world.kill();
        world.start().await?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        let (ready, waiting) = said(&world).await?;
        ensure!(begun.elapsed() > Duration::from_secs(18) || !ready.contains("timeout"), "too early: {ready}, {first}");
        ensure!(
            waiting.is_empty() || !waiting.contains("until") || begun.elapsed() < Duration::from_secs(60),
            "{waiting}"
        );
    }
    ensure!(world.deletes().await? == 0, "{:?}", world.deleted().await?);
    Ok(())
}
