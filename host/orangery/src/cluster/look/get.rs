//! `orangery get`: sets and providers with what they last did, once or whenever they change.

use crate::cli::cluster::{ConnectionOptions, GetAllOptions, GetCommand, GetOptions, Output, ReadyStatus};
use crate::cluster::connection::{Connection, Reach};
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use crate::cluster::print::{self, Shape, Table};
use crate::exit;
use anyhow::{Context as _, anyhow};
use futures::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kube::api::DynamicObject;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::{Value, json};
use std::process::ExitCode;

/// What is asked for.
struct Query {
    kinds: Vec<Kind>,
    name: Option<String>,
    reach: Reach,
    status: Option<ReadyStatus>,
    columns: Columns,
    output: Output,
}

/// Which table: that of one kind, or the one that fits both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    OfKind(Kind),
    OfAll,
}

/// Whether the command goes on after it has printed what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    /// It prints what changes.
    Changes,
    /// It ends.
    No,
}

impl Follow {
    /// `--watch`.
    fn of(watch: bool) -> Self {
        if watch { Self::Changes } else { Self::No }
    }
}

pub(in crate::cluster) async fn perform(command: GetCommand) -> anyhow::Result<ExitCode> {
    match command {
        GetCommand::ResourceSet(options) => one_kind(Kind::Set, options).await,
        GetCommand::Provider(options) => one_kind(Kind::Provider, options).await,
        GetCommand::All(options) => all(options).await,
    }
}

async fn one_kind(kind: Kind, options: GetOptions) -> anyhow::Result<ExitCode> {
    let query = Query {
        kinds: vec![kind],
        name: options.name,
        reach: Reach::of(options.all_namespaces),
        status: None,
        columns: Columns::OfKind(kind),
        output: options.output,
    };
    query.answer(&options.connection, Follow::of(options.watch)).await
}

async fn all(options: GetAllOptions) -> anyhow::Result<ExitCode> {
    let mut kinds = options.kind.iter().map(|word| Kind::parse(word)).collect::<Result<Vec<_>, _>>()?;
    kinds.sort_unstable();
    kinds.dedup();
    let query = Query {
        kinds: if kinds.is_empty() { Kind::ALL.to_vec() } else { kinds },
        name: None,
        reach: Reach::of(options.all_namespaces),
        status: options.ready_status,
        columns: Columns::OfAll,
        output: options.output,
    };
    query.answer(&options.connection, Follow::of(options.watch)).await
}

impl Query {
    async fn answer(self, options: &ConnectionOptions, follow: Follow) -> anyhow::Result<ExitCode> {
        let connection = Connection::open(options).await?;
        let mut items = Vec::new();
        for kind in &self.kinds {
            match &self.name {
                Some(name) => items.extend(connection.find(*kind, name).await?),
                None => items.extend(connection.list(*kind, self.reach).await?),
            }
        }
        items.retain(|item| self.wants(item));
        if self.columns == Columns::OfAll && items.is_empty() && follow == Follow::No {
            return Err(anyhow!("no resources found"));
        }
        let widths = self.table(&items).widths();
        if follow == Follow::No {
            print::out(&self.text(&items)?)?;
            return Ok(exit::SUCCESS);
        }
        match &self.output {
            Output::Table => print::out(&self.table(&items).to_string())?,
            _ => {
                for item in items {
                    self.print_again(&item, &widths)?;
                }
            }
        }
        self.watch(&connection, &widths).await?;
        Ok(exit::SUCCESS)
    }

    fn wants(&self, item: &Item) -> bool {
        self.name.as_ref().is_none_or(|name| item.name().name == *name)
            && self.status.is_none_or(|status| item.ready_status() == status.as_str())
    }

    fn text(&self, items: &[Item]) -> anyhow::Result<String> {
        match self.columns {
            Columns::OfKind(_) => {
                let shape = if self.name.is_some() { Shape::One } else { Shape::List };
                print::objects(items, shape, &self.output, || self.table(items))
            }
            Columns::OfAll => {
                let rows = Value::Array(items.iter().map(row_value).collect());
                print::rows(&rows, items, &self.output, || self.table(items))
            }
        }
    }

