//! The sandbox of a process: started once and cloned freely. Each file adds one operation: poll, render, notify,
//! validate, evaluate, inspect.

pub(crate) mod accepted_configs;
pub(crate) mod evaluator;
pub(crate) mod inspect;
pub(crate) mod notify;
pub(crate) mod poll;
pub(crate) mod render;
pub(crate) mod validate;

use crate::admission::admit::{Admission, CodeStore};
use crate::admission::cache::{Cache, CacheError};
use crate::admission::catalogue::Catalogue;
use crate::admission::compile::Compiler;
use crate::admission::error::AdmitError;
use crate::admission::plugin::Plugin;
use crate::admission::precompiled::Precompiled;
use crate::calls::circuit::CircuitBreakers;
use crate::calls::queue::Queue;
use crate::calls::single_flight::SingleFlight;
use crate::calls::{
    Attempt, Body, Call, CallError, CallObserver, Capacity, Claimant, Completed, FairSemaphore, Scheduling,
    WhileWaiting,
};
use crate::consumer::Consumer;
use crate::instance::network::Network;
use crate::instance::store::CallSpec;
use crate::limits::{LimitError, Limits};
use crate::operations::accepted_configs::AcceptedConfigs;
use crate::operations::evaluator::{Evaluator, EvaluatorSource};
use crate::operations::poll::PollReport;
use crate::operations::render::RenderCache;
use crate::plugin::{PluginDescription, PluginRef, PluginSource};
use orangery_core::ServedType;
use orangery_egress::{Egress, Quota};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The configuration of a sandbox.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// A private directory for compiled plugins. With `None`, each process compiles anew.
    pub cache_dir: Option<PathBuf>,
    /// The limits of every plugin.
    pub limits: Limits,
    /// Sends the requests of plugins.
    pub egress: Egress,
    /// The built-in component that evaluates expressions, schemas and schedules.
    pub evaluator: EvaluatorSource,
    /// Where components are compiled.
    pub compiler: Compiler,
    /// The machine code of the components that came with the program.
    pub precompiled: Precompiled,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A limit is out of range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The engine does not run on this machine.
    #[error("the WebAssembly engine does not start on this machine: {0}")]
    Engine(String),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// The sandbox of a process. Clones share everything.
///
/// # Guarantees
/// Every call has an instance of its own and ends. A plugin can reach only the imports of its world. An answer that
/// breaks the rules, or holds a credential, is an error and is never used.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) admission: Arc<Admission>,
    pub(crate) egress: Egress,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) circuits: Arc<CircuitBreakers>,
    pub(crate) flights: SingleFlight<PollReport>,
    pub(crate) accepted: AcceptedConfigs,
    pub(crate) queue: Queue,
    /// Calls that may wait for the network.
    pub(crate) open: Arc<FairSemaphore>,
    pub(crate) memo: RenderCache,
    pub(crate) evaluator: Evaluator,
}

impl Sandbox {
    /// Starts the engine and opens the cache.
    ///
    /// # Errors
    /// A limit is out of range, the engine does not run on this machine, or the cache directory is not private.
    pub fn start(config: SandboxConfig) -> Result<Self, StartError> {
        let limits = Arc::new(config.limits.checked()?);
        let cannot = |error: wasmtime::Error| StartError::Engine(format!("{error:#}"));
        let engine = crate::engine::start(&limits).map_err(cannot)?;
        let cache = config.cache_dir.map(|dir| Cache::open(&dir, &engine)).transpose()?;
        Ok(Self {
            inner: Arc::new(Inner {
                egress: config.egress,
                catalogue: RwLock::default(),
                circuits: Arc::new(CircuitBreakers::new(&limits)),
                flights: SingleFlight::default(),
                accepted: AcceptedConfigs::default(),
                queue: Queue::new(limits.calls_per_consumer),
                open: FairSemaphore::new(Capacity {
                    all: limits.calls_open,
                    of_namespace: limits.calls_open_per_namespace,
                    of_origin: limits.calls_open_per_origin,
                }),
                memo: RenderCache::new(limits.remembered_bytes),
                evaluator: Evaluator::new(config.evaluator),
                admission: Arc::new(Admission::new(
                    engine,
                    limits,
                    CodeStore { precompiled: config.precompiled, cache },
                    config.compiler,
                )),
            }),
        })
    }

