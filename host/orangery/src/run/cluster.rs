//! `orangery run` against a cluster: health and metrics first, then the lease, then the controllers.

use super::addresses::ForbiddenAddresses;
use super::api_server::{connection, until_connected};
use super::server::{self, Health};
use super::{Surroundings, election, guard, notifications, stop};
use crate::cli::{GuardDefault, OwnRightsFlag, RunOptions};
use crate::exit;
use crate::sandbox::{self, SandboxSetup};
use anyhow::Context as _;
use futures::FutureExt;
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Api;
use orangery_cluster::{KubernetesOptions, KubernetesTarget, Patience};
use orangery_controller::hooks::Hooks;
use orangery_controller::kubernetes::events::{EventOptions, Events};
use orangery_controller::kubernetes::lease::Fence;
use orangery_controller::kubernetes::metrics::Metrics;
use orangery_controller::kubernetes::{self, Clients, Context, Options, OwnRights, Rights, WatchScope};
use orangery_controller::pipeline::Pipeline;
use orangery_controller::pipeline::provider::poll::Poller;
use orangery_core::guard::{DeletionHold, DeletionPolicy};
use prometheus_client::registry::Registry;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// The name of the operator in events.
const REPORTER: &str = "orangery";

/// A connection that is not made within this time fails: the server may be unreachable without a word.
const CONNECT: Duration = Duration::from_secs(10);
/// A request without an answer fails after this time.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// A watch without data for this long is dead: the server ends each watch after 290 s.
const IDLE_WATCH: Duration = Duration::from_secs(300);

/// The user agent, which the API server's log shows.
const AGENT: &str = concat!("orangery/", env!("CARGO_PKG_VERSION"));

/// Runs until stopped.
pub(super) async fn run(options: RunOptions, surroundings: &Surroundings) -> anyhow::Result<ExitCode> {
    options.carried.warn();
    let stop = stop::on_signal()?;
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    // Everything but the lease itself is written behind the fence.
    let fence = if options.elects_a_leader() { Fence::closed() } else { Fence::open() };
    let health = Health::new(fence.clone());
    if let Some(address) = options.health_addr.0 {
        let bound = server::serve_health(address, health.clone()).await?;
        tracing::info!(%bound, "health at /healthz, /readyz and /leaderz");
    }
    if let Some(address) = options.metrics_addr.0 {
        let bound = server::serve_metrics(address, Arc::new(registry)).await?;
        tracing::info!(%bound, "metrics at /metrics");
    }
    let running = Running { options, surroundings, metrics, health: health.clone(), fence };
    // The end need not wait for anything before there is work under way.
    let started = tokio::select! {
        () = stop.cancelled() => return Ok(exit::SUCCESS),
        started = start(running) => started?,
    };
    started.work(&stop).await;
    Ok(exit::SUCCESS)
}

/// What a start needs.
struct Running<'a> {
    options: RunOptions,
    surroundings: &'a Surroundings,
    metrics: Metrics,
    health: Health,
    fence: Fence,
}

/// A connected operator with its plugins.
struct Started {
    context: Arc<Context>,
    health: Health,
    /// `None` without leader election.
    candidate: Option<election::Candidate>,
    /// Keeps the addresses that plugins must not dial up to date.
    _addresses: AbortOnDropHandle<()>,
    /// Follows whoever takes webhooks.
    _hooks: Option<AbortOnDropHandle<()>>,
}

