//! One run of the operator inside of the test process: the controllers of cluster mode with everything they need.

use anyhow::{Context as _, Result};
use futures::FutureExt;
use http::{HeaderValue, header};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client, Config};
use orangery_cluster::{KubernetesOptions, KubernetesTarget, Patience};
use orangery_controller::hooks::{HookOptions, Hooks};
use orangery_controller::kubernetes::events::notification::NotificationOptions;
use orangery_controller::kubernetes::events::{EventOptions, Events};
use orangery_controller::kubernetes::lease::{self, Election, Fence, Timing};
use orangery_controller::kubernetes::metrics::Metrics;
use orangery_controller::kubernetes::{self, Clients, Context, Options, OwnRights, Rights, WatchScope};
use orangery_controller::pipeline::Pipeline;
use orangery_controller::pipeline::provider::access::AccessPolicy;
use orangery_controller::pipeline::provider::poll::Poller;
use orangery_controller::pipeline::requeue::RequeuePolicy;
use orangery_core::GuardPolicy;
use orangery_core::guard::DeletionPolicy;
use orangery_egress::credential::consent::SecretRules;
use orangery_egress::{Egress, Loopback, Policy};
use orangery_sandbox::{Compiler, EvaluatorSource, Limits, PluginSource, Precompiled, Sandbox, SandboxConfig};
use orangery_test_apiserver::cut::{self, RequestOutcome};
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// A running operator; dropped, it ends in the midst of whatever it does.
pub(crate) struct Operator {
    stop: CancellationToken,
    task: JoinHandle<()>,
    /// Where webhooks are taken.
    hooks: Option<(Arc<Hooks>, AbortOnDropHandle<()>)>,
    /// Its part in the election, and how to end that.
    election: Option<(CancellationToken, JoinHandle<()>)>,
}

/// What one operator is started with.
pub(crate) struct Setting {
    pub(crate) config: Config,
    pub(crate) sandbox: Sandbox,
    pub(crate) namespace: String,
    pub(crate) operator_namespace: String,
    /// Objects of each kind that are worked on at once.
    pub(crate) concurrent: u16,
    pub(crate) agent: String,
    /// Where Secrets may go.
    pub(crate) secrets: SecretRules,
    /// Where its metrics are.
    pub(crate) registry: Arc<Mutex<Registry>>,
    /// How failures are retried.
    pub(crate) retries: RetryDelays,
    /// Where its events go besides the API server.
    pub(crate) notifications: NotificationOptions,
    /// What becomes of its requests.
    pub(crate) outcome: Arc<RequestOutcome>,
    /// How it takes webhooks, if it does.
    pub(crate) hooks: Option<HookOptions>,
    /// Its name where several copies take turns by a lease.
    pub(crate) candidate: Option<String>,
}

/// `--min-retry-delay` and `--max-retry-delay`: short unless a story says otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryDelays {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

impl Default for RetryDelays {
    fn default() -> Self {
        Self { min: Duration::from_millis(200), max: Duration::from_secs(1) }
    }
}

