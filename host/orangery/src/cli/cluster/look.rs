//! `tree`, `trace`, `export`, `stats`, `version`, `events` and `logs`: what there is, and where it comes from.

use super::{ConnectionOptions, NamedOptions, Output};
use crate::cli::{OutputFormat, duration};
use clap::{Args, Subcommand};
use std::time::Duration;

/// The subcommands of `orangery tree`.
#[derive(Debug, Subcommand)]
pub enum TreeCommand {
    /// Draw what a ResourceSet owns
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(NamedOptions),
}

/// The subcommands of `orangery export`.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Print an object given as Kind/name
    Resource(ExportOptions),
}

/// The flags of `orangery export resource`.
#[derive(Debug, Clone, Args)]
pub struct ExportOptions {
    /// Object, as Kind/name
    #[arg(value_name = "KIND/NAME")]
    pub name: String,
    /// YAML or JSON
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Yaml)]
    pub output: OutputFormat,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery trace`.
#[derive(Debug, Clone, Args)]
pub struct TraceOptions {
    /// Object, as Kind/name
    #[arg(value_name = "KIND/NAME")]
    pub name: String,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery stats`.
#[derive(Debug, Clone, Args)]
pub struct StatsOptions {
    /// table, json, yaml or jsonpath=TEMPLATE
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery version`.
#[derive(Debug, Clone, Args)]
pub struct VersionOptions {
    /// Only of this program; asks nobody
    #[arg(long)]
    pub client: bool,
    /// YAML or JSON
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery events`.
#[derive(Debug, Clone, Args)]
pub struct EventsOptions {
    /// Only those of this object
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Option<String>,
    /// Only these types, `Normal` or `Warning`, separated by commas
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub types: Vec<String>,
    /// Those of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Then print new ones as they come; ends with Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The flags of `orangery logs`.
#[derive(Debug, Clone, Args)]
pub struct LogsOptions {
    /// Only lines about this object
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Option<String>,
    /// Namespace of the operator
    #[arg(long, value_name = "NAMESPACE", env = "ORANGERY_NAMESPACE", default_value = "orangery-system")]
    pub operator_namespace: String,
    /// Then print new lines as they come; ends with Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
    /// Only the last lines of each Pod
    #[arg(long, value_name = "N")]
    pub tail: Option<i64>,
    /// Only lines younger than this
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub since: Option<Duration>,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}
