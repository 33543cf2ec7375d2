//! The flags of `orangery build`.

use super::{OutputFormat, SandboxOptions};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The subcommands of `orangery build`.
#[derive(Debug, Subcommand)]
pub enum BuildCommand {
    /// Build the objects of a ResourceSet
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(BuildOptions),
}

/// The flags of `orangery build resourceset`.
#[derive(Debug, Clone, Args)]
pub struct BuildOptions {
    /// A file with a ResourceSet, `-` reads stdin; may be repeated: all sets are built, one after the other
    #[arg(short, long, value_name = "FILE")]
    pub filename: Vec<PathBuf>,
    /// A YAML list of inputs, which replaces spec.inputs
    #[arg(short, long, value_name = "FILE")]
    pub inputs_from: Vec<PathBuf>,
    /// ResourceSetInputProviders of type Static
    #[arg(long, value_name = "FILE")]
    pub inputs_from_provider: Vec<PathBuf>,
    /// Namespace of a ResourceSet that names none; the default is that of the kubeconfig context, else `default`
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// YAML documents or one JSON list
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Yaml)]
    pub output: OutputFormat,
    /// Only the objects of the input with this id
    #[arg(long, value_name = "ID")]
    pub input: Option<String>,
    /// A comment above each object: which template gave it, and which input
    #[arg(long, value_enum, value_name = "WHAT")]
    pub show: Option<Show>,
    /// Fail where two inputs render different objects of one name, on fields that a kind of Kubernetes does not have, and on documents that name no object
    #[arg(long)]
    pub strict: bool,
    /// Build again whenever a file is saved, and print what changed; ends with Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// What `--show` adds to the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Show {
    /// Template and input.
    Origin,
}
