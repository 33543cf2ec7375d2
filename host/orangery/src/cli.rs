//! The command line: every command, every flag.

mod address;
mod artifact;
mod build;
pub mod cluster;
pub mod flux_operator;
mod hooks;
mod leader_election;
mod plugin;
mod provider_types;
mod retry;
mod run;
mod shell;

pub use address::Address;
pub use artifact::{
    ArtifactBuildOptions, ArtifactCommand, ArtifactDiffOptions, ArtifactListOptions, ArtifactPullOptions,
    ArtifactPushOptions, ArtifactTagOptions, ContentOptions, LimitOptions, PackingOptions, RegistryAccess,
    RegistryOptions, ReportFormat, SyncKind, SyncOptions, Target,
};
pub use build::{BuildCommand, BuildOptions, Show};
pub use flux_operator::CarriedOptions;
pub use hooks::{HookFlags, ReceiversFlag};
pub use leader_election::LeaderElectionOptions;
pub(crate) use plugin::lock as plugin_lock;
pub use plugin::{
    NameError, PluginCheckOptions, PluginCommand, PluginListOptions, PluginName, PluginNewOptions,
    PluginPrecompileOptions, PluginTestOptions,
};
pub use retry::RetryOptions;
pub use run::{GuardDefault, OwnRightsFlag, RunOptions};
pub use shell::{CompletionOptions, ManOptions, Shell};

use crate::logging::LogOptions;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use orangery_egress::{Grant, GrantError, SecretText};
use std::path::PathBuf;
use std::time::Duration;

use cluster::ClusterCommand;
pub use provider_types::{ExplainOptions, NotifyOptions};

/// Preview environments for Kubernetes and Flux: input providers and renderers are WebAssembly plugins in a sandbox;
/// the host alone owns credentials, apply and prune.
///
/// Exit codes: 0 done, 1 failed, 2 wrong command line, 3 (`run --once`) not everything is ready. Commands with codes of their own say so.
#[derive(Debug, Parser)]
#[command(name = "orangery", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How the process logs.
    #[command(flatten)]
    pub log: LogOptions,
}

impl Arguments {
    /// Parses the command line of this process. A wrong one ends it with exit code 2.
    #[must_use]
    pub fn of_process() -> Self {
        let mut command = shell::as_called(Self::command());
        let matches = command.try_get_matches_from_mut(std::env::args_os());
        let arguments = matches
            .and_then(|matches| Self::from_arg_matches(&matches))
            .unwrap_or_else(|error| flux_operator::explain(error, &mut command).exit());
        if let Command::Run(options) = &arguments.command {
            if let Err(error) = options.requeue_policy() {
                Self::command().error(ErrorKind::ValueValidation, error).exit()
            }
            if let Err(error) = options.leader_election.timing() {
                Self::command().error(ErrorKind::ValueValidation, error).exit()
            }
        }
        arguments
    }
}

/// Every command of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator, against a cluster or (--local) against a directory
    Run(Box<RunOptions>),
    /// Build the objects of a manifest offline and print them
    #[command(subcommand)]
    Build(BuildCommand),
    /// Poll one provider once and print the inputs it exports
    Poll(PollOptions),
    /// Tell one notice through the notifier plugin of a provider's type, for real
    Notify(NotifyOptions),
    /// Say what a provider type is: its inputs, attributes, configuration, credentials, an example
    Explain(ExplainOptions),
    /// Look at plugins and test them
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Pack files as an OCI artifact that Flux reads, push, tag, pull, list and compare artifacts
    #[command(subcommand)]
    Artifact(ArtifactCommand),
    /// From a pushed artifact to applied objects: push, have Flux reconcile, and wait until exactly that is applied
    ///
    /// Exit codes: 0 synced, 1 failed, 2 not begun (command line, registry or cluster), 3 timed out, 4 suspended.
    Sync(Box<SyncOptions>),
    /// Print the custom resource definitions
    Crds,
    /// Print the completion script of a shell; names in it come from the cluster
    Completion(CompletionOptions),
    /// Write a manual page for each command into a folder
    Man(ManOptions),
    /// Talk to a cluster.
    #[command(flatten)]
    Cluster(Box<ClusterCommand>),
}

