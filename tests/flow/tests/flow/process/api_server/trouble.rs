//! An API server in trouble: it throttles, forgets resource versions, and is slow to tell of changes. Nothing fails for it, nothing is lost,
//! and nothing is asked without a pause.

use anyhow::{Result, ensure};
use http::Method;
use http::request::Parts;
use orangery_test_apiserver::{Proxy, Treatment, is_watch};
use orangery_test_flow::{SET, World};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A ConfigMap for each of these names.
fn set(names: &[&str]) -> String {
    let inputs: Vec<_> = names.iter().map(|id| json!({"id": id})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": inputs, "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
            "data": {"value": "ours"},
        }]},
    })
    .to_string()
}

/// Whether a request is about what the set applies, and not about labelled sources in the whole cluster.
fn is_about_objects(parts: &Parts) -> bool {
    parts.uri.path().contains("/configmaps") && !parts.uri.to_string().contains("reconcile.fluxcd.io")
}

/// A rule that treats so many of the requests that it is for in this way, and a count of them.
fn for_the_first(
    most: usize,
    treatment: Treatment,
    which: fn(&Parts) -> bool,
) -> (impl Fn(&Parts) -> Treatment + Send + Sync + 'static, Arc<AtomicUsize>) {
    let met = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&met);
    let rule = move |parts: &Parts| match which(parts) {
        true if counted.fetch_add(1, Ordering::SeqCst) < most => treatment,
        _ => Treatment::Pass,
    };
    (rule, met)
}

async fn repairs(world: &World, name: &str) -> Result<Duration> {
    world.patch("ConfigMap", name, json!({"data": {"value": "theirs"}})).await?;
    let begun = Instant::now();
    world
        .settles("the edit is undone", async |world| {
            Ok(world.live("ConfigMap", name).await?.pointer("/data/value") == Some(&json!("ours")))
        })
        .await?;
    Ok(begun.elapsed())
}

#[tokio::test]
async fn a_throttled_request_waits_as_long_as_the_api_server_asks_and_fails_nothing() -> Result<()> {
    let mut world = World::new("throttled").await?;
    let (rule, met) =
        for_the_first(2, Treatment::Throttle(3), |parts| parts.method == Method::PATCH && is_about_objects(parts));
    let proxy = Proxy::start(world.cluster, rule).await?;
    world.start_behind(&proxy)?;
    let begun = Instant::now();
    world.apply(&set(&["a", "b"])).await?;
    world.is_ready(SET, "set").await?;
    ensure!(begun.elapsed() >= Duration::from_secs(3), "it was asked again after {:?}", begun.elapsed());
    assert_eq!(met.load(Ordering::SeqCst), 4, "each of both is sent again once");
    ensure!(!world.metrics()?.contains("result=\"ReconciliationFailed\""), "nothing failed");
    assert_eq!(world.owned("ConfigMap").await?, ["a", "b"]);
    Ok(())
}

#[tokio::test]
async fn a_watch_whose_resource_version_expired_lists_again_and_loses_nothing() -> Result<()> {
    let mut world = World::new("expired").await?;
    let (rule, met) = for_the_first(2, Treatment::Expire, |parts| is_watch(parts) && is_about_objects(parts));
    let proxy = Proxy::start(world.cluster, rule).await?;
    world.start_behind(&proxy)?;
    world.apply(&set(&["a", "b"])).await?;
    world.is_ready(SET, "set").await?;
    world.settles("it is watched again", async |_| Ok(met.load(Ordering::SeqCst) > 2)).await?;
    let took = repairs(&world, "a").await?;
    ensure!(took < Duration::from_secs(10), "repaired after {took:?}");
    let requests = world.requests().await?;
    let lists = requests.iter().filter(|event| {
        event.verb == "list" && event.uri.contains("/configmaps?") && event.uri.contains("resourceset.fluxcd")
    });
    let lists = lists.count();
    ensure!((2..=4).contains(&lists), "{lists} lists for one expired watch after another");
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_watch_that_is_slow_to_begin_delays_the_news_and_nothing_else() -> Result<()> {
    let mut world = World::new("slow").await?;
    let late = Duration::from_secs(5);
    let (rule, met) =
        for_the_first(usize::MAX, Treatment::Delay(late), |parts| is_watch(parts) && is_about_objects(parts));
    let proxy = Proxy::start(world.cluster, rule).await?;
    world.start_behind(&proxy)?;
    let begun = Instant::now();
    world.apply(&set(&["a", "b"])).await?;
    world.is_ready(SET, "set").await?;
    ensure!(begun.elapsed() < late, "applying waits for no watch: {:?}", begun.elapsed());
    world.settles("it is watched", async |_| Ok(met.load(Ordering::SeqCst) > 0)).await?;
    let took = repairs(&world, "a").await?;
    ensure!(took < late + Duration::from_secs(5), "repaired after {took:?}");
    Ok(())
}