    /// Checks a component, asks for its manifest, and registers what it serves.
    ///
    /// # Errors
    /// The first check that fails; then nothing is registered.
    pub async fn admit(&self, bytes: &[u8], source: PluginSource) -> Result<PluginRef, AdmitError> {
        self.admit_component(bytes, None, source).await
    }

    /// Does the same for a component whose SHA-256 (64 hexadecimal characters) is known. It names the compiled code in
    /// the cache, so a start need not read the component at all. Only for bytes that are part of this program.
    ///
    /// # Errors
    /// As [`Sandbox::admit`].
    pub async fn admit_known(
        &self,
        bytes: &'static [u8],
        digest: &str,
        source: PluginSource,
    ) -> Result<PluginRef, AdmitError> {
        self.admit_component(bytes, Some(digest), source).await
    }

    async fn admit_component(
        &self,
        bytes: &[u8],
        digest: Option<&str>,
        source: PluginSource,
    ) -> Result<PluginRef, AdmitError> {
        let plugin = self.examine(bytes, digest, source).await?;
        let mut catalogue = self.inner.catalogue.write().unwrap_or_else(PoisonError::into_inner);
        catalogue.add(Arc::new(plugin)).map(|plugin| plugin.description.plugin.clone())
    }

    /// The admitted plugins: the bundled ones by name, then the others in the order of admission.
    #[must_use]
    pub fn plugins(&self) -> Vec<PluginDescription> {
        self.catalogue(Catalogue::descriptions)
    }

    /// What the plugin of a type declares about it.
    #[must_use]
    pub fn served_type(&self, provider_type: &str) -> Option<ServedType> {
        self.catalogue(|catalogue| catalogue.served_type(provider_type))
    }

    /// The plugin that serves a type.
    #[must_use]
    pub fn server_of(&self, provider_type: &str) -> Option<PluginRef> {
        self.catalogue(|catalogue| {
            catalogue.of_type(provider_type).ok().map(|plugin| plugin.description.plugin.clone())
        })
    }

    /// Forgets everything about a deleted consumer.
    pub fn forget(&self, consumer: &Consumer) {
        self.inner.circuits.forget(consumer);
    }

    /// Reports every call to this observer from now on. Only the first observer is kept.
    pub fn observe_calls(&self, observer: Arc<dyn CallObserver>) {
        self.inner.circuits.observed.set(observer);
    }

    /// For each plugin, the number of providers and sets for which its circuit is open.
    #[must_use]
    pub fn open_circuits(&self) -> BTreeMap<String, usize> {
        self.inner.circuits.open(Instant::now())
    }

    /// The request quotas that remotes have reported.
    #[must_use]
    pub fn quotas(&self) -> Vec<Quota> {
        self.inner.egress.quotas()
    }

    /// The limits of every plugin.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.admission.limits
    }

    pub(crate) fn catalogue<T>(&self, read: impl FnOnce(&Catalogue) -> T) -> T {
        read(&self.inner.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    /// Makes one call into a plugin.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        plugin: &Plugin,
        wall: Duration,
        spec: CallSpec,
        attempt: Option<Arc<Attempt>>,
        body: Body<T>,
    ) -> Completed<T, CallError> {
        let waiting = match &spec.network {
            Network::Closed(_) => WhileWaiting::KeepPermit,
            Network::Open(..) => WhileWaiting::ReleasePermit(Arc::clone(&self.open)),
        };
        let claimant = Claimant::new(&spec.consumer, spec.origin.as_deref());
        let scheduling = Scheduling { computing: Arc::clone(&plugin.computing), claimant, waiting };
        let call = Call { pre: plugin.pre.clone(), wall, spec, attempt, scheduling, body };
        let Completed { outcome, logs, usage } = call.run(&self.admission.engine, &self.admission.limits).await;
        self.circuits.observed.took(plugin.reference(), &usage);
        let outcome = outcome.map_err(|fault| CallError::Faulted { plugin: plugin.reference().clone(), fault });
        Completed { outcome, logs, usage }
    }
}
