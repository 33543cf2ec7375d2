//! `spec.type` of a provider.

use super::SpecError;
use std::fmt;

/// The types that Flux Operator serves. Any other type belongs to a plugin.
pub const KNOWN_TYPES: [&str; 23] = [
    "Static",
    "GitHubBranch",
    "GitHubTag",
    "GitHubPullRequest",
    "GitLabBranch",
    "GitLabTag",
    "GitLabMergeRequest",
    "GitLabEnvironment",
    "AzureDevOpsBranch",
    "AzureDevOpsTag",
    "AzureDevOpsPullRequest",
    "AWSCodeCommitBranch",
    "AWSCodeCommitTag",
    "AWSCodeCommitPullRequest",
    "GiteaBranch",
    "GiteaTag",
    "GiteaPullRequest",
    "OCIArtifactTag",
    "ACRArtifactTag",
    "ECRArtifactTag",
    "GARArtifactTag",
    "ExternalService",
    "ExternalArtifact",
];

/// What a provider lists: the value of `spec.type`, for example `GitHubPullRequest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderType(String);

impl ProviderType {
    /// The value as the manifest has it. [`super::ProviderSpec::check`] refuses one that is not a CamelCase word.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value as the manifest has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its one input stands in the manifest, so that nothing is asked for it.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.is("Static")
    }

    /// Whether it lists objects of the cluster, which the host itself reads: no plugin reaches the API server.
    #[must_use]
    pub fn is_external_artifact(&self) -> bool {
        self.is("ExternalArtifact")
    }

    pub(super) fn check(&self) -> Result<(), SpecError> {
        let text = &self.0;
        let fits = text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.len() <= 63
            && text.chars().all(|c| c.is_ascii_alphanumeric());
        if fits {
            return Ok(());
        }
        Err(SpecError::new(
            "spec.type",
            format!("spec.type is {text:?}; it must be a CamelCase word such as GitHubPullRequest"),
        ))
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0 == name
    }

    /// Whether Flux Operator serves it too, so that its rules between fields hold.
    pub(super) fn is_known(&self) -> bool {
        KNOWN_TYPES.contains(&self.as_str())
    }

    pub(super) fn has_no_source(&self) -> bool {
        self.is_static() || self.is_external_artifact()
    }

    pub(super) fn is_git(&self) -> bool {
        self.0.starts_with("Git")
    }

    pub(super) fn is_azure(&self) -> bool {
        self.0.starts_with("AzureDevOps")
    }

    pub(super) fn is_aws(&self) -> bool {
        self.0.starts_with("AWSCodeCommit")
    }

    pub(super) fn is_registry(&self) -> bool {
        self.0.ends_with("ArtifactTag")
    }

    pub(super) fn is_cloud_registry(&self) -> bool {
        matches!(self.as_str(), "ACRArtifactTag" | "ECRArtifactTag" | "GARArtifactTag")
    }

    pub(super) fn takes_service_account(&self) -> bool {
        self.is_azure() || self.is_aws() || self.is_registry() || self.is_external_artifact()
    }
}

impl fmt::Display for ProviderType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
