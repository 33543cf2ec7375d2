//! The flags of `orangery notify` and `orangery explain`.

use super::{CredentialOptions, OutputFormat, SandboxOptions};
use clap::Args;
use std::path::PathBuf;

/// The flags of `orangery notify`.
#[derive(Debug, Clone, Args)]
pub struct NotifyOptions {
    /// The ResourceSetInputProvider whose type, URL, configuration and Secret are used; Secrets may stand in the same file
    #[arg(short, long, value_name = "FILE", required = true)]
    pub filename: Vec<PathBuf>,
    /// Which provider, if the file has several
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// What to tell: a YAML or JSON document with the key `environment` or `event`
    #[arg(long, value_name = "FILE")]
    pub notice: PathBuf,
    /// A Secret from an environment variable: NAMESPACE/NAME=VARIABLE
    #[arg(long = "secret-from-env", value_name = "NS/NAME=VAR")]
    pub secrets: Vec<String>,
    /// Print the requests made: method, URL, status
    #[arg(short, long)]
    pub verbose: bool,
    /// Let the notifier dial loopback addresses, for a forge on this machine
    #[arg(long)]
    pub allow_loopback: bool,
    /// Where Secrets may go.
    #[command(flatten)]
    pub credentials: CredentialOptions,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// The flags of `orangery explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainOptions {
    /// The value of spec.type, for example GitHubPullRequest
    #[arg(value_name = "TYPE")]
    pub provider_type: String,
    /// Human text, or JSON or YAML for scripts
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}
