//! What the operator asks of the API server, counted in its audit log: the budget of docs/reference/limits.md.

use crate::tenant::TENANT;
use anyhow::{Result, ensure};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const OBJECTS: usize = 60;

/// A set of ConfigMaps, one for each name.
fn set(names: impl Iterator<Item = String>, value: &str) -> String {
    let inputs: Vec<Value> = names.map(|name| json!({"name": name})).collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
        "metadata": {"name": "set", "annotations": {"orangery.dev/prune-guard": "off"}},
        "spec": {"inputs": inputs, "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "<< inputs.name >>", "namespace": "NAMESPACE"}, "data": {"value": value},
        }]},
    })
    .to_string()
}

/// The account `flux`, with an explicit role in its namespace, as the aggregated role `admin` is one.
const FIVE_KINDS_ROLE: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux, namespace: NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: flux, namespace: NAMESPACE}
rules:
  - {apiGroups: [''], resources: [configmaps, secrets, services, serviceaccounts], verbs: [get, list, watch, create, patch, delete]}
  - {apiGroups: [apps], resources: [deployments], verbs: [get, list, watch, create, patch, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
";

/// A set of five kinds, applied as that account.
const FIVE_KINDS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  serviceAccountName: flux
  inputs: INPUTS
  resources:
    - {apiVersion: v1, kind: ServiceAccount, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}
    - {apiVersion: v1, kind: Secret, metadata: {name: << inputs.name >>, namespace: NAMESPACE}}
    - {apiVersion: v1, kind: Service, metadata: {name: << inputs.name >>, namespace: NAMESPACE}, spec: {ports: [{port: 80}]}}
    - apiVersion: apps/v1
      kind: Deployment
      metadata: {name: << inputs.name >>, namespace: NAMESPACE}
      spec:
        replicas: 0
        selector: {matchLabels: {app: << inputs.name >>}}
        template: {metadata: {labels: {app: << inputs.name >>}}, spec: {containers: [{name: app, image: app}]}}
";

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("map-{number:03}"))
}

/// The one watch of labelled ConfigMaps and Secrets in the whole cluster, which no set has a part in.
fn is_of_sources(uri: &str) -> bool {
    uri.contains("labelSelector=reconcile.fluxcd.io")
}

async fn running(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    Ok(world)
}

/// How many lines the log has of this operator.
async fn mark(world: &World) -> Result<usize> {
    Ok(world.requests().await?.count())
}

