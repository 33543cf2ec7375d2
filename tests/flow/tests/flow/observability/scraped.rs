//! What `/metrics` of the process shows after real work.

use crate::tenant::{PREVIEWS, PROGRAM, PULLS, TENANT};
use anyhow::Result;
use orangery_test_flow::{Launch, PROVIDER, SET, World, get};

/// The sum of all series of a metric with these labels.
fn sum(metrics: &str, name: &str, labels: &[&str]) -> f64 {
    let series = metrics.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    });
    series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[tokio::test]
async fn work_shows_in_the_metrics_of_plugins_requests_quotas_events_and_queues() -> Result<()> {
    let world = World::of_processes("scraped").await?;
    let rights = world.shipped_rights().await?;
    world.forge.github("acme/shop").opens_many(12);
    let flags = ["--no-leader-election", "--watch-namespace", world.namespace()];
    let process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    for manifest in [TENANT, PULLS, PREVIEWS] {
        world.apply(manifest).await?;
    }
    world.is_ready(PROVIDER, "pulls").await?;
    world.is_ready(SET, "previews").await?;
    let shown = || get(process.metrics, "/metrics").unwrap_or_default();
    world
        .settles("the event is counted", async |_| {
            Ok(sum(&shown(), "orangery_events_total", &["recipient=\"kubernetes\"", "outcome=\"sent\""]) >= 2.0)
        })
        .await?;
    let metrics = shown();
    for (name, labels) in [
        ("orangery_plugin_calls_total", ["plugin=\"github\"", "outcome=\"succeeded\""].as_slice()),
        ("orangery_plugin_call_seconds_count", &["plugin=\"gotemplate\""]),
        ("orangery_provider_requests_total", &["status=\"200\""]),
        ("orangery_forge_quota_remaining", &["origin=\"http://127.0.0.2:", "pulls"]),
        ("orangery_forge_quota_reset_timestamp_seconds", &["pulls"]),
        ("orangery_api_requests_total", &["verb=\"patch\"", "outcome=\"200\""]),
        ("orangery_api_requests_total", &["verb=\"watch\"", "outcome=\"200\""]),
        ("orangery_api_request_seconds_count", &["verb=\"list\""]),
        ("orangery_watches", &[]),
        ("orangery_objects_total", &["action=\"created\""]),
        ("orangery_reconciliation_seconds_count", &["kind=\"ResourceSet\"", "result=\"success\""]),
    ] {
        assert!(sum(&metrics, name, labels) > 0.0, "{name} {labels:?} is not above 0 in\n{metrics}");
    }
    for kind in ["ResourceSet", "ResourceSetInputProvider"] {
        let queue = format!("orangery_queue_waiting{{kind=\"{kind}\"}} 0");
        assert!(metrics.contains(&queue), "{queue} is not in\n{metrics}");
    }

    world.forge.fault(orangery_test_forge::Fault::new(orangery_test_forge::Failure::EmptyList));
    world.forge.github("acme/shop").pushes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(SET, "previews", "PruneHeld", "True", "PruneHeld").await?;
    let held = ["name=\"previews\""];
    world
        .settles("the held objects are shown", async |_| Ok(sum(&shown(), "orangery_held_objects", &held) == 12.0))
        .await
}
