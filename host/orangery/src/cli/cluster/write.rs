//! `create secret`, `migrate owner` and `diff yaml`.

use super::ConnectionOptions;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The subcommands of `orangery create`.
#[derive(Debug, Subcommand)]
pub enum CreateCommand {
    /// Create a Secret for providers and Flux sources, or print it
    #[command(subcommand)]
    Secret(SecretCommand),
}

/// The subcommands of `orangery create secret`.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// User name and password, or token
    BasicAuth(BasicAuthOptions),
    /// A GitHub App
    #[command(name = "githubapp")]
    GitHubApp(GitHubAppOptions),
    /// Certificates
    Tls(TlsOptions),
    /// A container registry
    Registry(RegistryOptions),
    /// An HTTP proxy
    Proxy(ProxyOptions),
    /// A key for SSH
    Ssh(SshOptions),
    /// Keys that decrypt with SOPS
    Sops(SopsOptions),
}

/// What all Secrets have in common.
#[derive(Debug, Clone, Args)]
pub struct SecretOptions {
    /// Name of the Secret
    #[arg(value_name = "NAME")]
    pub name: String,
    /// An annotation; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub annotation: Vec<(String, String)>,
    /// A label; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub label: Vec<(String, String)>,
    /// Nobody may change its values afterwards
    #[arg(long)]
    pub immutable: bool,
    /// Print it instead of applying it
    #[arg(long)]
    pub export: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// A password, which is better not an argument that others see.
#[derive(Debug, Clone, Args)]
pub struct PasswordOptions {
    /// The password or token; others on this machine can see it
    #[arg(
        long,
        value_name = "PASSWORD",
        conflicts_with = "password_stdin",
        required_unless_present = "password_stdin"
    )]
    pub password: Option<String>,
    /// Read it from stdin
    #[arg(long)]
    pub password_stdin: bool,
}

/// The flags of `orangery create secret basic-auth`.
#[derive(Debug, Clone, Args)]
pub struct BasicAuthOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// The user; a token goes with any
    #[arg(long, value_name = "NAME")]
    pub username: String,
    /// The password, or where it is read from.
    #[command(flatten)]
    pub password: PasswordOptions,
}

/// The flags of `orangery create secret githubapp`.
#[derive(Debug, Clone, Args)]
pub struct GitHubAppOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// Id of the App
    #[arg(long, value_name = "ID")]
    pub app_id: String,
    /// Private key of the App
    #[arg(long, value_name = "FILE")]
    pub app_private_key_file: PathBuf,
    /// Id of the installation
    #[arg(
        long,
        value_name = "ID",
        conflicts_with = "app_installation_owner",
        required_unless_present = "app_installation_owner"
    )]
    pub app_installation_id: Option<String>,
    /// User or organisation that it is installed at
    #[arg(long, value_name = "NAME")]
    pub app_installation_owner: Option<String>,
    /// API of a GitHub Enterprise Server
    #[arg(long, value_name = "URL")]
    pub app_base_url: Option<String>,
}

/// The flags of `orangery create secret tls`.
#[derive(Debug, Clone, Args)]
pub struct TlsOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// Client certificate to present
    #[arg(long, value_name = "FILE", requires = "tls_key_file", required_unless_present = "ca_crt_file")]
    pub tls_crt_file: Option<PathBuf>,
    /// Key of the client certificate
    #[arg(long, value_name = "FILE", requires = "tls_crt_file")]
    pub tls_key_file: Option<PathBuf>,
    /// Certificates that servers are checked against
    #[arg(long, value_name = "FILE")]
    pub ca_crt_file: Option<PathBuf>,
}

/// The flags of `orangery create secret registry`.
#[derive(Debug, Clone, Args)]
pub struct RegistryOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// Host of the registry, such as ghcr.io
    #[arg(long, value_name = "HOST")]
    pub server: String,
    /// Name of the user
    #[arg(long, value_name = "NAME")]
    pub username: String,
    /// The password, or where it is read from.
    #[command(flatten)]
    pub password: PasswordOptions,
}

/// The flags of `orangery create secret proxy`.
#[derive(Debug, Clone, Args)]
pub struct ProxyOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// Its address, such as `http://proxy.example:3128`
    #[arg(long, value_name = "URL")]
    pub address: String,
    /// The user, if it wants one
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The password; others on this machine can see it
    #[arg(long, value_name = "PASSWORD", conflicts_with = "password_stdin")]
    pub password: Option<String>,
    /// Read it from stdin
    #[arg(long)]
    pub password_stdin: bool,
}

/// The flags of `orangery create secret ssh`.
#[derive(Debug, Clone, Args)]
pub struct SshOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// The private key
    #[arg(long, value_name = "FILE")]
    pub private_key_file: PathBuf,
    /// The public key
    #[arg(long, value_name = "FILE")]
    pub public_key_file: Option<PathBuf>,
    /// Keys of the hosts, as ssh-keyscan prints them
    #[arg(long, value_name = "FILE")]
    pub knownhosts_file: PathBuf,
    /// The password of the private key; others on this machine can see it
    #[arg(long, value_name = "PASSWORD", conflicts_with = "password_stdin")]
    pub password: Option<String>,
    /// Read it from stdin
    #[arg(long)]
    pub password_stdin: bool,
}

/// The flags of `orangery create secret sops`.
#[derive(Debug, Clone, Args)]
pub struct SopsOptions {
    /// What every Secret has: its name, labels, annotations.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// An age key; may be repeated
    #[arg(long, value_name = "FILE", required_unless_present = "gpg_key_file")]
    pub age_key_file: Vec<PathBuf>,
    /// A GPG key; may be repeated
    #[arg(long, value_name = "FILE")]
    pub gpg_key_file: Vec<PathBuf>,
}

/// The subcommands of `orangery migrate`.
#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    /// Take the fields of kustomize-controller and helm-controller away from the objects of a set given as Kind/name
    Owner(MigrateOptions),
}

/// The flags of `orangery migrate owner`.
#[derive(Debug, Clone, Args)]
pub struct MigrateOptions {
    /// Object, as Kind/name
    #[arg(value_name = "KIND/NAME")]
    pub name: String,
    /// Only say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Which cluster to talk to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// The subcommands of `orangery diff`.
#[derive(Debug, Subcommand)]
pub enum DiffCommand {
    /// Print the JSON patch (RFC 6902) from one YAML file to another
    Yaml(DiffOptions),
}

/// The flags of `orangery diff yaml`.
#[derive(Debug, Clone, Args)]
pub struct DiffOptions {
    /// The file before; `-` reads stdin
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// The file after; `-` reads stdin
    #[arg(value_name = "TARGET")]
    pub target: PathBuf,
    /// As YAML or as JSON
    #[arg(short, long, value_enum, default_value_t = PatchFormat::JsonPatchYaml)]
    pub output: PatchFormat,
}

/// The value of `-o` of `diff yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PatchFormat {
    /// YAML.
    JsonPatchYaml,
    /// JSON.
    JsonPatch,
}

/// Parses a pair of the form `KEY=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text} is not of the form KEY=VALUE")),
    }
}
