//! The commands that talk to a cluster.

mod hook;
mod kubeconfig;
mod look;
mod objects;
mod output;
mod plan;
mod write;

pub use hook::{HookCommand, HookOptions};
pub use kubeconfig::ConnectionOptions;
pub use look::{
    EventsOptions, ExportCommand, ExportOptions, LogsOptions, StatsOptions, TraceOptions, TreeCommand, VersionOptions,
};
pub use objects::{
    DeleteCommand, DeleteProviderOptions, DeleteSetOptions, GetAllOptions, GetCommand, GetOptions, NamedOptions,
    ReconcileAllOptions, ReconcileCommand, ReconcileOptions, ReconcileProviderOptions, ResumeCommand, SuspendCommand,
    WaitCommand,
};
pub use output::{Output, ReadyStatus};
pub use plan::{
    CheckOptions, CheckOutput, DecideCommand, DecideOptions, PlanCommand, PlanOptions, PlanOutput, StatusOptions,
};
pub use write::{
    BasicAuthOptions, CreateCommand, DiffCommand, DiffOptions, GitHubAppOptions, MigrateCommand, MigrateOptions,
    PasswordOptions, PatchFormat, ProxyOptions, RegistryOptions, SecretCommand, SecretOptions, SopsOptions, SshOptions,
    TlsOptions,
};

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
    /// Show what the operator would create, change, delete or hold, without doing it
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Release deletions that the guard holds, exactly those that are shown
    #[command(subcommand)]
    Approve(DecideCommand),
    /// Keep objects whose deletion the guard holds
    #[command(subcommand)]
    Deny(DecideCommand),
    /// Show the chain from a change request to its ready objects, and the next thing to do
    Status(StatusOptions),
    /// Check an installation, before and after it, and which existing objects would stop or change
    Check(Box<CheckOptions>),
    /// Draw what a ResourceSet owns, and what that owns
    #[command(subcommand)]
    Tree(TreeCommand),
    /// Find the ResourceSet, the template and the input that an object comes from
    Trace(TraceOptions),
    /// Print an object as a manifest to keep
    #[command(subcommand)]
    Export(ExportCommand),
    /// Count ResourceSets and providers: running, failing, suspended
    Stats(StatsOptions),
    /// Print the versions of this program, of the API server and of the operator
    Version(VersionOptions),
    /// Print what the operator said of ResourceSets and providers
    Events(EventsOptions),
    /// Print what the operator logged
    Logs(LogsOptions),
    /// Set up webhooks of providers
    #[command(subcommand)]
    Hook(HookCommand),
    /// Create Secrets in the shapes that providers and Flux read
    #[command(subcommand)]
    Create(CreateCommand),
    /// Take over what other controllers have left on objects
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Compare YAML files
    #[command(subcommand)]
    Diff(DiffCommand),
}
