//! `orangery wait`: for an object to be ready, also for one that is created later.

use super::ready::{Awaited, Missing, until_ready};
use crate::cli::cluster::{NamedOptions, WaitCommand};
use crate::cluster::connection::Connection;
use crate::cluster::kind::Kind;
use crate::exit;
use std::process::ExitCode;

pub(in crate::cluster) async fn perform(command: WaitCommand) -> anyhow::Result<ExitCode> {
    let (kind, options) = match command {
        WaitCommand::ResourceSet(options) => (Kind::Set, options),
        WaitCommand::Provider(options) => (Kind::Provider, options),
    };
    let NamedOptions { name, connection } = options;
    let connection = Connection::open(&connection).await?;
    println!("◎ Waiting for {} to become ready...", kind.as_str().to_lowercase());
    let message = until_ready(&connection, kind, &name, Awaited::Generation, Missing::Waits).await?;
    println!("✔ {message}");
    Ok(exit::SUCCESS)
}
