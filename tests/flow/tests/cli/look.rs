//! `tree`, `trace`, `export`, `stats`, `version`, `events` and `logs`.

use crate::bench::{command, ended, established, run};
use anyhow::{Context, Result};
use orangery_test_flow::SET;
use serde_json::json;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::test]
async fn a_tree_shows_what_a_set_owns_and_what_that_owns() -> Result<()> {
    let world = established("tree").await?;
    let ns = world.namespace().to_owned();
    world
        .apply(
            "{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: outer}, spec: {resources: [\
             {apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: shop, namespace: NAMESPACE}, spec: {interval: 1h, chartRef: {kind: OCIRepository, name: shop}}},\
             {apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: inner, namespace: NAMESPACE}, spec: {resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: leaf, namespace: NAMESPACE}},\
             {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: team__x, namespace: NAMESPACE}, rules: []}]}}]}}",
        )
        .await?;
    world.is_ready(SET, "outer").await?;
    world.is_ready(SET, "inner").await?;
    let inventory = json!({"inventory": {"entries": [{"id": format!("{ns}_web_apps_Deployment"), "v": "v1"}]}});
    // Definitions of older versions drop the inventory of a release; then there is nothing to show.
    world.patch_status("HelmRelease", "shop", inventory).await?;
    let kept = world.live("HelmRelease", "shop").await?.pointer("/status/inventory/entries").is_some();
    let tree = run(&world, &["tree", "rset", "outer"]).await?.exits(0)?;
    let release = if kept { format!("    └── Deployment/{ns}/web\n") } else { String::new() };
    assert_eq!(
        tree.out,
        format!(
            "ResourceSet/{ns}/outer\n├── ResourceSet/{ns}/inner\n│   ├── ConfigMap/{ns}/leaf\n│   └── Role/{ns}/team__x\n└── HelmRelease/{ns}/shop\n{release}"
        )
    );
    run(&world, &["tree", "rset", "nothing"]).await?.exits(1)?.warns("not found")?;
    Ok(())
}

#[tokio::test]
async fn an_object_is_traced_to_its_set_and_its_input() -> Result<()> {
    let world = established("trace").await?;
    let ns = world.namespace().to_owned();
    let trace = run(&world, &["trace", "configmap/app-a"]).await?.exits(0)?;
    let trace = trace
        .prints(&format!("Object:      ConfigMap/{ns}/app-a\n"))?
        .prints("Status:      Current\n")?
        .prints("Revision:    sha256:")?
        .prints(&format!("Reconciler:  ResourceSet/{ns}/apps\n"))?
        .prints("Template:    resources[0]\n")?
        .prints("Source:      the set itself input ")?
        .prints("Message:     ReconciliationSucceeded: ")?;
    assert_eq!(trace.out.lines().count(), 7, "{}", trace.out);

    // A child of an object of the set.
    let uid = world.live("ConfigMap", "app-a").await?["metadata"]["uid"].clone();
    world
        .apply(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: child, namespace: {ns}, ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: app-a, uid: {uid}}}]}}}}"
        ))
        .await?;
    run(&world, &["trace", "cm/child"])
        .await?
        .exits(0)?
        .prints(&format!("Through:     ConfigMap/{ns}/app-a\n"))?
        .prints(&format!("Reconciler:  ResourceSet/{ns}/apps\n"))?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: foreign}}").await?;
    run(&world, &["trace", "cm/foreign"]).await?.exits(1)?.warns("✗ object not managed by Flux")?;
    run(&world, &["trace", "nonsense/x"]).await?.exits(1)?.warns("resource type \"nonsense\"")?;
    run(&world, &["trace", "cm/none"]).await?.exits(1)?.warns(&format!("ConfigMap/{ns}/none not found"))?;
    Ok(())
}

#[tokio::test]
async fn an_exported_object_can_be_applied_again() -> Result<()> {
    let world = established("export").await?;
    run(&world, &["reconcile", "rset", "apps"]).await?.exits(0)?;
    let yaml = run(&world, &["export", "resource", "ResourceSet/apps"]).await?.exits(0)?;
    assert!(yaml.out.starts_with("---\napiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\n"), "{}", yaml.out);
    for word in ["status:", "uid:", "requestedAt", "finalizers"] {
        assert!(!yaml.out.contains(word), "{word}: {}", yaml.out);
    }
    world.try_out(&yaml.out).await?;
    let object = run(&world, &["export", "resource", "cm/app-a", "-o", "json"]).await?.exits(0)?.json()?;
    let metadata = json!({"name": "app-a", "namespace": world.namespace()});
    assert_eq!(object, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}));
    Ok(())
}

