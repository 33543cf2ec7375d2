//! With `wait`, what names a source of its own set is applied when that source is ready for the new spec: Helm never upgrades the
//! old chart with new values, and a set is never ready in between. The stories play the controllers of Flux.

use anyhow::{Context, Result, ensure};
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};
use std::time::Duration;

/// A chart in a registry and its release for each input.
fn previews(timeout: &str, inputs: &[(&str, &str)]) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|(id, tag)| json!({"id": id, "tag": tag})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
        "metadata": {"name": "set", "annotations": {"fluxcd.controlplane.io/reconcileTimeout": timeout}},
        "spec": {"wait": true, "inputs": inputs, "resources": [
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository",
                "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
                "spec": {"interval": "10m", "url": "oci://registry.example/app", "ref": {"tag": "<< inputs.tag >>"}},
            },
            {
                "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
                "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
                "spec": {
                    "interval": "10m", "values": {"tag": "<< inputs.tag >>"},
                    "chartRef": {"kind": "OCIRepository", "name": "<< inputs.id >>"},
                },
            },
        ]},
    })
    .to_string()
}

/// What the controller of a kind says of the present generation.
async fn says(world: &World, kind: &str, name: &str, ready: &str, message: &str) -> Result<()> {
    let live = world.live(kind, name).await?;
    let generation = live.pointer("/metadata/generation").cloned().context("a generation")?;
    let ready = json!({
        "type": "Ready", "status": ready, "reason": "AsTold", "message": message,
        "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    world.patch_status(kind, name, json!({"observedGeneration": generation, "conditions": [ready]})).await
}

async fn tag(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("HelmRelease", name).await?.pointer("/spec/values/tag").cloned().unwrap_or_default())
}

/// Waits until the set says that it waits for this object, and nothing else.
async fn waits_for(world: &World, object: &str) -> Result<()> {
    world
        .settles(&format!("the set waits for {object}"), async |world| {
            let [status, _, message] = world.condition(SET, "set", "Reconciling").await?;
            Ok(status == "True" && message.contains(&format!("[{object} status: 'InProgress']")))
        })
        .await?;
    let [ready, reason, _] = world.condition(SET, "set", "Ready").await?;
    ensure!((ready.as_str(), reason.as_str()) == ("Unknown", "Progressing"), "Ready={ready} ({reason})");
    Ok(())
}

#[tokio::test]
async fn a_release_is_applied_when_its_source_is_ready_for_the_new_spec_and_the_set_is_ready_after_both() -> Result<()>
{
    let mut world = World::new("sources").await?;
    world.start().await?;
    let object = |kind: &str, name: &str| format!("{kind}/{}/{name}", world.namespace());
    let (source_of_a, release_of_a) = (object("OCIRepository", "a"), object("HelmRelease", "a"));
    world.apply(&previews("1h", &[("a", "one"), ("b", "one")])).await?;
    world.has_objects("OCIRepository", &["a", "b"]).await?;
    says(&world, "OCIRepository", "b", "True", "stored artifact").await?;
    // The release of one environment does not wait for the source of another.
    world.has_objects("HelmRelease", &["b"]).await?;
    says(&world, "HelmRelease", "b", "True", "installed").await?;
    waits_for(&world, &source_of_a).await?;
    ensure!(world.owned("HelmRelease").await? == ["b"]);
    says(&world, "OCIRepository", "a", "True", "stored artifact").await?;
    world.has_objects("HelmRelease", &["a", "b"]).await?;
    waits_for(&world, &release_of_a).await?;
    says(&world, "HelmRelease", "a", "True", "installed").await?;
    world.is_ready(SET, "set").await?;

    // A new input: the source first. What Helm says of the old release does not make the set ready.
    world.apply(&previews("1h", &[("a", "two"), ("b", "one")])).await?;
    waits_for(&world, &source_of_a).await?;
    says(&world, "HelmRelease", "a", "True", "upgraded, as it does every ten minutes").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    ensure!(tag(&world, "a").await? == "one", "the release was applied before its source was ready");
    waits_for(&world, &source_of_a).await?;
    says(&world, "OCIRepository", "a", "True", "stored artifact").await?;
    world.settles("the release follows", async |world| Ok(tag(world, "a").await? == "two")).await?;
    waits_for(&world, &release_of_a).await?;
    says(&world, "HelmRelease", "a", "True", "upgraded").await?;
    world.is_ready(SET, "set").await?;
    ensure!(world.deletes().await? == 0, "{:?}", world.deleted().await?);
    Ok(())
}

#[tokio::test]
async fn a_source_that_is_not_ready_in_time_fails_its_environment_and_no_other() -> Result<()> {
    let mut world = World::new("unfetched").await?;
    world.start().await?;
    world.apply(&previews("6s", &[("bad", "one"), ("good", "one")])).await?;
    world.has_objects("OCIRepository", &["bad", "good"]).await?;
    says(&world, "OCIRepository", "good", "True", "stored artifact").await?;
    says(&world, "OCIRepository", "bad", "False", "manifest unknown").await?;
    world.has_objects("HelmRelease", &["good"]).await?;
    says(&world, "HelmRelease", "good", "True", "installed").await?;
    world
        .settles("the environment fails", async |world| {
            let [ready, _, message] = world.condition(SET, "set", "Ready").await?;
            Ok(ready == "False" && message.contains("1 of 2 environments failed"))
        })
        .await?;
    let [_, reason, said] = world.condition(SET, "set", "Ready").await?;
    ensure!(reason == "ReconciliationFailed", "{reason}");
    for part in ["id bad", "timeout waiting for: [OCIRepository/", "/bad status: 'InProgress'", "manifest unknown"] {
        ensure!(said.contains(part), "{part:?} is not in {said}");
    }
    ensure!(!said.contains("/good"), "{said}");
    ensure!(world.owned("HelmRelease").await? == ["good"]);
    // What is mended is seen.
    says(&world, "OCIRepository", "bad", "True", "stored artifact").await?;
    world.has_objects("HelmRelease", &["bad", "good"]).await
}

#[tokio::test]
async fn without_wait_a_release_is_applied_at_once_as_in_flux_operator() -> Result<()> {
    let mut world = World::new("unordered").await?;
    world.start().await?;
    world.apply(&previews("1h", &[("a", "one")]).replace("\"wait\":true", "\"wait\":false")).await?;
    world.has_objects("HelmRelease", &["a"]).await?;
    world.is_ready(SET, "set").await
}
