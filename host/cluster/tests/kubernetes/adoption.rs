//! Objects that were there before, also those that appear at the last moment, and what nobody may delete.

use crate::world::World;
use anyhow::{Context, Result};
use futures::future::BoxFuture;
use http::{Method, Request};
use kube::api::{DeleteParams, PostParams};
use kube::client::Body;
use orangery_cluster::Target;
use orangery_core::{Action, LedgerEntry, Mark, keys};
use orangery_test_apiserver::cut::{self, Outcome, RequestOutcome};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn entries(world: &World) -> Vec<LedgerEntry> {
    world.ledger.iter().cloned().collect()
}

async fn metadata(world: &World, name: &str) -> Result<Value> {
    let live = world.live("v1", "ConfigMap", name).await?.context("it exists")?;
    live.get("metadata").cloned().context("it has metadata")
}

/// Real writes of the target about the ConfigMap, by verb.
async fn writes(world: &World, verb: &str) -> Result<usize> {
    let audit = world.cluster.audit().await?.in_namespace(world.namespace.name()).by_agent("orangery-tests").writes();
    Ok(audit
        .verb(verb)
        .iter()
        .filter(|event| event.object_ref.as_ref().is_some_and(|about| about.resource == "configmaps"))
        .count())
}

/// Has somebody else do something at the moment when the target sends its first write of the object `name`.
fn meanwhile(
    world: &mut World,
    name: &str,
    work: impl Fn(kube::Client) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
) {
    let (config, place) = (world.cluster.config(), format!("/configmaps/{name}"));
    let done = AtomicBool::new(false);
    let work = Arc::new(work);
    let outcome: Arc<RequestOutcome> = Arc::new(move |request: &Request<Body>| {
        let uri = request.uri();
        let writes = request.method() == Method::PATCH
            && uri.path().ends_with(&place)
            && !uri.query().unwrap_or_default().contains("dryRun");
        if writes && !done.swap(true, Ordering::SeqCst) {
            let (config, work) = (config.clone(), Arc::clone(&work));
            // The request is not sent before this is done.
            let did = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async { work(kube::Client::try_from(config)?).await })
            });
            let failed = !did.join().is_ok_and(|did| did.is_ok());
            if failed {
                return Outcome::Unsent(Box::pin(async { "the test's own work failed".into() }));
            }
        }
        Outcome::Sent
    });
    world.connect(move |config| cut::fated(config, &outcome));
}

fn api(client: kube::Client, namespace: &str) -> kube::Api<k8s_openapi::api::core::v1::ConfigMap> {
    kube::Api::namespaced(client, namespace)
}

/// Creates a ConfigMap as `kubectl create` does.
fn creates(
    namespace: &str,
    data: Value,
) -> impl Fn(kube::Client) -> BoxFuture<'static, Result<()>> + Send + Sync + use<> {
    let object = json!({"metadata": {"name": "a", "namespace": namespace, "labels": {"theirs": "yes"}}, "data": data});
    let namespace = namespace.to_owned();
    move |client| {
        let (object, namespace) = (object.clone(), namespace.clone());
        Box::pin(async move {
            let how = PostParams { field_manager: Some("kubectl-create".to_owned()), ..PostParams::default() };
            api(client, &namespace).create(&how, &serde_json::from_value(object)?).await?;
            Ok(())
        })
    }
}

#[tokio::test]
async fn what_nobody_owns_is_reported_with_its_uid_and_not_written() -> Result<()> {
    let world = World::new("nobodys").await?;
    world.somebody_applies("somebody", world.map("a", "theirs")).await?;
    let report = world.target.apply(&world.plan(vec![world.map("a", "ours"), world.map("b", "ours")])?).await;
    let uid = metadata(&world, "a").await?["uid"].clone();
    assert_eq!(report.failed[0].unowned.as_deref(), uid.as_str());
    assert!(report.failed[0].message.contains("was not created by this ResourceSet"), "{}", report.failed[0].message);
    assert_eq!(world.value("a").await?.as_deref(), Some("theirs"));
    assert_eq!(metadata(&world, "a").await?.get("labels"), None);
    Ok(())
}

#[tokio::test]
async fn an_object_that_appears_between_look_and_write_keeps_its_content() -> Result<()> {
    let mut world = World::new("appears").await?;
    let namespace = world.namespace.name().to_owned();
    meanwhile(&mut world, "a", creates(&namespace, json!({"value": "theirs"})));
    let report = world.target.apply(&world.plan(vec![world.map("a", "ours")])?).await;
    let live = metadata(&world, "a").await?;
    assert_eq!(report.failed.first().and_then(|failed| failed.unowned.as_deref()), live["uid"].as_str(), "{report:?}");
    assert_eq!((world.value("a").await?.as_deref(), &live["labels"]), (Some("theirs"), &json!({"theirs": "yes"})));
    Ok(())
}

