//! How a sync ends where it does not succeed: each with a code of its own.

use crate::world::{Kind, World, condition, foreign, ready};
use serde_json::json;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn row_d15_a_stalled_source_fails_at_once_with_its_message() {
    let world = World::new().await;
    world.source().await;
    world.push().await;
    let sync = world.sync(&[&world.address(), "--timeout", "60s", "--wait-retries"]);
    world.requested_after(None).await;
    let stalled = json!([condition("Stalled", "True", "URLInvalid", "the url is nonsense")]);
    world.status(Kind::Source, "app", json!({"conditions": stalled, "observedGeneration": 1})).await;
    let begun = Instant::now();
    sync.ended().await.exits(1).says("URLInvalid: the url is nonsense");
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d15_time_out_suspension_and_usage_have_codes_of_their_own() {
    let world = World::new().await;
    world.source().await;
    world.push().await;
    let sync = world.sync(&[&world.address(), "--timeout", "3s"]);
    sync.ended().await.exits(3).says("timed out after 3 s").says("the request is not handled yet");

    world.suspend(Kind::Source, "app").await;
    let before = world.requested().await;
    world.sync(&[&world.address()]).ended().await.exits(4).says("it is suspended").says("flux resume");
    assert_eq!(world.requested().await, before, "what is suspended is not asked");

    for (words, said) in [
        (vec!["oci://127.0.0.1:1/none:main", "--timeout", "5s"], "cannot tell which digest has to be applied"),
        (vec!["ocirepository/none"], "there is no OCIRepository"),
        (vec!["gitrepository/app"], "cannot be synced"),
        (vec!["ks/app", "--push"], "--source"),
        (vec!["ks/app", "--digest", "sha256:1"], "64 hexadecimal digits"),
    ] {
        world.sync(&words).ended().await.exits(2).says(said);
    }
    let other = format!("oci://{}/app:other", world.registry.address());
    let digest = foreign();
    world.sync(&[&other, "--digest", &digest]).ended().await.exits(2).says("no OCIRepository in").says("-A");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d16_a_failure_at_our_revision_fails_at_once_and_an_older_one_does_not() {
    let world = World::new().await;
    world.source().await;
    world.kustomization("apps").await;
    let digest = world.push().await;
    let failed = |revision: &str| {
        json!({
            "observedGeneration": 1, "conditions": ready("False", "BuildFailed", "no such file: x.yaml"),
            "lastAttemptedRevision": format!("main@{revision}"),
        })
    };
    world.status(Kind::Kustomization, "apps", failed(&foreign())).await;
    let mut sync = world.sync(&[&world.address(), "--timeout", "60s"]);
    let token = world.requested_after(None).await;
    world.fetched(&digest, &token).await;
    sync.still_waits();
    world.status(Kind::Kustomization, "apps", failed(&digest)).await;
    sync.ended().await.exits(1).says("BuildFailed: no such file: x.yaml");

    let mut patient = world.sync(&[&world.address(), "--timeout", "60s", "--wait-retries"]);
    patient.still_waits();
    world.applied("apps", &digest).await;
    patient.ended().await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_reader_is_told_and_not_waited_for_unless_it_is_named() {
    let world = World::new().await;
    world.source().await;
    world.kustomization("apps").await;
    world.suspend(Kind::Kustomization, "apps").await;
    let digest = world.push().await;
    world.fetched(&digest, "").await;
    world.sync(&[&world.address()]).ended().await.exits(0).says("Unavailable: it is suspended");
    world.sync(&["ks/apps", "--digest", &digest]).ended().await.exits(4).says("flux resume");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_deleted_meanwhile_fails_at_once() {
    let world = World::new().await;
    world.source().await;
    world.push().await;
    let sync = world.sync(&[&world.address(), "--timeout", "60s"]);
    world.requested_after(None).await;
    world.delete(Kind::Source, "app").await;
    sync.ended().await.exits(1).says("it was deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_is_away_for_a_moment_ends_no_sync() {
    let world = World::alone().await;
    world.source().await;
    let digest = world.push().await;
    let mut sync = world.sync(&[&world.address(), "--timeout", "120s"]);
    let token = world.requested_after(None).await;
    world.cluster.stop_api_server().unwrap();
    sync.still_waits();
    sync.still_waits();
    let cluster = world.cluster;
    tokio::task::spawn_blocking(move || cluster.start_api_server().unwrap()).await.unwrap();
    world.fetched(&digest, &token).await;
    sync.ended().await.exits(0).says("the API server cannot be reached");
}