/// Waits for the API server, loads the plugins, and puts everything together.
async fn start(running: Running<'_>) -> anyhow::Result<Started> {
    let Running { options, surroundings, metrics, health, fence } = running;
    let mut config = connection(&options).await?;
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(REQUEST_TIMEOUT);
    // Otherwise the idle time of a pooled connection counts against the answer.
    config.reset_reader_on_write = true;
    let unfenced = surroundings.client(config.clone()).context("cannot make a client for the API server")?;
    let unfenced = metrics.count_requests_of(unfenced);
    until_connected(&unfenced, &config).await;
    let addresses = ForbiddenAddresses::of(surroundings, &config, unfenced.clone());
    let SandboxSetup { sandbox, egress } =
        sandbox::open(&options.sandbox, surroundings.loopback, addresses.now().await).await?;
    let addresses = addresses.keep(egress);
    for plugin in sandbox.plugins() {
        tracing::info!(plugin = %plugin.plugin, source = %plugin.source, "loaded");
    }
    let client = fence.wrap(unfenced.clone());
    let mut patient = config.clone();
    patient.read_timeout = Some(IDLE_WATCH);
    let watches = metrics.count_requests_of(surroundings.client(patient)?);
    let (connect, behind, counts) = (surroundings.clone(), fence.clone(), metrics.clone());
    let target = KubernetesTarget::with_connect(
        config,
        KubernetesOptions {
            patience: Patience {
                terminating: options.terminating_deadline,
                verify_every: options.verify_every,
                ..Patience::default()
            },
            override_managers: options.override_managers.clone(),
        },
        Box::new(move |config| Ok(behind.wrap(counts.count_requests_of(connect.client(config)?)))),
    );
    let events = EventOptions {
        controller: REPORTER.to_owned(),
        instance: notifications::instance(),
        notifications: notifications::options(&options)?,
    };
    let context = Arc::new(Context::new(
        Clients { requests: client.clone(), watches, fence: fence.clone() },
        Poller::new(sandbox.clone(), sandbox::access(&options.sandbox, options.credentials, surroundings.loopback)),
        Pipeline { sandbox, guard: guard(&options) },
        Arc::new(target),
        Options {
            watch: WatchScope {
                namespaces: options.watch_namespace.iter().cloned().collect(),
                labels: options.watch_label_selector.clone(),
            },
            concurrent: options.concurrent,
            requeue: options.requeue_policy()?,
            rights: Rights {
                default_service_account: options.default_service_account.clone(),
                operator_namespace: options.operator_namespace.clone(),
                own_rights: own_rights(&options),
            },
            watch_configs: Some(options.watch_configs_label_selector.clone()).filter(|selector| selector != "none"),
            deletions: deletions(&options),
            hooks: options.hooks.hooks_addr.0.is_some(),
        },
        metrics.clone(),
        Events::start(client, events, &metrics),
    ));
    let hooks = match options.hooks.hooks_addr.0 {
        None => None,
        Some(address) => {
            let hooks = Hooks::new(Arc::clone(&context), unfenced.clone(), options.hooks.options());
            let bound = orangery_hooks::serve(address, hooks.clone()).await?;
            tracing::info!(%bound, "webhooks at /hook/");
            Some(AbortOnDropHandle::new(tokio::spawn(hooks.run())))
        }
    };
    let candidate = match options.elects_a_leader() {
        false => None,
        true => Some(election::Candidate {
            leases: Api::namespaced(unfenced, &options.operator_namespace),
            timing: options.leader_election.timing()?,
            fence,
            metrics,
        }),
    };
    Ok(Started { context, health, candidate, _addresses: addresses, _hooks: hooks })
}

impl Started {
    /// Works while this copy leads, until it is stopped; then gives the lease back.
    async fn work(self, stop: &CancellationToken) {
        let Self { context, health, candidate, _addresses, _hooks } = self;
        health.started();
        let election = candidate.map(election::Candidate::start);
        let stopped = stop.clone().cancelled_owned().boxed().shared();
        kubernetes::run(context, stopped, move || {
            tracing::info!("watching");
            health.caches_filled();
        })
        .await;
        if let Some(election) = election {
            election.finish().await;
        }
    }
}

/// Where the operator's own rights are used.
fn own_rights(options: &RunOptions) -> OwnRights {
    match options.own_rights {
        OwnRightsFlag::OwnNamespace => OwnRights::OwnNamespace,
        OwnRightsFlag::AllNamespaces => OwnRights::AllNamespaces,
    }
}

/// When the deletion of sets is held.
fn deletions(options: &RunOptions) -> DeletionPolicy {
    let hold = match options.deletion_guard {
        GuardDefault::On => DeletionHold::On,
        GuardDefault::Off => DeletionHold::Off,
    };
    DeletionPolicy { hold, at_least: options.deletion_guard_floor, ..DeletionPolicy::default() }
}