    fn table(&self, items: &[Item]) -> Table {
        let namespace = self.reach == Reach::Cluster;
        let mut header: Vec<&str> = match self.columns {
            Columns::OfKind(Kind::Set) => vec!["name", "resources", "ready", "message", "last reconciled"],
            Columns::OfKind(Kind::Provider) => {
                vec!["name", "inputs", "ready", "message", "last reconciled", "next schedule"]
            }
            Columns::OfAll => vec!["kind", "name", "last reconciled", "ready", "message"],
        };
        if namespace && self.columns != Columns::OfAll {
            header.insert(0, "namespace");
        }
        let mut table = Table::new(&header);
        for item in items {
            table.row(self.row(item));
        }
        table
    }

    fn row(&self, item: &Item) -> Vec<String> {
        let name = item.name();
        let (message, since) = item.ready().map_or(("", ""), |ready| (ready.message, ready.since));
        let ready = item.ready_status().to_owned();
        let mut row = match self.columns {
            Columns::OfAll => {
                return vec![
                    item.kind.as_str().to_owned(),
                    name.to_string(),
                    since.to_owned(),
                    ready,
                    message.to_owned(),
                ];
            }
            Columns::OfKind(Kind::Set) => {
                let resources = item.count("/status/inventory/entries").to_string();
                vec![name.name, resources, ready, message.to_owned(), local(since)]
            }
            Columns::OfKind(Kind::Provider) => {
                let inputs = item.count("/status/exportedInputs").to_string();
                let next = local(item.text("/status/nextSchedule/when"));
                vec![name.name, inputs, ready, message.to_owned(), local(since), next]
            }
        };
        if self.reach == Reach::Cluster {
            row.insert(0, name.namespace);
        }
        row
    }

    /// Prints objects as they change, until the process is stopped.
    async fn watch(&self, connection: &Connection, widths: &[usize]) -> anyhow::Result<()> {
        let client = connection.patient()?;
        let config = watcher::Config::default();
        let streams = self.kinds.iter().map(|kind| {
            let resource = kind.resource();
            let api = match self.reach {
                Reach::Cluster => kube::Api::all_with(client.clone(), &resource),
                Reach::Namespace => kube::Api::namespaced_with(client.clone(), &connection.namespace, &resource),
            };
            watcher(api, config.clone()).map(|event| (*kind, event)).boxed()
        });
        let mut events = futures::stream::select_all(streams);
        while let Some((kind, event)) = events.next().await {
            match event {
                Ok(Event::Apply(object) | Event::Delete(object)) => self.changed(kind, object, widths)?,
                // The list that a watch begins with has been printed.
                Ok(Event::Init | Event::InitApply(_) | Event::InitDone) => {}
                Err(error) => tracing::warn!(%error, "the watch was interrupted and begins again"),
            }
        }
        Ok(())
    }

    fn changed(&self, kind: Kind, object: DynamicObject, widths: &[usize]) -> anyhow::Result<()> {
        let item = Item::new(kind, object);
        if self.wants(&item) { self.print_again(&item, widths) } else { Ok(()) }
    }

    fn print_again(&self, item: &Item, widths: &[usize]) -> anyhow::Result<()> {
        let one = std::slice::from_ref(item);
        match &self.output {
            Output::Table => print::out(&self.table(one).lines(widths)),
            Output::Yaml => {
                print::out(&format!("---\n{}", print::objects(one, Shape::One, &self.output, || self.table(one))?))
            }
            _ => print::out(&print::objects(one, Shape::One, &self.output, || self.table(one))?),
        }
        .context("printing a change")
    }
}

/// A row of `get all` for scripts.
fn row_value(item: &Item) -> Value {
    let (message, since) = item.ready().map_or(("", ""), |ready| (ready.message, ready.since));
    json!({
        "kind": item.kind.as_str(),
        "name": item.name().to_string(),
        "lastReconciled": since,
        "ready": item.ready_status(),
        "message": message,
    })
}

/// A time as Go prints it, in the zone of this machine; nothing where there is none.
fn local(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %z %Z").to_string(),
        Err(_) => String::new(),
    }
}
