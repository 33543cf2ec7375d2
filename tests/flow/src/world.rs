//! A world of its own for one story: namespace, forge, operator, and the questions a story asks.

use crate::operator::{self, Operator, RetryDelays, Setting};
use anyhow::{Context, Result};
use kube::{Client, Config};
use orangery_controller::hooks::HookOptions;
use orangery_controller::kubernetes::events::notification::NotificationOptions;
use orangery_egress::credential::consent::{PlainHttp, SecretRules};
use orangery_sandbox::{PluginSource, Sandbox};
use orangery_test_apiserver::cut::{self, RequestOutcome};
use orangery_test_apiserver::{Cluster, Proxy};
use orangery_test_forge::Forge;
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Kind of sets.
pub const SET: &str = "ResourceSet";
/// Kind of providers.
pub const PROVIDER: &str = "ResourceSetInputProvider";
/// Where the operator lives unless a story says otherwise.
pub(crate) const SYSTEM: &str = "orangery-system";

/// How an operator ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As by SIGTERM: it finishes what is under way.
    Asked,
    /// As by SIGKILL: in the midst of whatever it does.
    Killed,
}

/// A namespace, a forge and an operator.
pub struct World {
    /// The control plane.
    pub cluster: &'static Cluster,
    /// The forge.
    pub forge: Forge,
    namespace: String,
    operator_namespace: String,
    concurrent: u16,
    /// None where the operator is a process, which has its own.
    sandbox: Option<Sandbox>,
    operator: Option<Operator>,
    left: Arc<AtomicI64>,
    pub(crate) tokens: AtomicU64,
    secrets: SecretRules,
    registry: Arc<Mutex<Registry>>,
    retries: RetryDelays,
    notifications: NotificationOptions,
    hooks: Option<HookOptions>,
    /// How many copies took part in the election so far; none where there is no election.
    candidates: Option<u32>,
    /// The client of the questions; none where each one has a connection of its own, because the API server may be stopped.
    client: Option<Client>,
}

impl World {
    /// A world without an operator yet. Its namespace is the operator's own, so that sets need no service account.
    ///
    /// # Errors
    /// The control plane, the forge or the sandbox does not start.
    pub async fn new(hint: &str) -> Result<Self> {
        let cluster = prepared().await?;
        let namespace = cluster.namespace(hint).await?.name().to_owned();
        Self::within(cluster, namespace.clone(), namespace).await
    }

