//! What account names cost that anybody can write into a set: a program of its own, because it measures the process.

use anyhow::{Context, Result};
use orangery_cluster::{KubernetesOptions, KubernetesTarget, ReadAccess, Target};
use orangery_core::{NamespacedName, ObjectKey, Owner};
use orangery_test_apiserver::Cluster;

/// Before connections were shared, each cost two descriptors and 0.38 MB.
const ACCOUNTS: usize = 400;

fn descriptors() -> Result<usize> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}

/// Resident memory in KiB.
fn resident() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    line.trim().trim_end_matches(" kB").trim().parse().context("a number of KiB")
}

#[tokio::test]
async fn hundreds_of_account_names_cost_neither_connections_nor_memory() -> Result<()> {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("accounts").await?;
    let target = KubernetesTarget::new(cluster.config(), KubernetesOptions::default());
    let key = ObjectKey {
        group: String::new(),
        kind: "ConfigMap".to_owned(),
        namespace: namespace.name().to_owned(),
        name: "nothing".to_owned(),
    };
    let asks = async |nth: usize| {
        let name = NamespacedName::new(namespace.name(), format!("set-{nth}"));
        let owner = Owner { name, service_account: Some(format!("account-{nth}")), force: false };
        // No account may read anything: what counts is that it was asked for.
        target.read(&owner, "v1", &key).await.is_err_and(|error| error.access == ReadAccess::Forbidden)
    };
    assert!(asks(ACCOUNTS).await, "the server knows the account by its name and refuses it");
    let (files, memory) = (descriptors()?, resident()?);
    for nth in 0..ACCOUNTS {
        assert!(asks(nth).await, "account-{nth}");
    }
    let (more_files, more_memory) = (descriptors()?.saturating_sub(files), resident()?.saturating_sub(memory));
    assert!(more_files < ACCOUNTS / 4, "{ACCOUNTS} accounts took {more_files} descriptors");
    assert!(more_memory < ACCOUNTS * 120, "{ACCOUNTS} accounts took {more_memory} KiB");
    Ok(())
}
