//! ExternalArtifacts of Flux as inputs: found by watch, read with the rights of the provider's account.

use anyhow::{Context, Result, ensure};
use orangery_test_flow::{PROVIDER, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ARTIFACT: &str = "ExternalArtifact";

/// A provider of the type with these selectors.
fn provider(name: &str, rest: &Value) -> String {
    let mut provider = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": name},
        "spec": {"type": "ExternalArtifact"},
    });
    if let (Some(spec), Some(rest)) = (provider.get_mut("spec").and_then(Value::as_object_mut), rest.as_object()) {
        spec.extend(rest.clone());
    }
    provider.to_string()
}

/// An artifact without a revision.
fn artifact(namespace: &str, name: &str, team: &str) -> String {
    let artifact = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": ARTIFACT,
        "metadata": {"name": name, "namespace": namespace, "labels": {"team": team}},
        "spec": {"sourceRef": {"apiVersion": "example.com/v1", "kind": "Generator", "name": "g"}},
    });
    artifact.to_string()
}

/// What a provider exports, each input as `namespace/name@revision`.
async fn exported(world: &World, provider: &str) -> Result<Vec<String>> {
    let live = world.live(PROVIDER, provider).await?;
    let inputs = live.pointer("/status/exportedInputs").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |input: &Value, key: &str| input[key].as_str().unwrap_or_default().to_owned();
    let of = |input: &Value| format!("{}@{}", text(input, "name"), text(input, "revision"));
    Ok(inputs.iter().map(of).collect())
}

async fn exports(world: &World, provider: &str, wanted: &[&str]) -> Result<()> {
    let what = format!("{provider} exports {wanted:?}");
    world.settles(&what, async |world| Ok(exported(world, provider).await? == wanted)).await
}

async fn stores(world: &World, name: &str, revision: &str) -> Result<()> {
    let artifact = json!({
        "revision": revision, "digest": format!("sha256:{}", "a".repeat(64)), "path": "p", "url": "http://a/b",
        "lastUpdateTime": "2026-01-01T00:00:00Z",
    });
    world.patch_status(ARTIFACT, name, json!({"artifact": artifact})).await
}

#[tokio::test]
async fn artifacts_come_change_and_go_within_a_second_and_cost_nothing_meanwhile() -> Result<()> {
    let mut world = World::new("artifacts").await?;
    world.apply(&artifact("NAMESPACE", "one", "fruit")).await?;
    world.start().await?;
    world.apply(&provider("fruit", &json!({"selectors": [{"matchLabels": {"team": "fruit"}}]}))).await?;
    world.apply(&provider("named", &json!({"selectors": [{"name": "two"}, {"name": "one"}]}))).await?;
    world
        .apply(&provider("all", &json!({"selectors": [{"name": "*"}], "defaultValues": {"revision": "none"}})))
        .await?;
    exports(&world, "fruit", &["one@"]).await?;
    exports(&world, "named", &["one@"]).await?;
    exports(&world, "all", &["one@none"]).await?;

    let begun = Instant::now();
    world.apply(&artifact("NAMESPACE", "two", "fruit")).await?;
    exports(&world, "fruit", &["one@", "two@"]).await?;
    exports(&world, "named", &["one@", "two@"]).await?;
    ensure!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}: a busy machine takes some time, an interval ten minutes",
        begun.elapsed()
    );

    stores(&world, "one", "v1@sha256:b").await?;
    exports(&world, "all", &["one@v1@sha256:b", "two@none"]).await?;
    world.patch(ARTIFACT, "two", json!({"metadata": {"labels": {"team": "nut"}}})).await?;
    exports(&world, "fruit", &["one@v1@sha256:b"]).await?;
    world.delete(ARTIFACT, "two").await?;
    exports(&world, "named", &["one@v1@sha256:b"]).await?;

    // What does not reach a provider costs it nothing, and neither does time.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = world.requests().await?.iter().count();
    world.annotate(ARTIFACT, "one", "example.com/note", "x").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let since: Vec<String> =
        world.requests().await?.iter().skip(before).map(|event| format!("{} {}", event.verb, event.uri)).collect();
    let own: Vec<&String> = since.iter().filter(|request| !request.contains("watch=true")).collect();
    ensure!(own.is_empty(), "{own:?}");
    Ok(())
}

