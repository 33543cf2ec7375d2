//! The directory as dependencies see it: with the custom resources of the manifests, which are no files in it.

use async_trait::async_trait;
use orangery_cluster::{ReadError, Target};
use orangery_core::{ApplyReport, LedgerEntry, Object, ObjectKey, Owner, Plan, PruneReport};
use std::collections::BTreeMap;

/// A target, and custom resources with their status above it.
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

    async fn read(&self, owner: &Owner, api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError> {
        match self.resources.get(key) {
            Some(resource) => Ok(Some(resource.clone())),
            None => self.target.read(owner, api_version, key).await,
        }
    }
}
