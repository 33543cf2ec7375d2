//! The laws, each at the place where it would break.

use anyhow::{Context, Result};
use futures::future::try_join_all;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::Fault;
use serde_json::{Value, json};
use std::time::Duration;

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

const PREVIEWS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{name: pulls}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}, data: {sha: << inputs.sha >>}}
";

/// A set of ConfigMaps: `name: value`.
fn maps(set: &str, maps: &[(&str, &str)]) -> String {
    let inputs: Vec<Value> = maps.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": set},
        "spec": {"inputs": inputs, "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "<< inputs.name >>", "namespace": "NAMESPACE"},
            "data": {"value": "<< inputs.value >>"},
        }]},
    })
    .to_string()
}

async fn with_pull_requests(hint: &str, count: u64) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.forge.github("acme/shop").opens_many(count);
    world.start().await?;
    world.apply(PULLS).await?;
    world.apply(PREVIEWS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.is_ready(SET, "previews").await?;
    Ok(world)
}

#[tokio::test]
async fn wherever_the_operator_ends_the_next_one_reaches_the_same_state() -> Result<()> {
    /// Worlds side by side; each takes every fourth cut.
    const WORLDS: usize = 4;
    let cuts = try_join_all((0..WORLDS).map(|first| async move {
        let mut cuts = 0;
        let mut world = World::new("crash").await?;
        for cut in (first + 1..).step_by(WORLDS) {
            world.start().await?;
            world.apply(&maps("set", &[("gone", "old"), ("changed", "old"), ("same", "old")])).await?;
            world.has_objects("ConfigMap", &["changed", "gone", "same"]).await?;
            world.is_ready(SET, "set").await?;
            world.stop().await?;

            world.apply(&maps("set", &[("changed", "young"), ("same", "old"), ("new", "young")])).await?;
            world.start_cut_after(i64::try_from(cut)?)?;
            world
                .settles("it is cut, or done", async |world| {
                    Ok(world.is_cut() || world.owned("ConfigMap").await? == ["changed", "new", "same"])
                })
                .await?;
            let cut_off = world.is_cut();
            world.kill();

            world.start().await?;
            world.has_objects("ConfigMap", &["changed", "new", "same"]).await?;
            world.is_ready(SET, "set").await?;
            let value = world.live("ConfigMap", "changed").await?;
            assert_eq!(value.pointer("/data/value"), Some(&json!("young")), "cut after request {cut}");
            let entries = world.live(SET, "set").await?.pointer("/status/inventory/entries").cloned();
            assert_eq!(
                entries.and_then(|entries| entries.as_array().map(Vec::len)),
                Some(3),
                "cut after request {cut}"
            );
            world.stop().await?;
            if !cut_off {
                break;
            }
            cuts += 1;
        }
        anyhow::Ok(cuts)
    }))
    .await?;
    let cuts: usize = cuts.into_iter().sum();
    println!("{cuts} cuts");
    assert!(cuts > 15, "only {cuts} requests were cut");
    Ok(())
}

#[tokio::test]
async fn wherever_the_operator_ends_while_a_set_is_deleted_the_next_one_leaves_nothing_behind() -> Result<()> {
    let mut world = World::new("undone").await?;
    for cut in 1.. {
        world.start().await?;
        world.apply(&maps("set", &[("one", "a"), ("two", "a")])).await?;
        world.is_ready(SET, "set").await?;
        world.stop().await?;

        world.delete(SET, "set").await?;
        world.start_cut_after(cut)?;
        world
            .settles("it is cut, or done", async |world| Ok(world.is_cut() || world.live(SET, "set").await?.is_null()))
            .await?;
        let cut_off = world.is_cut();
        world.kill();
        if world.live(SET, "set").await?.is_null() {
            assert!(
                world.owned("ConfigMap").await?.is_empty(),
                "cut after request {cut}: the set left before its objects"
            );
        }

        world.start().await?;
        world.is_gone(SET, "set").await?;
        assert!(world.owned("ConfigMap").await?.is_empty(), "cut after request {cut}");
        world.stop().await?;
        if !cut_off {
            assert!(cut > 8, "only {cut} requests were cut");
            break;
        }
    }
    Ok(())
}

