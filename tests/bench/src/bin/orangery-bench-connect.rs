//! What the operator is measured against: a program that starts a runtime, connects to the API server and does nothing more.
//!
//! It says `connected` on its standard output and then waits to be ended.

use anyhow::{Context, Result};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

fn main() -> Result<()> {
    let kubeconfig = std::env::args().nth(1).context("the kubeconfig is the only argument")?;
    // As many workers as the operator has.
    let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(async {
        let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let client = Client::try_from(config)?;
        client.apiserver_version().await?;
        println!("connected");
        std::future::pending::<()>().await;
        drop(client);
        Ok(())
    })
}