/// What the operator has asked since, once it has been quiet for a second: verb and path. A watch is no request of its own here:
/// what begins it is the list before.
async fn spent(world: &World, mark: usize) -> Result<Vec<String>> {
    let mut known = usize::MAX;
    loop {
        let requests = world.requests().await?;
        if requests.count() == known {
            let since = requests.iter().skip(mark);
            let since = since.filter(|event| event.verb != "watch" && !is_of_sources(&event.uri));
            return Ok(since.map(|event| format!("{} {}", event.verb, event.uri)).collect());
        }
        known = requests.count();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Those of the requests that are about sets and what they apply.
fn about_sets(spent: Vec<String>) -> Vec<String> {
    spent.into_iter().filter(|line| !line.contains("resourcesetinputproviders")).collect()
}

async fn value(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("ConfigMap", name).await?.pointer("/data/value").cloned().unwrap_or_default())
}

#[tokio::test]
async fn a_first_apply_costs_a_request_an_object_and_one_list_of_what_exists() -> Result<()> {
    let world = running("first").await?;
    let mark = mark(&world).await?;
    world.apply(&set(names(OBJECTS), "1")).await?;
    world.is_ready(SET, "set").await?;
    let spent = spent(&world, mark).await?;
    ensure!(spent.len() <= OBJECTS + 20, "{} requests for {OBJECTS} objects: {spent:#?}", spent.len());
    ensure!(!spent.iter().any(|line| line.contains("dryRun")), "nothing is tried out before: {spent:#?}");
    let gets = spent.iter().filter(|line| line.starts_with("get ") && line.contains("/configmaps/"));
    ensure!(gets.count() == 0, "nothing is read one by one: {spent:#?}");
    let lists = spent.iter().filter(|line| line.starts_with("list ") && line.contains("/configmaps?"));
    let lists: Vec<_> = lists.filter(|line| !line.contains("labelSelector")).collect();
    ensure!(lists.len() == 1, "one list tells what exists: {lists:#?}");
    Ok(())
}

#[tokio::test]
async fn a_first_apply_of_five_kinds_by_an_account_of_one_namespace_fits_the_same_budget() -> Result<()> {
    let mut world = World::of_a_tenant("kinds").await?;
    world.start().await?;
    world.apply(FIVE_KINDS_ROLE).await?;
    spent(&world, 0).await?;
    let mark = mark(&world).await?;
    let inputs: Vec<Value> = names(OBJECTS / 5).map(|name| json!({"name": name})).collect();
    world.apply(&FIVE_KINDS.replace("INPUTS", &json!(inputs).to_string())).await?;
    world.is_ready(SET, "set").await?;
    let spent = spent(&world, mark).await?;
    let unfiltered = |line: &&String| line.starts_with("list ") && !line.contains("labelSelector");
    let (lists, others): (Vec<_>, Vec<_>) = spent.iter().partition(unfiltered);
    ensure!(lists.len() <= 5, "{lists:#?}");
    let beside: Vec<_> = others.iter().filter(|line| !line.starts_with("patch ") || line.contains("/status")).collect();
    ensure!(others.len() <= OBJECTS + 20, "{} requests for {OBJECTS} objects: {beside:#?}", others.len());
    Ok(())
}

/// Looks at the set again and again, and counts what that costs.
async fn rechecks(world: &World) -> Result<Vec<String>> {
    world.annotate(SET, "set", "fluxcd.controlplane.io/reconcileEvery", "1s").await?;
    spent(world, 0).await?;
    let (mark, before) = (mark(world).await?, world.reconciliations(SET)?);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let looks = world.reconciliations(SET)? - before;
    ensure!(looks >= 2.0, "it was looked at {looks} times");
    spent(world, mark).await
}

/// The paths at which ConfigMaps are watched.
async fn watched(world: &World) -> Result<BTreeSet<String>> {
    let requests = world.requests().await?.verb("watch");
    let watches = requests.iter().filter(|event| !is_of_sources(&event.uri));
    let paths = watches.filter(|event| event.response_status.as_ref().is_some_and(|status| status.code == 200));
    let paths = paths.filter_map(|event| event.uri.split('?').next());
    Ok(paths.filter(|path| path.ends_with("/configmaps")).map(str::to_owned).collect())
}

#[tokio::test]
async fn a_re_check_of_unchanged_objects_costs_nothing() -> Result<()> {
    let world = running("again").await?;
    world.apply(&set(names(OBJECTS), "1")).await?;
    world.is_ready(SET, "set").await?;
    let spent = rechecks(&world).await?;
    ensure!(spent.is_empty(), "looking at {OBJECTS} unchanged objects cost {spent:#?}");
    Ok(())
}

#[tokio::test]
async fn an_account_of_one_namespace_watches_that_namespace_and_costs_nothing_either() -> Result<()> {
    let mut world = World::of_a_tenant("narrow").await?;
    world.start().await?;
    world.apply(TENANT).await?;
    let narrow = set(names(5), "1").replace("\"spec\":{", "\"spec\":{\"serviceAccountName\":\"flux\",");
    world.apply(&narrow).await?;
    world.is_ready(SET, "set").await?;
    let spent = rechecks(&world).await?;
    ensure!(spent.is_empty(), "{spent:#?}");
    let expected = format!("/api/v1/namespaces/{}/configmaps", world.namespace());
    ensure!(watched(&world).await? == BTreeSet::from([expected]), "{:?}", watched(&world).await?);
    Ok(())
}

#[tokio::test]
async fn one_watch_serves_all_namespaces_that_an_account_may_list() -> Result<()> {
    let world = running("wide").await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  inputs: [{name: one}, {name: two}]
  resources:
    - {apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE-<< inputs.name >>}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: map, namespace: NAMESPACE-<< inputs.name >>}}
",
        )
        .await?;
    world.is_ready(SET, "set").await?;
    let spent = rechecks(&world).await?;
    ensure!(spent.is_empty(), "{spent:#?}");
    ensure!(
        watched(&world).await? == BTreeSet::from(["/api/v1/configmaps".to_owned()]),
        "{:?}",
        watched(&world).await?
    );
    Ok(())
}

#[tokio::test]
async fn one_changed_input_costs_three_requests_and_a_new_one_four() -> Result<()> {
    let world = running("one").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(5);
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSetInputProvider\n\
             metadata: {name: pulls}\n\
             spec: {type: GitHubPullRequest, url: FORGE/acme/shop}\n\
             ---\n\
             apiVersion: fluxcd.controlplane.io/v1\n\
             kind: ResourceSet\n\
             metadata: {name: set}\n\
             spec:\n  inputsFrom: [{name: pulls}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}, data: {value: << inputs.sha | quote >>}}]\n",
        )
        .await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3", "app-4", "app-5"]).await?;
    world.is_ready(SET, "set").await?;
    spent(&world, 0).await?;

    let (before, mark_of_change) = (value(&world, "app-2").await?, mark(&world).await?);
    shop.pushes(2);
    world.reconciles(PROVIDER, "pulls").await?;
    world.settles("the change is applied", async |world| Ok(value(world, "app-2").await? != before)).await?;
    let change = about_sets(spent(&world, mark_of_change).await?);
    let events = |lines: &[String]| lines.iter().filter(|line| line.contains("/events")).count();
    // One event is the provider's.
    ensure!(change.len() - events(&change).min(1) <= 3, "{change:#?}");

    let mark = mark(&world).await?;
    shop.opens("six");
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3", "app-4", "app-5", "app-6"]).await?;
    let new = about_sets(spent(&world, mark).await?);
    ensure!(new.len() - events(&new).min(1) <= 4, "{new:#?}");
    Ok(())
}

