//! The state of a Kubernetes target: identities, applied objects, waits and watches.

use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::identities::{Connect, Identities};
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::client::rights::Verb;
use crate::kubernetes::live::clock::Clock;
use crate::kubernetes::live::memory::{Left, Memory, checksum};
use crate::kubernetes::live::seen::Seen;
use crate::kubernetes::live::watch::{Reach, Watches};
use kube::{Client, Config};
use orangery_core::{Object, ObjectKey, Owner};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time limits of the target.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For definitions, namespaces and classes to be ready before the next stage, and for a deleted object that is re-created.
    pub gate: Duration,
    /// For deleted objects to be gone. Taking longer is not a failure, but somebody has to look.
    pub terminating: Duration,
    /// Longest time between two full checks of an object that looks unchanged; from half of it on, so that the checks spread.
    pub verify_every: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            gate: Duration::from_secs(60),
            terminating: Duration::from_secs(600),
            verify_every: Duration::from_secs(12 * 3600),
        }
    }
}

/// Settings of the target.
#[derive(Debug, Clone, Default)]
pub struct KubernetesOptions {
    /// Time limits of the target.
    pub patience: Patience,
    /// More field managers whose fields are taken over, besides those of kubectl, Helm and Flux.
    pub override_managers: Vec<String>,
}

/// A Kubernetes API server.
pub struct KubernetesTarget {
    pub(crate) identities: Identities,
    pub(crate) memory: Arc<Memory>,
    pub(crate) clock: Clock,
    pub(crate) watches: Watches,
    pub(crate) options: KubernetesOptions,
}

impl KubernetesTarget {
    /// A target at the server of `config`, with its identity where a set names no service account.
    #[must_use]
    pub fn new(config: Config, options: KubernetesOptions) -> Self {
        Self::with_connect(config, options, Box::new(Client::try_from))
    }

    /// As [`KubernetesTarget::new`], with a function that makes the clients.
    #[must_use]
    pub fn with_connect(config: Config, options: KubernetesOptions, connect: Box<Connect>) -> Self {
        let memory = Arc::new(Memory::default());
        let watches = Watches::new(Arc::clone(&memory), options.override_managers.as_slice().into());
        Self { identities: Identities::new(config, connect), memory, clock: Clock::default(), watches, options }
    }

    pub(crate) fn session(&self, owner: &Owner) -> Result<Session, Refusal> {
        self.identities.of(owner).map(Session::new)
    }

    /// A session with the operator's own identity. Only the operator may look up other ResourceSets.
    pub(crate) fn operator(&self) -> Result<Session, Refusal> {
        self.identities.operator().map(Session::new)
    }

    /// Remembers `live`, which is now as `rendered` says.
    pub(crate) fn keep(&self, owner: &Owner, rendered: &Object, live: &Object, warnings: &[String]) {
        let Some(seen) = Seen::of(live, &self.options.override_managers) else { return };
        let left = Left {
            rendered: checksum(rendered),
            seen,
            warnings: warnings.to_vec(),
            checked: Instant::now(),
            ready: None,
        };
        self.memory.keep(owner, rendered.key(), left);
    }

    /// Remembers a frozen object, so that the set is told when it no longer is frozen. It counts as another rendering than any.
    pub(crate) fn keep_frozen(&self, owner: &Owner, key: &ObjectKey, live: &Object) {
        let Some(seen) = Seen::of(live, &self.options.override_managers) else { return };
        self.memory.keep(owner, key.clone(), Left::frozen(seen));
    }

    /// Where the identity watches a kind. It is asked for once, because a refused list of all namespaces would look like an attempt to
    /// break out.
    pub(crate) async fn reach(&self, session: &Session, kind: &Kind, namespaces: &BTreeSet<&str>) -> Reach {
        let is_watched = |namespace: &str| self.watches.view(&session.connection.identity, kind, namespace).is_some();
        if !kind.namespaced || !self.watches.is_heard() || is_watched("") {
            return Reach::Everywhere;
        }
        if namespaces.iter().all(|namespace| is_watched(namespace)) {
            return Reach::Namespaces;
        }
        match session.may(Verb::Watch, kind, "", "").await {
            Some(false) => Reach::Namespaces,
            Some(true) | None => Reach::Everywhere,
        }
    }

    /// The namespaces among these that the identity watches, or may watch.
    pub(crate) async fn watchable<'n>(
        &self,
        session: &Session,
        kind: &Kind,
        namespaces: &BTreeSet<&'n str>,
    ) -> BTreeSet<&'n str> {
        let mut watchable = BTreeSet::new();
        for namespace in namespaces {
            let watched = self.watches.view(&session.connection.identity, kind, namespace).is_some();
            if watched || session.may(Verb::Watch, kind, namespace, "").await != Some(false) {
                watchable.insert(*namespace);
            }
        }
        watchable
    }
}
