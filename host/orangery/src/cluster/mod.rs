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
mod check;
pub(crate) mod connection;
mod discovery;
mod hook;
mod item;
mod kind;
mod look;
pub(crate) mod names;
mod plan;
mod print;
mod status;

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
        ClusterCommand::Plan(command) => Ok(plan::perform(command).await),
        ClusterCommand::Approve(command) => act::decide::approve(command).await,
        ClusterCommand::Deny(command) => act::decide::deny(command).await,
        ClusterCommand::Status(options) => status::perform(options).await,
        ClusterCommand::Check(options) => check::perform(*options).await,
        ClusterCommand::Tree(command) => look::tree::perform(command).await,
        ClusterCommand::Trace(options) => look::trace::perform(options).await,
        ClusterCommand::Export(command) => look::export::perform(command).await,
        ClusterCommand::Stats(options) => look::stats::perform(options).await,
        ClusterCommand::Version(options) => look::version::perform(options).await,
        ClusterCommand::Events(options) => look::events::perform(options).await,
        ClusterCommand::Logs(options) => look::logs::perform(options).await,
        ClusterCommand::Hook(command) => hook::perform(command).await,
        ClusterCommand::Create(command) => act::secret::perform(command).await,
        ClusterCommand::Migrate(command) => act::migrate::perform(command).await,
        ClusterCommand::Diff(command) => look::diff::perform(command),
    }
}