#[tokio::test]
async fn an_edit_and_a_deletion_by_hand_are_repaired_within_a_second_and_three_requests() -> Result<()> {
    let world = running("repair").await?;
    world.apply(&set(names(OBJECTS), "1")).await?;
    world.is_ready(SET, "set").await?;
    spent(&world, 0).await?;
    for what in ["edited", "deleted"] {
        let mark = mark(&world).await?;
        if what == "edited" {
            world.patch("ConfigMap", "map-007", json!({"data": {"value": "theirs"}})).await?;
        } else {
            world.delete("ConfigMap", "map-007").await?;
        }
        let begun = Instant::now();
        while value(&world, "map-007").await? != "1" {
            ensure!(begun.elapsed() < Duration::from_secs(10), "it is not repaired");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = begun.elapsed();
        let spent = spent(&world, mark).await?;
        ensure!(spent.len() <= 3, "an object that was {what} cost {spent:#?}");
        println!("an object that was {what} was repaired after {took:?}");
        // Twice the budget: the machine of the tests has other work.
        ensure!(took < Duration::from_secs(2), "an object that was {what} was repaired after {took:?}");
    }
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_prune_costs_a_request_an_object() -> Result<()> {
    let world = running("fewer").await?;
    world.apply(&set(names(OBJECTS), "1")).await?;
    world.is_ready(SET, "set").await?;
    spent(&world, 0).await?;
    let mark = mark(&world).await?;
    world.apply(&set(names(OBJECTS / 3), "1")).await?;
    world.is_ready(SET, "set").await?;
    world.settles("they are gone", async |world| Ok(world.owned("ConfigMap").await?.len() == OBJECTS / 3)).await?;
    let (spent, gone) = (spent(&world, mark).await?, OBJECTS * 2 / 3);
    ensure!(world.deletes().await? == gone, "{} deletions", world.deletes().await?);
    ensure!(spent.len() <= gone + 3, "{} requests to prune {gone}: {spent:#?}", spent.len());
    Ok(())
}

#[tokio::test]
async fn a_restart_with_everything_known_lists_each_kind_once_and_writes_nothing() -> Result<()> {
    let mut world = running("known").await?;
    world.apply(&set(names(OBJECTS), "1")).await?;
    world.is_ready(SET, "set").await?;
    spent(&world, 0).await?;
    world.stop().await?;
    let mark = mark(&world).await?;
    world.start().await?;
    world
        .settles("the objects are watched", async |world| {
            let requests = world.requests().await?;
            let mut watches = requests.iter().skip(mark).filter(|event| event.verb == "watch");
            Ok(watches.any(|event| event.uri.contains("/configmaps?") && !is_of_sources(&event.uri)))
        })
        .await?;
    let restart = spent(&world, mark).await?;
    let (lists, others): (Vec<_>, Vec<_>) = restart.iter().partition(|line| line.starts_with("list "));
    for kind in ["/resourcesets?", "/resourcesetinputproviders?", "/configmaps?"] {
        let of = lists.iter().filter(|line| line.contains(kind)).count();
        ensure!(of == 1, "{of} lists of {kind}: {restart:#?}");
    }
    // What is left is discovery, and a review of where the kind may be watched, which stores nothing.
    let discovery = |line: &&&String| line.starts_with("get /api/v1") && !line.contains("/namespaces/");
    let (reviews, others): (Vec<_>, Vec<_>) =
        others.into_iter().filter(|line| !discovery(&line)).partition(|line| line.contains("/selfsubject"));
    ensure!(reviews.len() <= 1, "{reviews:#?}");
    ensure!(others.is_empty(), "{others:#?}");

    // And what was known is still watched.
    world.patch("ConfigMap", "map-003", json!({"data": {"value": "theirs"}})).await?;
    world.settles("the edit is undone", async |world| Ok(value(world, "map-003").await? == "1")).await?;

    // A change while nobody looked is found.
    world.stop().await?;
    world.patch("ConfigMap", "map-005", json!({"data": {"value": "theirs"}})).await?;
    world.delete("ConfigMap", "map-006").await?;
    world.start().await?;
    world
        .settles("both are undone", async |world| {
            Ok(value(world, "map-005").await? == "1" && value(world, "map-006").await? == "1")
        })
        .await
}
