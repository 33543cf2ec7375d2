//! `orangery reconcile`: asks for a reconciliation by annotation, and waits for it.

use super::ready::{Awaited, Missing, until_ready};
use super::{annotate, requested_now};
use crate::cli::cluster::{ReconcileAllOptions, ReconcileCommand, ReconcileOptions, ReconcileProviderOptions};
use crate::cluster::connection::{Connection, Reach};
use crate::cluster::kind::Kind;
use crate::exit;
use anyhow::anyhow;
use orangery_core::keys;
use std::process::ExitCode;

/// Whether a schedule holds a poll back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Schedule {
    Kept,
    Ignored,
}

pub(in crate::cluster) async fn perform(command: ReconcileCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReconcileCommand::ResourceSet(options) => one(Kind::Set, &options.name, &options, Schedule::Kept).await,
        ReconcileCommand::Provider(options) => {
            one(Kind::Provider, &options.reconcile.name, &options.reconcile, schedule(&options)).await
        }
        ReconcileCommand::Resource(options) => {
            let (kind, name) = Kind::parse_reference(&options.reconcile.name)?;
            one(kind, name, &options.reconcile, schedule(&options)).await
        }
        ReconcileCommand::All(options) => all(options).await,
    }
}

fn schedule(options: &ReconcileProviderOptions) -> Schedule {
    if options.force { Schedule::Ignored } else { Schedule::Kept }
}

async fn one(kind: Kind, name: &str, options: &ReconcileOptions, schedule: Schedule) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let requested = request(&connection, kind, name, schedule).await?;
    println!("► Reconciliation triggered");
    if options.wait {
        println!("◎ Waiting for reconciliation...");
        let awaited = Awaited::Request(&requested);
        println!("✔ {}", until_ready(&connection, kind, name, awaited, Missing::Fails).await?);
    }
    Ok(exit::SUCCESS)
}

/// Asks for a reconciliation; answers the request.
async fn request(connection: &Connection, kind: Kind, name: &str, schedule: Schedule) -> anyhow::Result<String> {
    let now = requested_now();
    let mut annotations = vec![(keys::REQUESTED_AT, now.as_str())];
    if schedule == Schedule::Ignored && kind == Kind::Provider {
        annotations.push((keys::FORCE_AT, &now));
    }
    annotate(connection, kind, name, &annotations).await?;
    Ok(now)
}

async fn all(options: ReconcileAllOptions) -> anyhow::Result<ExitCode> {
    let kind = Kind::parse(&options.kind)?;
    let schedule = if options.force { Schedule::Ignored } else { Schedule::Kept };
    let mut connection = Connection::open(&options.connection).await?;
    let mut items = connection.list(kind, Reach::of(options.all_namespaces)).await?;
    items.retain(|item| options.ready_status.is_none_or(|status| item.ready_status() == status.as_str()));
    if items.is_empty() {
        return Err(anyhow!("no resources reconciled of kind {}", kind.as_str()));
    }
    for item in items {
        let name = item.name();
        connection.namespace.clone_from(&name.namespace);
        request(&connection, kind, &name.name, schedule).await?;
        println!("✔ Reconciliation triggered for {name}");
    }
    Ok(exit::SUCCESS)
}
