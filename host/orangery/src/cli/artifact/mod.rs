//! The flags of `orangery artifact` and of `orangery sync`. Their names are those of `flux push artifact` and its kin.

mod sync;
mod target;

pub use sync::{ReportFormat, SyncOptions};
pub use target::{SyncKind, Target};

use super::{OutputFormat, duration};
use clap::{Args, Subcommand};
use orangery_artifact::Address;
use std::path::PathBuf;
use std::time::Duration;

/// `orangery artifact`.
#[derive(Debug, Subcommand)]
pub enum ArtifactCommand {
    /// Pack files as an artifact, into a file
    Build(ArtifactBuildOptions),
    /// Pack files and push them to a registry
    Push(Box<ArtifactPushOptions>),
    /// Give an artifact further tags
    Tag(ArtifactTagOptions),
    /// Unpack an artifact of a registry into a folder
    Pull(ArtifactPullOptions),
    /// Print the artifacts of a repository
    #[command(visible_alias = "ls")]
    List(ArtifactListOptions),
    /// Compare files with an artifact: exit code 0 if they are equal, 1 if they differ, 2 if they could not be compared
    Diff(ArtifactDiffOptions),
}

/// How a registry is reached, and for how long.
#[derive(Debug, Clone, Args)]
pub struct RegistryOptions {
    /// How it is reached.
    #[command(flatten)]
    pub access: RegistryAccess,
    /// How long all requests to the registry may take, with their repetitions
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", help_heading = "Registry")]
    pub timeout: Duration,
}

/// How a registry is reached.
#[derive(Debug, Clone, Args)]
pub struct RegistryAccess {
    /// USER:PASSWORD, or a token alone; the default is what Docker's configuration file has for the registry, and its helpers.
    /// Other users of this machine can read flags: prefer the environment variable
    #[arg(
        long,
        value_name = "CREDENTIALS",
        env = "ORANGERY_REGISTRY_CREDS",
        hide_env_values = true,
        help_heading = "Registry"
    )]
    pub creds: Option<String>,
    /// Use plain http also to other machines: whoever is in between reads the credentials and changes what is sent
    #[arg(long, help_heading = "Registry")]
    pub insecure_registry: bool,
}

/// Which files are packed, and how.
#[derive(Debug, Clone, Args)]
pub struct PackingOptions {
    /// A folder, a file, or `-` for a manifest on stdin
    #[arg(short = 'f', visible_short_alias = 'p', long, value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Patterns of .gitignore for what stays out, instead of the default: version control, images, videos, archives. `.sourceignore` is
    /// not read, it is packed
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    pub ignore_paths: Option<Vec<String>>,
    /// Patterns beside the default or --ignore-paths
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',')]
    pub add_ignore_paths: Vec<String>,
    /// Pack what symbolic links point at, also outside of the folder; without this they are left out
    #[arg(long)]
    pub resolve_symlinks: bool,
    /// The same digest for the same files, wherever and whenever: the time of creation is 1970, permissions are 0755 or 0644
    #[arg(long)]
    pub reproducible: bool,
}

/// `orangery artifact build`.
#[derive(Debug, Clone, Args)]
pub struct ArtifactBuildOptions {
    /// What is packed.
    #[command(flatten)]
    pub packing: PackingOptions,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "artifact.tgz")]
    pub output: PathBuf,
}

/// `orangery artifact push`.
#[derive(Debug, Clone, Args)]
pub struct ArtifactPushOptions {
    /// Where to: oci://HOST/REPOSITORY:TAG; the default tag is `latest`
    #[arg(value_name = "ADDRESS")]
    pub address: Address,
    /// What is pushed.
    #[command(flatten)]
    pub content: ContentOptions,
    /// Print where the artifact is, for a script
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistryOptions,
}

/// What is pushed, and what is said of it.
#[derive(Debug, Clone, Args)]
pub struct ContentOptions {
    /// What is packed.
    #[command(flatten)]
    pub packing: PackingOptions,
    /// Where the files come from, as a URL: `git config --get remote.origin.url`
    #[arg(long, value_name = "URL")]
    pub source: String,
    /// Branch or tag and commit, such as main@sha1:COMMIT; commit statuses need the 40 digits at its end
    #[arg(long, value_name = "REVISION")]
    pub revision: String,
    /// A further annotation; may be repeated
    #[arg(short = 'a', long = "annotations", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
}

/// `orangery artifact tag`.
#[derive(Debug, Clone, Args)]
pub struct ArtifactTagOptions {
    /// The artifact: oci://HOST/REPOSITORY:TAG, or with @DIGEST
    #[arg(value_name = "ADDRESS")]
    pub address: Address,
    /// The tag to give it; may be repeated
    #[arg(long = "tag", value_name = "TAG", required = true)]
    pub tags: Vec<String>,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistryOptions,
}

/// `orangery artifact pull`.
#[derive(Debug, Clone, Args)]
pub struct ArtifactPullOptions {
    /// The artifact: oci://HOST/REPOSITORY:TAG, or with @DIGEST
    #[arg(value_name = "ADDRESS")]
    pub address: Address,
    /// The folder to unpack into; it must exist
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// The limits.
    #[command(flatten)]
    pub limits: LimitOptions,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistryOptions,
}

/// How large an artifact of somebody else may be.
#[derive(Debug, Clone, Copy, Args)]
pub struct LimitOptions {
    /// The most MiB that an artifact may unpack to
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..=16384))]
    pub max_size: u64,
}

/// `orangery artifact list`.
#[derive(Debug, Clone, Args)]
pub struct ArtifactListOptions {
    /// The repository: oci://HOST/REPOSITORY
    #[arg(value_name = "ADDRESS")]
    pub address: Address,
    /// Only tags that are versions in this range, such as `>=1.2.0, <2.0.0`
    #[arg(long, value_name = "RANGE")]
    pub filter_semver: Option<String>,
    /// Only tags that match this regular expression
    #[arg(long, value_name = "REGEX")]
    pub filter_regex: Option<String>,
    /// A list for a script instead of the table
    #[arg(short, long, value_enum)]
    pub output: Option<OutputFormat>,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistryOptions,
}

/// `orangery artifact diff`.
#[derive(Debug, Clone, Args)]
pub struct ArtifactDiffOptions {
    /// The artifact: oci://HOST/REPOSITORY:TAG, or with @DIGEST
    #[arg(value_name = "ADDRESS")]
    pub address: Address,
    /// What it is compared with.
    #[command(flatten)]
    pub packing: PackingOptions,
    /// The limits.
    #[command(flatten)]
    pub limits: LimitOptions,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistryOptions,
}
