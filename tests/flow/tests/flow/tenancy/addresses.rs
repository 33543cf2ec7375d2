//! Addresses that no provider dials in a cluster, whatever range is open: the operator's own, and the servers behind the service
//! of the API server.

use crate::tenant::{PROGRAM, PULLS};
use anyhow::Result;
use orangery_test_flow::{Launch, PROVIDER, World};
use tempfile::TempPath;

/// The servers behind the service, as they would write it themselves.
const SLICE: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [10.77.0.1]}]
ports: [{name: https, port: 6443, protocol: TCP}]
";

/// With the shipped rights, which last as long as the file.
async fn launch(world: &World) -> Result<(Launch, TempPath)> {
    let rights = world.shipped_rights().await?;
    let flags = ["--no-leader-election", "--watch-namespace", world.namespace(), "--egress-allow-cidr", "0.0.0.0/0"];
    Ok((Launch::new(PROGRAM, &rights, world)?.flags(&flags), rights))
}

#[tokio::test]
async fn the_operators_own_address_is_not_dialled_though_its_range_is_open() -> Result<()> {
    let world = World::of_processes("own-address").await?;
    world.forge.github("acme/shop").opens_many(1);
    let (launch, _rights) = launch(&world).await?;
    let mut process = launch.start()?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    process.terminate().await?;

    world.forge.forget_requests();
    let own = world.forge.address().ip().to_string();
    let mut process = launch.variable("ORANGERY_FLOW_OWN", own).start()?;
    world.reconciles(PROVIDER, "pulls").await?;
    let [ready, _, said] = world.condition(PROVIDER, "pulls", "Ready").await?;
    assert_eq!(ready, "False");
    assert!(said.contains("an address of the operator or of the API server"), "{said}");
    assert!(world.forge.requests().is_empty(), "{:?}", world.forge.requests());
    process.terminate().await?;
    Ok(())
}

#[tokio::test]
async fn the_servers_behind_the_service_of_the_api_server_are_not_dialled_though_their_range_is_open() -> Result<()> {
    let world = World::of_processes("endpoints").await?;
    world.apply(SLICE).await?;
    let (launch, _rights) = launch(&world).await?;
    let mut process = launch.start()?;
    world.apply(&PULLS.replace("FORGE", "http://10.77.0.1:6443")).await?;
    world.reconciles(PROVIDER, "pulls").await?;
    let [ready, _, said] = world.condition(PROVIDER, "pulls", "Ready").await?;
    assert_eq!(ready, "False");
    assert!(said.contains("10.77.0.1 is an address of the operator or of the API server"), "{said}");
    process.terminate().await?;
    Ok(())
}
