//! Many slow sets of one namespace do not keep the sets of another waiting.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Result, ensure};
use http::request::Parts;
use orangery_test_apiserver::{Proxy, Treatment};
use orangery_test_flow::{Launch, SET, World};
use std::time::{Duration, Instant};

/// Ten times as many as there are places.
const SETS: usize = 40;

fn set(number: usize) -> String {
    format!(
        "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {{name: set-{number}}}
spec:
  resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{number}, namespace: NAMESPACE}}}}]
"
    )
}

/// What is asked about the objects of one namespace takes its time.
fn slow_in_busy(request: &Parts) -> Treatment {
    match request.uri.path().contains("/namespaces/busy/configmaps")
        && !request.uri.query().unwrap_or("").contains("watch")
    {
        true => Treatment::Delay(Duration::from_millis(1_200)),
        false => Treatment::Pass,
    }
}

#[tokio::test]
async fn forty_slow_sets_of_one_namespace_do_not_delay_the_set_of_another() -> Result<()> {
    let busy = World::alone("busy").await?;
    let quiet = busy.beside("quiet").await?;
    let rights = busy.shipped_rights().await?;
    for world in [&busy, &quiet] {
        world.apply(TENANT).await?;
    }
    let proxy = Proxy::start(busy.cluster, slow_in_busy).await?;
    let through = proxy.kubeconfig(&rights)?;
    let flags = ["--no-leader-election", "--concurrent", "4", "--default-service-account", "flux"];
    let mut process = Launch::new(PROGRAM, &through, &busy)?.flags(&flags).start()?;
    // Both namespaces are known, and everything is loaded.
    for world in [&busy, &quiet] {
        world.apply(&set(0)).await?;
        world.is_ready(SET, "set-0").await?;
    }
    let begun = Instant::now();
    for number in 1..=SETS {
        busy.apply(&set(number)).await?;
    }
    let asked = Instant::now();
    quiet.apply(&set(1)).await?;
    quiet.is_ready(SET, "set-1").await?;
    let quiet_took = asked.elapsed();
    let still_waiting = SETS + 1 - busy.owned("ConfigMap").await?.len();
    busy.settles("all slow sets are applied", async |world| Ok(world.owned("ConfigMap").await?.len() == SETS + 1))
        .await?;
    let busy_took = begun.elapsed();
    ensure!(still_waiting > SETS / 4, "only {still_waiting} were still waiting: the test says nothing");
    ensure!(quiet_took * 4 < busy_took, "the other namespace waited {quiet_took:?}, the slow sets took {busy_took:?}");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