/// What plugins are loaded and what they may reach: the same for all commands that run plugins.
#[derive(Debug, Clone, Default, Args)]
pub struct SandboxOptions {
    /// A plugin to load beside the built-in ones; may be repeated
    #[arg(long = "plugin", value_name = "FILE.wasm", help_heading = "Plugins")]
    pub plugins: Vec<PathBuf>,
    /// Let a plugin of --plugin serve what a built-in one serves: it gets the credentials and the objects of that type. Refused without
    #[arg(long, help_heading = "Plugins")]
    pub allow_shadowing: bool,
    /// What plugins loaded with --plugin may ask beyond reading spec.url, where they say they want it: methods (GET and HEAD unless
    /// named), an origin and perhaps a path, such as `GET,POST https://api.example.com/graphql`; may be repeated
    #[arg(long = "grant", value_name = "GRANT", value_parser = grant, help_heading = "Plugins")]
    pub grants: Vec<Grant>,
    /// A private address range that providers may dial, such as 10.20.0.0/16; may be repeated. Loopback only in local mode
    #[arg(long, value_name = "CIDR", help_heading = "Plugins")]
    pub egress_allow_cidr: Vec<IpNet>,
    /// The HTTP proxy of providers, such as `http://proxy.example.com:3128`, or `none`; the default is what HTTPS_PROXY and HTTP_PROXY
    /// say. NO_PROXY names what is dialled directly
    #[arg(long, value_name = "URL", value_parser = secret, help_heading = "Plugins")]
    pub egress_proxy: Option<SecretText>,
    /// Where compiled plugins are kept; the default is the user's cache folder
    #[arg(long, value_name = "DIR", env = "ORANGERY_CACHE", help_heading = "Plugins")]
    pub plugin_cache: Option<PathBuf>,
}

/// Where Secrets may go.
#[derive(Debug, Clone, Copy, Args)]
pub struct CredentialOptions {
    /// Send a Secret only where its annotation orangery.dev/origins says, and refuse Secrets without one
    #[arg(long, help_heading = "Credentials")]
    pub require_secret_origins: bool,
    /// Send credentials over plain http also where neither the Secret nor spec.insecure says so
    #[arg(long, help_heading = "Credentials")]
    pub allow_plain_http_credentials: bool,
}

/// Formats of printed objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// The flags of `orangery poll`.
#[derive(Debug, Clone, Args)]
pub struct PollOptions {
    /// The ResourceSetInputProvider; Secrets that it names may stand in the same file
    #[arg(short, long, value_name = "FILE", required = true)]
    pub filename: Vec<PathBuf>,
    /// Which provider, if the file has several
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// A Secret from an environment variable: NAMESPACE/NAME=VARIABLE
    #[arg(long = "secret-from-env", value_name = "NS/NAME=VAR")]
    pub secrets: Vec<String>,
    /// Print the requests made: method, URL, status, whether the answer came from the cache
    #[arg(short, long)]
    pub verbose: bool,
    /// YAML or JSON
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Yaml)]
    pub output: OutputFormat,
    /// Print with each input the facts that the plugin filled: what the host knows of it and templates do not see
    #[arg(long)]
    pub facts: bool,
    /// Let the provider dial loopback addresses, for a forge on this machine
    #[arg(long)]
    pub allow_loopback: bool,
    /// Where Secrets may go.
    #[command(flatten)]
    pub credentials: CredentialOptions,
    /// Which plugins are loaded, and what they may reach.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// Parses a grant such as `GET,POST https://api.example.com/graphql`.
fn grant(text: &str) -> Result<Grant, String> {
    text.parse().map_err(|error: GrantError| error.to_string())
}

/// A text that is not printed: the address of a proxy may hold its password.
fn secret(text: &str) -> Result<SecretText, String> {
    SecretText::line(text.as_bytes()).map_err(|error| format!("it {error}"))
}

/// A Go duration such as `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    orangery_core::duration::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_grant_is_written_as_a_denial_asks_for_it() {
        for text in
            ["https://api.example.com", "GET,POST https://api.example.com/graphql", "POST https://*.example.com"]
        {
            assert!(grant(text).is_ok(), "{text}");
        }
        assert!(grant("GRAB https://a.example").unwrap_err().contains("the methods are GET"));
        assert!(grant("api.example.com").unwrap_err().contains("a grant looks like"));
    }
}
