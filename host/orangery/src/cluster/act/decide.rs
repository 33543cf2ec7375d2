//! `orangery approve` and `orangery deny`: decide about deletions that the guard holds.
//!
//! # Guarantees
//! Exactly the list that was shown is released: its digest names objects and UIDs, and another list has another digest. Without an
//! answer on a terminal, and without `--yes`, nothing is decided.

use super::{annotate, remove_annotation, suspend};
use crate::cli::cluster::{DecideCommand, DecideOptions};
use crate::cluster::connection::Connection;
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use crate::exit;
use anyhow::{Context as _, anyhow};
use orangery_core::keys;
use serde_json::Value;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The pause between two checks whether the approval was used.
const PAUSE: Duration = Duration::from_millis(300);

/// The deletions that are held.
enum Held {
    /// Deletions of objects: the digest of the list.
    Objects { digest: String },
    /// The deletion of the whole set: its UID.
    Set { uid: String },
}

pub(in crate::cluster) async fn approve(command: DecideCommand) -> anyhow::Result<ExitCode> {
    let DecideCommand::ResourceSet(options) = command;
    let connection = Connection::open(&options.connection).await?;
    let item = connection.get(Kind::Set, &options.name).await?;
    match show(&item)? {
        Held::Objects { digest } => {
            confirm("Delete exactly these?", &options)?;
            annotate(&connection, Kind::Set, &options.name, &[(keys::APPROVE_PRUNE, &digest)]).await?;
            println!("◎ Waiting for the operator...");
            until_used(&connection, &options.name, &digest).await?;
            println!("✔ {digest} released");
        }
        Held::Set { uid } => {
            confirm("Delete the set with all its objects?", &options)?;
            annotate(&connection, Kind::Set, &options.name, &[(keys::APPROVE_DELETION, &uid)]).await?;
            println!("✔ Deletion of {} released", options.name);
        }
    }
    Ok(exit::SUCCESS)
}

pub(in crate::cluster) async fn deny(command: DecideCommand) -> anyhow::Result<ExitCode> {
    let DecideCommand::ResourceSet(options) = command;
    let connection = Connection::open(&options.connection).await?;
    let item = connection.get(Kind::Set, &options.name).await?;
    match show(&item)? {
        Held::Objects { digest } => {
            confirm("Keep them, and withdraw an approval that was not used yet?", &options)?;
            if item.annotation(keys::APPROVE_PRUNE) == Some(digest.as_str()) {
                remove_annotation(&connection, Kind::Set, &options.name, keys::APPROVE_PRUNE).await?;
            }
            println!("✔ Nothing is deleted: they stay held until their inputs come back or somebody approves");
            println!("  To keep some for good, set the annotation {}: disabled on them", keys::PRUNE);
        }
        Held::Set { .. } => {
            confirm("Let the set go and keep all its objects?", &options)?;
            suspend(&connection, &item).await?;
            println!("✔ The set goes, its objects stay");
        }
    }
    Ok(exit::SUCCESS)
}

/// Prints what is held.
///
/// # Errors
/// Nothing is held.
fn show(item: &Item) -> anyhow::Result<Held> {
    let name = item.name();
    if item.object.metadata.deletion_timestamp.is_some()
        && let Some(held) = item.condition("DeletionHeld").filter(|held| held.status == "True")
    {
        println!("The deletion of ResourceSet/{name} is held: {}", held.message);
        let count = item.count("/status/inventory/entries");
        println!("It owns {count} objects.");
        let uid = item.object.metadata.uid.clone().context("the set has no UID")?;
        return Ok(Held::Set { uid });
    }
    let pending = item.field("/status/pendingPrune").filter(|pending| pending.is_object());
    let Some(pending) = pending else {
        return Err(anyhow!("ResourceSet/{name} holds no deletions"));
    };
    let text = |field: &str| pending.get(field).and_then(Value::as_str).unwrap_or_default();
    let objects = pending.get("objects").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    println!("ResourceSet/{name} holds {} deletions: {}", objects.len(), text("reason"));
    for object in objects.iter().filter_map(Value::as_str) {
        println!("  - {object}");
    }
    Ok(Held::Objects { digest: text("digest").to_owned() })
}

/// Asks, unless told not to.
///
/// # Errors
/// The answer is not yes, or there is no terminal to ask on.
fn confirm(question: &str, options: &DecideOptions) -> anyhow::Result<()> {
    if options.yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(anyhow!("nothing was decided: there is no terminal to ask on; --yes decides without asking"));
    }
    print!("{question} [y/N] ");
    std::io::stdout().flush().context("cannot write to stdout")?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).context("cannot read the answer")?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(anyhow!("nothing was decided"))
}

/// Waits until the operator has used the approval.
async fn until_used(connection: &Connection, name: &str, digest: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let item = connection.get(Kind::Set, name).await?;
        if item.text("/status/lastHandledApproval") == digest || item.text("/status/pendingPrune/digest") != digest {
            return Ok(());
        }
        if begun.elapsed() >= connection.timeout {
            return Err(anyhow!("the operator has not used the approval {digest} yet; it stays given"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
