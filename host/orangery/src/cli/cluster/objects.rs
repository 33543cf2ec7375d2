//! `get`, `reconcile`, `suspend`, `resume`, `delete` and `wait`: the same words for sets and providers.

use super::{ConnectionOptions, Output, ReadyStatus};
use clap::{ArgAction, Args, Subcommand};

/// The subcommands of `orangery get`.
#[derive(Debug, Subcommand)]
pub enum GetCommand {
    /// Print ResourceSets
    #[command(name = "resourceset", visible_aliases = ["rset", "resourcesets"])]
    ResourceSet(GetOptions),
    /// Print ResourceSetInputProviders
    #[command(name = "resourcesetinputprovider", visible_aliases = ["rsip", "inputprovider", "resourcesetinputproviders"])]
    Provider(GetOptions),
    /// Print ResourceSets and their providers
    #[command(name = "all", visible_alias = "resources")]
    All(GetAllOptions),
}

/// What is printed of one kind.
#[derive(Debug, Clone, Args)]
pub struct GetOptions {
    /// Only the one with this name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// table, name, json, yaml or jsonpath=TEMPLATE
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
    /// Print each object again when it changes; ends with Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery get all`.
#[derive(Debug, Clone, Args)]
pub struct GetAllOptions {
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only these kinds, by name or short name, separated by commas
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Only those with this status
    #[arg(long, value_name = "STATUS", value_enum, ignore_case = true)]
    pub ready_status: Option<ReadyStatus>,
    /// table, name, json, yaml or jsonpath=TEMPLATE
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
    /// Print each object again when it changes; ends with Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The subcommands of `orangery reconcile`.
#[derive(Debug, Subcommand)]
pub enum ReconcileCommand {
    /// Reconcile a ResourceSet
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(ReconcileOptions),
    /// Poll a ResourceSetInputProvider
    #[command(name = "resourcesetinputprovider", visible_aliases = ["rsip", "inputprovider"])]
    Provider(ReconcileProviderOptions),
    /// Reconcile an object given as Kind/name
    Resource(ReconcileProviderOptions),
    /// Reconcile all objects of a kind, without waiting
    All(ReconcileAllOptions),
}

/// The flags of `orangery reconcile resourceset`.
#[derive(Debug, Clone, Args)]
pub struct ReconcileOptions {
    /// Name of the object
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Whether to wait until it was reconciled
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub wait: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// `orangery reconcile resourcesetinputprovider` and `resource`.
#[derive(Debug, Clone, Args)]
pub struct ReconcileProviderOptions {
    /// Name, wait, connection.
    #[command(flatten)]
    pub reconcile: ReconcileOptions,
    /// Poll outside of the schedule too (providers)
    #[arg(long)]
    pub force: bool,
}

/// The flags of `orangery reconcile all`.
#[derive(Debug, Clone, Args)]
pub struct ReconcileAllOptions {
    /// Which kind, by name or short name
    #[arg(long, value_name = "KIND", required = true)]
    pub kind: String,
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only those with this status
    #[arg(long, value_name = "STATUS", value_enum, ignore_case = true)]
    pub ready_status: Option<ReadyStatus>,
    /// Poll outside of the schedule too (providers)
    #[arg(long)]
    pub force: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// An object by its name.
#[derive(Debug, Clone, Args)]
pub struct NamedOptions {
    /// Name of the object; Kind/name for `resource`
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The subcommands of `orangery suspend`.
#[derive(Debug, Subcommand)]
pub enum SuspendCommand {
    /// Suspend a ResourceSet: its objects stay as they are
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(NamedOptions),
    /// Suspend a ResourceSetInputProvider: its inputs stay as they are
    #[command(name = "resourcesetinputprovider", visible_aliases = ["rsip", "inputprovider"])]
    Provider(NamedOptions),
    /// Suspend an object given as Kind/name
    Resource(NamedOptions),
}

/// The subcommands of `orangery resume`.
#[derive(Debug, Subcommand)]
pub enum ResumeCommand {
    /// Resume a ResourceSet
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(ReconcileOptions),
    /// Resume a ResourceSetInputProvider
    #[command(name = "resourcesetinputprovider", visible_aliases = ["rsip", "inputprovider"])]
    Provider(ReconcileOptions),
    /// Resume an object given as Kind/name
    Resource(ReconcileOptions),
}

/// The subcommands of `orangery delete`.
#[derive(Debug, Subcommand)]
pub enum DeleteCommand {
    /// Delete a ResourceSet with all its objects
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(DeleteSetOptions),
    /// Delete a ResourceSetInputProvider; the sets that read it keep their objects
    #[command(name = "resourcesetinputprovider", visible_aliases = ["rsip", "inputprovider"])]
    Provider(DeleteProviderOptions),
}

/// The flags of `orangery delete resourceset`.
#[derive(Debug, Clone, Args)]
pub struct DeleteSetOptions {
    /// Name, wait, connection.
    #[command(flatten)]
    pub delete: DeleteProviderOptions,
    /// Suspend it first, so that its objects stay
    #[arg(long)]
    pub with_suspend: bool,
}

/// The flags of `orangery delete resourcesetinputprovider`.
#[derive(Debug, Clone, Args)]
pub struct DeleteProviderOptions {
    /// Name of the provider
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Whether to wait until it is gone
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub wait: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The subcommands of `orangery wait`.
#[derive(Debug, Subcommand)]
pub enum WaitCommand {
    /// Wait for a ResourceSet, also for one that does not exist yet
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(NamedOptions),
    /// Wait for a ResourceSetInputProvider, also for one that does not exist yet
    #[command(name = "resourcesetinputprovider", visible_aliases = ["rsip", "inputprovider"])]
    Provider(NamedOptions),
}
