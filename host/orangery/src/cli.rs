//! The command line: every command, every flag.

pub mod cluster;
pub mod flux_operator;
mod leader_election;
mod plugin;
mod provider_types;
mod retry;
mod shell;

pub use flux_operator::CarriedOptions;
pub use leader_election::LeaderElectionOptions;
pub use plugin::{
    PluginCheckOptions, PluginCommand, PluginListOptions, PluginNewOptions, PluginPrecompileOptions, PluginTestOptions,
};
pub use retry::RetryOptions;
pub use shell::{CompletionOptions, ManOptions, Shell};

use crate::logging::LogOptions;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use orangery_controller::kubernetes::LabelSelector;
use orangery_controller::pipeline::requeue::{InvalidRequeuePolicy, RequeuePolicy};
use orangery_egress::{Grant, GrantError};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cluster::ClusterCommand;
pub use provider_types::{ExplainOptions, NotifyOptions};

/// Preview environments for Kubernetes and Flux: input providers and renderers are WebAssembly plugins in a sandbox;
/// the host alone owns credentials, apply and prune.
///
/// Exit codes: 0 done, 1 failed, 2 wrong command line, 3 (`run --once`) not everything is ready.
#[derive(Debug, Parser)]
#[command(name = "orangery", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Logging.
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

/// All commands.
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

/// `orangery run`.
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// Work on a directory instead of a cluster: one YAML file for each object
    #[arg(long, value_name = "DIR", requires = "filename", help_heading = "Local mode")]
    pub local: Option<PathBuf>,
    /// Manifests to read: a file or a folder; may be repeated (local mode)
    #[arg(short, long, value_name = "PATH", requires = "local", help_heading = "Local mode")]
    pub filename: Vec<PathBuf>,
    /// Make one pass and stop: exit 0 if all is ready, 3 with the reasons else (local mode)
    #[arg(long, requires = "local", help_heading = "Local mode")]
    pub once: bool,
    /// A Secret from an environment variable: NAMESPACE/NAME=VARIABLE gives username `git` and the variable's value as password and token; may be repeated (local mode)
    #[arg(long = "secret-from-env", value_name = "NS/NAME=VAR", requires = "local", help_heading = "Local mode")]
    pub secrets: Vec<String>,
    /// Poll every provider at least this often, whatever its annotation says (local mode)
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "local", help_heading = "Local mode")]
    pub interval: Option<Duration>,

    /// Delete sets with all their objects when none of the manifests has them any more (local mode)
    #[arg(long, requires = "local", help_heading = "Local mode")]
    pub remove_missing_sets: bool,

    /// Kubeconfig file; the default is the in-cluster configuration, then KUBECONFIG, then ~/.kube/config
    #[arg(long, value_name = "FILE", env = "ORANGERY_KUBECONFIG", help_heading = "Cluster mode")]
    pub kubeconfig: Option<PathBuf>,
    /// Only objects of this namespace; may be repeated, or a list with commas; the default is all
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',', help_heading = "Cluster mode")]
    pub watch_namespace: Vec<String>,
    /// Only objects with these labels, as `kubectl -l` takes them; ResourceSets may read every provider
    #[arg(long, value_name = "SELECTOR", help_heading = "Cluster mode")]
    pub watch_label_selector: Option<LabelSelector>,
    /// The namespace that the operator runs in: where its lease is, and whose ResourceSets may use its own rights
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "ORANGERY_NAMESPACE",
        default_value = "orangery-system",
        help_heading = "Cluster mode"
    )]
    pub operator_namespace: String,
    /// The service account that a ResourceSet without spec.serviceAccountName is applied with
    #[arg(long, value_name = "NAME", env = "DEFAULT_SERVICE_ACCOUNT", help_heading = "Cluster mode")]
    pub default_service_account: Option<String>,
    /// Where ResourceSets that neither name a service account nor have a default one are applied with the operator's own rights
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = OwnRightsFlag::OwnNamespace, help_heading = "Cluster mode")]
    pub own_rights: OwnRightsFlag,
    /// The lease.
    #[command(flatten)]
    pub leader_election: LeaderElectionOptions,
    /// Objects of each kind that are worked on at once
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Cluster mode")]
    pub concurrent: u16,
    /// Time between checks of a dependency that is not ready, where it cannot be watched
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s", help_heading = "Cluster mode")]
    pub requeue_dependency: Duration,
    /// Longest time between two full comparisons of an applied object with the cluster; what is watched is repaired at once anyway
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "12h", help_heading = "Cluster mode")]
    pub verify_every: Duration,
    /// How long a deleted object may take to be gone before the condition DeletionFailed names it and its finalizers
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m", help_heading = "Cluster mode")]
    pub terminating_deadline: Duration,
    /// How failures are retried and intervals are spread.
    #[command(flatten)]
    pub retry: RetryOptions,
    /// Where /healthz, /readyz and /leaderz answer; `none` turns it off
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8081", value_parser = address, help_heading = "Cluster mode")]
    pub health_addr: Address,
    /// Where /metrics answers; `none` turns it off
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080", value_parser = address, help_heading = "Cluster mode")]
    pub metrics_addr: Address,

    /// The label of ConfigMaps and Secrets whose changes reach at once the sets and providers that read them; `none` watches none
    #[arg(
        long,
        value_name = "SELECTOR",
        default_value = "reconcile.fluxcd.io/watch=Enabled",
        help_heading = "Cluster mode"
    )]
    pub watch_configs_label_selector: String,

    /// Where Flux's notification-controller takes events, such as http://notification-controller.flux-system.svc.cluster.local./; the
    /// default is that of the cluster's only FluxInstance, `none` turns it off
    #[arg(long, value_name = "URL", env = "NOTIFICATION_CONTROLLER_ADDRESS", help_heading = "Cluster mode")]
    pub events_addr: Option<String>,

    /// What happens to deletions that look like an accident when the object does not say: hold them or not
    #[arg(long, value_enum, default_value_t = GuardDefault::On, help_heading = "Safety")]
    pub prune_guard: GuardDefault,
    /// What happens when whole ResourceSets are deleted and it looks like an accident: their definition is deleted, or half of them within a minute (cluster mode)
    #[arg(long, value_enum, default_value_t = GuardDefault::On, help_heading = "Safety")]
    pub deletion_guard: GuardDefault,
    /// Deletions of fewer ResourceSets than this within a minute are never held (cluster mode)
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Safety")]
    pub deletion_guard_floor: usize,
    /// The share of a set's inputs, in percent, whose loss is held unless the set says otherwise
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=100), help_heading = "Safety")]
    pub prune_guard_share: u8,
    /// The number of inputs up to which a loss is everyday, whatever their share
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Safety")]
    pub prune_guard_floor: u32,
    /// Secrets.
    #[command(flatten)]
    pub credentials: CredentialOptions,
    /// Plugins.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
    /// Of Flux Operator.
    #[command(flatten)]
    pub carried: CarriedOptions,
}

