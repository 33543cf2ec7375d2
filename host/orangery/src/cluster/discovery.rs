//! Any kind that the API server serves, by the words that kubectl takes: `deploy`, `Deployment`, `deployments.apps`.

use super::connection::{Connection, said};
use anyhow::{Context as _, anyhow};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResourceList;
use kube::api::{Api, DynamicObject};
use kube::core::{ApiResource, GroupVersionKind};
use kube::discovery::Scope;

/// How a kind is served.
#[derive(Debug, Clone)]
pub(super) struct AnyKind {
    pub(super) resource: ApiResource,
    pub(super) scope: Scope,
}

impl AnyKind {
    /// A kind that is known without asking.
    pub(super) fn namespaced(group: &str, version: &str, kind: &str) -> Self {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        Self { resource, scope: Scope::Namespaced }
    }

    /// One object of this kind, if it exists.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) async fn find(
        &self,
        connection: &Connection,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Option<DynamicObject>> {
        let client = connection.client.clone();
        let api: Api<DynamicObject> = match self.scope {
            Scope::Namespaced => Api::namespaced_with(client, namespace, &self.resource),
            Scope::Cluster => Api::all_with(client, &self.resource),
        };
        let object = self.named(namespace, name);
        api.get_opt(name).await.map_err(said).with_context(|| format!("cannot read {object}"))
    }

    fn named(&self, namespace: &str, name: &str) -> String {
        match self.scope {
            Scope::Namespaced => format!("{}/{namespace}/{name}", self.resource.kind),
            Scope::Cluster => format!("{}/{name}", self.resource.kind),
        }
    }

    /// One object of this kind that has to exist.
    ///
    /// # Errors
    /// It does not exist or cannot be read.
    pub(super) async fn get(
        &self,
        connection: &Connection,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<DynamicObject> {
        let missing = || anyhow!("{} not found", self.named(namespace, name));
        self.find(connection, namespace, name).await?.ok_or_else(missing)
    }
}

/// The kind that a word names. The core group is looked at first, then the others in the server's order, each in its preferred version.
///
/// # Errors
/// The API server serves no such kind, or does not answer.
pub(super) async fn resolve(connection: &Connection, word: &str) -> anyhow::Result<AnyKind> {
    let (word, group) = word.split_once('.').map_or((word, None), |(word, group)| (word, Some(group)));
    let client = &connection.client;
    if group.is_none_or(str::is_empty) {
        let list = client.list_core_api_resources("v1").await.map_err(said).context("cannot ask for the kinds")?;
        if let Some(found) = named(&list, "", "v1", word) {
            return Ok(found);
        }
    }
    let groups = client.list_api_groups().await.map_err(said).context("cannot ask for the API groups")?;
    for served in groups.groups.into_iter().filter(|served| group.is_none_or(|group| served.name == group)) {
        let Some(version) = served.preferred_version.or_else(|| served.versions.into_iter().next()) else { continue };
        match client.list_api_group_resources(&version.group_version).await {
            Ok(list) => {
                if let Some(found) = named(&list, &served.name, &version.version, word) {
                    return Ok(found);
                }
            }
            // A group whose server is away does not hide the others.
            Err(error) => tracing::warn!(%error, group = served.name, "its kinds cannot be listed"),
        }
    }
    Err(anyhow!("the server doesn't have a resource type \"{word}\"; `kubectl api-resources` lists them"))
}

fn named(list: &APIResourceList, group: &str, version: &str, word: &str) -> Option<AnyKind> {
    let is = |name: &str| name.eq_ignore_ascii_case(word);
    let found = list.resources.iter().filter(|resource| !resource.name.contains('/')).find(|resource| {
        is(&resource.kind)
            || is(&resource.name)
            || is(&resource.singular_name)
            || resource.short_names.iter().flatten().any(|short| is(short))
    })?;
    let gvk = GroupVersionKind::gvk(group, version, &found.kind);
    let resource = ApiResource::from_gvk_with_plural(&gvk, &found.name);
    let scope = if found.namespaced { Scope::Namespaced } else { Scope::Cluster };
    Some(AnyKind { resource, scope })
}
