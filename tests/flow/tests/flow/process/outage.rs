//! The API server away: before the start, in the midst of work, and at the end. The operator waits for it in the same process,
//! loses nothing, and does not rush in when it is back.

use crate::tenant::PROGRAM;
use anyhow::{Context, Result, ensure};
use http::request::Parts;
use orangery_test_apiserver::{Proxy, Treatment};
use orangery_test_flow::{Launch, PROVIDER, Process, SET, World, get};
use orangery_test_forge::Fault;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What SIGTERM may take, whatever hangs.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

fn set(number: usize) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": format!("set-{number}")},
        "spec": {
            "inputs": [{"id": "one"}, {"id": "two"}],
            "resources": [{
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("map-{number}-<< inputs.id >>"), "namespace": "NAMESPACE"},
            }],
        },
    })
    .to_string()
}

/// Nothing makes the release ready.
const WAITS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: waits, annotations: {fluxcd.controlplane.io/reconcileTimeout: 1h}}
spec:
  wait: true
  resources:
    - apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata: {name: never, namespace: NAMESPACE}
      spec: {interval: 10m, chartRef: {kind: OCIRepository, name: elsewhere}}
";

fn launch(world: &World) -> Result<Launch> {
    let flags = ["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    Ok(Launch::new(PROGRAM, world.cluster.kubeconfig_path(), world)?.flags(&flags))
}

fn answers(process: &Process, path: &str, status: &str) -> bool {
    get(process.health, path).is_some_and(|answer| answer.contains(status))
}

/// Starts the API server of this world again.
async fn comes_back(world: &World) -> Result<()> {
    let cluster = world.cluster;
    tokio::task::spawn_blocking(move || cluster.start_api_server()).await?
}

async fn ends_soon(process: &mut Process) -> Result<()> {
    let begun = Instant::now();
    let status = process.terminate().await?;
    ensure!(
        status.success() && begun.elapsed() < ENDS_WITHIN,
        "{status} after {:?}:\n{}",
        begun.elapsed(),
        process.said()?
    );
    Ok(())
}

#[tokio::test]
async fn a_start_waits_for_the_api_server_and_an_outage_ends_without_a_restart_or_a_rush() -> Result<()> {
    let world = World::alone("outage").await?;
    world.cluster.stop_api_server()?;
    let mut process = launch(&world)?.start()?;
    let begun = Instant::now();
    while !process.said()?.contains("\"retry_in\":\"4s\"") {
        ensure!(begun.elapsed() < Duration::from_secs(60), "it does not wait:\n{}", process.said()?);
        ensure!(process.ended()?.is_none(), "it ended:\n{}", process.said()?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(process.said()?.contains("the API server does not answer"), "{}", process.said()?);
    ensure!(answers(&process, "/healthz", "200 OK") && answers(&process, "/readyz", "503"), "{}", process.said()?);
    comes_back(&world).await?;
    world.settles("it leads", async |_| Ok(answers(&process, "/leaderz", "200 OK"))).await?;

    const SETS: usize = 20;
    for number in 0..SETS {
        world.apply(&set(number)).await?;
    }
    for number in 0..SETS {
        world.is_ready(SET, &format!("set-{number}")).await?;
    }
    ensure!(answers(&process, "/readyz", "200 OK"));
    let objects = world.owned("ConfigMap").await?;
    assert_eq!(objects.len(), 2 * SETS);

    world.cluster.stop_api_server()?;
    let away = Instant::now();
    while answers(&process, "/leaderz", "200 OK") {
        ensure!(away.elapsed() < Duration::from_secs(20), "it still leads:\n{}", process.said()?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(20).saturating_sub(away.elapsed())).await;
    ensure!(process.ended()?.is_none() && answers(&process, "/readyz", "200 OK"), "{}", process.said()?);
    comes_back(&world).await?;
    let back = Instant::now();
    world.patch(SET, "set-3", json!({"spec": {"inputs": [{"id": "one"}, {"id": "two"}, {"id": "three"}]}})).await?;
    world
        .settles("the edit arrives", async |world| Ok(!world.live("ConfigMap", "map-3-three").await?.is_null()))
        .await?;
    // An API server that has just started may leave a watch of custom resources hanging for some twenty seconds.
    ensure!(
        back.elapsed() < Duration::from_secs(60),
        "the edit arrived after {:?}:\n{}",
        back.elapsed(),
        process.said()?
    );
    world.is_ready(SET, "set-3").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;

    let requests = world.requests().await?;
    let since = jiff::Timestamp::now() - jiff::SignedDuration::try_from(back.elapsed())?;
    let mut after = Vec::new();
    for event in requests.iter() {
        if event.request_received_timestamp.parse::<jiff::Timestamp>()? >= since && !event.uri.contains("/leases/") {
            after.push(format!("{} {}", event.verb, event.uri));
        }
    }
    // Two watches of ours, one of the ConfigMaps, discovery, and the set that was edited.
    ensure!(after.len() <= SETS, "{} requests after the outage: {after:#?}", after.len());
    assert_eq!(world.deletes().await?, 0);
    assert_eq!(world.owned("ConfigMap").await?.len(), 2 * SETS + 1);
    ends_soon(&mut process).await?;
    let lease = world.live("Lease", "orangery").await?;
    assert_eq!(lease.pointer("/spec/holderIdentity"), Some(&json!("")), "the lease is given back");
    Ok(())
}

#[tokio::test]
async fn the_end_waits_neither_for_sets_that_wait_nor_for_a_forge_nor_for_an_api_server_that_hangs() -> Result<()> {
    let world = World::of_processes("term").await?;
    let hangs = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&hangs);
    let proxy =
        Proxy::start(
            world.cluster,
            move |_: &Parts| {
                if switch.load(Ordering::SeqCst) { Treatment::Swallow } else { Treatment::Pass }
            },
        )
        .await?;
    let through = proxy.kubeconfig(world.cluster.kubeconfig_path())?;
    let flags = ["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    let launch = Launch::new(PROGRAM, &through, &world)?.flags(&flags).flags(&["--default-service-account", ""]);
    let mut process = launch.start()?;
    world.settles("it leads", async |_| Ok(answers(&process, "/leaderz", "200 OK"))).await?;

    // A set that waits for an hour.
    world.apply(WAITS).await?;
    world
        .settles("the set waits", async |world| {
            let [_, _, message] = world.condition(SET, "waits", "Reconciling").await?;
            Ok(message.contains("waiting for: [HelmRelease/"))
        })
        .await?;
    // A poll in flight: the forge has taken the request, and does not answer.
    world.forge.github("acme/shop").opens_many(1);
    world.forge.fault(Fault::slow_head(Duration::from_secs(25)));
    world.apply(crate::tenant::PULLS).await?;
    world.settles("the forge is asked", async |world| Ok(!world.forge.requests().is_empty())).await?;
    ends_soon(&mut process).await?;
    let lease = world.live("Lease", "orangery").await?;
    assert_eq!(lease.pointer("/spec/holderIdentity"), Some(&json!("")), "the lease is given back");
    world.forge.clear_faults();

    // The API server hangs: requests are taken, and no answer comes.
    let mut process = launch.start()?;
    world.settles("it leads", async |_| Ok(answers(&process, "/leaderz", "200 OK"))).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    hangs.store(true, Ordering::SeqCst);
    world.annotate(PROVIDER, "pulls", "reconcile.fluxcd.io/requestedAt", "now").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    ends_soon(&mut process).await?;

    // Nor does a process that has not come as far as the API server.
    let mut process = launch.start()?;
    world.settles("it waits", async |_| Ok(answers(&process, "/healthz", "200 OK"))).await?;
    ensure!(answers(&process, "/readyz", "503"));
    ends_soon(&mut process).await.context("at the start")?;
    Ok(())
}
