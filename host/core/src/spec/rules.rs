//! The rules between the fields of a provider, mirrored from the CRD in the same order and words, so that a manifest is refused
//! for the same reason with and without an API server.

use super::{ProviderSpec, SpecError};

/// The types of the reference. Any other type belongs to a plugin.
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

/// Whether the reference has this type.
#[must_use]
pub fn is_known_type(kind: &str) -> bool {
    KNOWN_TYPES.contains(&kind)
}

pub(super) fn check(spec: &ProviderSpec) -> Result<(), SpecError> {
    check_type(&spec.kind)?;
    let kind = Kind(&spec.kind);
    let url = spec.url.as_deref().unwrap_or_default();
    check_url(spec, kind, url)?;
    let rules = [
        (
            !spec.insecure || kind.is("ExternalService") || kind.is("OCIArtifactTag"),
            "spec.insecure",
            "spec.insecure can only be set when spec.type is 'ExternalService' or 'OCIArtifactTag'",
        ),
        (
            !kind.is("ExternalService") || spec.insecure || url.starts_with("https://"),
            "spec.url",
            "spec.url must use 'https://' unless spec.insecure is true",
        ),
        (
            spec.service_account.is_none() || kind.takes_service_account(),
            "spec.serviceAccountName",
            "cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact",
        ),
        (
            spec.certificate.is_none()
                || !(kind.has_no_source() || kind.is_azure() || kind.is_aws() || kind.is_cloud_registry()),
            "spec.certSecretRef",
            "cannot specify spec.certSecretRef when spec.type is one of Static, ExternalArtifact, AzureDevOps*, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
        ),
        (
            spec.secret.is_none() || !(kind.has_no_source() || kind.is_aws() || kind.is_cloud_registry()),
            "spec.secretRef",
            "cannot specify spec.secretRef when spec.type is one of Static, ExternalArtifact, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
        ),
        (
            !kind.is("ExternalArtifact") || !spec.selectors.is_empty(),
            "spec.selectors",
            "spec.selectors must be set when spec.type is 'ExternalArtifact'",
        ),
        (
            kind.is("ExternalArtifact") || spec.selectors.is_empty(),
            "spec.selectors",
            "spec.selectors must not be set when spec.type is not 'ExternalArtifact'",
        ),
    ];
    first_broken(rules)
}

fn check_type(kind: &str) -> Result<(), SpecError> {
    let fits = kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.len() <= 63
        && kind.chars().all(|c| c.is_ascii_alphanumeric());
    if fits {
        return Ok(());
    }
    Err(SpecError::new(
        "spec.type",
        format!("spec.type is {kind:?}; it must be a CamelCase word such as GitHubPullRequest"),
    ))
}

fn check_url(spec: &ProviderSpec, kind: Kind<'_>, url: &str) -> Result<(), SpecError> {
    let http = url.starts_with("http://") || url.starts_with("https://");
    let plugin_without_url = !is_known_type(kind.0) && spec.config.is_some();
    let path = url.strip_prefix("oci://").unwrap_or_default();
    first_broken([
        (
            http || url.is_empty() || url.starts_with("oci://"),
            "spec.url",
            "spec.url must start with 'http://', 'https://' or 'oci://'",
        ),
        (!kind.is("Static") || url.is_empty(), "spec.url", "spec.url must be empty when spec.type is 'Static'"),
        (
            !kind.is("ExternalArtifact") || url.is_empty(),
            "spec.url",
            "spec.url must be empty when spec.type is 'ExternalArtifact'",
        ),
        (
            kind.has_no_source() || !url.is_empty() || plugin_without_url,
            "spec.url",
            "spec.url must not be empty when spec.type is not 'Static' or 'ExternalArtifact'",
        ),
        (
            !kind.0.starts_with("Git") || http || url.is_empty(),
            "spec.url",
            "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
        ),
        (
            !kind.is_azure() || http,
            "spec.url",
            "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
        ),
        (
            !kind.is_aws() || url.starts_with("https://"),
            "spec.url",
            "spec.url must start with 'https://' when spec.type is an AWS CodeCommit provider",
        ),
        (
            !kind.is_registry() || url.starts_with("oci://"),
            "spec.url",
            "spec.url must start with 'oci://' when spec.type is an OCI provider",
        ),
        (
            !kind.is_registry() || path.contains('/'),
            "spec.url",
            "spec.url must include the repository path after the registry host when spec.type is an OCI provider",
        ),
        (
            !kind.is("ExternalService") || http,
            "spec.url",
            "spec.url must start with 'http://' or 'https://' when spec.type is 'ExternalService'",
        ),
    ])
}

fn first_broken<const N: usize>(rules: [(bool, &'static str, &'static str); N]) -> Result<(), SpecError> {
    match rules.into_iter().find(|(holds, _, _)| !holds) {
        Some((_, field, message)) => Err(SpecError::new(field, message)),
        None => Ok(()),
    }
}

#[derive(Clone, Copy)]
struct Kind<'a>(&'a str);

impl Kind<'_> {
    fn is(self, name: &str) -> bool {
        self.0 == name
    }

    fn has_no_source(self) -> bool {
        self.is("Static") || self.is("ExternalArtifact")
    }

    fn is_azure(self) -> bool {
        self.0.starts_with("AzureDevOps")
    }

    fn is_aws(self) -> bool {
        self.0.starts_with("AWSCodeCommit")
    }

    fn is_registry(self) -> bool {
        self.0.ends_with("ArtifactTag")
    }

    fn is_cloud_registry(self) -> bool {
        matches!(self.0, "ACRArtifactTag" | "ECRArtifactTag" | "GARArtifactTag")
    }

    fn takes_service_account(self) -> bool {
        self.is_azure() || self.is_aws() || self.is_registry() || self.is("ExternalArtifact")
    }
}
