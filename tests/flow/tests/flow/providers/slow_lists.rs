//! A start before an API server that takes its time: many providers, large statuses, a busy server. What exists at the start
//! is reconciled as soon as the lists are there, and a process whose lists do not come says so and ends when it is asked to.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Result, ensure};
use http::Method;
use http::request::Parts;
use orangery_test_apiserver::{Proxy, Treatment};
use orangery_test_flow::{Launch, PROVIDER, SET, World, get};
use std::time::Duration;

/// More than the ten places for reconciliations.
const SETS: usize = 12;

const NAMED: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: named}
spec: {type: Static, defaultValues: {env: dev}}
";

fn set(number: usize) -> String {
    format!(
        "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {{name: set-{number}}}
spec:
  inputsFrom: [{{name: named}}]
  resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{number}, namespace: NAMESPACE}}}}]
"
    )
}

/// The list of all providers, which comes before the watch.
fn lists_providers(request: &Parts) -> bool {
    request.method == Method::GET
        && request.uri.path().ends_with("/resourcesetinputproviders")
        && !request.uri.query().is_some_and(|query| query.contains("watch="))
}

#[tokio::test]
async fn sets_that_exist_at_the_start_are_reconciled_however_long_the_list_of_providers_takes() -> Result<()> {
    let mut world = World::new("slow-list").await?;
    world.apply(NAMED).await?;
    for number in 0..SETS {
        world.apply(&set(number)).await?;
    }
    let late = |request: &Parts| match lists_providers(request) {
        true => Treatment::Delay(Duration::from_secs(1)),
        false => Treatment::Pass,
    };
    let proxy = Proxy::start(world.cluster, late).await?;
    world.start_behind(&proxy)?;
    for number in 0..SETS {
        world.is_ready(SET, &format!("set-{number}")).await?;
    }
    world.is_ready(PROVIDER, "named").await?;
    assert_eq!(world.owned("ConfigMap").await?.len(), SETS);
    world.stop().await
}

#[tokio::test]
async fn a_process_whose_lists_never_come_is_not_ready_and_ends_when_it_is_asked_to() -> Result<()> {
    let world = World::of_processes("no-list").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    world.apply(TENANT).await?;
    for number in 0..SETS {
        world.apply(&set(number).replace("spec:", "spec:\n  serviceAccountName: flux")).await?;
    }
    let never = |request: &Parts| match lists_providers(request) {
        true => Treatment::Swallow,
        false => Treatment::Pass,
    };
    let proxy = Proxy::start(world.cluster, never).await?;
    let through = proxy.kubeconfig(&rights)?;
    let flags = ["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    let mut process = Launch::new(PROGRAM, &through, &world)?.flags(&flags).start()?;
    world
        .settles("it leads and has seen the sets", async |world| {
            let seen = world.requests().await?.verb("watch");
            Ok(seen.iter().any(|event| event.uri.contains("/resourcesets?")))
        })
        .await?;
    let ready = get(process.health, "/readyz").unwrap_or_default();
    ensure!(ready.contains("503"), "it has not seen a provider and says: {ready}");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    assert!(world.owned("ConfigMap").await?.is_empty());
    Ok(())
}