    /// A world in a namespace with this very name, which is not the operator's own. It is not created.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn named(namespace: &str) -> Result<Self> {
        Self::within(prepared().await?, namespace.to_owned(), SYSTEM.to_owned()).await
    }

    /// A world in a namespace that is not the operator's own: sets need a service account.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn of_a_tenant(hint: &str) -> Result<Self> {
        let cluster = prepared().await?;
        let namespace = cluster.namespace(hint).await?.name().to_owned();
        Self::within(cluster, namespace, SYSTEM.to_owned()).await
    }

    /// A world in a namespace that is not the operator's own, for operators that are processes. They never dial the address
    /// of the API server, which is 127.0.0.1: the forge has another one.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn of_processes(hint: &str) -> Result<Self> {
        let cluster = prepared().await?;
        let namespace = cluster.namespace(hint).await?.name().to_owned();
        Self::on(cluster, namespace).await
    }

    /// As [`World::of_processes`], with a control plane of its own: its operator can be let loose on all namespaces.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn alone(namespace: &str) -> Result<Self> {
        let cluster = tokio::task::spawn_blocking(Cluster::start).await??;
        install(&cluster).await?;
        // It goes with the test process, as the shared one does.
        let world = Self::on(Box::leak(Box::new(cluster)), namespace.to_owned()).await?;
        world.apply(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}}}}}")).await?;
        Ok(world)
    }

    /// A world with a control plane of its own that serves our definitions only. Its namespace is the operator's own.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn bare(hint: &str) -> Result<Self> {
        let cluster = tokio::task::spawn_blocking(Cluster::start).await??;
        cluster.install_our_crds().await?;
        let cluster: &'static Cluster = Box::leak(Box::new(cluster));
        let namespace = cluster.namespace(hint).await?.name().to_owned();
        Self::within(cluster, namespace.clone(), namespace).await
    }

    /// A world on the control plane of this one, in a namespace with this very name.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn beside(&self, namespace: &str) -> Result<Self> {
        self.apply(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}}}}}")).await?;
        Self::on(self.cluster, namespace.to_owned()).await
    }

    async fn on(cluster: &'static Cluster, namespace: String) -> Result<Self> {
        let forge = Forge::start_on(SocketAddr::from(([127, 0, 0, 2], 0))).await?;
        Ok(Self::made(cluster, namespace, SYSTEM.to_owned(), forge, None))
    }

    async fn within(cluster: &'static Cluster, namespace: String, operator_namespace: String) -> Result<Self> {
        let sandbox = operator::sandbox().await?;
        Ok(Self::made(cluster, namespace, operator_namespace, Forge::start().await?, Some(sandbox)))
    }

    fn made(
        cluster: &'static Cluster,
        namespace: String,
        operator_namespace: String,
        forge: Forge,
        sandbox: Option<Sandbox>,
    ) -> Self {
        Self {
            cluster,
            forge,
            namespace,
            operator_namespace,
            concurrent: 10,
            sandbox,
            operator: None,
            left: Arc::new(AtomicI64::new(i64::MAX)),
            tokens: AtomicU64::new(0),
            // The forge of the tests is on this machine.
            secrets: SecretRules { plain_http: PlainHttp::Loopback, ..SecretRules::default() },
            registry: Arc::default(),
            retries: RetryDelays::default(),
            notifications: NotificationOptions::Disabled,
            hooks: None,
            candidates: None,
            client: None,
        }
    }

    /// A world on the same control plane with a namespace and a forge of its own, whose operators share the plugins of this one.
    ///
    /// # Errors
    /// As [`World::new`].
    pub async fn neighbour(&self, hint: &str) -> Result<Self> {
        let namespace = self.cluster.namespace(hint).await?.name().to_owned();
        let sandbox = self.sandbox.clone();
        let world = Self::made(self.cluster, namespace.clone(), namespace, Forge::start().await?, sandbox);
        Ok(Self { client: Some(self.cluster.client()?), ..world })
    }

    /// A client with all rights, for what a user or a test does.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn client(&self) -> Result<Client> {
        self.client.clone().map_or_else(|| self.cluster.client(), Ok)
    }

    /// With operators that take turns by a lease.
    #[must_use]
    pub fn electing(mut self) -> Self {
        self.candidates = Some(0);
        self
    }

    /// Loads a plugin as if the user had given it with `--plugin`; before the operator starts.
    ///
    /// # Errors
    /// It is refused, or the operator is a process with plugins of its own.
    pub async fn admits(&self, component: &[u8]) -> Result<()> {
        let sandbox = self.sandbox.as_ref().context("the operator is a process")?;
        sandbox.admit(component, PluginSource::given("given.wasm")).await?;
        Ok(())
    }

    /// With an operator that works on so many objects of a kind at once.
    #[must_use]
    pub fn working_on(mut self, concurrent: u16) -> Self {
        self.concurrent = concurrent;
        self
    }

    /// With an operator whose `--min-retry-delay` and `--max-retry-delay` are these.
    #[must_use]
    pub fn retrying(mut self, min: Duration, max: Duration) -> Self {
        self.retries = RetryDelays { min, max };
        self
    }

    /// Operators that are started from now on send their events to this address too.
    pub fn notifies(&mut self, address: impl Into<String>) {
        self.notifications = NotificationOptions::Address(address.into());
    }

    /// Operators that are started from now on treat Secrets so.
    pub fn treats_secrets(&mut self, rules: SecretRules) {
        self.secrets = rules;
    }

    /// What `/metrics` of the operator in this process would answer now.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn metrics(&self) -> Result<String> {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }

    /// The namespace of the story.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What the clients of this world's operators call themselves in the audit log.
    #[must_use]
    pub fn agent(&self) -> String {
        format!("operator-of-{}", self.namespace)
    }

    /// Starts the operator.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub async fn start(&mut self) -> Result<()> {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.launch()
    }

    /// Starts an operator that takes webhooks, and answers where.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub async fn start_with_hooks(&mut self, options: HookOptions) -> Result<SocketAddr> {
        self.hooks = Some(options);
        self.start().await?;
        self.operator.as_ref().context("it was started")?.serve_hooks().await
    }

    /// Starts an operator whose connection is cut after so many requests.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn start_cut_after(&mut self, requests: i64) -> Result<()> {
        self.left.store(requests, Ordering::SeqCst);
        self.launch()
    }

    fn launch(&mut self) -> Result<()> {
        self.start_fated(cut::after(&self.left))
    }

    /// Starts an operator whose requests to the API server meet this outcome.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn start_fated(&mut self, outcome: Arc<RequestOutcome>) -> Result<()> {
        self.launch_at(self.cluster.config(), outcome)
    }

    /// A second copy stands by; the first one is asked to end, or killed; the second takes its place.
    ///
    /// # Errors
    /// The world has no election, the second does not start, or the first does not end.
    pub async fn hands_over(&mut self, end: End) -> Result<()> {
        anyhow::ensure!(self.candidates.is_some(), "without an election both would act at once");
        let first = self.operator.take();
        self.launch()?;
        match (first, end) {
            (Some(first), End::Asked) => first.finish().await,
            _ => Ok(()),
        }
    }

    fn launch_at(&mut self, config: Config, outcome: Arc<RequestOutcome>) -> Result<()> {
        let candidate = self.candidates.as_mut().map(|count| {
            *count += 1;
            format!("copy-{count}")
        });
        self.operator = Some(Operator::start(Setting {
            candidate,
            config,
            sandbox: self.sandbox.clone().context("the operators of this world are processes")?,
            namespace: self.namespace.clone(),
            operator_namespace: self.operator_namespace.clone(),
            concurrent: self.concurrent,
            agent: self.agent(),
            secrets: self.secrets,
            registry: Arc::clone(&self.registry),
            retries: self.retries,
            notifications: self.notifications.clone(),
            outcome,
            hooks: self.hooks,
        })?);
        Ok(())
    }

    /// Starts an operator that reaches the API server through a proxy.
    ///
    /// # Errors
    /// The connection settings are unusable.
    pub fn start_behind(&mut self, proxy: &Proxy) -> Result<()> {
        self.left.store(i64::MAX, Ordering::SeqCst);
        self.launch_at(proxy.config(), cut::after(&self.left))
    }

    /// Whether the connection was cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    /// Ends the operator in the midst of whatever it does.
    pub fn kill(&mut self) {
        self.operator = None;
    }

    /// Asks the operator to end, and waits for it.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> Result<()> {
        match self.operator.take() {
            Some(operator) => operator.finish().await,
            None => Ok(()),
        }
    }
}

/// The shared control plane with our definitions and those of Flux.
async fn prepared() -> Result<&'static Cluster> {
    static INSTALLED: tokio::sync::Mutex<bool> = tokio::sync::Mutex::const_new(false);
    let cluster = Cluster::shared().await;
    let mut installed = INSTALLED.lock().await;
    if !*installed {
        install(cluster).await?;
        *installed = true;
    }
    Ok(cluster)
}

async fn install(cluster: &Cluster) -> Result<()> {
    cluster.install_our_crds().await?;
    cluster.install_flux_crds().await
}
