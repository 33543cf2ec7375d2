//! Accidents of systems like this one, told again: each test has the number of its row in `docs/safety.md`. Many others stand
//! among the stories that they belong to; the page names all.

mod answers;
mod law_one;
mod owners;
mod rendering;
mod teardown;

use anyhow::{Context as _, Result};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

/// The provider `pulls` with this filter, and the set `previews` with a ConfigMap for each pull request.
fn manifests(filter: &Value) -> String {
    let provider = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "pulls"},
        "spec": {"type": "GitHubPullRequest", "url": "FORGE/acme/shop", "filter": filter},
    });
    format!("{provider}\n---\n{}", set("previews", &json!([{"name": "pulls"}]), "app-<< inputs.id >>"))
}

/// A set with a ConfigMap of this name for each input of these providers.
fn set(name: &str, inputs_from: &Value, object: &str) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": name},
        "spec": {"inputsFrom": inputs_from, "resources": [map(object)]},
    })
    .to_string()
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "NAMESPACE"}})
}

/// A running world with so many open pull requests, their provider and their set.
async fn with_pulls(hint: &str, count: u64, filter: &Value) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.forge.github("acme/shop").opens_many(count);
    world.start().await?;
    world.apply(&manifests(filter)).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.is_ready(SET, "previews").await?;
    Ok(world)
}

/// Provider and set have looked again.
async fn looks_again(world: &World) -> Result<()> {
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "previews").await
}

/// How many inputs the provider exports.
async fn exported(world: &World) -> Result<usize> {
    let live = world.live(PROVIDER, "pulls").await?;
    Ok(live.pointer("/status/exportedInputs").and_then(Value::as_array).context("inputs")?.len())
}
