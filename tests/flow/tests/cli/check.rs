//! `orangery check`: before and after an installation.

use crate::bench::{established, run};
use anyhow::{Context, Result};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, PostParams};
use orangery_test_flow::World;
use serde_json::Value;

/// The findings about one subject.
fn about<'a>(findings: &'a Value, subject: &str) -> Vec<&'a str> {
    let all = findings["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|one| one["subject"] == subject).filter_map(|one| one["finding"].as_str()).collect()
}

const EXISTING: &str = "
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: homeless}, spec: {resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}]}}
---
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: stranger}, spec: {serviceAccountName: nobody, resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}]}}
---
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: painter}, spec: {serviceAccountName: default, renderer: {name: oils}, resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}]}}
---
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: unserved}, spec: {type: SomethingElse, url: 'https://example.com', config: {}}}
---
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: filtered}, spec: {type: GitHubTag, url: 'https://github.com/acme/shop', filter: {includeBranch: main}}}
---
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: broken}, spec: {type: GitHubTag, url: 'https://github.com/acme/shop', filter: {includeTag: '('}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {username: git, password: secret}}
---
{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: plain}, spec: {type: GitHubPullRequest, url: 'http://forge.example/acme/shop', secretRef: {name: token}}}
";

#[tokio::test]
async fn existing_objects_that_would_stop_or_change_are_named() -> Result<()> {
    let world = World::of_a_tenant("check").await?;
    world.apply(EXISTING).await?;
    let ns = world.namespace().to_owned();
    let ran = run(&world, &["check", "--pre", "-o", "json"]).await?.exits(1)?;
    let findings = ran.json()?;
    assert_eq!(findings["passed"], false);
    for (name, text) in [
        ("homeless", "names no service account, and there is no default one"),
        ("stranger", "service account nobody does not exist"),
        ("painter", "no loaded plugin is the renderer oils"),
        ("unserved", "no loaded plugin serves spec.type SomethingElse"),
        ("filtered", "includeBranch"),
        ("broken", "invalid includeTag regex"),
        ("plain", "Secret token would travel over plain http"),
    ] {
        let found = about(&findings, &format!("{ns}/{name}"));
        assert!(found.iter().any(|finding| finding.contains(text)), "{name}: {found:?}");
    }
    // Consent, and a default account that exists.
    world.annotate("Secret", "token", "orangery.dev/origins", "http://forge.example").await?;
    let flags = ["check", "--pre", "--default-service-account", "default", "-o", "json"];
    let findings = run(&world, &flags).await?.exits(1)?.json()?;
    for name in ["homeless", "plain"] {
        let nothing: Vec<&str> = Vec::new();
        assert_eq!(about(&findings, &format!("{ns}/{name}")), nothing, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn before_an_installation_everything_may_be_fine() -> Result<()> {
    let world = established("checkpre").await?;
    let ran = run(&world, &["check", "--pre", "--default-service-account", "default"]).await?.exits(0)?;
    let ran = ran.prints("✔ all checks passed")?.prints("sets go on as they are")?.prints("may install")?;
    let header: Vec<&str> = ran.out.lines().next().context("header")?.split('\t').map(str::trim_end).collect();
    assert_eq!(header[1..], ["AREA", "SUBJECT", "FINDING", "WHAT TO DO"]);
    Ok(())
}

#[tokio::test]
async fn after_an_installation_rights_lease_and_definitions_are_looked_at() -> Result<()> {
    // A control plane of its own: the definitions are damaged here.
    let world = World::alone("checkpost").await?;
    let findings = run(&world, &["check", "-o", "json"]).await?.exits(1)?.json()?;
    let account = "system:serviceaccount:orangery-system:orangery";
    assert!(
        about(&findings, account)[0].starts_with("may not get resourcesets.fluxcd.controlplane.io"),
        "{findings:#}"
    );
    world.shipped_rights().await?;
    let findings = run(&world, &["check", "-o", "json"]).await?.exits(0)?.json()?;
    assert_eq!(about(&findings, account), ["has the operator's rights"]);
    assert!(about(&findings, "orangery-system/orangery")[0].contains("no operator has led yet"));

    // Another chart writes a definition back without what is ours.
    let name = "resourcesets.fluxcd.controlplane.io";
    let definitions: Api<CustomResourceDefinition> = Api::all(world.cluster.client()?);
    let mut definition = definitions.get(name).await?;
    let schema = definition.spec.versions[0].schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut());
    let fields = schema.and_then(|schema| schema.properties.as_mut()).context("properties")?;
    fields.get_mut("spec").and_then(|spec| spec.properties.as_mut()).context("spec")?.remove("renderer");
    definitions.replace(name, &PostParams::default(), &definition).await?;
    let findings = run(&world, &["check", "-o", "json"]).await?.exits(1)?.json()?;
    assert!(about(&findings, name)[0].starts_with("the fields spec.renderer are missing"), "{findings:#}");
    Ok(())
}

#[tokio::test]
async fn an_api_server_that_is_away_is_one_finding() -> Result<()> {
    let world = established("checkaway").await?;
    let flags = ["check", "--kube-server", "https://127.0.0.1:1", "--timeout", "3s", "-o", "json"];
    let findings = run(&world, &flags).await?.exits(1)?.json()?;
    assert_eq!(findings["findings"].as_array().map(Vec::len), Some(1));
    assert!(about(&findings, "connection")[0].contains("cannot be reached"));
    Ok(())
}
