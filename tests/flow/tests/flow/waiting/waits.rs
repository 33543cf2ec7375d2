//! A wait is a state and no task: who waits keeps nobody else waiting, and hears of edits, deletion and shutdown at once.

use crate::tenant::PROGRAM;
use anyhow::{Context, Result, ensure};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use orangery_test_flow::{Launch, SET, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A Helm release for each input; helm-controller is not there, so nothing becomes ready by itself.
fn releases(name: &str, timeout: &str, inputs: &[(&str, &str)]) -> String {
    let inputs: Vec<Value> = inputs.iter().map(|(id, tag)| json!({"id": id, "tag": tag})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
        "metadata": {"name": name, "annotations": {"fluxcd.controlplane.io/reconcileTimeout": timeout}},
        "spec": {"wait": true, "inputs": inputs, "resources": [{
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
            "spec": {
                "interval": "10m", "values": {"tag": "<< inputs.tag >>"},
                "chart": {"spec": {"chart": "x", "sourceRef": {"kind": "HelmRepository", "name": "x"}}},
            },
        }]},
    })
    .to_string()
}

/// What helm-controller says of the present generation of a release.
async fn helm_says(world: &World, name: &str, ready: &str, message: &str) -> Result<()> {
    let live = world.live("HelmRelease", name).await?;
    let generation = live.pointer("/metadata/generation").cloned().context("a generation")?;
    let condition = |kind: &str, status: &str| {
        json!({
            "type": kind, "status": status, "reason": "AsTold", "message": message,
            "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
        })
    };
    let mut conditions = vec![condition("Ready", ready)];
    if ready == "Stalled" {
        conditions = vec![condition("Ready", "False"), condition("Stalled", "True")];
    }
    world.patch_status("HelmRelease", name, json!({"observedGeneration": generation, "conditions": conditions})).await
}

async fn tag(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("HelmRelease", name).await?.pointer("/spec/values/tag").cloned().unwrap_or_default())
}

/// Waits until the set says that it waits for this object.
async fn waits_for(world: &World, set: &str, name: &str) -> Result<String> {
    world
        .settles(&format!("set {set} waits for {name}"), async |world| {
            let [status, reason, message] = world.condition(SET, set, "Reconciling").await?;
            Ok(status == "True" && reason == "Progressing" && message.contains(&format!("/{name} status: ")))
        })
        .await?;
    let [_, _, message] = world.condition(SET, set, "Reconciling").await?;
    Ok(message)
}

#[tokio::test]
async fn a_release_that_never_becomes_ready_delays_neither_a_closing_nor_a_commit_nor_the_deletion() -> Result<()> {
    let mut world = World::new("slow").await?.working_on(1);
    world.start().await?;
    let all = [("bad", "one"), ("closing", "one"), ("pushed", "one")];
    world.apply(&releases("set", "1h", &all)).await?;
    world.has_objects("HelmRelease", &["bad", "closing", "pushed"]).await?;
    for name in ["closing", "pushed"] {
        helm_says(&world, name, "True", "installed").await?;
    }
    helm_says(&world, "bad", "False", "image not found").await?;
    let said = waits_for(&world, "set", "bad").await?;
    ensure!(said.starts_with("waiting for: [HelmRelease/") && said.contains(", until 20"), "{said}");

    // Another set goes on with the only place, though the first one waits for an hour.
    world.apply(&releases("other", "1h", &[("elsewhere", "one")])).await?;
    world.has_objects("HelmRelease", &["bad", "closing", "elsewhere", "pushed"]).await?;
    waits_for(&world, "other", "elsewhere").await?;

    world.apply(&releases("set", "1h", &[("bad", "one"), ("pushed", "two")])).await?;
    world.has_objects("HelmRelease", &["bad", "elsewhere", "pushed"]).await?;
    world.settles("the commit arrives", async |world| Ok(tag(world, "pushed").await? == "two")).await?;
    ensure!(world.deleted().await? == ["closing"], "{:?}", world.deleted().await?);

    world.delete(SET, "set").await?;
    world.is_gone(SET, "set").await?;
    world.has_objects("HelmRelease", &["elsewhere"]).await?;
    ensure!(world.deleted().await? == ["bad", "closing", "pushed"], "{:?}", world.deleted().await?);
    let begun = Instant::now();
    world.stop().await?;
    ensure!(begun.elapsed() < Duration::from_secs(15), "a wait does not hold up the end: {:?}", begun.elapsed());
    Ok(())
}

