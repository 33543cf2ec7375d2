//! `orangery delete`: a set with its objects, a set without them, a provider.

use super::suspend;
use crate::cli::cluster::{DeleteCommand, DeleteProviderOptions};
use crate::cluster::connection::{Connection, said};
use crate::cluster::kind::Kind;
use crate::exit;
use anyhow::{Context as _, anyhow};
use kube::api::{DeleteParams, Preconditions};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The pause between two checks whether the object is gone.
const PAUSE: Duration = Duration::from_millis(500);

/// What happens to the objects of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    Deleted,
    Kept,
}

pub(in crate::cluster) async fn perform(command: DeleteCommand) -> anyhow::Result<ExitCode> {
    match command {
        DeleteCommand::ResourceSet(options) => {
            let objects = if options.with_suspend { Objects::Kept } else { Objects::Deleted };
            delete(Kind::Set, options.delete, objects).await
        }
        DeleteCommand::Provider(options) => delete(Kind::Provider, options, Objects::Deleted).await,
    }
}

async fn delete(kind: Kind, options: DeleteProviderOptions, objects: Objects) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let name = options.name.as_str();
    let item = connection.get(kind, name).await?;
    if objects == Objects::Kept {
        suspend(&connection, &item).await?;
    }
    let object = format!("{}/{}/{name}", kind.as_str(), connection.namespace);
    let uid = item.object.metadata.uid.clone();
    // The UID protects another object that takes the name meanwhile.
    let only = Preconditions { uid: uid.clone(), resource_version: None };
    let parameters = DeleteParams::background().preconditions(only);
    match connection.api(kind).delete(name, &parameters).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 404 => {}
        Err(error) => return Err(said(error)).with_context(|| format!("cannot delete {object}")),
    }
    if !options.wait {
        println!("✔ Deletion initiated");
        return Ok(exit::SUCCESS);
    }
    println!("◎ Waiting for deletion...");
    let begun = Instant::now();
    while let Some(left) = connection.find(kind, name).await?.filter(|left| left.object.metadata.uid == uid) {
        if begun.elapsed() >= connection.timeout {
            let said = left.ready().map(|ready| format!(": {}", ready.message)).unwrap_or_default();
            return Err(anyhow!("timed out waiting for {object} to be deleted{said}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    println!("✔ Deletion completed");
    Ok(exit::SUCCESS)
}
