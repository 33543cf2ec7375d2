//! The rules between the fields of a provider, mirrored from the CRD in the same order and words, so that a manifest is refused
//! for the same reason with and without an API server.

use super::{ProviderSpec, ProviderType, SpecError};

impl ProviderSpec {
    /// The CRD's rules, for manifests that no API server has seen.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), SpecError> {
        check(self)
    }
}

fn check(spec: &ProviderSpec) -> Result<(), SpecError> {
    let provider_type = &spec.provider_type;
    provider_type.check()?;
    let url = spec.url.as_deref().unwrap_or_default();
    check_url(spec, provider_type, url)?;
    let rules = [
        (
            !spec.insecure || provider_type.is("ExternalService") || provider_type.is("OCIArtifactTag"),
            "spec.insecure",
            "spec.insecure can only be set when spec.type is 'ExternalService' or 'OCIArtifactTag'",
        ),
        (
            !provider_type.is("ExternalService") || spec.insecure || url.starts_with("https://"),
            "spec.url",
            "spec.url must use 'https://' unless spec.insecure is true",
        ),
        (
            spec.service_account.is_none() || provider_type.takes_service_account(),
            "spec.serviceAccountName",
            "cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact",
        ),
        (
            spec.certificate.is_none()
                || !(provider_type.has_no_source()
                    || provider_type.is_azure()
                    || provider_type.is_aws()
                    || provider_type.is_cloud_registry()),
            "spec.certSecretRef",
            "cannot specify spec.certSecretRef when spec.type is one of Static, ExternalArtifact, AzureDevOps*, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
        ),
        (
            spec.secret.is_none()
                || !(provider_type.has_no_source() || provider_type.is_aws() || provider_type.is_cloud_registry()),
            "spec.secretRef",
            "cannot specify spec.secretRef when spec.type is one of Static, ExternalArtifact, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
        ),
        (
            !provider_type.is_external_artifact() || !spec.selectors.is_empty(),
            "spec.selectors",
            "spec.selectors must be set when spec.type is 'ExternalArtifact'",
        ),
        (
            provider_type.is_external_artifact() || spec.selectors.is_empty(),
            "spec.selectors",
            "spec.selectors must not be set when spec.type is not 'ExternalArtifact'",
        ),
        (
            spec.proxy.is_none() || !provider_type.has_no_source(),
            "spec.proxySecretRef",
            "cannot specify spec.proxySecretRef when spec.type is one of Static or ExternalArtifact",
        ),
    ];
    first_broken(rules)
}

fn check_url(spec: &ProviderSpec, provider_type: &ProviderType, url: &str) -> Result<(), SpecError> {
    let http = url.starts_with("http://") || url.starts_with("https://");
    let plugin_without_url = !provider_type.is_known() && spec.config.is_some();
    let path = url.strip_prefix("oci://").unwrap_or_default();
    first_broken([
        (
            http || url.is_empty() || url.starts_with("oci://"),
            "spec.url",
            "spec.url must start with 'http://', 'https://' or 'oci://'",
        ),
        (
            !provider_type.is("Static") || url.is_empty(),
            "spec.url",
            "spec.url must be empty when spec.type is 'Static'",
        ),
        (
            !provider_type.is_external_artifact() || url.is_empty(),
            "spec.url",
            "spec.url must be empty when spec.type is 'ExternalArtifact'",
        ),
        (
            provider_type.has_no_source() || !url.is_empty() || plugin_without_url,
            "spec.url",
            "spec.url must not be empty when spec.type is not 'Static' or 'ExternalArtifact'",
        ),
        (
            !provider_type.is_git() || http || url.is_empty(),
            "spec.url",
            "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
        ),
        (
            !provider_type.is_azure() || http,
            "spec.url",
            "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
        ),
        (
            !provider_type.is_aws() || url.starts_with("https://"),
            "spec.url",
            "spec.url must start with 'https://' when spec.type is an AWS CodeCommit provider",
        ),
        (
            !provider_type.is_registry() || url.starts_with("oci://"),
            "spec.url",
            "spec.url must start with 'oci://' when spec.type is an OCI provider",
        ),
        (
            !provider_type.is_registry() || path.contains('/'),
            "spec.url",
            "spec.url must include the repository path after the registry host when spec.type is an OCI provider",
        ),
        (
            !provider_type.is("ExternalService") || http,
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
