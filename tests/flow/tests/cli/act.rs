//! `reconcile`, `suspend`, `resume`, `delete` and `wait`: texts, exit codes, and what becomes of the cluster.

use crate::bench::{command, ended, established, run};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET};
use std::time::Duration;

#[tokio::test]
async fn a_reconciliation_is_asked_for_and_waited_for() -> Result<()> {
    let world = established("ask").await?;
    let ran = run(&world, &["reconcile", "rset", "apps"]).await?.exits(0)?;
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[..2], ["► Reconciliation triggered", "◎ Waiting for reconciliation..."]);
    assert!(lines[2].starts_with("✔ Reconciliation finished in"), "{}", ran.out);
    let live = world.live(SET, "apps").await?;
    let asked = live.pointer("/metadata/annotations/reconcile.fluxcd.io~1requestedAt");
    assert!(asked.is_some() && asked == live.pointer("/status/lastHandledReconcileAt"), "{live:#}");

    run(&world, &["reconcile", "rsip", "one", "--force"]).await?.exits(0)?.prints("✔ ")?;
    let live = world.live(PROVIDER, "one").await?;
    assert!(live.pointer("/metadata/annotations/reconcile.fluxcd.io~1forceAt").is_some());

    let ran = run(&world, &["reconcile", "resource", "ResourceSet/apps", "--wait=false"]).await?.exits(0)?;
    assert_eq!(ran.out, "► Reconciliation triggered\n");
    run(&world, &["reconcile", "all", "--kind", "ResourceSet"])
        .await?
        .exits(0)?
        .prints(&format!("✔ Reconciliation triggered for {}/apps\n", world.namespace()))?;
    run(&world, &["reconcile", "all", "--kind", "rset", "--ready-status", "False"])
        .await?
        .exits(1)?
        .warns("✗ no resources reconciled of kind ResourceSet")?;
    run(&world, &["reconcile", "rset", "nothing"])
        .await?
        .exits(1)?
        .warns(&format!("✗ ResourceSet/{}/nothing not found", world.namespace()))?;
    run(&world, &["reconcile", "resource", "apps"]).await?.exits(1)?.warns("Kind/name")?;
    Ok(())
}

#[tokio::test]
async fn a_failure_ends_the_wait_with_its_reason() -> Result<()> {
    let world = established("failing").await?;
    world.patch(SET, "apps", serde_json::json!({"spec": {"resources": [{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "<< .broken"}}]}})).await?;
    world.has_condition(SET, "apps", "Ready", "False", "BuildFailed").await?;
    run(&world, &["reconcile", "rset", "apps"]).await?.exits(1)?.warns("✗ BuildFailed: ")?;
    run(&world, &["wait", "rset", "apps"]).await?.exits(1)?.warns("✗ BuildFailed: ")?;
    Ok(())
}

#[tokio::test]
async fn a_suspended_object_rests_until_it_is_resumed() -> Result<()> {
    let world = established("rest").await?;
    assert_eq!(run(&world, &["suspend", "rset", "apps"]).await?.exits(0)?.out, "✔ Reconciliation suspended\n");
    run(&world, &["suspend", "resource", "ResourceSetInputProvider/one"]).await?.exits(0)?;
    run(&world, &["reconcile", "rset", "apps"]).await?.exits(1)?.warns("✗ Reconciliation is disabled for apps")?;
    world.patch(SET, "apps", serde_json::json!({"spec": {"inputs": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}})).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.owned("ConfigMap").await?, ["app-a", "app-b"]);

    let ran = run(&world, &["resume", "rset", "apps"]).await?.exits(0)?;
    assert!(ran.out.starts_with("◎ Waiting for reconciliation...\n✔ Reconciliation finished in"), "{}", ran.out);
    assert_eq!(world.owned("ConfigMap").await?, ["app-a", "app-b", "app-c"]);
    let ran = run(&world, &["resume", "rsip", "one", "--wait=false"]).await?.exits(0)?;
    assert_eq!(ran.out, "✔ Reconciliation resumed\n", "it does not wait for a provider either");
    Ok(())
}

#[tokio::test]
async fn a_set_is_deleted_with_its_objects_or_without() -> Result<()> {
    let world = established("deleting").await?;
    let ran = run(&world, &["delete", "rset", "apps", "--with-suspend"]).await?.exits(0)?;
    assert_eq!(ran.out, "◎ Waiting for deletion...\n✔ Deletion completed\n");
    assert!(!world.live("ConfigMap", "app-a").await?.is_null(), "its objects stay");
    assert!(world.live(SET, "apps").await?.is_null());

    world.apply(crate::bench::APPS).await?;
    world.is_ready(SET, "apps").await?;
    run(&world, &["delete", "rset", "apps"]).await?.exits(0)?;
    assert!(world.live("ConfigMap", "app-a").await?.is_null(), "its objects are gone");
    let gone = format!("✗ ResourceSet/{}/apps not found", world.namespace());
    run(&world, &["delete", "rset", "apps"]).await?.exits(1)?.warns(&gone)?;
    assert_eq!(run(&world, &["delete", "rsip", "one", "--wait=false"]).await?.exits(0)?.out, "✔ Deletion initiated\n");
    Ok(())
}

#[tokio::test]
async fn a_wait_is_for_what_comes_later_too_and_ends_with_its_time() -> Result<()> {
    let world = established("later").await?;
    let mut early = command(&world, &["wait", "rset", "late"]).await?;
    let early = tokio::spawn(async move { ended(&mut early).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.apply(&crate::bench::APPS.replace("name: apps", "name: late").replace("app-<<", "late-<<")).await?;
    let ran = early.await??.exits(0)?;
    assert!(ran.out.starts_with("◎ Waiting for resourceset to become ready...\n✔ "), "{}", ran.out);
    run(&world, &["wait", "rsip", "never", "--timeout", "2s"])
        .await?
        .exits(1)?
        .warns(&format!("✗ timed out waiting for {}/never to become ready", world.namespace()))?;
    Ok(())
}

#[tokio::test]
async fn a_set_that_was_moved_here_is_suspended_without_waking_the_other_operator() -> Result<()> {
    let world = established("moved").await?;
    let (shared, own) = ("fluxcd.controlplane.io/reconcile", "orangery.dev/reconcile");
    world.annotate(SET, "apps", shared, "disabled").await?;
    world.annotate(SET, "apps", own, "enabled").await?;
    let words = async || -> Result<[String; 2]> {
        let live = world.live(SET, "apps").await?;
        Ok([shared, own].map(|key| live["metadata"]["annotations"][key].as_str().unwrap_or_default().to_owned()))
    };
    run(&world, &["suspend", "rset", "apps"]).await?.exits(0)?;
    assert_eq!(words().await?, ["disabled", "suspended"]);
    run(&world, &["reconcile", "rset", "apps"]).await?.exits(1)?.warns("✗ Reconciliation is disabled for apps")?;
    run(&world, &["resume", "rset", "apps"]).await?.exits(0)?;
    assert_eq!(words().await?, ["disabled", "enabled"]);
    Ok(())
}