#[tokio::test]
async fn another_namespace_is_read_with_the_account_of_the_provider_and_not_without() -> Result<()> {
    let mut world = World::of_a_tenant("artifacts-tenant").await?;
    let other = world.cluster.namespace("artifacts-other").await?.name().to_owned();
    world.apply(&artifact("NAMESPACE", "mine", "fruit")).await?;
    world.apply(&artifact(&other, "theirs", "fruit")).await?;
    world.start().await?;
    world.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: reader}}").await?;

    world.apply(&provider("own", &json!({"selectors": [{"matchLabels": {"team": "fruit"}}]}))).await?;
    exports(&world, "own", &["mine@"]).await?;
    for (name, selectors, place) in [
        ("all", json!([{"namespace": "*"}]), "all namespaces".to_owned()),
        ("other", json!([{"namespace": other, "name": "theirs"}]), format!("namespace {other}")),
    ] {
        world.apply(&provider(name, &json!({"selectors": selectors}))).await?;
        let said = world.has_condition(PROVIDER, name, "Ready", "False", "InvalidSpec").await?;
        ensure!(
            said.contains(&format!("spec.selectors reads {place}")) && said.contains("serviceAccountName"),
            "{said}"
        );
    }

    let by_account = json!({"serviceAccountName": "reader", "selectors": [{"namespace": other, "name": "theirs"}]});
    world.apply(&provider("granted", &by_account)).await?;
    let said = world.has_condition(PROVIDER, "granted", "Ready", "False", "Unauthorized").await?;
    let refused =
        format!("impersonated service account 'reader' lacks permissions to get ExternalArtifact '{other}/theirs'");
    ensure!(said.contains(&refused), "{said}");
    let everywhere = json!({"serviceAccountName": "reader", "selectors": [{"namespace": "*", "name": "theirs"}]});
    world.apply(&provider("everywhere", &everywhere)).await?;
    let said = world.has_condition(PROVIDER, "everywhere", "Ready", "False", "Unauthorized").await?;
    ensure!(said.contains("'reader' lacks permissions to list ExternalArtifacts across all namespaces"), "{said}");

    let own = world.namespace().to_owned();
    world
        .apply(&format!(
            "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: artifacts, namespace: {other}}}
rules: [{{apiGroups: [source.toolkit.fluxcd.io], resources: [externalartifacts], verbs: [get]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: artifacts, namespace: {other}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: artifacts}}
subjects: [{{kind: ServiceAccount, name: reader, namespace: {own}}}]
"
        ))
        .await?;
    exports(&world, "granted", &["theirs@"]).await?;
    let [ready, ..] = world.condition(PROVIDER, "everywhere", "Ready").await?;
    ensure!(ready == "False", "one namespace is not all of them");
    Ok(())
}

#[tokio::test]
async fn a_cluster_without_the_definition_says_so_and_the_provider_goes_on_when_it_is_there() -> Result<()> {
    let mut world = World::bare("artifacts-late").await?;
    world.start().await?;
    world.apply(&provider("all", &json!({"selectors": [{"name": "*"}]}))).await?;
    let said = world.has_condition(PROVIDER, "all", "Ready", "False", "SourceUnavailable").await?;
    ensure!(said.contains("does not serve ExternalArtifact") && said.contains("install Flux"), "{said}");

    world.cluster.install_flux_crds().await?;
    world.apply(&artifact("NAMESPACE", "one", "fruit")).await?;
    exports(&world, "all", &["one@"]).await?;
    world.is_ready(PROVIDER, "all").await?;
    world.apply(&artifact("NAMESPACE", "two", "fruit")).await?;
    exports(&world, "all", &["one@", "two@"]).await.context("what comes later is watched")
}
