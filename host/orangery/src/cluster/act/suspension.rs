//! `orangery suspend` and `orangery resume`.

use super::ready::{Awaited, Missing, until_ready};
use super::{Switch, annotate, requested_now, suspend as suspend_item, switch};
use crate::cli::cluster::{NamedOptions, ReconcileOptions, ResumeCommand, SuspendCommand};
use crate::cluster::connection::Connection;
use crate::cluster::kind::Kind;
use crate::exit;
use orangery_core::keys;
use std::process::ExitCode;

pub(in crate::cluster) async fn suspend(command: SuspendCommand) -> anyhow::Result<ExitCode> {
    match command {
        SuspendCommand::ResourceSet(options) => suspend_one(Kind::Set, &options.name, &options).await,
        SuspendCommand::Provider(options) => suspend_one(Kind::Provider, &options.name, &options).await,
        SuspendCommand::Resource(options) => {
            let (kind, name) = Kind::parse_reference(&options.name)?;
            suspend_one(kind, name, &options).await
        }
    }
}

async fn suspend_one(kind: Kind, name: &str, options: &NamedOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    suspend_item(&connection, &connection.get(kind, name).await?).await?;
    println!("✔ Reconciliation suspended");
    Ok(exit::SUCCESS)
}

pub(in crate::cluster) async fn resume(command: ResumeCommand) -> anyhow::Result<ExitCode> {
    match command {
        ResumeCommand::ResourceSet(options) => resume_one(Kind::Set, &options.name, &options).await,
        ResumeCommand::Provider(options) => resume_one(Kind::Provider, &options.name, &options).await,
        ResumeCommand::Resource(options) => {
            let (kind, name) = Kind::parse_reference(&options.name)?;
            resume_one(kind, name, &options).await
        }
    }
}

async fn resume_one(kind: Kind, name: &str, options: &ReconcileOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let requested = requested_now();
    let item = connection.get(kind, name).await?;
    let annotations = [switch(&item, Switch::On), (keys::REQUESTED_AT, requested.as_str())];
    annotate(&connection, kind, name, &annotations).await?;
    if options.wait {
        println!("◎ Waiting for reconciliation...");
        let awaited = Awaited::Request(&requested);
        println!("✔ {}", until_ready(&connection, kind, name, awaited, Missing::Fails).await?);
    } else {
        println!("✔ Reconciliation resumed");
    }
    Ok(exit::SUCCESS)
}
