//! `orangery artifact`: files to a registry and back, without a cluster; and [`sync`], from there to applied objects.
//!
//! ```text
//! build · push · tag · pull · list · diff ──▶ files (what is packed) · connect (flags to a registry) · document · progress
//! sync ─────────────────────────────────▶ push · pull (which digest a tag has) · the connection to a cluster
//! ```

mod build;
mod connect;
mod diff;
mod document;
mod files;
mod list;
mod progress;
mod pull;
mod push;
pub mod sync;
mod tag;

use crate::cli::ArtifactCommand;
use std::process::ExitCode;

/// Runs a command.
///
/// # Errors
/// What failed, for stderr.
pub async fn perform(command: ArtifactCommand) -> anyhow::Result<ExitCode> {
    match command {
        ArtifactCommand::Build(options) => build::perform(&options),
        ArtifactCommand::Push(options) => push::perform(&options).await,
        ArtifactCommand::Tag(options) => tag::perform(&options).await,
        ArtifactCommand::Pull(options) => pull::perform(&options).await,
        ArtifactCommand::List(options) => list::perform(&options).await,
        ArtifactCommand::Diff(options) => Ok(diff::perform(&options).await),
    }
}
