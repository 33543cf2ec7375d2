//! A provider with a hook of its own: no Flux, any forge.

use super::{TOKEN, post, post_signed};
use crate::providers::preview::forge_accepts;
use anyhow::{Context, Result};
use orangery_controller::hooks::HookOptions;
use orangery_test_flow::{PROVIDER, World};
use orangery_test_forge::{Flavour, Webhook};
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const MANIFESTS: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: github-auth, namespace: NAMESPACE}
stringData: {username: git, password: previewtoken-of-the-story}
---
apiVersion: v1
kind: Secret
metadata: {name: hook, namespace: NAMESPACE}
stringData: {token: correct-horse}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata:
  name: app
  namespace: NAMESPACE
  annotations: {fluxcd.controlplane.io/reconcileEvery: 1h, orangery.dev/webhook-secret: hook}
spec: {type: GitHubPullRequest, url: FORGE/acme/app, secretRef: {name: github-auth}}
"#;

/// A provider that polls once an hour, the address of its hooks, and its path.
async fn provider(hint: &str) -> Result<(World, SocketAddr, String)> {
    let mut world = World::new(hint).await?;
    let address = world.start_with_hooks(HookOptions::default()).await?;
    forge_accepts(&world, Flavour::Github, "acme/app");
    world.forge.github("acme/app").opens("first");
    world.apply(&MANIFESTS.replace("FORGE", &world.forge.url())).await?;
    world.is_ready(PROVIDER, "app").await?;
    let status = world.live(PROVIDER, "app").await?;
    let path = status.pointer("/status/webhookPath").and_then(|path| path.as_str()).context("a path")?.to_owned();
    Ok((world, address, path))
}

async fn inputs(world: &World) -> Result<usize> {
    let provider = world.live(PROVIDER, "app").await?;
    Ok(provider.pointer("/status/exportedInputs").and_then(|inputs| inputs.as_array()).map_or(0, Vec::len))
}

#[tokio::test]
async fn d18_forged_webhook() -> Result<()> {
    let (world, address, path) = provider("hookprovider").await?;
    let hosted = world.forge.github("acme/app");
    world.forge.notifies(Webhook {
        flavour: Flavour::Github,
        url: format!("http://{address}{path}"),
        secret: Some(TOKEN.to_owned()),
    });
    hosted.opens("second");
    let begun = Instant::now();
    world.forge.deliver_events().await;
    world.settles("the new change request is an input", async |world| Ok(inputs(world).await? == 2)).await?;
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());

    let before = world.live(PROVIDER, "app").await?["metadata"]["annotations"].clone();
    assert_eq!(post(address, &path, &[], "{}").await?, 400);
    assert_eq!(post_signed(address, &path, "guessed", "{}").await?, 400);
    assert_eq!(post(address, &path, &[("X-Gitlab-Token", "guessed")], "{}").await?, 400);
    assert_eq!(post_signed(address, &format!("{path}?x"), TOKEN, "{}").await?, 404);
    assert_eq!(world.live(PROVIDER, "app").await?["metadata"]["annotations"], before);
    Ok(())
}

#[tokio::test]
async fn d18_a_flood_costs_two_polls_and_the_last_push_is_not_lost() -> Result<()> {
    let (world, address, path) = provider("hookflood").await?;
    let hosted = world.forge.github("acme/app");
    world.forge.forget_requests();
    let begun = Instant::now();
    for _ in 0..10 {
        let flood = (0..30).map(|_| post_signed(address, &path, TOKEN, r#"{"ref":"main"}"#));
        for answer in futures::future::join_all(flood).await {
            assert_eq!(answer?, 200);
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "the machine is too slow for this story: {:?}", begun.elapsed());
    hosted.opens("last");
    assert_eq!(post_signed(address, &path, TOKEN, "{}").await?, 200);
    world.settles("the last push is felt", async |world| Ok(inputs(world).await? == 2)).await?;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let polls = world.forge.requests().iter().filter(|request| request.path.contains("/pulls")).count();
    assert!((1..=2).contains(&polls), "{polls} polls for 301 deliveries");
    let annotated = world
        .requests()
        .await?
        .verb("patch")
        .iter()
        .filter(|event| event.uri.contains("/app?") || event.uri.ends_with("/app"))
        .count();
    assert!(annotated <= 3, "{annotated} writes for 301 deliveries");
    Ok(())
}

#[tokio::test]
async fn a_rotated_token_moves_the_path_and_a_missing_secret_is_named() -> Result<()> {
    let (world, address, path) = provider("hookrotated").await?;
    let rotated = json!({"stringData": {"token": "another"}});
    world.patch("Secret", "hook", rotated).await?;
    world.reconciles(PROVIDER, "app").await?;
    let moved = world.live(PROVIDER, "app").await?["status"]["webhookPath"].as_str().context("a path")?.to_owned();
    assert_ne!(moved, path);
    world
        .settles("only the new path and token are taken", async |_| {
            Ok(post_signed(address, &moved, "another", "{}").await? == 200
                && post_signed(address, &path, TOKEN, "{}").await? == 404)
        })
        .await?;
    assert_eq!(post_signed(address, &moved, TOKEN, "{}").await?, 400);

    world.delete("Secret", "hook").await?;
    world.reconciles(PROVIDER, "app").await?;
    let message = world.has_condition(PROVIDER, "app", "Warning", "True", "Warning").await?;
    assert!(message.contains("orangery.dev/webhook-secret") && message.contains("/hook does not exist"), "{message}");
    world.is_ready(PROVIDER, "app").await?;
    world.settles("the path is gone", async |_| Ok(post_signed(address, &moved, "another", "{}").await? == 404)).await
}
