//! A namespace that is deleted with a set, its account and its role binding in it, an account that is deleted before its set,
//! and a set that cannot be read any more: whatever may be deleted is, by whom it was applied, the rest is told of, and
//! nobody waits for ever (L9).

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::{Api, DeleteParams, ListParams};
use orangery_test_flow::{Launch, SET, World};
use std::time::{Duration, Instant};

/// A set of one ConfigMap in each of these namespaces.
fn set(name: &str, places: &[&str]) -> String {
    let objects: Vec<String> = places
        .iter()
        .map(|place| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: of-{name}, namespace: {place}}}}}"))
        .collect();
    format!(
        "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {{name: {name}}}
spec:
  serviceAccountName: flux
  resources: [{}]
",
        objects.join(", ")
    )
}

/// Lets the account of the story write ConfigMaps in another namespace as well.
fn reach(place: &str) -> String {
    format!(
        "
{{apiVersion: v1, kind: Namespace, metadata: {{name: {place}}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: flux, namespace: {place}}}
rules: [{{apiGroups: [''], resources: [configmaps], verbs: [get, list, watch, create, patch, delete]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: flux, namespace: {place}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux}}
subjects: [{{kind: ServiceAccount, name: flux, namespace: NAMESPACE}}]
"
    )
}

async fn unbind(world: &World, place: &str) -> Result<()> {
    let bindings: Api<RoleBinding> = Api::namespaced(world.cluster.client()?, place);
    bindings.delete("flux", &DeleteParams::default()).await?;
    Ok(())
}

async fn exists(world: &World, place: &str, name: &str) -> Result<bool> {
    let maps: Api<k8s_openapi::api::core::v1::ConfigMap> = Api::namespaced(world.cluster.client()?, place);
    Ok(maps.get_opt(name).await?.is_some())
}

/// Notes of the events of a reason in a namespace about an object.
async fn told(world: &World, reason: &str, namespace: &str, about: &str) -> Result<Vec<String>> {
    let events: Api<Event> = Api::namespaced(world.cluster.client()?, namespace);
    let all = events.list(&ListParams::default()).await?;
    let left = all.items.into_iter().filter(|event| {
        event.reason.as_deref() == Some(reason)
            && event.regarding.as_ref().and_then(|object| object.name.as_deref()) == Some(about)
    });
    Ok(left.filter_map(|event| event.note).collect())
}

#[tokio::test]
async fn l09_namespace_deleted_with_its_sets() -> Result<()> {
    let mut world = World::of_a_tenant("ends").await?;
    let own = world.namespace().to_owned();
    let (reached, lost) = (format!("{own}-reached"), format!("{own}-lost"));
    world.apply(TENANT).await?;
    for place in [&reached, &lost] {
        world.apply(&reach(place)).await?;
    }
    world.start().await?;
    // More sets than are tolerated together: those of a namespace that ends do not count.
    let sets = ["one", "two", "three", "four", "five"];
    for name in sets {
        world.apply(&set(name, &[&own])).await?;
    }
    world.apply(&set("outside", &[&own, &reached])).await?;
    world.apply(&set("behind", &[&own, &lost])).await?;
    for name in sets.iter().chain(&["outside", "behind"]) {
        world.is_ready(SET, name).await?;
    }
    unbind(&world, &lost).await?;

    let begun = Instant::now();
    let namespaces: Api<Namespace> = Api::all(world.cluster.client()?);
    namespaces.delete(&own, &DeleteParams::default()).await?;
    world.settles("the namespace is gone", async |_| Ok(namespaces.get_opt(&own).await?.is_none())).await?;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(60), "the namespace took {took:?} to go, thirty seconds on a quiet machine");
    assert!(!exists(&world, &reached, "of-outside").await?, "what may be deleted elsewhere is");
    assert!(exists(&world, &lost, "of-behind").await?, "what may not be deleted stays");
    world
        .settles("an event of the namespace", async |world| {
            Ok(!told(world, "ObjectsLeft", "default", &own).await?.is_empty())
        })
        .await?;
    let told = told(&world, "ObjectsLeft", "default", &own).await?;
    assert!(told.iter().all(|note| note.contains(&format!("ResourceSet/{own}/behind"))), "{told:?}");
    assert!(told.iter().any(|note| note.contains(&format!("ConfigMap/{lost}/of-behind"))), "{told:?}");
    assert!(told.iter().all(|note| !note.contains(&format!("ConfigMap/{own}/"))), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn a_set_whose_account_is_gone_leaves_what_it_may_not_delete_and_says_so() -> Result<()> {
    let mut world = World::of_a_tenant("no-account").await?;
    let own = world.namespace().to_owned();
    world.apply(TENANT).await?;
    world.start().await?;
    world.apply(&set("orphan", &[&own])).await?;
    world.is_ready(SET, "orphan").await?;
    unbind(&world, &own).await?;
    // Without rights, but with its account, it waits and says why.
    world.delete(SET, "orphan").await?;
    let said = world.has_condition(SET, "orphan", "DeletionFailed", "True", "ReconciliationFailed").await?;
    assert!(said.contains("forbidden"), "{said}");

    world.delete("ServiceAccount", "flux").await?;
    world.is_gone(SET, "orphan").await?;
    assert!(exists(&world, &own, "of-orphan").await?);
    world
        .settles("an event of the set", async |world| Ok(!told(world, "ObjectsLeft", &own, "orphan").await?.is_empty()))
        .await?;
    let told = told(&world, "ObjectsLeft", &own, "orphan").await?;
    assert!(told.iter().all(|note| note.contains("account flux") && note.contains("of-orphan")), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn a_set_that_has_become_invalid_is_deleted_with_the_account_that_applied_it() -> Result<()> {
    let world = World::of_processes("invalid").await?;
    let rights = world.shipped_rights().await?;
    world.apply(TENANT).await?;
    let flags = ["--no-leader-election", "--default-service-account=flux", "--watch-namespace", world.namespace()];
    let mut process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    let own = world.namespace().to_owned();
    let by_default = set("broken", &[&own]).replace("  serviceAccountName: flux\n", "");
    world.apply(&by_default).await?;
    world.is_ready(SET, "broken").await?;
    // The API server takes it; which providers it means cannot be told.
    let nonsense = "inputsFrom: [{selector: {matchExpressions: [{key: a, operator: In, values: []}]}}]\n  resources";
    world.apply(&by_default.replace("resources", nonsense)).await?;
    world
        .settles("it is refused", async |world| Ok(world.condition(SET, "broken", "Stalled").await?[0] == "True"))
        .await?;

    world.delete(SET, "broken").await?;
    world.is_gone(SET, "broken").await?;
    assert!(!exists(&world, &own, "of-broken").await?);
    let tenant = format!("system:serviceaccount:{own}:flux");
    let deletes = world.requests().await?.writes().verb("delete");
    ensure!(deletes.count() == 1, "{} deletions", deletes.count());
    ensure!(deletes.acting_as(&tenant).count() == 1, "deleted by somebody else than the tenant");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
