//! The commands that talk to a cluster.
//!
//! ```text
//! act (what changes our own resources) · look (what only reads) ──▶ print (tables, JSON, YAML, JSONPath)
//!                              ▼
//!        item (one custom resource as a command sees it) ──▶ connection (kubeconfig and flags to a client)
//! ```
//!
//! # Guarantees
//! What commands write are annotations and deletions of our own custom resources, and Secrets that somebody asked for. Managed objects
//! are written by the operator alone.

mod act;
mod connection;
mod item;
mod kind;
mod look;
mod print;

use crate::cli::cluster::ClusterCommand;
use std::process::ExitCode;

/// Runs a command.
///
/// # Errors
/// What failed, for stderr.
pub async fn perform(command: ClusterCommand) -> anyhow::Result<ExitCode> {
    match command {
        ClusterCommand::Get(command) => look::get::perform(command).await,
        ClusterCommand::Reconcile(command) => act::reconcile::perform(command).await,
        ClusterCommand::Suspend(command) => act::suspension::suspend(command).await,
        ClusterCommand::Resume(command) => act::suspension::resume(command).await,
        ClusterCommand::Delete(command) => act::delete::perform(command).await,
        ClusterCommand::Wait(command) => act::wait::perform(command).await,
    }
}
