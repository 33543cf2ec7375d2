//! The commands that talk to a cluster.

mod connection;
mod objects;
mod output;

pub use connection::ConnectionOptions;
pub use objects::{
    DeleteCommand, DeleteProviderOptions, DeleteSetOptions, GetAllOptions, GetCommand, GetOptions, NamedOptions,
    ReconcileAllOptions, ReconcileCommand, ReconcileOptions, ReconcileProviderOptions, ResumeCommand, SuspendCommand,
    WaitCommand,
};
pub use output::{Output, ReadyStatus};

use clap::Subcommand;

/// The commands that talk to a cluster.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Print ResourceSets and their providers, with what they last did
    #[command(subcommand)]
    Get(GetCommand),
    /// Ask for a reconciliation now, and wait for it
    #[command(subcommand)]
    Reconcile(ReconcileCommand),
    /// Stop reconciling an object until it is resumed
    #[command(subcommand)]
    Suspend(SuspendCommand),
    /// Reconcile a suspended object again, and wait for it
    #[command(subcommand)]
    Resume(ResumeCommand),
    /// Delete a ResourceSet with its objects, or a provider
    #[command(subcommand)]
    Delete(DeleteCommand),
    /// Wait until an object is ready
    #[command(subcommand)]
    Wait(WaitCommand),
}
