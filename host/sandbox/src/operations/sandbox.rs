//! The process's sandbox: started once, cloned freely, asked by everyone.

use crate::admission::admit::{AdmitError, Gate};
use crate::admission::cache::{Cache, CacheError};
use crate::admission::catalogue::Catalogue;
use crate::admission::compile::Compiler;
use crate::admission::plugin::Plugin;
use crate::calls::circuit::Circuits;
use crate::calls::queue::Queue;
use crate::calls::single_flight::Flights;
use crate::calls::{self, Attempt, Body, Bounds, CallError, Claimant, Places, Seat, Stay, Usage, Waiting};
use crate::guest::log::LogLine;
use crate::instance::network::Network;
use crate::instance::store::Given;
use crate::limits::{LimitError, Limits};
use crate::operations::accepted::Accepted;
use crate::operations::evaluator::{Evaluator, EvaluatorSource};
use crate::operations::poll::PollReport;
use crate::operations::render::Memo;
use crate::plugin::{PluginDescription, PluginRef, PluginSource};
use orangery_core::ServedType;
use orangery_egress::Egress;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where compiled plugins are kept; a private directory. `None`: compiled anew by each process.
    pub cache_dir: Option<PathBuf>,
    /// What a plugin may use.
    pub limits: Limits,
    /// The way to the network.
    pub egress: Egress,
    /// The component that evaluates what others wrote.
    pub evaluator: EvaluatorSource,
    /// Where plugins that the user gave are compiled.
    pub compiler: Compiler,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A limit outside of its range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The engine does not run here.
    #[error("the WebAssembly engine does not start on this machine: {0}")]
    Engine(String),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// The sandbox of a process. Clones share everything.
///
/// # Guarantees
/// Every call gets an instance of its own and ends. A plugin reaches nothing but the doors of its world. An answer that
/// breaks the rules, or holds a credential, is an error and never an answer.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) gate: Arc<Gate>,
    pub(crate) egress: Egress,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) circuits: Arc<Circuits>,
    pub(crate) flights: Flights<PollReport>,
    pub(crate) accepted: Accepted,
    pub(crate) queue: Queue,
    /// Calls that may wait for the network.
    pub(crate) open: Arc<Places>,
    pub(crate) memo: Memo,
    pub(crate) evaluator: Evaluator,
}

impl Sandbox {
    /// Starts the engine and opens the cache.
    ///
    /// # Errors
    /// A limit out of range, an engine that does not run on this machine, a cache directory that is not private.
    pub fn start(config: SandboxConfig) -> Result<Self, StartError> {
        let limits = Arc::new(config.limits.checked()?);
        let cannot = |error: wasmtime::Error| StartError::Engine(format!("{error:#}"));
        let engine = crate::engine::start(&limits).map_err(cannot)?;
        let cache = config.cache_dir.map(|dir| Cache::open(&dir, &engine)).transpose()?;
        Ok(Self {
            inner: Arc::new(Inner {
                egress: config.egress,
                catalogue: RwLock::default(),
                circuits: Arc::new(Circuits::new(&limits)),
                flights: Flights::default(),
                accepted: Accepted::default(),
                queue: Queue::new(limits.calls_per_consumer),
                open: Places::new(Bounds {
                    all: limits.calls_open,
                    of_namespace: limits.calls_open_per_namespace,
                    of_origin: limits.calls_open_per_origin,
                }),
                memo: Memo::new(limits.remembered_bytes),
                evaluator: Evaluator::new(config.evaluator),
                gate: Arc::new(Gate::new(engine, limits, cache, config.compiler)),
            }),
        })
    }

    /// Checks a component, asks it who it is, and registers what it serves.
    ///
    /// # Errors
    /// The first thing that speaks against it; nothing is registered then.
    pub async fn admit(&self, bytes: &[u8], source: PluginSource) -> Result<PluginRef, AdmitError> {
        self.admit_component(bytes, None, source).await
    }

    /// The same for a component whose SHA-256 (64 hexadecimal characters) is known: it names the compiled code in the
    /// cache, so a start need not read the component at all. Only for bytes that are part of this program.
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

    /// What the plugin of a type says of it.
    #[must_use]
    pub fn served_type(&self, kind: &str) -> Option<ServedType> {
        self.catalogue(|catalogue| catalogue.served_type(kind))
    }

    /// The plugin that serves a type.
    #[must_use]
    pub fn server_of(&self, kind: &str) -> Option<PluginRef> {
        self.catalogue(|catalogue| catalogue.of_type(kind).ok().map(|plugin| plugin.description.plugin.clone()))
    }

    /// Forgets what is remembered of a consumer that was deleted.
    pub fn forget(&self, consumer: &str) {
        self.inner.circuits.forget(consumer);
    }

    /// What a plugin may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.gate.limits
    }

    pub(crate) fn catalogue<T>(&self, read: impl FnOnce(&Catalogue) -> T) -> T {
        read(&self.inner.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What came of one call into a known plugin.
pub(crate) struct Reached<T> {
    pub(crate) outcome: Result<T, CallError>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) usage: Usage,
}

impl Inner {
    /// One call into a plugin, once there is a place for it.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        plugin: &Plugin,
        wall: Duration,
        given: Given,
        attempt: Option<Arc<Attempt>>,
        body: Body<T>,
    ) -> Reached<T> {
        let waiting = match &given.network {
            Network::Closed(_) => Waiting::Keeps,
            Network::Open(..) => Waiting::Frees(Arc::clone(&self.open)),
        };
        let claimant = Claimant::new(&given.consumer, given.origin.as_deref());
        let stay = Stay { attempt, seat: Seat { places: Arc::clone(&plugin.places), claimant, waiting } };
        let gate = &self.gate;
        let ran = calls::run(&gate.engine, plugin.pre.clone(), &gate.limits, wall, given, stay, body).await;
        let outcome = ran.outcome.map_err(|fault| CallError::Faulted { plugin: plugin.reference().clone(), fault });
        Reached { outcome, logs: ran.logs, usage: ran.usage }
    }
}
