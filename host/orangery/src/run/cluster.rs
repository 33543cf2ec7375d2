//! `orangery run` against a cluster: health and metrics first, then the lease, then the controllers.

use super::addresses::ForbiddenAddresses;
use super::server::{self, Readiness};
use super::{Surroundings, guard, stop};
use crate::cli::{GuardDefault, RunOptions};
use crate::exit;
use crate::sandbox::{self, SandboxSetup};
use anyhow::{Context as _, bail};
use futures::FutureExt;
use http::HeaderValue;
use http::header::USER_AGENT;
use k8s_openapi::api::coordination::v1::Lease;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use orangery_cluster::{KubernetesOptions, KubernetesTarget};
use orangery_controller::kubernetes::events::Events;
use orangery_controller::kubernetes::lease::{self, Election, Fence};
use orangery_controller::kubernetes::metrics::Metrics;
use orangery_controller::kubernetes::{self, Clients, Context, Options, Rights};
use orangery_controller::pipeline::Pipeline;
use orangery_controller::pipeline::provider::poll::Poller;
use orangery_core::guard::{DeletionHold, DeletionPolicy};
use prometheus_client::registry::Registry;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Name of the Lease.
const LEASE: &str = "orangery";
/// Who we are in events.
const REPORTER: &str = "orangery";

/// A request that nobody answers is a failure after this time.
const SILENCE: Duration = Duration::from_secs(60);
/// A watch without a word for this long is dead: the server ends each after 290 s.
const IDLE_WATCH: Duration = Duration::from_secs(300);

/// What the API server's log says of us.
const AGENT: &str = concat!("orangery/", env!("CARGO_PKG_VERSION"));

/// Runs until stopped.
pub(super) async fn run(options: RunOptions, surroundings: &Surroundings) -> anyhow::Result<ExitCode> {
    let stop = stop::on_signal()?;
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let readiness = Readiness::default();
    if let Some(address) = options.health_addr.0 {
        let bound = server::serve_health(address, readiness.clone()).await?;
        tracing::info!(%bound, "health at /healthz and /readyz");
    }
    if let Some(address) = options.metrics_addr.0 {
        let bound = server::serve_metrics(address, Arc::new(registry)).await?;
        tracing::info!(%bound, "metrics at /metrics");
    }
    let mut config = connection(&options).await?;
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    config.read_timeout = Some(SILENCE);
    // Otherwise the idle time of a pooled connection counts against the answer.
    config.reset_reader_on_write = true;
    let unfenced = surroundings.client(config.clone()).context("cannot make a client for the API server")?;
    let version = unfenced
        .apiserver_version()
        .await
        .context("the API server does not answer; look at --kubeconfig, KUBECONFIG or the pod's network")?;
    tracing::info!(version = version.git_version, server = %config.cluster_url, "connected");
    let addresses = ForbiddenAddresses::of(surroundings, &config, unfenced.clone());
    let SandboxSetup { sandbox, egress } =
        sandbox::open(&options.sandbox, surroundings.loopback, addresses.now().await).await?;
    let _watched = addresses.keep(egress);
    for plugin in sandbox.plugins() {
        tracing::info!(plugin = %plugin.plugin, source = %plugin.source, "loaded");
    }
    // Everything but the lease itself is written behind the fence.
    let fence = if options.no_leader_election { Fence::open() } else { Fence::closed() };
    let client = fence.wrap(unfenced.clone());
    let mut patient = config.clone();
    patient.read_timeout = Some(IDLE_WATCH);
    let watches = surroundings.client(patient)?;
    let (connect, behind) = (surroundings.clone(), fence.clone());
    let target = KubernetesTarget::with_connect(
        config,
        KubernetesOptions::default(),
        Box::new(move |config| connect.client(config).map(|client| behind.wrap(client))),
    );
    let context = Arc::new(Context::new(
        Clients { requests: client.clone(), watches },
        Poller::new(sandbox.clone(), sandbox::access(&options.sandbox, options.credentials, surroundings.loopback)),
        Pipeline { sandbox, guard: guard(&options) },
        Arc::new(target),
        Options {
            namespace: options.watch_namespace.clone(),
            concurrent: options.concurrent,
            requeue: options.requeue_policy()?,
            rights: Rights {
                default_service_account: options.default_service_account.clone(),
                operator_namespace: options.operator_namespace.clone(),
            },
            deletions: deletions(&options),
        },
        metrics,
        Events::start(client, REPORTER),
    ));
    if options.no_leader_election {
        work(context, &stop, &readiness).await;
        return Ok(exit::SUCCESS);
    }
    lead(&options, Leader { client: unfenced, fence }, context, &stop, &readiness).await
}

/// When the deletion of sets is held.
fn deletions(options: &RunOptions) -> DeletionPolicy {
    let hold = match options.deletion_guard {
        GuardDefault::On => DeletionHold::On,
        GuardDefault::Off => DeletionHold::Off,
    };
    DeletionPolicy { hold, at_least: options.deletion_guard_floor, ..DeletionPolicy::default() }
}

/// What a leader needs besides its work.
struct Leader {
    /// For the lease.
    client: Client,
    /// Around all other clients.
    fence: Fence,
}

/// Waits for the lease, works while it is ours.
async fn lead(
    options: &RunOptions,
    Leader { client, fence }: Leader,
    context: Arc<Context>,
    stop: &CancellationToken,
    readiness: &Readiness,
) -> anyhow::Result<ExitCode> {
    let api: Api<Lease> = Api::namespaced(client, &options.operator_namespace);
    let election = Election::new(LEASE, identity());
    tracing::info!(lease = LEASE, namespace = options.operator_namespace, "waiting for the lease");
    // A copy that waits is healthy and ready: it serves nothing.
    readiness.set(true);
    let mut leadership = tokio::select! {
        () = stop.cancelled() => return Ok(exit::SUCCESS),
        leadership = lease::acquire(api, election, fence) => leadership,
    };
    tracing::info!(lease = LEASE, "leading");
    // A copy that works is ready when its caches are filled.
    readiness.set(false);
    let working = work(context, stop, readiness);
    tokio::pin!(working);
    let lost = tokio::select! {
        () = &mut working => None,
        lost = leadership.keep() => Some(lost),
    };
    match lost {
        None => {
            leadership.release().await;
            Ok(exit::SUCCESS)
        }
        // Another copy may act from now on: nothing may be finished here.
        Some(lost) => bail!(lost),
    }
}

async fn work(context: Arc<Context>, stop: &CancellationToken, readiness: &Readiness) {
    let stopped = stop.clone().cancelled_owned().boxed().shared();
    let ready = readiness.clone();
    kubernetes::run(context, stopped, move || {
        tracing::info!("watching");
        ready.set(true);
    })
    .await;
}

/// The in-cluster configuration, unless a kubeconfig is given or there is none.
async fn connection(options: &RunOptions) -> anyhow::Result<Config> {
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

/// The pod's name, and something that no other process has.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "orangery".to_owned());
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{host}_{:x}_{:x}", std::process::id(), since)
}
