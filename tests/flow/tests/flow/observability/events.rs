//! Kubernetes Events: each distinct change has one of its own, and equal ones are counted.

use anyhow::Result;
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use orangery_test_flow::{SET, World};
use serde_json::json;

fn set(inputs: &str) -> String {
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: set}}\nspec:\n  inputs: {inputs}\n  resources:\n    - \
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: << inputs.name >>, namespace: NAMESPACE}}, data: {{of: operator}}}}\n"
    )
}

/// Notes and counts of the events with this reason, in the order of their first occurrence.
pub(super) async fn events(world: &World, reason: &str) -> Result<Vec<(String, i32)>> {
    let api: Api<Event> = Api::namespaced(world.cluster.client()?, world.namespace());
    let mut found = api.list(&ListParams::default()).await?.items;
    found.retain(|event| event.reason.as_deref() == Some(reason));
    found.sort_by_key(|event| event.event_time.clone().map(|time| time.0));
    let count = |event: &Event| event.series.as_ref().map_or(1, |series| series.count);
    Ok(found.into_iter().map(|event| (event.note.clone().unwrap_or_default(), count(&event))).collect())
}

async fn has_events(world: &World, reason: &str, wanted: &[(String, i32)]) -> Result<()> {
    world
        .settles(&format!("the events of {reason} are {wanted:?}"), async |world| {
            Ok(events(world, reason).await? == wanted)
        })
        .await
}

#[tokio::test]
async fn each_distinct_change_keeps_its_text_and_equal_ones_are_counted() -> Result<()> {
    let mut world = World::new("events").await?;
    world.start().await?;
    let line = |name: &str, action: &str| format!("ConfigMap/{}/{name} {action}", world.namespace());
    world.apply(&set("[{name: a}]")).await?;
    let mut wanted = vec![(line("a", "created"), 1)];
    has_events(&world, "ApplySucceeded", &wanted).await?;

    world.apply(&set("[{name: a}, {name: b}]")).await?;
    wanted.push((line("b", "created"), 1));
    has_events(&world, "ApplySucceeded", &wanted).await?;

    for count in [1, 2] {
        world.patch("ConfigMap", "a", json!({"data": {"of": "somebody else"}})).await?;
        world
            .settles("the edit is repaired", async |world| {
                Ok(world.live("ConfigMap", "a").await?.pointer("/data/of") == Some(&json!("operator")))
            })
            .await?;
        wanted.truncate(2);
        wanted.push((line("a", "configured"), count));
        has_events(&world, "ApplySucceeded", &wanted).await?;
    }

    // A failure does not hide under an older one of the same reason.
    for broken in ["<< inputs.one >>", "<< inputs.two >>"] {
        let broken = set("[{name: a}]").replace("<< inputs.name >>", broken);
        world.apply(&broken).await?;
        let field = if broken.contains("one") { "one" } else { "two" };
        world
            .settles("the failure has its event", async |world| {
                Ok(events(world, "BuildFailed").await?.iter().any(|(note, _)| note.contains(field)))
            })
            .await?;
    }
    assert_eq!(events(&world, "BuildFailed").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_routine_reconciliation_sends_no_event() -> Result<()> {
    let mut world = World::new("events-none").await?;
    world.start().await?;
    world.apply(&set("[{name: a}]")).await?;
    world.is_ready(SET, "set").await?;
    has_events(&world, "ApplySucceeded", &[(format!("ConfigMap/{}/a created", world.namespace()), 1)]).await?;
    let posted = async || {
        Ok::<_, anyhow::Error>(
            world
                .requests()
                .await?
                .writes()
                .iter()
                .filter(|event| event.object_ref.as_ref().is_some_and(|object| object.resource == "events"))
                .count(),
        )
    };
    let before = posted().await?;
    for _ in 0..3 {
        world.reconciles(SET, "set").await?;
    }
    assert_eq!(posted().await?, before);
    Ok(())
}