#[tokio::test]
async fn sets_and_providers_are_counted() -> Result<()> {
    let world = established("stats").await?;
    run(&world, &["suspend", "rsip", "one"]).await?.exits(0)?;
    let stats = run(&world, &["stats"]).await?.exits(0)?;
    let cells = |line: usize| -> Vec<String> {
        let line = stats.out.lines().nth(line).unwrap_or_default();
        line.split('\t').map(|cell| cell.trim_end().to_owned()).collect()
    };
    assert_eq!(cells(0), ["RECONCILERS", "RUNNING", "FAILING", "SUSPENDED", "STORAGE"]);
    assert_eq!(cells(1)[..5], ["ResourceSet", "1", "0", "0", "2 objects"]);
    assert_eq!(cells(2)[..5], ["ResourceSetInputProvider", "0", "0", "1", "1 inputs"]);
    let rows = run(&world, &["stats", "-o", "json"]).await?.exits(0)?.json()?;
    assert_eq!(rows[0]["running"], 1);
    Ok(())
}

#[tokio::test]
async fn versions_are_those_of_everybody_involved() -> Result<()> {
    let world = established("version").await?;
    let server = world.cluster.client()?.apiserver_version().await?.git_version;
    let client = format!("client: {}\n", env!("CARGO_PKG_VERSION"));
    run(&world, &["version"]).await?.exits(0)?.prints(&client)?.prints(&format!("server: {server}\n"))?;
    let mut alone = command(&world, &["version", "--client"]).await?;
    assert_eq!(ended(alone.env("KUBECONFIG", "/no/such")).await?.exits(0)?.out, client);
    Ok(())
}

#[tokio::test]
async fn events_are_those_of_our_objects() -> Result<()> {
    let world = established("events").await?;
    world
        .settles("the operator has said something", async |world| {
            Ok(run(world, &["events", "--for", "rset/apps"]).await?.out.contains("ApplySucceeded"))
        })
        .await?;
    let events = run(&world, &["events", "--for", "rset/apps"]).await?.exits(0)?;
    let header: Vec<&str> = events.out.lines().next().context("header")?.split('\t').map(str::trim_end).collect();
    assert_eq!(header, ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
    let row: Vec<&str> = events.out.lines().nth(1).context("row")?.split('\t').map(str::trim_end).collect();
    assert_eq!(row[1..4], ["Normal", "ApplySucceeded", "ResourceSet/apps"]);
    assert!(row[0].ends_with('Z') && row[4].contains("app-a"), "{row:?}");
    let none = run(&world, &["events", "--for", "rset/apps", "--types", "Warning"]).await?.exits(0)?;
    assert_eq!(none.out.lines().count(), 1, "{}", none.out);
    Ok(())
}

#[tokio::test]
async fn events_are_followed_until_the_command_is_ended() -> Result<()> {
    let world = established("eventswatch").await?;
    world
        .settles("the operator has said something", async |world| {
            Ok(run(world, &["events", "--for", "rset/apps"]).await?.out.contains("ApplySucceeded"))
        })
        .await?;
    let mut child =
        command(&world, &["events", "--for", "rset/apps", "--watch"]).await?.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let mut next = async || -> Result<String> {
        let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.context("no line came")??;
        line.context("it ended")
    };
    assert!(next().await?.starts_with("LAST SEEN"));
    assert!(next().await?.contains("app-a"), "what was said before comes first");
    // Something about another object, and then about this one.
    world.annotate("ResourceSetInputProvider", "one", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.patch(SET, "apps", json!({"spec": {"inputs": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}})).await?;
    loop {
        let line = next().await?;
        assert!(!line.contains("ResourceSetInputProvider"), "{line}");
        if line.contains("app-c created") {
            break;
        }
    }
    assert!(child.try_wait()?.is_none(), "it goes on");
    child.kill().await?;
    Ok(())
}

#[tokio::test]
async fn logs_without_an_operator_say_where_they_looked() -> Result<()> {
    let world = established("logs").await?;
    run(&world, &["logs", "--operator-namespace", world.namespace()])
        .await?
        .exits(1)?
        .warns(&format!("namespace {} has no Pods", world.namespace()))?
        .warns("--operator-namespace")?;
    Ok(())
}
