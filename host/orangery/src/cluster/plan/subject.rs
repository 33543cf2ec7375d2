//! The set that is planned, and the providers that it reads: from the cluster, or from a file that is not applied yet.

use crate::cli::cluster::PlanOptions;
use crate::cluster::connection::{Connection, Reach};
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use crate::manifest::{self, Document, Resources};
use anyhow::{Context as _, anyhow};
use kube::ResourceExt;
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use serde::de::DeserializeOwned;

/// What is planned.
pub(super) struct Subject {
    pub(super) set: ResourceSet,
    pub(super) providers: Vec<ResourceSetInputProvider>,
}

/// Reads the set by name or from `--filename`.
///
/// # Errors
/// There is no such set, the file cannot be read, or has no or several sets.
pub(super) async fn read(connection: &Connection, options: &PlanOptions) -> anyhow::Result<Subject> {
    let (set, given) = match (&options.name, options.filename.as_slice()) {
        (Some(name), []) => (typed(connection.get(Kind::Set, name).await?)?, Vec::new()),
        (name, files) => of_files(connection, name.as_deref(), files).await?,
    };
    let mut connection_of_set = connection.clone();
    connection_of_set.namespace = set.namespace().unwrap_or_default();
    let live = connection_of_set.list(Kind::Provider, Reach::Namespace).await?;
    let mut providers: Vec<ResourceSetInputProvider> = live.into_iter().map(typed).collect::<Result<_, _>>()?;
    for mut new in given {
        // What a provider would answer is not known before it is applied: it keeps what it has exported so far.
        match providers.iter_mut().find(|known| known.name_any() == new.name_any()) {
            Some(known) => {
                new.status = known.status.take();
                *known = new;
            }
            None => providers.push(new),
        }
    }
    Ok(Subject { set, providers })
}

/// The set of a manifest with the status and the annotations that it has in the cluster, and the providers beside it.
async fn of_files(
    connection: &Connection,
    name: Option<&str>,
    files: &[std::path::PathBuf],
) -> anyhow::Result<(ResourceSet, Vec<ResourceSetInputProvider>)> {
    let documents = manifest::read_all(files)?;
    let resources = Resources::of(documents, &connection.namespace)?.not_empty(files)?;
    let mut sets: Vec<ResourceSet> =
        resources.sets.into_iter().map(|(_, document)| parsed(document)).collect::<Result<_, _>>()?;
    sets.retain(|set| name.is_none_or(|name| set.name_any() == name));
    let mut set = match (sets.pop(), sets.pop()) {
        (Some(set), None) => set,
        (None, _) => {
            return Err(anyhow!(
                "the files have no ResourceSet{}",
                name.map(|name| format!(" {name}")).unwrap_or_default()
            ));
        }
        (Some(_), Some(_)) => return Err(anyhow!("the files have several ResourceSets; name one of them")),
    };
    let namespace = set.namespace().unwrap_or_default();
    let mut there = connection.clone();
    there.namespace.clone_from(&namespace);
    if let Some(live) = there.find(Kind::Set, &set.name_any()).await? {
        let live: ResourceSet = typed(live)?;
        let mut annotations = live.metadata.annotations.unwrap_or_default();
        annotations.extend(set.metadata.annotations.take().unwrap_or_default());
        set.metadata.annotations = Some(annotations);
        set.metadata.uid = live.metadata.uid;
        set.status = live.status;
    }
    let mut providers: Vec<ResourceSetInputProvider> =
        resources.providers.into_iter().map(|(_, document)| parsed(document)).collect::<Result<_, _>>()?;
    providers.retain(|provider| provider.namespace().as_deref() == Some(namespace.as_str()));
    Ok((set, providers))
}

/// A resource of a file. A status in it counts for nothing, as on the API server.
fn parsed<T: DeserializeOwned>(mut document: Document) -> anyhow::Result<T> {
    if let Some(object) = document.value.as_object_mut() {
        object.remove("status");
    }
    let place = document.place();
    serde_json::from_value(document.value).with_context(|| format!("{place} cannot be read"))
}

fn typed<T: DeserializeOwned>(item: Item) -> anyhow::Result<T> {
    let name = item.name();
    let value = serde_json::to_value(item.object)?;
    serde_json::from_value(value).with_context(|| format!("{}/{name} cannot be read", item.kind.as_str()))
}
