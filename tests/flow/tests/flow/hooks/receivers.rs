//! Receivers of Flux, in a cluster without notification-controller.

use super::{TOKEN, post};
use crate::providers::preview::at;
use anyhow::{Context, Result};
use orangery_controller::hooks::{CrossNamespace, HookOptions, ServeReceivers};
use orangery_test_flow::World;
use serde_json::{Value, json};
use std::net::SocketAddr;

const ALWAYS: HookOptions = HookOptions { receivers: ServeReceivers::Always, references: CrossNamespace::Allowed };

const SOURCES: &str = "
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: NAMESPACE, labels: {reconcile.fluxcd.io/watch: Enabled}}
stringData: {token: correct-horse}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: one, namespace: NAMESPACE, labels: {team: a}}
spec: {url: 'https://git.example.com/one', interval: 1h}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: two, namespace: NAMESPACE, labels: {team: a, skip: 'yes'}}
spec: {url: 'https://git.example.com/two', interval: 1h}
";

fn receiver(spec: &str) -> String {
    format!(
        "{{apiVersion: notification.toolkit.fluxcd.io/v1, kind: Receiver, metadata: {{name: hook, namespace: NAMESPACE}}, spec: {spec}}}"
    )
}

/// The path of a Receiver, once it is ready.
async fn path(world: &World, name: &str) -> Result<String> {
    world.has_condition("Receiver", name, "Ready", "True", "Succeeded").await?;
    let receiver = world.live("Receiver", name).await?;
    Ok(receiver.pointer("/status/webhookPath").and_then(Value::as_str).context("a path")?.to_owned())
}

async fn deliver(address: SocketAddr, path: &str, body: &Value) -> Result<u16> {
    let body = body.to_string();
    let signature = orangery_hooks::sign(TOKEN.as_bytes(), body.as_bytes());
    post(address, path, &[("Content-Type", "application/json"), ("X-Signature", &signature)], &body).await
}

async fn requested(world: &World, name: &str) -> Result<Value> {
    let repository = world.live("GitRepository", name).await?;
    Ok(at(&repository, "/metadata/annotations/reconcile.fluxcd.io~1requestedAt").clone())
}

async fn world(hint: &str, options: HookOptions) -> Result<(World, SocketAddr)> {
    let mut world = World::new(hint).await?;
    let address = world.start_with_hooks(options).await?;
    world.apply(SOURCES).await?;
    Ok((world, address))
}

#[tokio::test]
async fn row_e9_a_signed_delivery_annotates_what_is_named_and_nothing_else() -> Result<()> {
    let (world, address) = world("receiver", ALWAYS).await?;
    let spec = "{type: generic-hmac, secretRef: {name: token}, resources: [{kind: GitRepository, name: one}]}";
    world.apply(&receiver(spec)).await?;
    let path = path(&world, "hook").await?;
    let digest = orangery_hooks::HookPath::of_receiver(TOKEN.as_bytes(), "hook", world.namespace());
    assert_eq!(path, digest.to_string());
    let message = world.condition("Receiver", "hook", "Ready").await?[2].clone();
    assert_eq!(message, format!("Receiver initialized for path: {path}"));

    world.settles("the endpoint is known", async |_| Ok(post(address, &path, &[], "{}").await? == 400)).await?;
    assert_eq!(requested(&world, "one").await?, Value::Null);
    assert_eq!(deliver(address, &path, &json!({})).await?, 200);
    assert!(requested(&world, "one").await?.is_string());
    assert_eq!(requested(&world, "two").await?, Value::Null);

    world.patch("Receiver", "hook", json!({"spec": {"suspend": true}})).await?;
    world.settles("it is suspended", async |_| Ok(deliver(address, &path, &json!({})).await? == 503)).await?;
    world.delete("Receiver", "hook").await?;
    world.settles("it is gone", async |_| Ok(deliver(address, &path, &json!({})).await? == 404)).await
}

