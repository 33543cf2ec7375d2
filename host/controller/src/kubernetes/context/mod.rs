//! What all reconciliations of a process share.

mod own_writes;
mod scope;

pub use scope::{InvalidSelector, LabelSelector, WatchScope};

use super::events::Events;
use super::lease::Fence;
use super::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::pipeline::provider::poll::Poller;
use crate::pipeline::requeue::{Reader, RequeuePolicy, Requeuer, SourceReaders};
use kube::Client;
use orangery_cluster::Target;
use orangery_core::guard::DeletionPolicy;
use orangery_core::{NamespacedName, Timestamp};
use orangery_sandbox::Consumer;
use own_writes::OwnWrites;
use std::sync::Arc;
use std::time::SystemTime;

/// Whose rights a ResourceSet without a service account runs with.
#[derive(Debug, Clone)]
pub struct Rights {
    /// The value of `--default-service-account`.
    pub default_service_account: Option<String>,
    /// The operator's namespace.
    pub operator_namespace: String,
    /// Where ResourceSets may run with the operator's own rights.
    pub own_rights: OwnRights,
}

/// Where ResourceSets without a service account run with the operator's own rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OwnRights {
    /// Only in the operator's own namespace.
    #[default]
    OwnNamespace,
    /// Everywhere: whoever may write a ResourceSet has the rights of the operator.
    AllNamespaces,
}

/// The flags that all reconciliations share.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--watch-namespace` and `--watch-label-selector`.
    pub watch: WatchScope,
    /// `--concurrent`: objects of each kind that are reconciled at once.
    pub concurrent: u16,
    /// When objects are reconciled again.
    pub requeue: RequeuePolicy,
    /// Whose rights are used.
    pub rights: Rights,
    /// `--watch-configs-label-selector`: the ConfigMaps and Secrets whose changes reach at once what reads them; none if `None`.
    pub watch_configs: Option<String>,
    /// When the deletion of ResourceSets is held.
    pub deletions: DeletionPolicy,
    /// Whether webhooks are taken: then the status of a provider that asks for it has a path.
    pub hooks: bool,
}

/// Clients with the operator's own rights.
pub struct Clients {
    /// For requests: without an answer in time they fail.
    pub requests: Client,
    /// For watches, which send nothing while nothing happens.
    pub watches: Client,
    /// Stands before all writing clients, and tells whether this copy leads.
    pub fence: Fence,
}

/// What all reconciliations share.
pub struct Context {
    /// With the operator's own rights: custom resources, Secrets of providers, events.
    pub client: Client,
    /// With the operator's own rights: watches.
    pub watches: Client,
    /// Open while this copy leads.
    pub fence: Fence,
    /// Polls the providers of this process.
    pub poller: Poller,
    /// Reconciles the ResourceSets of this process.
    pub pipeline: Pipeline,
    /// Where objects are applied to.
    pub target: Arc<dyn Target>,
    /// The options of the command line.
    pub options: Options,
    /// The metrics of this process.
    pub metrics: Metrics,
    /// Sends events to the API server and to notification-controller.
    pub events: Events,
    pub(super) requeuer: Requeuer,
    pub(super) own_writes: OwnWrites,
    /// Who reads which ConfigMaps and Secrets.
    pub(crate) sources: SourceReaders,
}

impl Context {
    /// Puts everything together.
    #[must_use]
    pub fn new(
        clients: Clients,
        poller: Poller,
        pipeline: Pipeline,
        target: Arc<dyn Target>,
        options: Options,
        metrics: Metrics,
        events: Events,
    ) -> Self {
        let Clients { requests: client, watches, fence } = clients;
        let requeuer = Requeuer::new(options.requeue);
        metrics.observe_sandbox(&pipeline.sandbox);
        metrics.observe_target(Arc::clone(&target));
        let own_writes = OwnWrites::default();
        let sources = SourceReaders::default();
        Self {
            client,
            watches,
            fence,
            poller,
            pipeline,
            target,
            options,
            metrics,
            events,
            requeuer,
            own_writes,
            sources,
        }
    }

    /// Forgets the failures of an object, and what plugins remember of it.
    pub(super) fn forget(&self, kind: &'static str, name: &NamespacedName) {
        self.requeuer.forget(kind, name);
        self.sources.forget(&Reader { kind, name: name.clone() });
        self.pipeline.sandbox.forget(&Consumer::of(kind, name));
    }

    /// Forgets the series of a ResourceSet, and what the target remembers of it.
    pub(super) fn forget_set(&self, name: &NamespacedName, uid: &str) {
        self.metrics.forget_set(uid);
        self.target.forget(name);
    }
}

/// The present moment.
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}