#[tokio::test]
async fn what_was_added_to_an_object_that_appeared_in_between_is_taken_back() -> Result<()> {
    let mut world = World::new("back").await?;
    let namespace = world.namespace.name().to_owned();
    meanwhile(&mut world, "a", creates(&namespace, json!({"other": "theirs"})));
    let report = world.target.apply(&world.plan(vec![world.map("a", "ours")])?).await;
    let live = metadata(&world, "a").await?;
    assert_eq!(report.failed.first().and_then(|failed| failed.unowned.as_deref()), live["uid"].as_str(), "{report:?}");
    let whole = world.live("v1", "ConfigMap", "a").await?.context("it exists")?;
    assert_eq!((&whole["data"], &live["labels"]), (&json!({"other": "theirs"}), &json!({"theirs": "yes"})));
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_replaced_between_look_and_write_is_not_the_one_that_was_looked_at() -> Result<()> {
    let mut world = World::new("replaced").await?;
    world.applied(vec![world.map("a", "1")]).await?;
    let namespace = world.namespace.name().to_owned();
    let create = Arc::new(creates(&namespace, json!({"value": "theirs"})));
    meanwhile(&mut world, "a", move |client| {
        let (create, namespace) = (Arc::clone(&create), namespace.clone());
        Box::pin(async move {
            api(client.clone(), &namespace).delete("a", &DeleteParams::default()).await?;
            create(client).await
        })
    });
    let report = world.target.apply(&world.plan(vec![world.map("a", "2")])?).await;
    assert_eq!(report.failed.len(), 1, "{report:?}");
    assert_eq!(world.value("a").await?.as_deref(), Some("theirs"));
    Ok(())
}

#[tokio::test]
async fn an_adopted_object_is_neither_pruned_nor_made_anew() -> Result<()> {
    let mut world = World::new("adopted-stays").await?;
    let theirs = world.object("v1", "ConfigMap", "a", json!({"immutable": true, "data": {"value": "1"}}));
    world.somebody_applies("somebody", theirs.clone()).await?;
    assert_eq!(world.applied(vec![theirs]).await?, [Action::Configured]);
    assert_eq!(world.ledger.iter().map(|entry| entry.mark).collect::<Vec<_>>(), [Mark::Adopted]);
    world.owner.force = true;
    let other = world.object("v1", "ConfigMap", "a", json!({"immutable": true, "data": {"value": "2"}}));
    let message = world.refused(vec![other]).await?;
    assert!(message.contains("was not created by this ResourceSet"), "{message}");

    let pruned = world.target.prune(&world.owner, &entries(&world)).await;
    assert_eq!((pruned.adopted.len(), pruned.deleted.len()), (1, 0));
    assert_eq!(writes(&world, "delete").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_disowned_object_loses_our_labels_and_nothing_else() -> Result<()> {
    let mut world = World::new("disowned").await?;
    let mut theirs = world.map("a", "theirs");
    theirs["metadata"]["labels"] = json!({"theirs": "yes"});
    world.somebody_applies("somebody", theirs).await?;
    world.applied(vec![world.map("a", "ours")]).await?;
    let report = world.target.disown(&world.owner, &entries(&world)).await;
    assert_eq!((report.released.len(), report.failed.len()), (1, 0), "{report:?}");
    let live = metadata(&world, "a").await?;
    assert_eq!((world.value("a").await?.as_deref(), &live["labels"]), (Some("ours"), &json!({"theirs": "yes"})));
    // Again, and of an object that is another's by now: nothing happens.
    let report = world.target.disown(&world.owner, &entries(&world)).await;
    assert_eq!((report.released.len(), report.failed.len()), (1, 0), "{report:?}");
    let own = serde_json::to_value(world.own(world.map("a", "ours"))?)?;
    world.api("v1", "ConfigMap").delete("a", &DeleteParams::default()).await?;
    world.somebody_applies("somebody", own).await?;
    world.target.disown(&world.owner, &entries(&world)).await;
    assert!(metadata(&world, "a").await?["labels"].get(keys::OWNER_NAME).is_some(), "another UID is another object");
    Ok(())
}

#[tokio::test]
async fn a_failed_job_that_was_adopted_is_not_deleted_to_run_again() -> Result<()> {
    let mut world = World::new("adopted-job").await?;
    let mut job = world.object(
        "batch/v1",
        "Job",
        "a",
        json!({"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}}),
    );
    world.somebody_applies("somebody", job.clone()).await?;
    job["metadata"]["annotations"] = json!({keys::RECREATE_ON_FAILURE: "enabled"});
    world.applied(vec![job.clone()]).await?;
    let failed = json!({"status": {"startTime": "2026-01-01T00:00:00Z", "failed": 1, "conditions": [
        {"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True"}]}});
    let patch = kube::api::Patch::Merge(&failed);
    world.api("batch/v1", "Job").patch_status("a", &kube::api::PatchParams::default(), &patch).await?;
    world.applied(vec![job]).await?;
    let deletes = world.cluster.audit().await?.in_namespace(world.namespace.name()).verb("delete").count();
    assert_eq!(deletes, 0);
    Ok(())
}
