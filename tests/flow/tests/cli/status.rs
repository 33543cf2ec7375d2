//! `orangery status`: from the item on a forge to ready objects.

use crate::bench::{established, run};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::json;

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop, filter: {limit: 2}}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{name: pulls}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings-<< inputs.id >>, namespace: NAMESPACE}}
    - {apiVersion: apps/v1, kind: Deployment, metadata: {name: shop-<< inputs.id >>, namespace: NAMESPACE}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: web, image: web}]}}}}
";

async fn previews(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.forge.github("acme/shop").opens_many(2);
    world.start().await?;
    world.apply(PULLS).await?;
    world.has_objects("ConfigMap", &["settings-1", "settings-2"]).await?;
    world.is_ready(SET, "previews").await?;
    Ok(world)
}

#[tokio::test]
async fn the_chain_of_a_change_request_ends_at_the_object_that_is_not_ready() -> Result<()> {
    let world = previews("status").await?;
    let ns = world.namespace().to_owned();
    let label = format!("ResourceSetInputProvider/pulls id 1, in ResourceSet/{ns}/previews\n");
    for word in ["pr-1", "#1", &format!("Deployment/{ns}/shop-1"), "settings-1"] {
        let status = run(&world, &["status", word]).await?.exits(1)?;
        assert!(status.out.starts_with(&label), "{word}: {}", status.out);
        let status = status
            .prints("✔ Provider     pulls: GitHubPullRequest http://")?
            .prints("✔ Input        id 1, title ")?
            .prints("✔ ResourceSet  previews: 4 objects\n")?
            .prints("◎ Objects      1 of 2 ready\n")?
            .prints(&format!("✔ ConfigMap/{ns}/settings-1 Current\n"))?
            .prints(&format!("◎ Deployment/{ns}/shop-1 InProgress"))?;
        assert!(
            status.out.ends_with(&format!("  next: kubectl describe Deployment shop-1 -n {ns}\n")),
            "{}",
            status.out
        );
    }
    let chain = run(&world, &["status", "pr-2", "-o", "json"]).await?.exits(1)?.json()?;
    assert_eq!(chain[0]["links"][0]["state"], "Good");
    assert_eq!(chain[0]["links"][3]["objects"][1]["object"], format!("Deployment/{ns}/shop-2"));

    // What stops it earlier in the chain is what has to be done first.
    run(&world, &["suspend", "rset", "previews"]).await?.exits(0)?;
    run(&world, &["status", "pr-1"])
        .await?
        .exits(1)?
        .prints("✗ ResourceSet  previews: 4 objects, suspended")?
        .prints(&format!("next: orangery resume rset previews -n {ns}"))?;
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_explained_by_its_provider() -> Result<()> {
    let world = previews("missing").await?;
    world.forge.github("acme/shop").opens_many(1);
    world.reconciles(PROVIDER, "pulls").await?;
    run(&world, &["status", "pr-3"]).await?.exits(1)?.warns("✗ nothing is called pr-3")?.warns(&format!(
        "provider {}/pulls knows it, and it waits, because spec.filter.limit is reached",
        world.namespace()
    ))?;
    run(&world, &["status", "pr-9"]).await?.exits(1)?.warns("exports 2 inputs")?.warns("next: compare its labels")?;
    Ok(())
}

#[tokio::test]
async fn a_held_environment_names_the_decision() -> Result<()> {
    let world = previews("heldstatus").await?;
    let shop = world.forge.github("acme/shop");
    (1..=2).for_each(|number| shop.closes(number));
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(SET, "previews", "PruneHeld", "True", "PruneHeld").await?;
    run(&world, &["status", "settings-1"])
        .await?
        .exits(1)?
        .prints("✗ Input        gone; the deletion of its objects is held")?
        .prints(&format!("next: orangery approve rset previews -n {}", world.namespace()))?;
    Ok(())
}

#[tokio::test]
async fn what_is_ready_needs_nothing() -> Result<()> {
    let world = established("allready").await?;
    for word in ["a", "app-a", "rset/apps", "one"] {
        run(&world, &["status", word]).await?.exits(0)?.prints("next: nothing to do: it is ready")?;
    }
    let failing =
        json!({"spec": {"resources": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< .broken"}}]}});
    world.patch(SET, "apps", failing).await?;
    world.has_condition(SET, "apps", "Ready", "False", "BuildFailed").await?;
    run(&world, &["status", "apps"])
        .await?
        .exits(1)?
        .prints("✗ ResourceSet  apps: 2 objects, BuildFailed: ")?
        .prints("next: correct what it says, then orangery reconcile rset apps")?;
    Ok(())
}
