//! The Kubernetes target: server-side apply and guarded deletion, as the identity of the set.
//!
//! ```text
//! inspect (read, ownership, dry run, compare)  ── the whole stage ──▶  write (clean up, apply, re-create)  ──▶ gate
//!    ▲ memory: an object that is as we left it costs no request of its own
//! ```
//!
//! # Guarantees
//! A stage is dry-run as a whole before its first write. All identities share the connections; each has a discovery cache of its own. Dropping the future
//! of an apply or prune stops it between two requests; running it again reaches the same end state.

mod apply;
mod client;
mod live;
mod object;
mod prune;

use crate::target::{ReadError, Target};
use async_trait::async_trait;
use client::connection::Session;
use client::identity::Identities;
use futures::stream::BoxStream;
use kube::{Client, Config};
use live::memory::Memory;
use live::watch::{Awaited, Watches};
use orangery_core::{
    ApplyReport, GroupVersionKind, LedgerEntry, NamespacedName, Object, ObjectKey, Owner, Plan, PruneReport, Scope,
    Scopes,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Makes a client from connection settings: [`Client::try_from`], or something with layers around it.
pub type Connect = dyn Fn(Config) -> Result<Client, kube::Error> + Send + Sync;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For definitions, namespaces and classes to be ready before the next stage, and for a deleted object that is re-created.
    pub gate: Duration,
    /// For deleted Flux objects to be gone before what they depend on is deleted.
    pub flux: Duration,
    /// For all other deleted objects to be gone, before they are reported as still terminating.
    pub gone: Duration,
    /// Between two full checks of an object that looks unchanged; up to twice as long, so that the checks spread.
    pub recheck: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            gate: Duration::from_secs(60),
            flux: Duration::from_secs(60),
            gone: Duration::from_secs(20),
            recheck: Duration::from_secs(3600),
        }
    }
}

/// Settings of the target.
#[derive(Debug, Clone, Default)]
pub struct KubernetesOptions {
    /// How long to wait for what.
    pub patience: Patience,
    /// More field managers whose fields are taken over, besides those of kubectl, Helm and Flux.
    pub override_managers: Vec<String>,
}

/// A Kubernetes API server.
pub struct KubernetesTarget {
    identities: Identities,
    memory: Arc<Memory>,
    clock: live::clock::Clock,
    watches: Watches,
    options: KubernetesOptions,
}

impl KubernetesTarget {
    /// A target at the server of `config`, with its identity where a set names no service account.
    #[must_use]
    pub fn new(config: Config, options: KubernetesOptions) -> Self {
        Self::with_connect(config, options, Box::new(Client::try_from))
    }

    /// As [`KubernetesTarget::new`], with a say in how clients are made.
    #[must_use]
    pub fn with_connect(config: Config, options: KubernetesOptions, connect: Box<Connect>) -> Self {
        let memory = Arc::new(Memory::default());
        let watches = Watches::new(Arc::clone(&memory));
        Self {
            identities: Identities::new(config, connect),
            memory,
            clock: live::clock::Clock::default(),
            watches,
            options,
        }
    }

    fn session(&self, owner: &Owner) -> Result<Session, client::refusal::Refusal> {
        self.identities.of(owner).map(Session::new)
    }

    /// As the operator itself: to ask whether another set exists, which is nobody else's to see.
    fn operator(&self) -> Result<Session, client::refusal::Refusal> {
        self.identities.operator().map(Session::new)
    }
}

#[async_trait]
impl Target for KubernetesTarget {
    async fn apply(&self, plan: &Plan) -> ApplyReport {
        apply::apply(self, plan).await
    }

    async fn prune(&self, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
        prune::prune(self, owner, stale).await
    }

    fn forget(&self, set: &NamespacedName) {
        self.memory.forget_set(set);
        self.identities.forget(set);
    }

    async fn scopes(&self, owner: &Owner, kinds: &BTreeSet<GroupVersionKind>) -> Scopes {
        let mut scopes = Scopes::default();
        let Ok(session) = self.session(owner) else { return scopes };
        for kind in kinds {
            // Whoever applies objects of a kind that is not served, or is not told of, will say so.
            if let Ok(Some(served)) = session.kind(kind).await {
                scopes.learn(kind, if served.namespaced { Scope::Namespaced } else { Scope::Cluster });
            }
        }
        scopes
    }

    async fn disown(&self, owner: &Owner, adopted: &[LedgerEntry]) -> PruneReport {
        prune::disown::disown(self, owner, adopted).await
    }

    async fn read(&self, owner: &Owner, api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        let failed = |refusal: client::refusal::Refusal| ReadError {
            key: key.clone(),
            forbidden: refusal.is_forbidden(),
            message: refusal.to_string(),
        };
        let session = self.session(owner).map_err(failed)?;
        let gvk = GroupVersionKind::new(api_version, &key.kind);
        let Some(kind) = session.kind(&gvk).await.map_err(failed)? else {
            return Err(failed(client::refusal::Refusal::no_such_kind(&gvk)));
        };
        session.get(&kind.path(&key.namespace, &key.name)).await.map_err(failed)
    }

    async fn await_change(&self, owner: &Owner, api_version: &str, key: &ObjectKey, seen: Option<String>) {
        let gvk = GroupVersionKind::new(api_version, &key.kind);
        let Ok(session) = self.session(owner) else { return };
        if let Ok(Some(kind)) = session.kind(&gvk).await {
            let identity = &session.connection.identity;
            let awaited = Awaited { set: owner.name.clone(), key: key.clone(), seen };
            self.watches.once(&kind, awaited, || self.identities.watching(identity));
        }
    }

    fn changed(&self) -> BoxStream<'static, NamespacedName> {
        self.watches.told()
    }
}
