//! The lease, lost while leading: by another holder, by rights that are gone, by silence, and by a kill. A copy that lost it writes
//! nothing more, stands by in the same process, and may lead again.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Context, Result, ensure};
use http::Method;
use http::request::Parts;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DeleteParams, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use orangery_controller::kubernetes::lease::{Election, Fence, LeaseError, Timing, acquire};
use orangery_test_apiserver::{Proxy, Treatment};
use orangery_test_flow::{Launch, Process, SET, World, get};
use serde_json::{Value, json};
use std::path::Path;
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

/// Whether a process says of itself that it leads.
fn leads(process: &Process) -> bool {
    get(process.health, "/leaderz").is_some_and(|answer| answer.contains("200 OK"))
}

fn is_ready(process: &Process) -> bool {
    get(process.health, "/readyz").is_some_and(|answer| answer.contains("200 OK"))
}

/// Stamps the set, so that whoever leads has something to write.
async fn stamp(world: &World, stamp: &str) -> Result<()> {
    world.patch(SET, "set", json!({"spec": {"commonMetadata": {"labels": {"stamp": stamp}}}})).await
}

async fn is_stamped(world: &World, stamp: &str) -> Result<()> {
    world
        .settles(&format!("the stamp {stamp} is on the objects"), async |world| {
            Ok(world.live("ConfigMap", "one").await?.pointer("/metadata/labels/stamp") == Some(&json!(stamp)))
        })
        .await
}

/// Two copies under the shipped rights, of which the first leads and the second stands by; with the names of their clients.
struct Copies {
    first: Process,
    second: Process,
    led: String,
    waited: String,
}