impl Operator {
    /// Starts the controllers and waits until their caches are filled.
    pub(crate) fn start(setting: Setting) -> Result<Self> {
        let Setting {
            mut config,
            sandbox,
            namespace,
            operator_namespace,
            concurrent,
            agent,
            secrets,
            registry,
            retries,
            notifications,
            outcome,
            hooks,
            candidate,
        } = setting;
        config.headers = vec![(header::USER_AGENT, HeaderValue::from_str(&agent)?)];
        let lease_namespace = operator_namespace.clone();
        let unfenced = cut::fated(config.clone(), &outcome)?;
        let fence = if candidate.is_some() { Fence::closed() } else { Fence::open() };
        let client = fence.wrap(unfenced.clone());
        let clients =
            Clients { requests: client.clone(), watches: cut::fated(config.clone(), &outcome)?, fence: fence.clone() };
        let patience =
            Patience { gate: Duration::from_secs(10), terminating: Duration::from_secs(4), ..Patience::default() };
        let options = KubernetesOptions { patience, override_managers: Vec::new() };
        let behind = fence.clone();
        let connect = move |config| Ok(behind.wrap(cut::fated(config, &outcome)?));
        let target = KubernetesTarget::with_connect(config, options, Box::new(connect));
        let requeue = RequeuePolicy::default()
            .with_dependency_delay(Duration::from_millis(300))
            .with_retry_delays(retries.min, retries.max)?;
        let metrics = Metrics::new(&mut registry.lock().unwrap_or_else(PoisonError::into_inner));
        let events =
            EventOptions { controller: "orangery".to_owned(), instance: "orangery-0".to_owned(), notifications };
        let context = Context::new(
            clients,
            Poller::new(sandbox.clone(), AccessPolicy { secrets, ..AccessPolicy::default() }),
            Pipeline { sandbox, guard: GuardPolicy::default() },
            Arc::new(target),
            Options {
                watch: WatchScope::namespace(namespace),
                concurrent,
                requeue,
                rights: Rights {
                    default_service_account: None,
                    operator_namespace,
                    own_rights: OwnRights::OwnNamespace,
                },
                watch_configs: Some("reconcile.fluxcd.io/watch=Enabled".to_owned()),
                deletions: DeletionPolicy::default(),
                hooks: hooks.is_some(),
            },
            metrics.clone(),
            Events::start(client.clone(), events, &metrics),
        );
        let context = Arc::new(context);
        let hooks = hooks.map(|options| {
            let hooks = Hooks::new(Arc::clone(&context), client, options);
            (Arc::clone(&hooks), AbortOnDropHandle::new(tokio::spawn(hooks.run())))
        });
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned().boxed().shared();
        let election = candidate.map(|name| take_part(unfenced, &lease_namespace, name, fence)).transpose()?;
        let task = tokio::spawn(kubernetes::run(context, stopped, || {}));
        Ok(Self { stop, task, hooks, election })
    }

    /// Takes webhooks on a free port.
    pub(crate) async fn serve_hooks(&self) -> Result<SocketAddr> {
        let (hooks, _) = self.hooks.as_ref().context("this operator takes no webhooks")?;
        Ok(orangery_hooks::serve(SocketAddr::from(([127, 0, 0, 1], 0)), hooks.clone()).await?)
    }

    /// Lets it finish what is under way, as a process that was asked to end does.
    pub(crate) async fn finish(mut self) -> Result<()> {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), &mut self.task)
            .await
            .context("the operator did not end within 20 s of being asked to")??;
        if let Some((over, task)) = &mut self.election {
            over.cancel();
            task.await?;
        }
        Ok(())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.task.abort();
        if let Some((_, task)) = &self.election {
            task.abort();
        }
    }
}

/// Takes part in an election whose terms are short, so that no story waits long for the lease of a copy that was killed.
fn take_part(
    client: Client,
    namespace: &str,
    identity: String,
    fence: Fence,
) -> Result<(CancellationToken, JoinHandle<()>)> {
    let timing = Timing::new(Duration::from_secs(3), Duration::from_secs(2), Duration::from_millis(300))?;
    let leases: Api<Lease> = Api::namespaced(client, namespace);
    let over = CancellationToken::new();
    let election = Election { name: "orangery".to_owned(), identity, timing };
    let task = tokio::spawn(lease::take_part(leases, election, fence, over.clone().cancelled_owned(), |_| {}));
    Ok((over, task))
}

/// A sandbox with the built-in plugins that may dial the forge of this machine. Compiled plugins are kept between runs.
///
/// # Errors
/// The sandbox does not start, or a plugin is refused: a broken build.
pub async fn sandbox() -> Result<Sandbox> {
    /// The first one compiles; the others find it done.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let egress = Egress::new(Policy { loopback: Loopback::Allowed, ..Policy::default() })?;
    let evaluator = orangery_bundled::evaluator();
    let evaluator = EvaluatorSource { bytes: evaluator.bytes, digest: evaluator.digest };
    let (limits, compiler) = (Limits::default(), Compiler::InProcess);
    let sandbox = Sandbox::start(SandboxConfig {
        cache_dir: Some(cache()?),
        limits,
        egress,
        evaluator,
        compiler,
        precompiled: Precompiled::default(),
    })?;
    for bundled in orangery_bundled::plugins() {
        sandbox
            .admit(bundled.bytes, PluginSource::bundled("built-in"))
            .await
            .with_context(|| format!("admitting {}", bundled.name))?;
    }
    Ok(sandbox)
}

/// A folder in the target directory that this test program lies in.
pub(crate) fn cache() -> Result<PathBuf> {
    let exe = std::env::current_exe().context("asking for the path of this program")?;
    let target = exe.ancestors().find(|dir| dir.join("CACHEDIR.TAG").exists());
    Ok(target.context("the test program is not in a target directory")?.join("flow-plugins"))
}
