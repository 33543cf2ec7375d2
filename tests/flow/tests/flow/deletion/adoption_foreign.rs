//! Objects that were there before, rendered by a plugin that somebody else wrote: the host does not take its word for where a
//! name comes from.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::json;

/// The guest `renders` names a ConfigMap after this attribute, written backwards.
fn manifests(attribute: &str) -> String {
    let provider = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "pulls"},
        "spec": {"type": "GitHubPullRequest", "url": "FORGE/acme/shop"},
    });
    let set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {
            "inputsFrom": [{"name": "pulls"}],
            "renderer": {"name": "renders", "config": {"names": attribute, "namespace": "NAMESPACE"}},
            "resources": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unused"}}],
        },
    });
    format!("{provider}\n---\n{set}\n")
}

async fn with(hint: &str, attribute: &str, theirs: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.admits(&orangery_test_guests::bytes("renders")?).await?;
    let shop = world.forge.github("acme/shop");
    for branch in ["kept", "feature"] {
        shop.opens(branch);
    }
    world
        .apply(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {theirs}, namespace: NAMESPACE}}, data: {{theirs: kept}}}}"
        ))
        .await?;
    world.start().await?;
    world.apply(&manifests(attribute)).await?;
    Ok(world)
}

async fn closes(world: &World, number: u64) -> Result<()> {
    world.forge.github("acme/shop").closes(number);
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "set").await
}

#[tokio::test]
async fn a_name_that_a_foreign_renderer_computes_from_a_branch_takes_nothing() -> Result<()> {
    let world = with("foreign-branch", "branch", "x-erutaef").await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "AdoptionRefused").await?;
    assert!(said.contains("x-erutaef"), "{said}");
    world.has_objects("ConfigMap", &["x-tpek"]).await?;
    closes(&world, 2).await?;
    world.is_ready(SET, "set").await?;
    let live = world.live("ConfigMap", "x-erutaef").await?;
    assert_eq!((live.pointer("/data"), world.deletes().await?), (Some(&json!({"theirs": "kept"})), 0));
    Ok(())
}

#[tokio::test]
async fn what_a_foreign_renderer_names_after_a_number_is_adopted_and_its_deletion_is_held() -> Result<()> {
    let world = with("foreign-id", "id", "x-2").await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["x-1", "x-2"]).await?;
    closes(&world, 2).await?;
    let said = world.has_condition(SET, "set", "PruneHeld", "True", "PruneHeld").await?;
    assert!(said.contains("x-2") && said.contains("adopted"), "{said}");
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}
