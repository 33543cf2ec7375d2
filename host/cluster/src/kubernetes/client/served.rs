//! Which kinds are served, under which path. Asked once for each group and version, and again when a kind is missing.

use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::discovery::{Kind, base, segment};
use crate::kubernetes::client::refusal::Refusal;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIGroup, APIResourceList};
use orangery_core::GroupVersionKind;
use std::sync::Arc;

impl Session {
    /// How `gvk` is served; `None` if it is not.
    pub(crate) async fn kind(&self, gvk: &GroupVersionKind) -> Result<Option<Kind>, Refusal> {
        if let Some(kind) = self.connection.discovered.known(gvk) {
            return Ok(Some(kind));
        }
        let Some(list) = self.get::<APIResourceList>(&base(&gvk.group, &gvk.version)).await? else {
            return Ok(None);
        };
        let kinds = list.resources.into_iter().filter(|resource| !resource.name.contains('/')).map(|resource| Kind {
            gvk: GroupVersionKind { kind: resource.kind, ..gvk.clone() },
            plural: resource.name,
            namespaced: resource.namespaced,
        });
        let kinds = Arc::new(kinds.collect::<Vec<_>>());
        let found = kinds.iter().find(|kind| kind.gvk.kind == gvk.kind).cloned();
        self.connection.discovered.keep(gvk, kinds);
        Ok(found)
    }

    /// How `gvk` is served in its own or any other version: a ledger may be older than the definitions.
    pub(crate) async fn kind_in_any_version(&self, gvk: &GroupVersionKind) -> Result<Option<Kind>, Refusal> {
        if let Some(kind) = self.kind(gvk).await? {
            return Ok(Some(kind));
        }
        if gvk.group.is_empty() {
            return Ok(None);
        }
        let Some(group) = self.get::<APIGroup>(&format!("/apis/{}", segment(&gvk.group))).await? else {
            return Ok(None);
        };
        for served in group.versions.into_iter().filter(|served| served.version != gvk.version) {
            let gvk = GroupVersionKind { version: served.version, ..gvk.clone() };
            if let Some(kind) = self.kind(&gvk).await? {
                return Ok(Some(kind));
            }
        }
        Ok(None)
    }
}