impl Copies {
    /// `first` and `second` are the kubeconfigs of the two.
    async fn start(world: &World, first: &Path, second: &Path) -> Result<Self> {
        let (led, waited) = (format!("{}-first", world.agent()), format!("{}-second", world.agent()));
        let flags = ["--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
        let copy = |kubeconfig: &Path, agent: &str| -> Result<Process> {
            Launch::new(PROGRAM, kubeconfig, world)?.flags(&flags).variable("ORANGERY_FLOW_AGENT", agent).start()
        };
        let first = copy(first, &led)?;
        world.settles("the first copy leads", async |_| Ok(leads(&first))).await?;
        world.apply(TENANT).await?;
        world.apply(THREE).await?;
        world.is_ready(SET, "set").await?;
        let second = copy(second, &waited)?;
        world.settles("the second copy stands by in good health", async |_| Ok(is_ready(&second))).await?;
        ensure!(!leads(&second) && is_ready(&first));
        Ok(Self { first, second, led, waited })
    }
}

#[tokio::test]
async fn a_copy_that_loses_the_lease_stands_by_without_another_write_and_one_copy_goes_on() -> Result<()> {
    let world = World::of_processes("lost").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let Copies { mut first, mut second, led, waited } = Copies::start(&world, &rights, &rights).await?;
    let metrics = get(first.metrics, "/metrics").context("metrics")?;
    ensure!(metrics.contains("orangery_leader 1") && metrics.contains("name=\"set\""), "{metrics}");

    world
        .patch("Lease", "orangery", json!({"spec": {"holderIdentity": "somebody-else", "leaseDurationSeconds": 8}}))
        .await?;
    // Work without end, so that a copy that does not stop is seen.
    let begun = Instant::now();
    while leads(&first) {
        ensure!(begun.elapsed() < Duration::from_secs(30), "it leads on without the lease:\n{}", first.said()?);
        stamp(&world, &format!("at-{}", jiff::Timestamp::now().as_millisecond())).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let lost = jiff::Timestamp::now().as_millisecond();
    ensure!(
        first.ended()?.is_none() && is_ready(&first),
        "a copy that stands by is alive and well:\n{}",
        first.said()?
    );
    let metrics = get(first.metrics, "/metrics").context("metrics")?;
    ensure!(metrics.contains("orangery_leader 0") && !metrics.contains("name=\"set\""), "{metrics}");
    ensure!(first.said()?.contains("the lease orangery was taken over by somebody-else"), "{}", first.said()?);
    stamp(&world, "while-nobody-leads").await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let taken = jiff::Timestamp::now().as_millisecond();

    // Somebody else does not renew, so one of the two takes over.
    is_stamped(&world, "while-nobody-leads").await?;
    ensure!(leads(&first) != leads(&second), "one leads, and only one");
    let requests = world.requests().await?;
    let mut between = Vec::new();
    for event in requests.by_agent(&led).writes().iter().chain(requests.by_agent(&waited).writes().iter()) {
        let at = event.request_received_timestamp.parse::<jiff::Timestamp>()?.as_millisecond();
        if (lost + 500..taken).contains(&at) {
            between.push(format!("{} {} {}", event.request_received_timestamp, event.verb, event.uri));
        }
    }
    ensure!(between.is_empty(), "written while somebody else held the lease: {between:#?}");
    ensure!(first.terminate().await?.success() && second.terminate().await?.success(), "{}", second.said()?);
    assert_eq!(holder(&world).await?, "", "the lease is given back");
    Ok(())
}

/// A leader whose renewals get no answer: it is not refused, and nothing breaks. It must count from its last success.
#[tokio::test]
async fn a_leader_whose_renewals_are_swallowed_writes_nothing_once_another_leads_and_can_lead_again() -> Result<()> {
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
    let Copies { mut first, mut second, led, waited } = Copies::start(&world, &through, &rights).await?;

    silent.store(true, Ordering::SeqCst);
    // Work without end, so that a copy that does not stop is seen.
    let begun = Instant::now();
    while !leads(&second) {
        ensure!(begun.elapsed() < Duration::from_secs(60), "nobody took over:\n{}", second.said()?);
        stamp(&world, &format!("at-{}", jiff::Timestamp::now().as_millisecond())).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    ensure!(!leads(&first), "two lead at once");
    stamp(&world, "by-the-second").await?;
    is_stamped(&world, "by-the-second").await?;
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
    let said = first.said()?;
    assert!(said.contains("could not be renewed for 7 s") && said.contains("did not answer within 2 s"), "{said}");

    // The second made an environment that the first has never seen: it must not be taken for a stale one.
    world
        .patch(
            SET,
            "set",
            json!({"spec": {"inputs": [{"name": "one"}, {"name": "two"}, {"name": "three"}, {"name": "four"}]}}),
        )
        .await?;
    world.has_objects("ConfigMap", &["one", "two", "three", "four"]).await?;
    silent.store(false, Ordering::SeqCst);
    ensure!(second.terminate().await?.success(), "{}", second.said()?);
    stamp(&world, "by-the-first-again").await?;
    is_stamped(&world, "by-the-first-again").await?;
    ensure!(leads(&first) && first.ended()?.is_none(), "{}", first.said()?);
    world.has_objects("ConfigMap", &["one", "two", "three", "four"]).await?;
    assert_eq!(world.cluster.audit().await?.by_agent(&led).verb("delete").count(), 0);
    ensure!(first.terminate().await?.success(), "{}", first.said()?);
    Ok(())
}

#[tokio::test]
async fn a_killed_leader_is_replaced_within_fifteen_seconds() -> Result<()> {
    let world = World::of_processes("replaced").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let Copies { first, mut second, .. } = Copies::start(&world, &rights, &rights).await?;
    let killed = Instant::now();
    drop(first);
    stamp(&world, "by-the-second").await?;
    is_stamped(&world, "by-the-second").await?;
    ensure!(killed.elapsed() < Duration::from_secs(15), "replaced after {:?}:\n{}", killed.elapsed(), second.said()?);
    ensure!(second.terminate().await?.success(), "{}", second.said()?);
    Ok(())
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_is_given_up_before_another_copy_can_have_it() -> Result<()> {
    let world = World::of_processes("revoked").await?;
    let rights = world.shipped_rights().await?;
    world.lease_rights().await?;
    let timing = Timing::new(Duration::from_secs(4), Duration::from_secs(2), Duration::from_millis(200))?;
    let election = |identity: &str| Election { name: "orangery".to_owned(), identity: identity.to_owned(), timing };
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