impl RunOptions {
    /// When objects are reconciled again.
    ///
    /// # Errors
    /// The delays contradict each other.
    pub fn requeue_policy(&self) -> Result<RequeuePolicy, InvalidRequeuePolicy> {
        self.retry.policy(self.requeue_dependency)
    }
}

/// Whether deletions that look like an accident are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GuardDefault {
    /// Hold them until they are approved.
    On,
    /// Delete at once, as Flux Operator does.
    Off,
}

/// Where the operator's own rights are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnRightsFlag {
    /// In the operator's own namespace.
    OwnNamespace,
    /// Everywhere, as Flux Operator does without multi-tenancy: whoever may write a ResourceSet has the rights of the operator.
    AllNamespaces,
}

/// An address to listen on, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub Option<SocketAddr>);

/// `orangery build`.
#[derive(Debug, Subcommand)]
pub enum BuildCommand {
    /// Build the objects of a ResourceSet
    #[command(name = "resourceset", visible_alias = "rset")]
    ResourceSet(BuildOptions),
}

/// `orangery build resourceset`.
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
    /// Plugins.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// What `--show` adds to the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Show {
    /// Template and input.
    Origin,
}

/// Formats of printed objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// `orangery poll`.
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
    /// Secrets.
    #[command(flatten)]
    pub credentials: CredentialOptions,
    /// Plugins.
    #[command(flatten)]
    pub sandbox: SandboxOptions,
}

/// `GET,POST https://api.example.com/graphql`.
fn grant(text: &str) -> Result<Grant, String> {
    text.parse().map_err(|error: GrantError| error.to_string())
}

/// A Go duration such as `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    orangery_core::duration::parse(text).map_err(|error| error.to_string())
}

/// `HOST:PORT`, `:PORT` as Flux Operator writes it, or `none`.
fn address(text: &str) -> Result<Address, String> {
    if text == "none" || text == "0" {
        return Ok(Address(None));
    }
    let full = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    full.parse()
        .map(|address| Address(Some(address)))
        .map_err(|error| format!("{error}; write HOST:PORT, :PORT or none"))
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

    #[test]
    fn an_address_may_be_a_port_alone_or_nothing() {
        assert_eq!(address(":8080").unwrap().0.unwrap().port(), 8080);
        assert_eq!(address("none").unwrap(), Address(None));
        assert!(address("8080").unwrap_err().contains("HOST:PORT"));
    }
}
