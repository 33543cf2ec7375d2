//! A ConfigMap or Secret with the label `reconcile.fluxcd.io/watch: Enabled` that changes reaches what reads it within seconds.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{Flavour, Rights, Token};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Intervals are an hour: whatever comes within this time was triggered.
const SOON: Duration = Duration::from_secs(15);

const SOURCES: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: source, namespace: NAMESPACE, labels: {reconcile.fluxcd.io/watch: Enabled}}
data: {a: VALUE}
---
apiVersion: v1
kind: Secret
metadata: {name: hashed, namespace: NAMESPACE, labels: {reconcile.fluxcd.io/watch: Enabled}}
stringData: {a: VALUE}
---
apiVersion: v1
kind: Secret
metadata: {name: kubeconfig, namespace: NAMESPACE, labels: {reconcile.fluxcd.io/watch: Enabled}}
stringData: {value: 'clusters: [{name: a, cluster: {server: \"https://VALUE.example.com\", certificate-authority-data: UEVN}}]'}
";

const READERS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set, annotations: {fluxcd.controlplane.io/reconcileEvery: 1h}}
spec:
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: copy, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/copyFrom: NAMESPACE/source}}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: user, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/checksumFrom: Secret/NAMESPACE/hashed}}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: cluster, namespace: NAMESPACE, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: NAMESPACE/kubeconfig}}}
";

async fn at(world: &World, name: &str, pointer: &str) -> Result<Value> {
    Ok(world.live("ConfigMap", name).await?.pointer(pointer).cloned().unwrap_or_default())
}

#[tokio::test]
async fn what_changes_reaches_copies_checksums_and_kubeconfigs_within_seconds() -> Result<()> {
    const CHECKSUM: &str = "/metadata/annotations/fluxcd.controlplane.io~1checksum";
    let mut world = World::new("rotated").await?;
    world.start().await?;
    world.apply(&SOURCES.replace("VALUE", "one")).await?;
    world.apply(READERS).await?;
    world.is_ready(SET, "set").await?;
    let first = at(&world, "user", CHECKSUM).await?;
    for (index, value) in ["two", "three"].into_iter().enumerate() {
        let begun = Instant::now();
        // One after the other, so that each of them has to trigger by itself.
        let documents = SOURCES.replace("VALUE", value);
        let documents: Vec<&str> = documents.split("---").collect();
        world.apply(documents[0]).await?;
        world.settles("the copy is new", async |world| Ok(at(world, "copy", "/data/a").await? == json!(value))).await?;
        let before = at(&world, "user", CHECKSUM).await?;
        assert_eq!(before == first, index == 0);
        world.apply(documents[1]).await?;
        world.settles("the checksum is new", async |world| Ok(at(world, "user", CHECKSUM).await? != before)).await?;
        world.apply(documents[2]).await?;
        let address = json!(format!("https://{value}.example.com"));
        world
            .settles("the cluster is new", async |world| Ok(at(world, "cluster", "/data/address").await? == address))
            .await?;
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    Ok(())
}

#[tokio::test]
async fn a_source_that_appears_ends_the_failure_at_once() -> Result<()> {
    let mut world = World::new("rotated-missing").await?.retrying(Duration::from_secs(600), Duration::from_secs(600));
    world.start().await?;
    world.apply(READERS).await?;
    world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    let begun = Instant::now();
    world.apply(&SOURCES.replace("VALUE", "one")).await?;
    world.is_ready(SET, "set").await?;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_new_secret_ends_the_failure_of_a_provider_at_once() -> Result<()> {
    let secret = |label: &str| {
        format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: forge, namespace: NAMESPACE{label}}}, \
             stringData: {{username: git, password: some-token}}}}"
        )
    };
    let mut world = World::new("rotated-provider").await?.retrying(Duration::from_secs(600), Duration::from_secs(600));
    world.forge.github("acme/shop").opens("one");
    world.forge.accepts(Token {
        value: "some-token".to_owned(),
        flavour: Flavour::Github,
        repositories: vec![],
        rights: Rights::Read,
        user: "git".to_owned(),
        expires_at: None,
    });
    world.start().await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {name: pulls}\n\
             spec: {type: GitHubPullRequest, url: FORGE/acme/shop, secretRef: {name: forge}}\n",
        )
        .await?;
    world
        .settles("the Secret is missing", async |world| {
            let [ready, ..] = world.condition(PROVIDER, "pulls", "Ready").await?;
            Ok(ready == "False")
        })
        .await?;
    let begun = Instant::now();
    world.apply(&secret(", labels: {reconcile.fluxcd.io/watch: Enabled}")).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    Ok(())
}

#[tokio::test]
async fn what_has_no_label_is_not_watched() -> Result<()> {
    let mut world = World::new("rotated-unlabelled").await?;
    world.start().await?;
    let plain =
        |value: &str| SOURCES.replace("reconcile.fluxcd.io/watch: Enabled", "some: label").replace("VALUE", value);
    world.apply(&plain("one")).await?;
    world.apply(READERS).await?;
    world.is_ready(SET, "set").await?;
    world.apply(&plain("two")).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(at(&world, "copy", "/data/a").await?, "one");
    world.reconciles(SET, "set").await?;
    assert_eq!(at(&world, "copy", "/data/a").await?, "two");
    Ok(())
}