#[tokio::test]
async fn row_e11_and_e12_labels_and_filters_choose() -> Result<()> {
    let (world, address) = world("receiverfilter", ALWAYS).await?;
    let spec = r#"{type: generic-hmac, secretRef: {name: token}, resourceFilter: "req.ref == 'main'", resources: [
        {kind: GitRepository, name: '*', matchLabels: {team: a}, filter: "!has(res.metadata.labels.skip)"}]}"#;
    world.apply(&receiver(spec)).await?;
    let path = path(&world, "hook").await?;
    world
        .settles("a push of another branch is taken", async |_| {
            Ok(deliver(address, &path, &json!({"ref": "x"})).await? == 200)
        })
        .await?;
    assert_eq!(requested(&world, "one").await?, Value::Null);
    assert_eq!(deliver(address, &path, &json!({"ref": "main"})).await?, 200);
    assert!(requested(&world, "one").await?.is_string());
    assert_eq!(requested(&world, "two").await?, Value::Null, "its label excludes it");
    assert_eq!(deliver(address, &path, &json!([])).await?, 500, "a filter cannot read this");
    assert_eq!(deliver(address, &path, &json!({})).await?, 500, "there is no ref");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_served_says_why() -> Result<()> {
    let (world, _) = world("receiverbroken", ALWAYS).await?;
    let stalled = [
        (
            "{type: harbor, secretRef: {name: token}, resources: [{kind: GitRepository, name: one}]}",
            "ValidationFailed",
            "receiver type \"harbor\"",
        ),
        (
            "{type: generic, secretRef: {name: token}, resourceFilter: 'res..x', resources: [{kind: GitRepository, name: one}]}",
            "InvalidCELExpression",
            "invalid resourceFilter expression",
        ),
    ];
    for (spec, reason, text) in stalled {
        world.apply(&receiver(spec)).await?;
        world.has_condition("Receiver", "hook", "Stalled", "True", reason).await?;
        let message = world.has_condition("Receiver", "hook", "Ready", "False", reason).await?;
        assert!(message.contains(text), "{message}");
        world.delete("Receiver", "hook").await?;
        world.is_gone("Receiver", "hook").await?;
    }
    world
        .apply(&receiver("{type: generic, secretRef: {name: later}, resources: [{kind: GitRepository, name: one}]}"))
        .await?;
    let message = world.has_condition("Receiver", "hook", "Ready", "False", "TokenNotFound").await?;
    assert!(message.contains("unable to read token from secret"), "{message}");
    // Its label makes it be noticed.
    world.apply(&SOURCES.replace("{name: token,", "{name: later,")).await?;
    path(&world, "hook").await?;
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_missing_or_elsewhere_is_an_error_and_the_others_are_annotated() -> Result<()> {
    let forbidding = HookOptions { references: CrossNamespace::Forbidden, ..ALWAYS };
    let (world, address) = world("receivermissing", forbidding).await?;
    let spec = "{type: generic-hmac, secretRef: {name: token}, resources: [{kind: GitRepository, name: absent},
        {kind: GitRepository, name: x, namespace: kube-system}, {kind: GitRepository, name: one}]}";
    world.apply(&receiver(spec)).await?;
    let path = path(&world, "hook").await?;
    world.settles("a delivery fails", async |_| Ok(deliver(address, &path, &json!({})).await? == 500)).await?;
    assert!(requested(&world, "one").await?.is_string());
    Ok(())
}

#[tokio::test]
async fn what_notification_controller_serves_is_left_alone() -> Result<()> {
    let unclaimed = HookOptions { receivers: ServeReceivers::Unclaimed, ..ALWAYS };
    let (world, address) = world("receiverclaimed", unclaimed).await?;
    let spec = "{type: generic, secretRef: {name: token}, resources: [{kind: GitRepository, name: one}]}";
    let claimed = receiver(spec).replace("{name: hook,", "{name: claimed, finalizers: [finalizers.fluxcd.io],");
    world.apply(&claimed).await?;
    world.apply(&receiver(spec)).await?;
    // Nobody claims the other one within ten seconds.
    let path = path(&world, "hook").await?;
    world.settles("it is served", async |_| Ok(post(address, &path, &[], "").await? == 200)).await?;
    let claimed = world.live("Receiver", "claimed").await?;
    assert!(claimed.pointer("/status/webhookPath").is_none(), "{claimed}");
    world.patch("Receiver", "claimed", json!({"metadata": {"finalizers": null}})).await
}
