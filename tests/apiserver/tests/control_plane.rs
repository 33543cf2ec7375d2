//! The control plane behaves as a real one where our tests rely on it.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use orangery_test_apiserver::Cluster;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn config_map(name: &str) -> ConfigMap {
    ConfigMap { metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }, ..ConfigMap::default() }
}

#[tokio::test]
async fn the_server_answers_with_its_version() -> Result<()> {
    let cluster = Cluster::shared().await;
    assert_eq!(cluster.client()?.apiserver_version().await?.minor, "36");
    assert!(cluster.kubeconfig_path().exists());
    Ok(())
}

#[tokio::test]
async fn a_deleted_namespace_empties_and_goes() -> Result<()> {
    let namespace = Cluster::shared().await.namespace("goes").await?;
    let maps: Api<ConfigMap> = Api::namespaced(namespace.client(), namespace.name());
    maps.create(&PostParams::default(), &config_map("a")).await?;
    namespace.delete().await?;
    assert!(maps.get_opt("a").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn every_namespace_has_a_default_service_account() -> Result<()> {
    let namespace = Cluster::shared().await.namespace("accounts").await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(namespace.client(), namespace.name());
    for _ in 0..100 {
        if accounts.get_opt("default").await?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("no default service account after 10 s")
}

#[tokio::test]
async fn rights_are_enforced() -> Result<()> {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("rights").await?;
    let stranger = cluster.client_as("system:serviceaccount:nowhere:nobody", &[])?;
    let maps: Api<ConfigMap> = Api::namespaced(stranger, namespace.name());
    let refusal = maps.create(&PostParams::default(), &config_map("a")).await;
    assert!(matches!(refusal, Err(kube::Error::Api(status)) if status.code == 403));
    Ok(())
}

#[tokio::test]
async fn the_audit_log_counts_what_was_asked() -> Result<()> {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("audit").await?;
    let maps: Api<ConfigMap> = Api::namespaced(namespace.client(), namespace.name());
    for name in ["a", "b"] {
        maps.create(&PostParams::default(), &config_map(name)).await?;
    }
    maps.delete("a", &DeleteParams::default()).await?;
    let audit =
        cluster.audit().await?.in_namespace(namespace.name()).by_agent("orangery-tests").acting_as("test-admin");
    assert_eq!(audit.verb("create").count(), 2);
    assert_eq!(audit.verb("delete").count(), 1);
    assert_eq!(audit.writes().count(), 3);
    Ok(())
}

#[tokio::test]
async fn the_flux_kinds_are_served_after_they_are_installed() -> Result<()> {
    let cluster = Cluster::shared().await;
    cluster.install_flux_crds().await?;
    let groups = cluster.client()?.list_api_groups().await?;
    for wanted in ["source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"] {
        assert!(groups.groups.iter().any(|group| group.name == wanted), "{wanted} is not served");
    }
    Ok(())
}

#[tokio::test]
async fn a_text_that_is_no_definition_is_refused() -> Result<()> {
    let refusal = Cluster::shared().await.install_crds("kind: ConfigMap\n").await;
    assert!(refusal.is_err_and(|error| format!("{error:#}").contains("no CustomResourceDefinition")));
    Ok(())
}

#[test]
fn nothing_is_left_behind_when_the_process_is_killed() -> Result<()> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_orangery-test-apiserver"))
        .env_remove("ORANGERY_TEST_KUBECONFIG")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
    let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=").context("the first line")?.to_owned();
    let dir = Path::new(&kubeconfig).parent().context("its directory")?;
    assert!(dir.join("etcd").exists());
    child.kill()?;
    child.wait()?;
    for _ in 0..100 {
        if !dir.exists() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    anyhow::bail!("{} still exists 10 s after the process was killed", dir.display())
}
