//! The flags of `orangery sync`.

use super::target::Target;
use super::{ContentOptions, PackingOptions, RegistryAccess};
use crate::cli::cluster::ConnectionOptions;
use clap::{Args, ValueEnum};
use orangery_artifact::digest::is_sha256;

/// `orangery sync`.
#[derive(Debug, Clone, Args)]
pub struct SyncOptions {
    /// oci://HOST/REPOSITORY:TAG, which OCIRepositories of the cluster read, or ocirepository/NAME, kustomization/NAME or
    /// helmrelease/NAME
    #[arg(value_name = "TARGET")]
    pub target: Target,
    /// Push files to the address first, as `orangery artifact push` does
    #[arg(long, requires_all = ["source", "revision"])]
    pub push: bool,
    /// What is pushed.
    #[command(flatten)]
    pub packing: PackingOptions,
    /// Where the files come from, as a URL
    #[arg(long, value_name = "URL", requires = "push")]
    pub source: Option<String>,
    /// Branch or tag and commit, such as main@sha1:COMMIT
    #[arg(long, value_name = "REVISION", requires = "push")]
    pub revision: Option<String>,
    /// A further annotation of the artifact; may be repeated
    #[arg(short = 'a', long = "annotations", value_name = "KEY=VALUE", requires = "push")]
    pub annotations: Vec<String>,
    /// The digest that has to be applied; the default is that of the push, or the one that the tag has now
    #[arg(long, value_name = "DIGEST", value_parser = digest, conflicts_with = "push")]
    pub digest: Option<String>,
    /// Wait for the OCIRepository alone, not for the Kustomizations and HelmReleases that read it
    #[arg(long)]
    pub source_only: bool,
    /// Go on waiting where something failed: it is tried again at its own interval
    #[arg(long)]
    pub wait_retries: bool,
    /// Tell Flux by a hook instead of an annotation: the URL of a Receiver of type generic-hmac, for jobs that may only read objects. Its
    /// token is in the environment variable ORANGERY_HOOK_TOKEN
    #[arg(long, value_name = "URL", requires = "hook_token")]
    pub hook_url: Option<String>,
    /// The token of the Receiver; other users of this machine can read flags: prefer the environment variable
    #[arg(long, value_name = "TOKEN", env = "ORANGERY_HOOK_TOKEN", hide_env_values = true)]
    pub hook_token: Option<String>,
    /// Ask for nothing, and wait until Flux looks by itself
    #[arg(long, conflicts_with = "hook_url")]
    pub no_request: bool,
    /// Look for OCIRepositories in all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Print what became of each object, on stdout
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub report: Option<ReportFormat>,
    /// The registry.
    #[command(flatten)]
    pub access: RegistryAccess,
    /// The cluster; its --timeout is that of the whole command.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// Formats of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For scripts.
    Json,
    /// A table for the summary of a pipeline.
    Markdown,
    /// One test case for each object.
    Junit,
}

impl SyncOptions {
    /// What is pushed, if something is.
    #[must_use]
    pub fn content(&self) -> Option<ContentOptions> {
        let (Some(source), Some(revision), true) = (&self.source, &self.revision, self.push) else { return None };
        Some(ContentOptions {
            packing: self.packing.clone(),
            source: source.clone(),
            revision: revision.clone(),
            annotations: self.annotations.clone(),
        })
    }
}

fn digest(text: &str) -> Result<String, String> {
    if is_sha256(text) {
        return Ok(text.to_owned());
    }
    Err("a digest is sha256: and 64 hexadecimal digits".to_owned())
}
