//! The grants, credentials and TLS settings of one provider, from its manifest and its Secrets.
//!
//! # Guarantees
//! A credential is bound to the origin of `spec.url` and to the origins that the plugin asks for *and* the operator
//! grants, as far as its Secret consents ([`consent`]). A plugin that came with the program is granted what it asks for; one
//! that the user gave needs `--grant`.

mod reach;

use crate::pipeline::secrets::{SecretReadError, SecretReader};
use orangery_core::spec::ProviderSpec;
use orangery_core::{Disposition, Explain, NamespacedName, Reason};
use orangery_egress::credential::consent::{self, ConsentError, SecretRules, SourceFacts};
use orangery_egress::credential::{self, Credential, CredentialError, CredentialKind, shape};
use orangery_egress::tls::{self, TlsError, TlsSettings};
use orangery_egress::{Grant, HttpLimits, Origin, OriginError, ProxyError, ProxyServer, SessionSpec};
use orangery_plugin_documents::manifest::{self, Scheme};
use orangery_sandbox::{Consumer, PluginDescription};

/// The fields of a provider's manifest about its source.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The provider, by namespace and name.
    pub name: &'a NamespacedName,
    /// `spec.url`; empty if absent.
    pub url: &'a str,
    /// The Secret of `spec.secretRef.name`.
    pub secret: Option<&'a str>,
    /// The Secret of `spec.certSecretRef.name`.
    pub certificate: Option<&'a str>,
    /// The Secret of `spec.proxySecretRef.name`.
    pub proxy: Option<&'a str>,
    /// The value of `spec.insecure`.
    pub insecure: bool,
}

impl<'a> Source<'a> {
    /// The source of a provider.
    #[must_use]
    pub fn of(provider: &'a ProviderSpec) -> Self {
        Self {
            name: &provider.name,
            url: provider.url.as_deref().unwrap_or_default(),
            secret: provider.secret.as_deref(),
            certificate: provider.certificate.as_deref(),
            proxy: provider.proxy.as_deref(),
            insecure: provider.insecure,
        }
    }
}

/// What the operator of the process allows beyond `spec.url`.
#[derive(Debug, Clone, Default)]
pub struct AccessPolicy {
    /// `--grant`: what plugins that the user gave may ask, where they ask for it.
    pub grants: Vec<Grant>,
    /// Where Secrets may go.
    pub secrets: SecretRules,
}

/// What a provider may reach, and with which credentials.
#[derive(Debug, Default)]
pub struct Access {
    /// Where requests may go.
    pub grants: Vec<Grant>,
    /// What the host attaches.
    pub credentials: Vec<Credential>,
    /// The certificates to trust and to present.
    pub tls: TlsSettings,
    /// The provider's own proxy.
    pub proxy: Option<ProxyServer>,
}

impl Access {
    /// The session of one call on behalf of a consumer.
    #[must_use]
    pub fn session(self, consumer: &Consumer) -> SessionSpec {
        SessionSpec {
            consumer: consumer.to_string(),
            grants: self.grants,
            credentials: self.credentials,
            tls: self.tls,
            proxy: self.proxy,
            limits: HttpLimits::default(),
            deadline: None,
            script: None,
        }
    }
}

