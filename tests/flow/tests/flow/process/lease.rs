//! The lease, lost while leading: by another holder, by rights that are gone, and by silence. Who lost it does nothing more;
//! another copy goes on.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Context, Result, ensure};
use http::Method;
use http::request::Parts;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DeleteParams, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use orangery_controller::kubernetes::lease::{Election, Fence, LeaseError, acquire};
use orangery_test_apiserver::{Proxy, Treatment};
use orangery_test_flow::{Launch, SET, World, get};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const THREE: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  serviceAccountName: flux
  inputs: [{name: one}, {name: two}, {name: three}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}]
";

async fn holder(world: &World) -> Result<String> {
    let lease = world.live("Lease", "orangery").await?;
    Ok(lease.pointer("/spec/holderIdentity").and_then(Value::as_str).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn who_loses_the_lease_ends_without_another_write_and_the_other_copy_goes_on() -> Result<()> {
    let world = World::of_processes("lost").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let (led, waited) = (format!("{}-first", world.agent()), format!("{}-second", world.agent()));
    let copy = |agent: &str| -> Result<Launch> {
        let flags = ["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
        Ok(Launch::new(PROGRAM, &rights, &world)?.flags(&flags).variable("ORANGERY_FLOW_AGENT", agent))
    };
    let mut first = copy(&led)?.start()?;
    world.settles("the first copy leads", async |world| Ok(!holder(world).await?.is_empty())).await?;
    world.apply(TENANT).await?;
    world.apply(THREE).await?;
    world.is_ready(SET, "set").await?;
    let mut second = copy(&waited)?.start()?;
    world
        .settles("the second copy waits in good health", async |_| {
            Ok(get(second.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")))
        })
        .await?;

    let stolen = json!({"spec": {"holderIdentity": "somebody-else", "leaseDurationSeconds": 8}});
    world.patch("Lease", "orangery", stolen).await?;
    // Work without end, so that a copy that does not stop is seen.
    let begun = Instant::now();
    let status = loop {
        ensure!(begun.elapsed() < Duration::from_secs(30), "it leads on without the lease:\n{}", first.said()?);
        let stamp = format!("at-{}", jiff::Timestamp::now().as_millisecond());
        world.patch(SET, "set", json!({"spec": {"commonMetadata": {"labels": {"stamp": stamp}}}})).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        if let Some(status) = first.ended()? {
            break status;
        }
    };
    assert_eq!(status.code(), Some(1), "{}", first.said()?);
    let said = first.said()?;
    assert!(said.contains("✗ the lease orangery was taken over by somebody-else"), "{said}");

    world.patch(SET, "set", json!({"spec": {"commonMetadata": {"labels": {"stamp": "by-the-second"}}}})).await?;
    world
        .settles("the second copy works", async |world| {
            let live = world.live("ConfigMap", "one").await?;
            Ok(live.pointer("/metadata/labels/stamp") == Some(&json!("by-the-second")))
        })
        .await?;
    let requests = world.requests().await?;
    let of = |agent: &str| requests.by_agent(agent).writes();
    let (written, renewals) = (of(&led), of(&led).verb("update"));
    let lost = renewals
        .iter()
        .find(|event| event.response_status.as_ref().is_some_and(|status| status.code == 409))
        .context("the first copy found the lease changed")?;
    let latest = written.iter().map(|event| &event.request_received_timestamp).max().context("the first wrote")?;
    let others = of(&waited);
    let is_work = |resource: &str| matches!(resource, "configmaps" | "resourcesets");
    let begun = others
        .iter()
        .filter(|event| event.object_ref.as_ref().is_some_and(|object| is_work(&object.resource)))
        .map(|event| &event.request_received_timestamp)
        .min()
        .context("the second wrote")?;
    assert!(latest < begun, "the first wrote at {latest}, the second already at {begun}");
    let stamp = |text: &str| text.parse::<jiff::Timestamp>();
    let late = stamp(latest)?.as_millisecond() - stamp(&lost.stage_timestamp)?.as_millisecond();
    assert!(late < 500, "it wrote on for {late} ms after it was told that the lease is lost");
    assert!(second.terminate().await?.success(), "{}", second.said()?);
    Ok(())
}

/// A leader whose renewals get no answer: it is not refused, and nothing breaks. It must count from its last success.
#[tokio::test]
async fn a_leader_whose_renewals_are_swallowed_writes_nothing_once_another_leads() -> Result<()> {
    let world = World::of_processes("silence").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let silent = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&silent);
    let proxy = Proxy::start(world.cluster, move |request: &Parts| {
        let renews = request.method == Method::PUT && request.uri.path().ends_with("/leases/orangery");
        if renews && switch.load(Ordering::SeqCst) { Treatment::Swallow } else { Treatment::Pass }
    })
    .await?;
    let through = proxy.kubeconfig(&rights)?;
    let (led, waited) = (format!("{}-first", world.agent()), format!("{}-second", world.agent()));
    let flags = ["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    let copy = |kubeconfig: &std::path::Path, agent: &str| -> Result<Launch> {
        Ok(Launch::new(PROGRAM, kubeconfig, &world)?.flags(&flags).variable("ORANGERY_FLOW_AGENT", agent))
    };
    let mut first = copy(&through, &led)?.start()?;
    world.settles("the first copy leads", async |world| Ok(!holder(world).await?.is_empty())).await?;
    let leader = holder(&world).await?;
    world.apply(TENANT).await?;
    world.apply(THREE).await?;
    world.is_ready(SET, "set").await?;
    let mut second = copy(&rights, &waited)?.start()?;
    world
        .settles("the second copy waits in good health", async |_| {
            Ok(get(second.health, "/readyz").is_some_and(|answer| answer.contains("200 OK")))
        })
        .await?;

    silent.store(true, Ordering::SeqCst);
    // Work without end, so that a copy that does not stop is seen.
    let begun = Instant::now();
    loop {
        let stamp = format!("at-{}", jiff::Timestamp::now().as_millisecond());
        world.patch(SET, "set", json!({"spec": {"commonMetadata": {"labels": {"stamp": stamp}}}})).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let taken = holder(&world).await? != leader;
        if taken && (first.ended()?.is_some() || begun.elapsed() > Duration::from_secs(60)) {
            break;
        }
        ensure!(begun.elapsed() < Duration::from_secs(120), "nobody took over:\n{}", second.said()?);
    }
    let stamp = "by-the-second";
    world.patch(SET, "set", json!({"spec": {"commonMetadata": {"labels": {"stamp": stamp}}}})).await?;
    world
        .settles("the second copy works", async |world| {
            let live = world.live("ConfigMap", "one").await?;
            Ok(live.pointer("/metadata/labels/stamp") == Some(&json!(stamp)))
        })
        .await?;

    let requests = world.requests().await?;
    let taken = requests.by_agent(&waited).writes().verb("update");
    let taken = taken
        .iter()
        .find(|event| event.response_status.as_ref().is_some_and(|status| status.code == 200))
        .context("the second took the lease")?;
    let late: Vec<String> = requests
        .by_agent(&led)
        .writes()
        .iter()
        .filter(|event| event.stage_timestamp >= taken.request_received_timestamp)
        .map(|event| format!("{} {} {}", event.stage_timestamp, event.verb, event.uri))
        .collect();
    ensure!(late.is_empty(), "taken over at {}, and the first still wrote {late:#?}", taken.request_received_timestamp);
    let status = first.ends().await?;
    assert_eq!(status.code(), Some(1), "{}", first.said()?);
    let said = first.said()?;
    assert!(said.contains("could not be renewed for 30 s") && said.contains("did not answer within 10 s"), "{said}");
    assert!(second.terminate().await?.success(), "{}", second.said()?);
    Ok(())
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_is_given_up_before_another_copy_can_have_it() -> Result<()> {
    let world = World::of_processes("revoked").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let election = |identity: &str| Election {
        lease: Duration::from_secs(4),
        renew_deadline: Duration::from_secs(2),
        retry: Duration::from_millis(200),
        ..Election::new("orangery", identity)
    };
    let config = Config::from_custom_kubeconfig(Kubeconfig::read_from(&rights)?, &KubeConfigOptions::default()).await?;
    let of = |client: Client| -> Api<Lease> { Api::namespaced(client, world.namespace()) };
    let mut leadership = acquire(of(Client::try_from(config)?), election("one"), Fence::closed()).await;
    assert_eq!(holder(&world).await?, "one");
    let other = tokio::spawn({
        let leases = of(world.cluster.client()?);
        let election = election("other");
        async move {
            acquire(leases, election, Fence::closed()).await;
            Instant::now()
        }
    });

    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("rbac.authorization.k8s.io", "v1", "RoleBinding"));
    let bindings: Api<DynamicObject> = Api::namespaced_with(world.cluster.client()?, world.namespace(), &kind);
    bindings.delete("orangery-lease", &DeleteParams::default()).await?;
    let lost = tokio::time::timeout(Duration::from_secs(20), leadership.keep()).await.context("it leads for ever")?;
    let given_up = Instant::now();
    assert!(matches!(lost, LeaseError::NotRenewed { seconds: 2, .. }), "{lost}");
    assert!(lost.to_string().contains("could not be renewed for 2 s"), "{lost}");
    let taken = tokio::time::timeout(Duration::from_secs(20), other).await.context("nobody leads")??;
    assert!(given_up < taken, "two led at once for {:?}", given_up - taken);
    assert_eq!(holder(&world).await?, "other");
    Ok(())
}
