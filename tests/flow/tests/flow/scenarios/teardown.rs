//! What must go, goes: all of it, and without asking those who are gone themselves.

use super::{looks_again, map, with_pulls};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::DeploymentStatus;
use serde_json::json;

/// Two environments of one branch end.
#[tokio::test]
async fn l06_two_environments_on_one_branch() -> Result<()> {
    let mut world = World::new("l06").await?;
    let app = world.forge.gitlab("group/app");
    app.creates_branch("topic");
    for name in ["review/one", "review/two", "review/other"] {
        app.creates_environment(name);
        app.deploys(name, "topic", DeploymentStatus::Success);
    }
    world.start().await?;
    let provider = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "environments"},
        "spec": {"type": "GitLabEnvironment", "url": "FORGE/group/app"},
    });
    world.apply(&provider.to_string()).await?;
    world.is_ready(PROVIDER, "environments").await?;
    world.apply(&super::set("envs", &json!([{"name": "environments"}]), "env-<< inputs.id >>")).await?;
    world.is_ready(SET, "envs").await?;
    assert_eq!(world.owned("ConfigMap").await?.len(), 3);
    app.stops_environment("review/one");
    app.stops_environment("review/two");
    world.reconciles(PROVIDER, "environments").await?;
    world.settles("both are gone", async |world| Ok(world.owned("ConfigMap").await?.len() == 1)).await?;
    assert_eq!(world.deletes().await?, 2);
    Ok(())
}

/// The repository is gone, the forge does not answer, the provider is deleted: the ledger is enough to tear down.
#[tokio::test]
async fn l08_teardown_without_the_source() -> Result<()> {
    let world = with_pulls("l08", 3, &json!({})).await?;
    world.forge.github("acme/shop").disappears();
    looks_again(&world).await?;
    world.delete(PROVIDER, "pulls").await?;
    world.is_gone(PROVIDER, "pulls").await?;
    world.reconciles(SET, "previews").await?;
    assert_eq!(world.deletes().await?, 0);
    let asked = world.forge.requests().len();
    world.delete(SET, "previews").await?;
    world.is_gone(SET, "previews").await?;
    assert_eq!(world.deleted().await?, ["app-1", "app-2", "app-3"]);
    assert_eq!(world.forge.requests().len(), asked, "nobody was asked");
    Ok(())
}

/// A set makes a provider with an interval of its own, and a set that reads it.
#[tokio::test]
async fn q04_nested_composition() -> Result<()> {
    let mut world = World::new("q04").await?;
    world.forge.github("acme/shop").opens_many(2);
    world.start().await?;
    let inner_provider = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER,
        "metadata": {
            "name": "pulls", "namespace": "NAMESPACE",
            "annotations": {"fluxcd.controlplane.io/reconcileEvery": "<< inputs.every >>"},
        },
        "spec": {"type": "GitHubPullRequest", "url": "FORGE/acme/shop"},
    });
    let inner_set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
        "metadata": {"name": "previews", "namespace": "NAMESPACE"},
        "spec": {"inputsFrom": [{"name": "pulls"}], "resources": [map("app-<< `<< inputs.id >>` >>")]},
    });
    let outer = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "outer"},
        "spec": {"inputs": [{"every": "1s"}], "resources": [inner_provider, inner_set]},
    });
    world.apply(&outer.to_string()).await?;
    world.has_objects("ConfigMap", &["app-1", "app-2"]).await?;
    // The outer set rests for its own ten minutes; the inner provider looks each second.
    world.forge.github("acme/shop").closes(1);
    world.has_objects("ConfigMap", &["app-2"]).await?;
    world.forge.github("acme/shop").opens("third");
    world.has_objects("ConfigMap", &["app-2", "app-3"]).await?;
    assert_eq!(world.deleted().await?, ["app-1"]);
    Ok(())
}
