//! `orangery status`: the chain from the item on the forge to ready objects, for whatever somebody knows of an environment, and the next
//! thing to do.

mod chain;
mod objects;
mod search;

use crate::cli::OutputFormat;
use crate::cli::cluster::StatusOptions;
use crate::cluster::connection::{Connection, Reach};
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use crate::cluster::print::{json_text, out, yaml_text};
use crate::exit;
use anyhow::{Context as _, anyhow};
use chain::Chain;
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_core::NamespacedName;
use search::Wanted;
use serde::de::DeserializeOwned;
use std::process::ExitCode;

/// A custom resource as it is shown and as the operator reads it.
struct Resource<T> {
    item: Item,
    typed: T,
}

/// All sets and providers that are looked through.
struct Resources {
    sets: Vec<Resource<ResourceSet>>,
    providers: Vec<Resource<ResourceSetInputProvider>>,
}

impl Resources {
    async fn read(connection: &Connection, reach: Reach) -> anyhow::Result<Self> {
        Ok(Self {
            sets: typed(connection.list(Kind::Set, reach).await?)?,
            providers: typed(connection.list(Kind::Provider, reach).await?)?,
        })
    }

    /// The providers of a namespace.
    fn providers_of(&self, namespace: &str) -> Vec<ResourceSetInputProvider> {
        let here = self.providers.iter().filter(|provider| provider.item.name().namespace == namespace);
        here.map(|provider| provider.typed.clone()).collect()
    }

    fn provider(&self, name: &NamespacedName) -> Option<&Item> {
        self.providers.iter().map(|provider| &provider.item).find(|item| item.name() == *name)
    }
}

fn typed<T: DeserializeOwned>(items: Vec<Item>) -> anyhow::Result<Vec<Resource<T>>> {
    let typed = |item: Item| {
        let value = serde_json::to_value(&item.object)?;
        let name = item.name();
        let typed = serde_json::from_value(value).with_context(|| format!("{}/{name}", item.kind.as_str()))?;
        Ok(Resource { item, typed })
    };
    items.into_iter().map(typed).collect()
}

pub(in crate::cluster) async fn perform(options: StatusOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let resources = Resources::read(&connection, Reach::of(options.all_namespaces)).await?;
    let wanted = Wanted::new(&options.what);
    let subjects = search::find(&resources, &wanted).await;
    if subjects.is_empty() {
        return Err(anyhow!("{}", search::missing(&resources, &wanted)));
    }
    let mut live = objects::LiveObjects::new(&connection);
    let mut chains = Vec::new();
    for subject in &subjects {
        chains.push(Chain::of(&resources, subject, &mut live).await);
    }
    out(&match options.output {
        None => chains.iter().map(Chain::text).collect::<Vec<_>>().join("\n"),
        Some(OutputFormat::Json) => json_text(&chains)?,
        Some(OutputFormat::Yaml) => yaml_text(&chains)?,
    })?;
    Ok(if chains.iter().all(Chain::is_ready) { exit::SUCCESS } else { exit::FAILURE })
}
