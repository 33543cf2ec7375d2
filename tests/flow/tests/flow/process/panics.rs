//! A defect of the operator meets one object: the others do not notice.

use anyhow::Result;
use http::{Method, Request};
use kube::client::Body;
use orangery_test_apiserver::cut::{Outcome, RequestOutcome};
use orangery_test_flow::{PROVIDER, SET, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn set(name: &str) -> String {
    format!(
        "{{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {{name: {name}}}, spec: {{resources: [
          {{apiVersion: v1, kind: ConfigMap, metadata: {{name: of-{name}, namespace: NAMESPACE}}}}]}}}}"
    )
}

const PROVIDED: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: haunted}
spec: {type: Static, defaultValues: {env: dev}}
";

/// Panics where a reconciliation writes the status of an object of this kind with the name `haunted`, three times.
#[expect(clippy::panic, reason = "the panic is what the story is about")]
fn haunted(plural: &str, met: &Arc<AtomicU32>) -> Arc<RequestOutcome> {
    let (met, place) = (Arc::clone(met), format!("/{plural}/haunted/status"));
    Arc::new(move |request: &Request<Body>| {
        let meets = request.method() == Method::PATCH && request.uri().path().ends_with(&place);
        if !meets || met.fetch_add(1, Ordering::SeqCst) >= 3 {
            return Outcome::Sent;
        }
        Outcome::Unsent(Box::pin(async { panic!("a defect that a test put here") }))
    })
}

#[tokio::test]
async fn a_panic_over_one_set_stops_no_other_and_is_tried_again() -> Result<()> {
    let mut world = World::new("panics-set").await?;
    let met = Arc::new(AtomicU32::new(0));
    world.start_fated(haunted("resourcesets", &met))?;
    world.apply(&set("haunted")).await?;
    world.settles("the panic", async |_| Ok(met.load(Ordering::SeqCst) > 0)).await?;
    world.apply(&set("healthy")).await?;
    world.is_ready(SET, "healthy").await?;
    world.is_ready(SET, "haunted").await?;
    assert!(met.load(Ordering::SeqCst) > 3, "it was tried again until it worked");
    world.has_objects("ConfigMap", &["of-haunted", "of-healthy"]).await
}

#[tokio::test]
async fn a_panic_over_one_provider_stops_no_other_and_is_tried_again() -> Result<()> {
    let mut world = World::new("panics-provider").await?;
    let met = Arc::new(AtomicU32::new(0));
    world.start_fated(haunted("resourcesetinputproviders", &met))?;
    world.apply(PROVIDED).await?;
    world.settles("the panic", async |_| Ok(met.load(Ordering::SeqCst) > 0)).await?;
    world.apply(&PROVIDED.replace("haunted", "healthy")).await?;
    world.is_ready(PROVIDER, "healthy").await?;
    world.is_ready(PROVIDER, "haunted").await?;
    assert!(met.load(Ordering::SeqCst) > 3, "it was tried again until it worked");
    Ok(())
}
