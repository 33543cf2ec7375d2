//! Ready is the truth, now: with `wait` it follows the objects also after they were ready, and new inputs are announced while they
//! are applied. Neither costs a request while nothing changes.

use anyhow::{Context, Result, ensure};
use futures::FutureExt;
use http::Request;
use kube::client::Body;
use orangery_test_apiserver::cut::Outcome;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What may pass until a set says that an object is not ready any more: five seconds, in which a controller may look at it, and a
/// busy machine.
const SECONDS: Duration = Duration::from_secs(10);

fn releases(wait: bool) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"wait": wait, "inputs": [{"id": "one"}, {"id": "two"}], "resources": [{
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
            "spec": {"interval": "10m", "chartRef": {"kind": "OCIRepository", "name": "elsewhere"}},
        }]},
    })
    .to_string()
}

async fn helm_says(world: &World, name: &str, ready: &str, message: &str) -> Result<()> {
    let live = world.live("HelmRelease", name).await?;
    let generation = live.pointer("/metadata/generation").cloned().context("a generation")?;
    let condition = json!({
        "type": "Ready", "status": ready, "reason": "AsTold", "message": message,
        "observedGeneration": generation, "lastTransitionTime": jiff::Timestamp::now().to_string(),
    });
    world.patch_status("HelmRelease", name, json!({"observedGeneration": generation, "conditions": [condition]})).await
}

async fn ready(world: &World) -> Result<[String; 3]> {
    world.condition(SET, "set", "Ready").await
}

async fn becomes(world: &World, status: &str, reason: &str) -> Result<Duration> {
    let begun = Instant::now();
    world.has_condition(SET, "set", "Ready", status, reason).await?;
    Ok(begun.elapsed())
}

#[tokio::test]
async fn with_wait_ready_follows_the_objects_and_costs_nothing_while_they_rest() -> Result<()> {
    let mut world = World::new("follows").await?;
    world.start().await?;
    world.apply(&releases(true)).await?;
    world.has_objects("HelmRelease", &["one", "two"]).await?;
    for name in ["one", "two"] {
        helm_says(&world, name, "True", "installed").await?;
    }
    world.is_ready(SET, "set").await?;

    tokio::time::sleep(Duration::from_secs(3)).await;
    let (before, looks) = (world.requests().await?.count(), world.reconciliations(SET)?);
    tokio::time::sleep(Duration::from_secs(4)).await;
    ensure!(world.requests().await?.count() == before, "requests while nothing changes");
    ensure!((world.reconciliations(SET)? - looks).abs() < 0.5, "looks while nothing changes");

    helm_says(&world, "two", "False", "pods crash").await?;
    let took = becomes(&world, "False", "HealthCheckFailed").await?;
    ensure!(took < SECONDS, "{took:?}");
    let [_, _, said] = ready(&world).await?;
    ensure!(said.contains("/two status: 'InProgress': pods crash") && !said.contains("/one"), "{said}");
    helm_says(&world, "two", "True", "mended").await?;
    let took = becomes(&world, "True", "ReconciliationSucceeded").await?;
    ensure!(took < SECONDS, "{took:?}");
    let [reconciling, ..] = world.condition(SET, "set", "Reconciling").await?;
    ensure!(reconciling.is_empty(), "{reconciling}");

    // Again, after the operator was started anew.
    world.stop().await?;
    world.start().await?;
    world.reconciles(SET, "set").await?;
    helm_says(&world, "one", "False", "pods crash again").await?;
    becomes(&world, "False", "HealthCheckFailed").await?;
    helm_says(&world, "one", "True", "mended").await?;
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_controller_that_looks_at_its_objects_for_a_moment_does_not_make_the_set_unready() -> Result<()> {
    let mut world = World::new("blinks").await?;
    world.start().await?;
    world.apply(&releases(true)).await?;
    world.has_objects("HelmRelease", &["one", "two"]).await?;
    for name in ["one", "two"] {
        helm_says(&world, name, "True", "installed").await?;
    }
    world.is_ready(SET, "set").await?;
    let before = world.live(SET, "set").await?.pointer("/status").cloned();
    helm_says(&world, "one", "Unknown", "reconciliation in progress").await?;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    helm_says(&world, "one", "True", "nothing to do").await?;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(world.live(SET, "set").await?.pointer("/status").cloned(), before, "the status was written");
    Ok(())
}

#[tokio::test]
async fn without_wait_ready_says_that_everything_is_applied_as_in_flux_operator() -> Result<()> {
    let mut world = World::new("unfollowed").await?;
    world.start().await?;
    world.apply(&releases(false)).await?;
    world.has_objects("HelmRelease", &["one", "two"]).await?;
    world.is_ready(SET, "set").await?;
    helm_says(&world, "one", "False", "pods crash").await?;
    tokio::time::sleep(SECONDS).await;
    world.reconciles(SET, "set").await?;
    let [status, reason, _] = ready(&world).await?;
    ensure!((status.as_str(), reason.as_str()) == ("True", "ReconciliationSucceeded"), "{status} {reason}");
    Ok(())
}

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  inputsFrom: [{name: pulls}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}, data: {sha: << inputs.sha | quote >>}}]
";

/// What Ready said from now on, until the object is as wanted and the set is ready.
async fn said_until(world: &World, sha: &str) -> Result<Vec<String>> {
    let mut said: Vec<String> = Vec::new();
    let begun = Instant::now();
    loop {
        let map = world.live("ConfigMap", "app-1").await?;
        let [status, reason, message] = ready(world).await?;
        let line = format!("{status} {reason} {message}");
        if said.last() != Some(&line) {
            said.push(line);
        }
        if map.pointer("/data/sha") == Some(&Value::from(sha)) && status == "True" {
            return Ok(said);
        }
        ensure!(begun.elapsed() < Duration::from_secs(60), "{said:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn new_inputs_are_announced_while_applying_them_takes_longer_than_a_moment() -> Result<()> {
    let mut world = World::new("announced").await?;
    let slow = Arc::new(AtomicBool::new(false));
    let is_slow = Arc::clone(&slow);
    // The answer to a slow write is an error; the next attempt is quick.
    world.start_fated(Arc::new(move |request: &Request<Body>| {
        let writes = request.method() == http::Method::PATCH && request.uri().path().contains("/configmaps/");
        if !(writes && is_slow.swap(false, Ordering::SeqCst)) {
            return Outcome::Sent;
        }
        let lost = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            "the answer was lost".into()
        };
        Outcome::Unsent(lost.boxed())
    }))?;
    let shop = world.forge.github("acme/shop");
    shop.opens("one");
    world.apply(PULLS).await?;
    world.has_objects("ConfigMap", &["app-1"]).await?;
    world.is_ready(SET, "set").await?;

    slow.store(true, Ordering::SeqCst);
    let commit = shop.pushes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    let said = said_until(&world, &commit).await?;
    ensure!(said.iter().any(|line| line == "Unknown Progressing Reconciliation in progress"), "{said:#?}");

    // A routine look, and new inputs that are applied at once, announce nothing.
    let commit = shop.pushes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    let said = said_until(&world, &commit).await?;
    ensure!(said.iter().all(|line| line.starts_with("True ")), "{said:#?}");
    Ok(())
}