/// Notes of the events with this reason about a set.
async fn told(world: &World, reason: &str, set: &str) -> Result<Vec<String>> {
    let events: Api<Event> = Api::namespaced(world.cluster.client()?, world.namespace());
    let all = events.list(&ListParams::default()).await?;
    let about = all.items.into_iter().filter(|event| {
        event.reason.as_deref() == Some(reason)
            && event.regarding.as_ref().and_then(|object| object.name.as_deref()) == Some(set)
    });
    Ok(about.filter_map(|event| event.note).collect())
}

/// How long after the last write of a user to the set the operator wrote the next time, to the set or to its release of the same name,
/// by the clock of the API server.
async fn reaction(world: &World, set: &str) -> Result<Duration> {
    let path = format!("/namespaces/{}/resourcesets/{set}", world.namespace());
    let release = format!("/namespaces/{}/helmreleases/{set}", world.namespace());
    let ours = world.agent();
    let writes = world.cluster.audit().await?.writes();
    let mut asked: Option<jiff::Timestamp> = None;
    let mut done: Vec<jiff::Timestamp> = Vec::new();
    for event in writes.iter() {
        if event.user_agent.starts_with(&ours) && [&path, &release].into_iter().any(|path| event.uri.contains(path)) {
            done.push(event.request_received_timestamp.parse()?);
        } else if event.uri.contains(&path) {
            asked = asked.max(Some(event.stage_timestamp.parse()?));
        }
    }
    let asked = asked.context("a user wrote")?;
    let first = done.into_iter().filter(|done| *done >= asked).min().context("the operator wrote")?;
    Ok(first.duration_since(asked).try_into()?)
}

