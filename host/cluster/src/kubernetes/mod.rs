//! The Kubernetes target: server-side apply and guarded deletion, as the identity of the set.
//!
//! ```text
//! inspect (read, ownership, dry run, compare)  ── the whole stage ──▶  write (clean up, apply, re-create)  ──▶ gate
//!    ▲ memory: an object that is as we left it costs no request of its own
//! ```
//!
//! Folders, each importing only from those after it (held by `tests/architecture`):
//!
//! ```text
//! preview  what an apply and a prune would do, by reading and by dry run
//! field_migration  taking the fields of former controllers away
//! apply    stages: inspect, write, wait for readiness
//! prune    deletion, and leaving adopted objects behind
//! target   what one target holds
//! live     what was applied, as it is now: remembered, watched, waited for
//! object   what can be told from one object: owner, differences, fields to drop or to hide
//! client   requests: identity, discovery, refusals, limits
//! ```
//!
//! # Guarantees
//! A stage is dry-run as a whole before its first write. All identities share the connections; each has a discovery cache of its own. Dropping the future
//! of an apply or prune stops it between two requests; running it again reaches the same end state.

mod apply;
mod client;
mod field_migration;
mod live;
mod object;
mod preview;
mod prune;
mod target;

pub use client::identities::Connect;
pub use field_migration::{FieldMigration, FieldMigrationReport, MigratedFields};
pub use preview::{FieldChange, KubernetesPreview};
pub use target::{KubernetesOptions, KubernetesTarget, Patience};

use crate::target::{FindError, ObjectQuery, ReadAccess, ReadError, Target};
use async_trait::async_trait;
use futures::stream::BoxStream;
use live::watch::Awaited;
use orangery_core::{
    ApplyReport, GroupVersionKind, LedgerEntry, NamespacedName, Object, ObjectKey, Owner, Plan, PruneReport, Scope,
    Scopes,
};
use std::collections::BTreeSet;

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
        self.clock.forget(set);
        self.identities.forget(set);
    }

    async fn scopes(&self, owner: &Owner, kinds: &BTreeSet<GroupVersionKind>) -> Scopes {
        let mut scopes = Scopes::default();
        let Ok(session) = self.session(owner) else { return scopes };
        for kind in kinds {
            // A kind that is not served, or cannot be discovered, is reported when it is applied.
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
            access: if refusal.is_forbidden() { ReadAccess::Forbidden } else { ReadAccess::Granted },
            message: refusal.to_string(),
        };
        let session = self.session(owner).map_err(failed)?;
        let gvk = GroupVersionKind::new(api_version, &key.kind);
        let Some(kind) = session.kind(&gvk).await.map_err(failed)? else {
            return Err(failed(client::refusal::Refusal::no_such_kind(&gvk)));
        };
        session.get(&kind.path(&key.namespace, &key.name)).await.map_err(failed)
    }

    async fn find(
        &self,
        owner: &Owner,
        kind: &GroupVersionKind,
        query: &ObjectQuery,
    ) -> Result<Option<Vec<Object>>, FindError> {
        let failed = |refusal: client::refusal::Refusal| FindError {
            forbidden: refusal.is_forbidden(),
            message: refusal.to_string(),
        };
        let session = self.identities.reading_as(owner).map(client::connection::Session::new).map_err(failed)?;
        session.find(kind, query).await.map_err(failed)
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

    fn watches(&self) -> usize {
        self.watches.count()
    }

    fn changed(&self) -> BoxStream<'static, NamespacedName> {
        self.watches.told()
    }
}
