//! Notifications, as Flux's notification-controller receives them: a real HTTP server on this machine takes its place.

use anyhow::Result;
use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::routing::post;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the receiver got, and the statuses with which it answers next; 202 when there are none left.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<Value>>>,
    refusals: Arc<Mutex<Vec<u16>>>,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    async fn start(&self) -> Result<String> {
        async fn take(State(receiver): State<Receiver>, Json(body): Json<Value>) -> StatusCode {
            locked(&receiver.got).push(body);
            let refusal = locked(&receiver.refusals).pop();
            refusal.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::ACCEPTED)
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(format!("http://{address}/"))
    }

    fn refuses(&self, statuses: &[u16]) {
        locked(&self.refusals).extend(statuses);
    }

    /// Notifications with this reason.
    fn of(&self, reason: &str) -> Vec<Value> {
        let got = locked(&self.got);
        got.iter().filter(|body| body.get("reason").and_then(Value::as_str) == Some(reason)).cloned().collect()
    }

    async fn gets(&self, world: &World, reason: &str, count: usize) -> Result<Vec<Value>> {
        let what = format!("{count} notifications of {reason}");
        world.settles(&what, async |_| Ok(self.of(reason).len() >= count)).await?;
        Ok(self.of(reason))
    }
}

const SET_OF_ONE: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set, annotations: {event.toolkit.fluxcd.io/cluster: production}}
spec:
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NAMESPACE}, data: {of: operator}}
";

#[tokio::test]
async fn a_change_is_posted_as_flux_expects_it_and_again_after_a_server_error() -> Result<()> {
    let mut world = World::new("notifications").await?;
    let receiver = Receiver::default();
    receiver.refuses(&[503]);
    world.notifies(receiver.start().await?);
    world.start().await?;
    world.apply(SET_OF_ONE).await?;
    world.is_ready(SET, "set").await?;
    let posted = receiver.gets(&world, "ApplySucceeded", 2).await?;
    assert_eq!(posted[0], posted[1], "the first was refused, so the same came again");
    let live = world.live(SET, "set").await?;
    let text = |pointer: &str| live.pointer(pointer).cloned().unwrap_or_default();
    let mut body = posted[0].clone();
    let about = body["involvedObject"].take();
    for (field, wanted) in [
        ("apiVersion", json!("fluxcd.controlplane.io/v1")),
        ("kind", json!("ResourceSet")),
        ("name", json!("set")),
        ("namespace", json!(world.namespace())),
        ("uid", text("/metadata/uid")),
    ] {
        assert_eq!(about[field], wanted, "{field}");
    }
    let timestamp = body["timestamp"].take();
    assert!(timestamp.as_str().is_some_and(|at| at.ends_with('Z') && at.len() == 20), "{timestamp}");
    assert_eq!(
        body,
        json!({
            "involvedObject": null,
            "timestamp": null,
            "severity": "info",
            "reason": "ApplySucceeded",
            "message": format!("ConfigMap/{}/one created", world.namespace()),
            "metadata": {
                "event.toolkit.fluxcd.io/cluster": "production",
                "fluxcd.controlplane.io/revision": text("/status/lastAppliedRevision"),
            },
            "reportingController": "flux-operator",
            "reportingInstance": "orangery-0",
        })
    );
    Ok(())
}

#[tokio::test]
async fn failures_are_errors_and_equal_ones_in_a_row_and_suspensions_are_not_posted() -> Result<()> {
    let mut world = World::new("notifications-bad").await?;
    let receiver = Receiver::default();
    // A rate limit is meant for this very notification.
    receiver.refuses(&[429]);
    world.notifies(receiver.start().await?);
    world.start().await?;
    world.apply(SET_OF_ONE).await?;
    world.is_ready(SET, "set").await?;
    receiver.gets(&world, "ApplySucceeded", 1).await?;
    for _ in 0..2 {
        world.patch("ConfigMap", "one", json!({"data": {"of": "somebody else"}})).await?;
        world
            .settles("the edit is repaired", async |world| {
                Ok(world.live("ConfigMap", "one").await?.pointer("/data/of") == Some(&json!("operator")))
            })
            .await?;
    }
    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.reconciles(SET, "set").await?;
    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcile", Value::Null).await?;
    world.apply(&SET_OF_ONE.replace("of: operator", "of: << inputs.nothing >>")).await?;
    let failed = receiver.gets(&world, "BuildFailed", 1).await?;
    assert_eq!(failed[0]["severity"], "error");
    assert!(failed[0]["message"].as_str().is_some_and(|said| said.contains("nothing")), "{failed:?}");
    let messages: Vec<Value> = receiver.of("ApplySucceeded").into_iter().map(|body| body["message"].clone()).collect();
    let line = |action: &str| json!(format!("ConfigMap/{}/one {action}", world.namespace()));
    assert_eq!(messages, [line("created"), line("configured")], "the second repair says the same as the first");
    assert!(receiver.of("ReconciliationDisabled").is_empty());
    Ok(())
}

#[tokio::test]
async fn new_inputs_have_a_revision_and_a_token_that_no_other_notification_has() -> Result<()> {
    let mut world = World::new("notifications-inputs").await?;
    let receiver = Receiver::default();
    world.notifies(receiver.start().await?);
    world.forge.github("acme/shop").opens("one");
    world.start().await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {name: pulls}\n\
             spec: {type: GitHubPullRequest, url: FORGE/acme/shop}\n",
        )
        .await?;
    receiver.gets(&world, "ReconciliationSucceeded", 1).await?;
    world.forge.github("acme/shop").opens("two");
    world.reconciles(PROVIDER, "pulls").await?;
    let posted = receiver.gets(&world, "ReconciliationSucceeded", 2).await?;
    let metadata = |index: usize, key: &str| posted[index]["metadata"][format!("fluxcd.controlplane.io/{key}")].clone();
    let revision = world.live(PROVIDER, "pulls").await?.pointer("/status/lastExportedRevision").cloned();
    assert_eq!(Some(metadata(1, "revision")), revision);
    assert_ne!(metadata(0, "revision"), metadata(1, "revision"));
    assert!(metadata(0, "token").is_string());
    assert_ne!(metadata(0, "token"), metadata(1, "token"));
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_never_answers_delays_nothing() -> Result<()> {
    let mut world = World::new("notifications-slow").await?;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    world.notifies(format!("http://{}/", silent.local_addr()?));
    world.start().await?;
    let begun = Instant::now();
    world.apply(SET_OF_ONE).await?;
    world.is_ready(SET, "set").await?;
    for of in ["a", "b"] {
        world.apply(&SET_OF_ONE.replace("of: operator", &format!("of: {of}"))).await?;
        world
            .settles("the change is applied", async |world| {
                Ok(world.live("ConfigMap", "one").await?.pointer("/data/of") == Some(&json!(of)))
            })
            .await?;
    }
    // One try alone would take five seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let waiting = "orangery_events_waiting{recipient=\"notification-controller\"}";
    assert!(world.metrics()?.lines().any(|line| line.starts_with(waiting)), "{}", world.metrics()?);
    Ok(())
}