#[tokio::test]
async fn f06_set_that_waits_for_an_hour() -> Result<()> {
    let mut world = World::new("canceled").await?;
    world.start().await?;
    for name in ["edited", "suspended", "deleted"] {
        world.apply(&releases(name, "1h", &[(name, "one")])).await?;
        waits_for(&world, name, name).await?;
    }
    world.apply(&releases("edited", "1h", &[("edited", "two")])).await?;
    world.settles("the edit arrives", async |world| Ok(tag(world, "edited").await? == "two")).await?;
    waits_for(&world, "edited", "edited").await?;
    let mut late = vec![("edited", reaction(&world, "edited").await?)];

    world.has_condition(SET, "suspended", "Reconciling", "True", "Progressing").await?;
    world.annotate(SET, "suspended", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    let said = world.has_condition(SET, "suspended", "Ready", "False", "HealthCheckCanceled").await?;
    ensure!(said.contains("reconciliation is disabled") && said.contains("/suspended status: "), "{said}");
    let [reconciling, ..] = world.condition(SET, "suspended", "Reconciling").await?;
    ensure!(reconciling.is_empty(), "it waits no more");
    late.push(("suspended", reaction(&world, "suspended").await?));

    world.delete(SET, "deleted").await?;
    world.is_gone(SET, "deleted").await?;
    late.push(("deleted", reaction(&world, "deleted").await?));
    for set in ["edited", "suspended", "deleted"] {
        world
            .settles(&format!("an event says that the wait of {set} has ended"), async |world| {
                Ok(told(world, "HealthCheckCanceled", set).await?.iter().any(|note| note.contains(set)))
            })
            .await?;
    }
    println!("{late:?}");
    ensure!(late.iter().all(|(_, after)| *after < Duration::from_secs(1)), "{late:?}");

    world.annotate(SET, "suspended", "fluxcd.controlplane.io/reconcile", Value::Null).await?;
    waits_for(&world, "suspended", "suspended").await?;
    helm_says(&world, "suspended", "True", "installed").await?;
    world.is_ready(SET, "suspended").await
}

#[tokio::test]
async fn many_sets_that_wait_for_a_year_leave_the_place_to_others_and_their_timeout_is_an_hour() -> Result<()> {
    let mut world = World::new("year").await?.working_on(2);
    world.start().await?;
    let names = ["one", "two", "three", "four"];
    for name in names {
        world.apply(&releases(name, "8760h", &[(name, "one")])).await?;
    }
    for name in names {
        waits_for(&world, name, name).await?;
    }
    let said = world.has_condition(SET, "one", "Warning", "True", "Warning").await?;
    ensure!(said.contains("8760h0m0s is more than the maximum of 1h0m0s"), "{said}");
    world
        .apply("{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: free}, spec: {inputs: [{id: '1'}], resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: free, namespace: NAMESPACE}}]}}")
        .await?;
    world.has_objects("ConfigMap", &["free"]).await?;
    world.is_ready(SET, "free").await?;
    // One that waits can be suspended: it has no hand on anything.
    world.annotate(SET, "two", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.delete(SET, "two").await?;
    world.is_gone(SET, "two").await?;
    ensure!(world.deletes().await? == 0, "{:?}", world.deleted().await?);
    Ok(())
}

#[tokio::test]
async fn time_that_is_up_and_a_stalled_release_are_failures_of_their_own_environments() -> Result<()> {
    let mut world = World::new("late").await?;
    world.start().await?;
    world.apply(&releases("set", "8s", &[("good", "one"), ("late", "one"), ("stalled", "one")])).await?;
    world.has_objects("HelmRelease", &["good", "late", "stalled"]).await?;
    helm_says(&world, "good", "True", "installed").await?;
    helm_says(&world, "stalled", "Stalled", "no such chart").await?;
    let fails = async |part: &str| {
        world
            .settles(&format!("the set says {part:?}"), async |world| {
                let [ready, reason, message] = world.condition(SET, "set", "Ready").await?;
                Ok(ready == "False" && reason == "ReconciliationFailed" && message.contains(part))
            })
            .await
    };
    fails("1 of 3 environments failed").await?;
    let [_, _, said] = world.condition(SET, "set", "Ready").await?;
    for part in [
        "failed early due to stalled resources: [HelmRelease/",
        "/stalled status: 'Failed'",
        "no such chart",
        "waiting for: [HelmRelease/",
    ] {
        ensure!(said.contains(part), "{part:?} is not in {said}");
    }
    fails("2 of 3 environments failed").await?;
    let [_, _, said] = world.condition(SET, "set", "Ready").await?;
    for part in ["id late", "timeout waiting for: [HelmRelease/", "/late status: 'InProgress'"] {
        ensure!(said.contains(part), "{part:?} is not in {said}");
    }
    ensure!(!said.contains("/good"), "{said}");
    // What is mended is seen, and another commit begins another wait.
    helm_says(&world, "stalled", "True", "installed").await?;
    fails("1 of 3 environments failed").await?;
    world.apply(&releases("set", "1h", &[("good", "one"), ("late", "two"), ("stalled", "one")])).await?;
    waits_for(&world, "set", "late").await?;
    helm_says(&world, "late", "True", "installed").await?;
    world.is_ready(SET, "set").await?;
    ensure!(world.deletes().await? == 0, "{:?}", world.deleted().await?);
    Ok(())
}

#[tokio::test]
async fn a_later_step_of_one_environment_does_not_wait_for_another_environment() -> Result<()> {
    let mut world = World::new("steps").await?;
    world.start().await?;
    let release = json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "<< inputs.id >>", "namespace": "NAMESPACE"},
        "spec": {"interval": "10m", "chart": {"spec": {"chart": "x", "sourceRef": {"kind": "HelmRepository", "name": "x"}}}},
    });
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "after-<< inputs.id >>", "namespace": "NAMESPACE"}});
    let set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {
            "inputs": [{"id": "fast"}, {"id": "slow"}],
            "steps": [{"name": "install", "timeout": "1h", "resources": [release]}, {"name": "announce", "resources": [map]}],
        },
    });
    world.apply(&set.to_string()).await?;
    world.has_objects("HelmRelease", &["fast", "slow"]).await?;
    waits_for(&world, "set", "fast").await?;
    ensure!(world.owned("ConfigMap").await?.is_empty());
    helm_says(&world, "fast", "True", "installed").await?;
    world.has_objects("ConfigMap", &["after-fast"]).await?;
    waits_for(&world, "set", "slow").await?;
    helm_says(&world, "slow", "True", "installed").await?;
    world.has_objects("ConfigMap", &["after-fast", "after-slow"]).await?;
    world.is_ready(SET, "set").await
}

/// As the tenant of the other stories, with the right to releases.
const RELEASES: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux, namespace: NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: flux, namespace: NAMESPACE}
rules: [{apiGroups: [helm.toolkit.fluxcd.io], resources: [helmreleases], verbs: [get, list, watch, create, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
";

#[tokio::test]
async fn what_a_set_waits_for_wakes_it_long_before_it_would_look_again() -> Result<()> {
    let world = World::of_processes("woken").await?;
    let rights = world.shipped_rights().await?;
    world.apply(RELEASES).await?;
    // Without a watch it would look again after a minute.
    let flags = ["--no-leader-election", "--watch-namespace", world.namespace(), "--requeue-dependency", "1h"];
    let flags = [&flags[..], &["--default-service-account", "flux"]].concat();
    let mut process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    world.apply(&releases("set", "1h", &[("first", "one")])).await?;
    world.has_objects("HelmRelease", &["first"]).await?;
    waits_for(&world, "set", "first").await?;
    let begun = Instant::now();
    helm_says(&world, "first", "True", "installed").await?;
    world.is_ready(SET, "set").await?;
    ensure!(begun.elapsed() < Duration::from_secs(40), "it was woken after {:?}", begun.elapsed());
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
