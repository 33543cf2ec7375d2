//! How cluster mode reaches the API server.

use crate::cli::RunOptions;
use anyhow::Context as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use orangery_core::duration;
use std::time::Duration;

/// Delay before the second attempt to reach the API server; it doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest delay: a control plane that comes back is found within this time.
const LONGEST: Duration = Duration::from_secs(10);

/// The in-cluster configuration, unless a kubeconfig is given or there is none.
///
/// # Errors
/// There is none that can be used, which waiting does not mend.
pub(super) async fn connection(options: &RunOptions) -> anyhow::Result<Config> {
    match &options.kubeconfig {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(path)
                .with_context(|| format!("cannot read the kubeconfig {}", path.display()))?;
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .with_context(|| format!("the kubeconfig {} cannot be used", path.display()))
        }
        None => Config::infer()
            .await
            .context("there is neither an in-cluster configuration nor a kubeconfig; give one with --kubeconfig"),
    }
}

/// Waits until the API server answers. It may start after us, or be replaced just now: ending the process would not bring it back
/// sooner, and a crash loop would delay us when it is back.
pub(super) async fn until_connected(client: &Client, config: &Config) {
    let mut delay = FIRST;
    loop {
        match client.apiserver_version().await {
            Ok(version) => {
                tracing::info!(version = version.git_version, server = %config.cluster_url, "connected");
                return;
            }
            Err(error) => {
                tracing::warn!(
                    server = %config.cluster_url, %error, retry_in = duration::format(delay),
                    "the API server does not answer; look at --kubeconfig, KUBECONFIG or the pod's network if it should"
                );
            }
        }
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(LONGEST);
    }
}
