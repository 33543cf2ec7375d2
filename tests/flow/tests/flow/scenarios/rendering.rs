//! One input that cannot be rendered, and a credential that changes.

use super::{exported, looks_again, map, with_pulls};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{Flavour, Rights, Token};
use serde_json::json;

/// A template reads a key that one input does not have.
#[tokio::test]
async fn r04_missing_key() -> Result<()> {
    let mut world = World::new("r04").await?;
    world.start().await?;
    let mut object = map("app-<< inputs.name >>");
    object["data"] = json!({"image": "main:<< inputs.tag >>"});
    let set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {
            "inputs": [{"id": "whole", "name": "one", "tag": "v1"}, {"id": "lacking", "name": "two"}],
            "resources": [object],
        },
    });
    world.apply(&set.to_string()).await?;
    world.has_objects("ConfigMap", &["app-one"]).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "BuildFailed").await?;
    assert!(said.contains("lacking") && said.contains("data.image") && said.contains("tag"), "{said}");
    assert!(world.live("ConfigMap", "app-two").await?.is_null(), "never with an empty text in place of the key");
    Ok(())
}

/// The token is revoked; another one comes into the Secret.
#[tokio::test]
async fn q03_token_rotated() -> Result<()> {
    let world = with_pulls("q03", 3, &json!({})).await?;
    let shop = world.forge.github("acme/shop");
    let token = |value: &str| Token {
        value: value.to_owned(),
        flavour: Flavour::Github,
        repositories: vec![],
        rights: Rights::Read,
        user: "git".to_owned(),
        expires_at: None,
    };
    let secret = |password: &str| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "forge"},
            "stringData": {"username": "git", "password": password},
        })
        .to_string()
    };
    world.forge.accepts(token("first-token"));
    world.apply(&secret("first-token")).await?;
    world.patch(PROVIDER, "pulls", json!({"spec": {"secretRef": {"name": "forge"}}})).await?;
    looks_again(&world).await?;
    world.is_ready(PROVIDER, "pulls").await?;

    world.forge.revokes("first-token");
    shop.closes(1);
    looks_again(&world).await?;
    world.has_condition(PROVIDER, "pulls", "Ready", "False", "Unauthorized").await?;
    assert_eq!((exported(&world).await?, world.deletes().await?), (3, 0));

    world.forge.accepts(token("second-token"));
    world.apply(&secret("second-token")).await?;
    looks_again(&world).await?;
    world.is_gone("ConfigMap", "app-1").await?;
    assert_eq!(world.deleted().await?, ["app-1"]);
    Ok(())
}
