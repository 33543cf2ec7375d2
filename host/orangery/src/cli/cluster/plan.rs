//! `plan`, `approve`, `deny`, `status` and `check`.

use super::ConnectionOptions;
use crate::cli::{CredentialOptions, GuardDefault, OutputFormat, SandboxOptions};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The subcommands of `orangery plan`.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Plan a ResourceSet of the cluster, or of a file that is not applied yet
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(Box<PlanOptions>),
}

/// The flags of `orangery plan resourceset`.
#[derive(Debug, Clone, Args)]
pub struct PlanOptions {
    /// Name of the ResourceSet; with --filename only needed if the files have several
    #[arg(value_name = "NAME", required_unless_present = "filename")]
    pub name: Option<String>,
    /// Plan the set of this manifest instead of the one in the cluster; `-` reads stdin; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub filename: Vec<PathBuf>,
    /// text, json, or markdown for a comment on a change request
    #[arg(short, long, value_enum, default_value_t = PlanOutput::Text)]
    pub output: PlanOutput,
    /// Plan with the rights of the set's service account, as the operator applies; you need the right to impersonate it
    #[arg(long)]
    pub impersonate: bool,
    /// Namespace of the operator, whose Deployment says when deletions are held and whose fields are taken over
    #[arg(long, value_name = "NAMESPACE", env = "ORANGERY_NAMESPACE", default_value = "orangery-system")]
    pub operator_namespace: String,
    /// Plan as if the operator had this flag; the default is what its Deployment says
    #[arg(long, value_enum, value_name = "on|off")]
    pub prune_guard: Option<GuardDefault>,
    /// Plan as if the operator had this flag; the default is what its Deployment says
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub prune_guard_share: Option<u8>,
    /// Plan as if the operator had this flag; the default is what its Deployment says
    #[arg(long, value_name = "N")]
    pub prune_guard_floor: Option<u32>,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// The value of `-o` of `plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanOutput {
    /// For a terminal.
    Text,
    /// For scripts.
    Json,
    /// For a comment on a change request.
    Markdown,
}

/// `orangery approve` and `orangery deny`.
#[derive(Debug, Subcommand)]
pub enum DecideCommand {
    /// Decide over the deletions that a ResourceSet holds
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(DecideOptions),
}

/// Which list, and whether to ask.
#[derive(Debug, Clone, Args)]
pub struct DecideOptions {
    /// Name of the ResourceSet
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery status`.
#[derive(Debug, Clone, Args)]
pub struct StatusOptions {
    /// An input (`pr-42`, `#42`, an id, a branch, a commit), an object (`Kind/name` or a name), the namespace of an environment, a set or a
    /// provider
    #[arg(value_name = "WHAT")]
    pub what: String,
    /// Look into all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// YAML or JSON
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery check`.
#[derive(Debug, Clone, Args)]
pub struct CheckOptions {
    /// Before an installation: missing definitions are fine, and no operator is looked for
    #[arg(long)]
    pub pre: bool,
    /// table, json or yaml
    #[arg(short, long, value_enum, default_value_t = CheckOutput::Table)]
    pub output: CheckOutput,
    /// Namespace of the operator
    #[arg(long, value_name = "NAMESPACE", env = "ORANGERY_NAMESPACE", default_value = "orangery-system")]
    pub operator_namespace: String,
    /// Service account of the operator
    #[arg(long, value_name = "NAME", default_value = "orangery")]
    pub operator_account: String,
    /// The account that sets without one are applied with; the default is what the operator's Deployment says
    #[arg(long, value_name = "NAME", env = "DEFAULT_SERVICE_ACCOUNT")]
    pub default_service_account: Option<String>,
    /// Where Secrets may go.
    #[command(flatten)]
    pub credentials: CredentialOptions,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// The value of `-o` of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckOutput {
    /// For people.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}