#[tokio::test]
async fn status_is_not_written_when_nothing_changed() -> Result<()> {
    let world = with_pull_requests("quiet", 2).await?;
    for (kind, name) in [(PROVIDER, "pulls"), (SET, "previews")] {
        world.annotate(kind, name, "fluxcd.controlplane.io/reconcileEvery", "1s").await?;
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let version = async |kind: &str, name: &str| -> Result<Option<Value>> {
        Ok(world.live(kind, name).await?.pointer("/metadata/resourceVersion").cloned())
    };
    let before = (version(PROVIDER, "pulls").await?, version(SET, "previews").await?);
    let (polls, requests) = (world.forge.requests().len(), world.requests().await?);
    let looks = world.reconciliations(SET)?;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!((version(PROVIDER, "pulls").await?, version(SET, "previews").await?), before);
    assert!(world.forge.requests().len() > polls + 1, "the provider was polled meanwhile");
    let now = world.requests().await?;
    assert!(world.reconciliations(SET)? > looks + 1.0, "the set was looked at meanwhile");
    assert_eq!(now.writes().count(), requests.writes().count(), "and nothing was written");
    Ok(())
}

#[tokio::test]
async fn l03_finalizer_whose_controller_is_gone() -> Result<()> {
    let mut world = World::new("finalizer").await?;
    world.start().await?;
    world.apply(&maps("set", &[("stuck", "a"), ("free", "a")])).await?;
    world.is_ready(SET, "set").await?;
    world.patch("ConfigMap", "stuck", json!({"metadata": {"finalizers": ["example.com/stuck"]}})).await?;
    world.delete(SET, "set").await?;
    world.is_gone("ConfigMap", "free").await?;
    world.has_condition(SET, "set", "DeletionFailed", "True", "ReconciliationFailed").await?;
    let live = world.live(SET, "set").await?;
    let entries = live.pointer("/status/inventory/entries").and_then(Value::as_array).context("entries")?;
    assert_eq!(entries.len(), 1, "{live:#}");

    world.patch("ConfigMap", "stuck", json!({"metadata": {"finalizers": null}})).await?;
    world.is_gone("ConfigMap", "stuck").await?;
    world.is_gone(SET, "set").await
}

#[tokio::test]
async fn d07_provider_recreated() -> Result<()> {
    let world = with_pull_requests("anew", 3).await?;
    world.delete(PROVIDER, "pulls").await?;
    world.is_gone(PROVIDER, "pulls").await?;
    world.has_condition(SET, "previews", "InputsNotReady", "True", "InputsNotReady").await?;

    world.forge.fault(Fault::status(500));
    world.apply(PULLS).await?;
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "previews").await?;
    world.has_condition(SET, "previews", "Ready", "False", "InputsNotReady").await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (3, 0));

    world.forge.github("acme/shop").closes(1);
    world.forge.clear_faults();
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-2", "app-3"]).await?;
    world.is_ready(SET, "previews").await?;
    assert_eq!(world.deletes().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_restart_keeps_the_last_good_inputs() -> Result<()> {
    let mut world = with_pull_requests("restart", 2).await?;
    world.stop().await?;
    world.forge.fault(Fault::status(500));
    world.start().await?;
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(PROVIDER, "pulls", "Ready", "False", "SourceUnavailable").await?;
    world.has_condition(SET, "previews", "SourceStale", "True", "SourceStale").await?;
    let inputs = world.live(PROVIDER, "pulls").await?.pointer("/status/exportedInputs").cloned();
    assert_eq!(inputs.and_then(|inputs| inputs.as_array().map(Vec::len)), Some(2));
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (2, 0));
    Ok(())
}

#[tokio::test]
async fn an_operator_that_cannot_reach_the_api_server_ends_when_it_is_asked_to() -> Result<()> {
    let mut world = World::new("unreached").await?;
    world.start_cut_after(0)?;
    world.settles("its first list fails", async |world| Ok(world.is_cut())).await?;
    world.stop().await
}

#[tokio::test]
async fn d12_two_owners_of_one_object() -> Result<()> {
    let mut world = World::new("owners").await?;
    world.start().await?;
    world.apply(&maps("first", &[("shared", "of-the-first")])).await?;
    world.is_ready(SET, "first").await?;
    world.apply(&maps("second", &[("shared", "of-the-second")])).await?;
    let said = world.has_condition(SET, "second", "Ready", "False", "OwnedByAnother").await?;
    assert!(said.contains("first"), "{said}");
    let value = world.live("ConfigMap", "shared").await?;
    assert_eq!(value.pointer("/data/value"), Some(&json!("of-the-first")));

    world.delete(SET, "second").await?;
    world.is_gone(SET, "second").await?;
    assert!(!world.live("ConfigMap", "shared").await?.is_null(), "the second set never owned it");
    Ok(())
}

#[tokio::test]
async fn a_set_can_do_what_its_service_account_can_and_nothing_without_one() -> Result<()> {
    let mut world = World::of_a_tenant("tenant").await?;
    world.start().await?;
    world.apply(&maps("set", &[("one", "a")])).await?;
    let said = world.has_condition(SET, "set", "Stalled", "True", "InvalidSpec").await?;
    assert!(said.contains("spec.serviceAccountName is not set"), "{said}");

    world.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: deployer}\n").await?;
    world.patch(SET, "set", json!({"spec": {"serviceAccountName": "deployer"}})).await?;
    world
        .settles("it is forbidden", async |world| {
            let [ready, reason, message] = world.condition(SET, "set", "Ready").await?;
            Ok(ready == "False" && reason == "ReconciliationFailed" && message.contains("not applied (Forbidden): "))
        })
        .await?;
    assert!(world.owned("ConfigMap").await?.is_empty());

    world
        .apply(
            "apiVersion: rbac.authorization.k8s.io/v1\n\
             kind: Role\n\
             metadata: {name: deployer}\n\
             rules: [{apiGroups: [''], resources: [configmaps], verbs: ['*']}]\n\
             ---\n\
             apiVersion: rbac.authorization.k8s.io/v1\n\
             kind: RoleBinding\n\
             metadata: {name: deployer}\n\
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}\n\
             subjects: [{kind: ServiceAccount, name: deployer, namespace: NAMESPACE}]\n",
        )
        .await?;
    world.is_ready(SET, "set").await?;
    world.has_objects("ConfigMap", &["one"]).await
}
