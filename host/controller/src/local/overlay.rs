//! The target as dependencies see it: the directory, and the custom resources of the manifests, which are not files in it.

use async_trait::async_trait;
use orangery_cluster::{ReadError, Target};
use orangery_core::{ApplyReport, GroupVersionKind, LedgerEntry, Object, ObjectKey, Owner, Plan, PruneReport, Scopes};
use std::collections::{BTreeMap, BTreeSet};

/// A target, with custom resources that have precedence.
pub(super) struct Overlay<'a> {
    pub(super) target: &'a dyn Target,
    pub(super) resources: BTreeMap<ObjectKey, Object>,
}

#[async_trait]
impl Target for Overlay<'_> {
    async fn apply(&self, plan: &Plan) -> ApplyReport {
        self.target.apply(plan).await
    }

    async fn prune(&self, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
        self.target.prune(owner, stale).await
    }

    async fn scopes(&self, owner: &Owner, kinds: &BTreeSet<GroupVersionKind>) -> Scopes {
        self.target.scopes(owner, kinds).await
    }

    async fn disown(&self, owner: &Owner, adopted: &[LedgerEntry]) -> PruneReport {
        self.target.disown(owner, adopted).await
    }

    async fn read(&self, owner: &Owner, api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        match self.resources.get(key) {
            Some(resource) => Ok(Some(resource.clone())),
            None => self.target.read(owner, api_version, key).await,
        }
    }
}
