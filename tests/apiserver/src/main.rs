//! Starts the control plane of the tests for people to play with.

use anyhow::Result;
use clap::Parser;
use orangery_test_apiserver::{Cluster, binary};

/// Starts etcd, kube-apiserver and kube-controller-manager on loopback and keeps them until interrupted.
///
/// Prints shell lines that point kubectl, and the tests, at it. The data is gone when it stops. Nothing runs pods.
#[derive(Parser)]
#[command(name = "orangery-test-apiserver")]
struct Options {
    /// Build the programs, print where they are, and stop: the first build takes minutes.
    #[arg(long)]
    build_only: bool,
    /// Also install the definitions of the Flux kinds.
    #[arg(long)]
    flux: bool,
    /// Also install our own definitions from config/crd.
    #[arg(long)]
    crds: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    if options.build_only {
        println!("{}", binary::controlplane()?.display());
        return Ok(());
    }
    let cluster = tokio::task::spawn_blocking(Cluster::start).await??;
    if options.flux {
        cluster.install_flux_crds().await?;
    }
    if options.crds {
        cluster.install_our_crds().await?;
    }
    println!("export KUBECONFIG={}", cluster.kubeconfig_path().display());
    println!("export ORANGERY_TEST_KUBECONFIG={}", cluster.kubeconfig_path().display());
    if let Some(audit) = cluster.audit_log_path() {
        println!("export ORANGERY_TEST_AUDIT_LOG={}", audit.display());
    }
    eprintln!("running; stop with Ctrl-C");
    tokio::signal::ctrl_c().await?;
    Ok(())
}