/// Access cannot be arranged.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// `spec.url` cannot be used. The URL is not repeated, because it may contain a password.
    #[error("spec.url cannot be used: {cause}")]
    Url {
        /// What is wrong.
        #[source]
        cause: OriginError,
    },
    /// The Secret does not exist.
    #[error("failed to read secret '{name}': not found; create it, or correct {field}")]
    SecretMissing {
        /// The Secret that is missing.
        name: NamespacedName,
        /// The field that names it.
        field: &'static str,
    },
    /// The plugin cannot work without a Secret.
    #[error(
        "spec.secretRef is missing: the plugin needs its credential '{credential}'; name a secret of one of these shapes: {shapes}"
    )]
    SecretNeeded {
        /// The credential that the plugin declares.
        credential: String,
        /// What the Secret may hold.
        shapes: String,
    },
    /// The Secret cannot be read.
    #[error(transparent)]
    SecretUnreadable(#[from] SecretReadError),
    /// The Secret has no usable credential.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The Secret may not go there.
    #[error("spec.secretRef: {0}")]
    Consent(#[from] ConsentError),
    /// The Secret has no usable certificates.
    #[error(transparent)]
    Certificate(#[from] TlsError),
    /// The Secret has no usable proxy.
    #[error("spec.proxySecretRef: {0}")]
    Proxy(#[from] ProxyError),
}

impl Explain for AccessError {
    fn reason(&self) -> Reason {
        match self {
            Self::Url { .. } => Reason::InvalidSpec,
            Self::SecretNeeded { .. }
            | Self::SecretMissing { .. }
            | Self::SecretUnreadable(_)
            | Self::Credential(_)
            | Self::Consent(_)
            | Self::Certificate(_)
            | Self::Proxy(_) => Reason::CredentialUnavailable,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Url { .. } | Self::SecretNeeded { .. } => Disposition::WaitForChange,
            // No watch reports that a Secret appears or is corrected, so it is tried again.
            Self::SecretMissing { .. }
            | Self::SecretUnreadable(_)
            | Self::Credential(_)
            | Self::Consent(_)
            | Self::Certificate(_)
            | Self::Proxy(_) => Disposition::Retry,
        }
    }
}

/// Arranges access for one poll. Secrets are read each time: a rotated token works from the next poll on.
///
/// # Errors
/// The URL or a Secret cannot be used.
pub async fn arrange(
    source: Source<'_>,
    plugin: &PluginDescription,
    policy: &AccessPolicy,
    secrets: &dyn SecretReader,
) -> Result<Access, AccessError> {
    let Source { name, url, secret, certificate, proxy, insecure } = source;
    let mut grants = Vec::new();
    if !url.is_empty() {
        let own = Origin::of_url(url).map_err(|cause| AccessError::Url { cause })?;
        grants = reach::granted(plugin, &policy.grants, &own);
    }
    let mut origins: Vec<Origin> = Vec::new();
    for grant in &grants {
        if !origins.contains(grant.origin()) {
            origins.push(grant.origin().clone());
        }
    }
    let credentials = match secret {
        None => anonymous(&plugin.manifest.credentials, &origins)?,
        Some(secret) => {
            let secret = NamespacedName::new(name.namespace.as_str(), secret);
            let found = secrets
                .read(&secret)
                .await?
                .ok_or(AccessError::SecretMissing { name: secret.clone(), field: "spec.secretRef" })?;
            let secret = secret.to_string();
            let bind = |declared: &manifest::Credential| {
                let shapes = declared.tried();
                let kind = credential::from_secret(&shapes, repository(url), &secret, &found.data)?;
                let registry = shapes.iter().any(|shape| shape.scheme == Scheme::Oci);
                let source = SourceFacts { insecure, registry };
                Ok(consent::bind(&declared.name, kind, &secret, &found.facts, policy.secrets, source, &origins)?)
            };
            plugin.manifest.credentials.iter().map(bind).collect::<Result<_, AccessError>>()?
        }
    };
    let tls = match certificate {
        None => TlsSettings::default(),
        Some(secret) => {
            let secret = NamespacedName::new(name.namespace.as_str(), secret);
            let found = secrets
                .read(&secret)
                .await?
                .ok_or(AccessError::SecretMissing { name: secret.clone(), field: "spec.certSecretRef" })?;
            tls::from_secret(&secret.to_string(), &found.data)?
        }
    };
    let proxy = match proxy {
        None => None,
        Some(secret) => {
            let secret = NamespacedName::new(name.namespace.as_str(), secret);
            let found = secrets
                .read(&secret)
                .await?
                .ok_or(AccessError::SecretMissing { name: secret.clone(), field: "spec.proxySecretRef" })?;
            Some(ProxyServer::from_secret(&secret.to_string(), &found.data)?)
        }
    };
    Ok(Access { grants, credentials, tls, proxy })
}

/// Without a Secret the requests of a plugin are anonymous, unless it cannot work so.
fn anonymous(declared: &[manifest::Credential], origins: &[Origin]) -> Result<Vec<Credential>, AccessError> {
    let one = |declared: &manifest::Credential| {
        if declared.required {
            let shapes: Vec<String> = declared.tried().iter().map(shape::describe).collect();
            return Err(AccessError::SecretNeeded { credential: declared.name.clone(), shapes: shapes.join("; ") });
        }
        Ok(Credential::new(declared.name.clone(), CredentialKind::Anonymous, origins.iter().cloned()))
    };
    declared.iter().map(one).collect()
}

/// The repository that a token of an app is good for: the last part of `spec.url`.
fn repository(url: &str) -> Option<&str> {
    url.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
