//! From a push to applied objects.

use crate::world::{Kind, REVISION, World, fetched, foreign, ready};
use serde_json::json;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn row_d12_it_ends_with_the_pushed_digest_and_the_handled_request_and_not_before() {
    let world = World::new().await;
    world.source().await;
    let (address, path) = (world.address(), world.files.path().to_str().unwrap().to_owned());
    let push = ["--push", "--path", &path, "--source", "x", "--revision", REVISION, "--timeout", "60s"];
    let mut sync = world.sync(&[&[address.as_str()], &push[..]].concat());
    let token = world.requested_after(None).await;
    let digest = world.digest().await;
    // The request is handled before the artifact is there.
    world.status(Kind::Source, "app", json!({"lastHandledReconcileAt": token, "observedGeneration": 1})).await;
    sync.still_waits();
    world.fetched(&foreign(), &token).await;
    sync.still_waits();
    // The artifact is there, and the request that is handled is an older one.
    world.fetched(&digest, "2020-01-01T00:00:00Z").await;
    sync.still_waits();
    world.fetched(&digest, &token).await;
    sync.ended().await.exits(0).says(&format!("synced main@{digest}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d13_what_reads_the_source_is_followed_to_the_revision() {
    let world = World::new().await;
    world.source().await;
    world.kustomization("apps").await;
    world.release("chart").await;
    let digest = world.push().await;
    let mut sync = world.sync(&[&world.address(), "--timeout", "60s"]);
    let token = world.requested_after(None).await;
    world.applied("apps", &foreign()).await;
    world.fetched(&digest, &token).await;
    sync.still_waits();
    world.applied("apps", &digest).await;
    sync.still_waits();
    let status = json!({
        "observedGeneration": 1, "conditions": ready("True", "UpgradeSucceeded", "upgraded"), "lastAttemptedRevisionDigest": digest,
    });
    world.status(Kind::HelmRelease, "chart", status).await;
    sync.ended().await.exits(0).says("HelmRelease").says("3 objects");

    // One of them by name, and nothing else.
    world.status(Kind::HelmRelease, "chart", json!({"lastAttemptedRevisionDigest": foreign()})).await;
    let alone = world.sync(&["kustomization/apps", "--digest", &digest, "--timeout", "20s"]);
    alone.ended().await.exits(0).says("2 objects");
    let source = world.sync(&["ocirepository/app", "--digest", &digest, "--source-only", "--timeout", "20s"]);
    source.ended().await.exits(0).says("1 objects");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d14_what_is_applied_ends_at_once_and_what_is_on_its_way_is_joined() {
    let world = World::new().await;
    world.source().await;
    world.kustomization("apps").await;
    let digest = world.push().await;
    world.fetched(&digest, "").await;
    world.applied("apps", &digest).await;
    let begun = Instant::now();
    world.sync(&[&world.address()]).ended().await.exits(0);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    assert_eq!(world.requested().await, None, "nothing had to be asked for");

    world.applied("apps", &foreign()).await;
    let mut sync = world.sync(&[&world.address(), "--timeout", "60s"]);
    sync.still_waits();
    assert_eq!(world.requested().await, None, "the source has the digest: its reader is on its way");
    world.applied("apps", &digest).await;
    sync.ended().await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d14_a_request_of_somebody_else_takes_the_place_of_ours() {
    let world = World::new().await;
    world.source().await;
    let digest = world.push().await;
    let mut sync = world.sync(&[&world.address(), "--timeout", "60s"]);
    world.requested_after(None).await;
    world.request("another job").await;
    world.fetched(&digest, "2020-01-01T00:00:00Z").await;
    sync.still_waits();
    world.status(Kind::Source, "app", fetched(&digest, "another job")).await;
    sync.ended().await.exits(0);
}
