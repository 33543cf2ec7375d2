//! Credentials of a kubeconfig that change under the process: the operator goes on with the new ones.

use crate::tenant::PROGRAM;
use anyhow::{Result, ensure};
use kube::config::AuthInfo;
use orangery_test_flow::{Launch, Process, SET, World};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn set(name: &str) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"resources": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "NAMESPACE"}}]},
    })
    .to_string()
}

fn start(world: &World, kubeconfig: &Path) -> Result<Process> {
    let flags =
        ["--no-leader-election", "--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    Launch::new(PROGRAM, kubeconfig, world)?.flags(&flags).start()
}

/// The set renders another object, and the operator applies it.
async fn goes_on(world: &World, name: &str) -> Result<()> {
    world.apply(&set(name)).await?;
    world.has_objects("ConfigMap", &[name]).await?;
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_client_certificate_that_is_replaced_before_it_expires_is_read_again() -> Result<()> {
    let world = World::new("certificate").await?;
    let folder = tempfile::tempdir()?;
    let expires = SystemTime::now() + Duration::from_secs(45);
    world.cluster.admin_certificate("short-lived", expires)?.write_to(folder.path())?;
    let file = |name: &str| Some(folder.path().join(name).display().to_string());
    let user =
        AuthInfo { client_certificate: file("client.crt"), client_key: file("client.key"), ..AuthInfo::default() };
    let kubeconfig = world.cluster.kubeconfig_as(&user)?;
    let mut process = start(&world, &kubeconfig)?;
    goes_on(&world, "before").await?;

    let later = SystemTime::now() + Duration::from_secs(3600);
    world.cluster.admin_certificate("long-lived", later)?.write_to(folder.path())?;
    let left = expires.duration_since(SystemTime::now()).unwrap_or_default();
    tokio::time::sleep(left + Duration::from_secs(5)).await;
    goes_on(&world, "after").await?;
    let requests = world.requests().await?;
    ensure!(requests.acting_as("short-lived").count() > 0 && requests.acting_as("long-lived").count() > 0);
    let refused = requests.iter().filter(|event| event.response_status.as_ref().is_some_and(|it| it.code == 401));
    assert_eq!(refused.count(), 0, "nothing was asked with an expired certificate");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}

/// Two accounts that may do everything.
const ACCOUNTS: &str = "
{apiVersion: v1, kind: ServiceAccount, metadata: {name: first, namespace: NAMESPACE}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: second, namespace: NAMESPACE}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
  - {kind: ServiceAccount, name: first, namespace: NAMESPACE}
  - {kind: ServiceAccount, name: second, namespace: NAMESPACE}
";

#[tokio::test]
async fn a_token_file_that_is_replaced_is_read_again() -> Result<()> {
    let world = World::new("token").await?;
    world.apply(ACCOUNTS).await?;
    let token = tempfile::NamedTempFile::new()?;
    std::fs::write(&token, world.cluster.token_of(world.namespace(), "first").await?)?;
    let user = AuthInfo { token_file: Some(token.path().display().to_string()), ..AuthInfo::default() };
    let kubeconfig = world.cluster.kubeconfig_as(&user)?;
    let mut process = start(&world, &kubeconfig)?;
    goes_on(&world, "before").await?;

    std::fs::write(&token, world.cluster.token_of(world.namespace(), "second").await?)?;
    // From now on the first token is refused. The file is read again once a minute.
    world.delete("ServiceAccount", "first").await?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    goes_on(&world, "after").await?;
    let second = format!("system:serviceaccount:{}:second", world.namespace());
    ensure!(world.requests().await?.acting_as(&second).count() > 0);
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
