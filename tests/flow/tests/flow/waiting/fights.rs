//! Two that disagree about an object: it alone is left as it is for a while, its set goes on, and the other one is named.

use anyhow::{Result, ensure};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams, Patch, PatchParams};
use orangery_test_flow::{SET, World};
use serde_json::json;
use std::time::{Duration, Instant};

fn set(value: &str) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": [{"id": "fought"}, {"id": "free"}], "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
            "data": {"replicas": value},
        }]},
    })
    .to_string()
}

/// Another controller changes the object.
async fn meddle(world: &World, name: &str) -> Result<()> {
    let patch = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"replicas": "9"}});
    world.api("ConfigMap")?.patch(name, &PatchParams::apply("scaler").force(), &Patch::Apply(&patch)).await?;
    Ok(())
}

async fn value(world: &World, name: &str) -> Result<String> {
    let live = world.live("ConfigMap", name).await?;
    Ok(live.pointer("/data/replicas").and_then(|value| value.as_str()).unwrap_or_default().to_owned())
}

/// Changes the object back whenever it was repaired, until the condition Warning has this reason; its message.
async fn fight(world: &World, until: &str) -> Result<String> {
    let begun = Instant::now();
    loop {
        if value(world, "fought").await? == "1" {
            meddle(world, "fought").await?;
        }
        let [_, reason, warning] = world.condition(SET, "set", "Warning").await?;
        if reason == until {
            return Ok(warning);
        }
        ensure!(begun.elapsed() < Duration::from_secs(100), "the fight is not noticed: {warning}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// How many events name the other writer.
async fn told(world: &World) -> Result<usize> {
    let events: Api<Event> = Api::namespaced(world.cluster.client()?, world.namespace());
    let all = events.list(&ListParams::default()).await?;
    Ok(all.items.iter().filter(|event| event.reason.as_deref() == Some("Contested")).count())
}

#[tokio::test]
async fn an_object_that_is_fought_over_is_left_alone_and_its_set_goes_on() -> Result<()> {
    let mut world = World::new("fight").await?;
    world.start().await?;
    world.apply(&set("1")).await?;
    world.is_ready(SET, "set").await?;
    let warning = fight(&world, "Contested").await?;
    let name = format!(
        "ConfigMap/{}/fought is contested: the field manager scaler wrote data.replicas at 20",
        world.namespace()
    );
    ensure!(warning.contains(&name) && warning.contains("it was repaired 3 times in a row"), "{warning}");
    assert_eq!(value(&world, "fought").await?, "9", "it is left as it is");
    let [ready, _, message] = world.condition(SET, "set", "Ready").await?;
    ensure!(ready == "True" && message.ends_with("; 1 object contested"), "{ready}: {message}");
    world.settles("an event names the other writer", async |world| Ok(told(world).await? == 1)).await?;

    // The other object of the set is repaired as ever.
    let changed = Instant::now();
    meddle(&world, "free").await?;
    world.settles("the other one is repaired", async |world| Ok(value(world, "free").await? == "1")).await?;
    ensure!(changed.elapsed() < Duration::from_secs(5), "repaired after {:?}", changed.elapsed());

    // It is repaired again by itself, once the pause is over; the fight is not over with that.
    let paused = Instant::now();
    world.settles("it is repaired again", async |world| Ok(value(world, "fought").await? == "1")).await?;
    ensure!(paused.elapsed() < Duration::from_secs(25), "repaired after {:?}", paused.elapsed());
    meddle(&world, "fought").await?;
    world
        .settles("it is known to be changed again", async |world| {
            let [_, _, warning] = world.condition(SET, "set", "Warning").await?;
            Ok(warning.contains(
                "it was repaired 4 times in a row, is left as it is for a while each time, and is repaired again at",
            ))
        })
        .await?;
    assert_eq!(told(&world).await?, 1, "one event for one fight");

    // Another rendering is what somebody wants now, and ends the fight.
    world.apply(&set("2")).await?;
    world.settles("the edit arrives", async |world| Ok(value(world, "fought").await? == "2")).await?;
    world.is_ready(SET, "set").await?;
    let [contested, ..] = world.condition(SET, "set", "Warning").await?;
    ensure!(contested.is_empty(), "the condition goes with the fight");
    Ok(())
}
