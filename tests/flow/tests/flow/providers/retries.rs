//! A failure is retried by the delays of `--min-retry-delay` and `--max-retry-delay`, against a real API server.

use crate::tenant::TENANT;
use anyhow::Result;
use orangery_test_flow::{SET, World};
use std::time::{Duration, Instant};

/// Fails while the ConfigMap `source` is missing. No watch reports that it appears, so only a retry finds it.
const COPIES: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: copy, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/copyFrom: NAMESPACE/source}}}
";

const SOURCE: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: source, namespace: NAMESPACE}
data: {a: '1'}
";

async fn failing(hint: &str, min: Duration, max: Duration) -> Result<World> {
    let mut world = World::new(hint).await?.retrying(min, max);
    world.start().await?;
    world.apply(COPIES).await?;
    world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    Ok(world)
}

/// How many reconciliations of ResourceSets failed so far.
fn failures(world: &World) -> Result<u64> {
    let metrics = world.metrics()?;
    let failed = "orangery_reconciliations_total{kind=\"ResourceSet\",result=\"ReconciliationFailed\"} ";
    let count = metrics.lines().find_map(|line| line.strip_prefix(failed));
    Ok(count.map_or(Ok(0), str::parse)?)
}

#[tokio::test]
async fn a_failing_set_is_retried_no_sooner_than_the_shortest_delay() -> Result<()> {
    let delay = Duration::from_millis(700);
    let world = failing("retried", delay, delay).await?;
    let (begun, first) = (Instant::now(), failures(&world)?.max(1));
    world.settles("the set has failed four times more", async |world| Ok(failures(world)? >= first + 4)).await?;
    // The first of the four may have been due already.
    assert!(begun.elapsed() >= delay * 3, "four retries within {:?}", begun.elapsed());
    world.apply(SOURCE).await?;
    world.is_ready(SET, "set").await?;
    Ok(())
}

#[tokio::test]
async fn the_delay_doubles_with_each_failure_up_to_the_longest() -> Result<()> {
    let world = failing("doubled", Duration::from_millis(400), Duration::from_millis(1600)).await?;
    let (begun, first) = (Instant::now(), failures(&world)?.max(1));
    // At least the delays of 0.8, 1.6 and 1.6 s lie between them.
    world.settles("the set has failed four times more", async |world| Ok(failures(world)? >= first + 4)).await?;
    assert!(begun.elapsed() >= Duration::from_millis(3500), "four retries within {:?}", begun.elapsed());
    world.apply(SOURCE).await?;
    world.is_ready(SET, "set").await?;
    Ok(())
}

#[tokio::test]
async fn a_long_delay_keeps_a_repaired_set_waiting_until_somebody_asks() -> Result<()> {
    let hour = Duration::from_secs(60 * 60);
    let world = failing("waits-for-retry", hour, hour).await?;
    world.apply(SOURCE).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let [ready, ..] = world.condition(SET, "set", "Ready").await?;
    assert_eq!(ready, "False", "nothing is tried again before an hour has passed");
    world.reconciles(SET, "set").await?;
    world.is_ready(SET, "set").await?;
    Ok(())
}

const MAP: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  serviceAccountName: flux
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: map, namespace: NAMESPACE}}]
";

#[tokio::test]
async fn a_right_that_was_missing_is_found_within_fifteen_seconds_whatever_the_back_off() -> Result<()> {
    let hour = Duration::from_secs(60 * 60);
    let mut world = World::of_a_tenant("denied").await?.retrying(hour, hour);
    world.start().await?;
    world.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: flux, namespace: NAMESPACE}}").await?;
    world.apply(MAP).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    assert!(said.contains("not applied (Forbidden): "), "{said}");
    world.apply(TENANT).await?;
    let given = Instant::now();
    world.is_ready(SET, "set").await?;
    assert!(given.elapsed() < Duration::from_secs(20), "found after {:?}", given.elapsed());
    Ok(())
}
