//! The grants, credentials and TLS settings of one provider, from its manifest and its Secrets.
//!
//! # Guarantees
//! A credential is bound to the origin of `spec.url` and to the origins that the plugin asks for *and* the operator
//! grants, as far as its Secret consents ([`consent`]). A plugin that came with the program is granted what it asks for; one
//! that the user gave needs `--grant`.

use crate::pipeline::secrets::{SecretReadError, SecretReader};
use orangery_core::{Disposition, Explain, NamespacedName, Reason};
use orangery_egress::credential::consent::{self, ConsentError, SecretRules, SourceFacts};
use orangery_egress::credential::{self, Credential, CredentialError, CredentialKind, SecretShape};
use orangery_egress::tls::{self, TlsError, TlsSettings};
use orangery_egress::{Grant, Origin, OriginError};
use orangery_sandbox::PluginDescription;

/// The fields of a provider's manifest about its source.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The provider.
    pub name: &'a NamespacedName,
    /// `spec.type`.
    pub kind: &'a str,
    /// `spec.url`; empty if absent.
    pub url: &'a str,
    /// `spec.secretRef.name`.
    pub secret: Option<&'a str>,
    /// `spec.certSecretRef.name`.
    pub certificate: Option<&'a str>,
    /// `spec.insecure`.
    pub insecure: bool,
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
    /// Certificates.
    pub tls: TlsSettings,
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
        /// Which Secret.
        name: NamespacedName,
        /// The field that names it.
        field: &'static str,
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
}

impl Explain for AccessError {
    fn reason(&self) -> Reason {
        match self {
            Self::Url { .. } => Reason::InvalidSpec,
            Self::SecretMissing { .. }
            | Self::SecretUnreadable(_)
            | Self::Credential(_)
            | Self::Consent(_)
            | Self::Certificate(_) => Reason::CredentialUnavailable,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Url { .. } => Disposition::WaitForChange,
            // No watch reports that a Secret appears or is corrected, so it is tried again.
            Self::SecretMissing { .. }
            | Self::SecretUnreadable(_)
            | Self::Credential(_)
            | Self::Consent(_)
            | Self::Certificate(_) => Disposition::Retry,
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
    let Source { name, kind, url, secret, certificate, insecure } = source;
    let mut grants = Vec::new();
    if !url.is_empty() {
        let own = Origin::of_url(url).map_err(|cause| AccessError::Url { cause })?;
        grants = granted(plugin, &policy.grants, own);
    }
    let mut origins: Vec<Origin> = Vec::new();
    for grant in &grants {
        if !origins.contains(grant.origin()) {
            origins.push(grant.origin().clone());
        }
    }
    let credentials = match secret {
        None => {
            let anonymous =
                |name: &String| Credential::new(name.clone(), CredentialKind::Anonymous, origins.iter().cloned());
            plugin.credentials.iter().map(anonymous).collect()
        }
        Some(secret) => {
            let secret = NamespacedName::new(name.namespace.as_str(), secret);
            let found = secrets
                .read(&secret)
                .await?
                .ok_or(AccessError::SecretMissing { name: secret.clone(), field: "spec.secretRef" })?;
            let secret = secret.to_string();
            let (shape, registry) = (shape(kind, url), kind.ends_with("ArtifactTag"));
            let credential = credential::from_secret(&shape, &secret, &found.data)?;
            let credential = credential.unwrap_or(CredentialKind::Anonymous);
            let facts = SourceFacts { insecure, registry };
            let bind = |name: &String| {
                consent::bind(name, credential.clone(), &secret, &found.facts, policy.secrets, facts, &origins)
            };
            plugin.credentials.iter().map(bind).collect::<Result<_, _>>()?
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
    Ok(Access { grants, credentials, tls })
}

/// The grants: reading at the origin of `spec.url`, reading at the origins that a built-in plugin asks for, and at all of them
/// what the operator grants besides, such as other methods.
fn granted(plugin: &PluginDescription, grants: &[Grant], own: Origin) -> Vec<Grant> {
    let wanted: Vec<Origin> = plugin
        .wants
        .iter()
        .filter(|want| want.for_url.as_deref().is_none_or(|url| Origin::of_url(url).as_ref() == Ok(&own)))
        .filter_map(|want| Origin::of_url(&want.origin).ok())
        .collect();
    let mut granted = vec![Grant::reading(own.clone())];
    if plugin.source.bundled {
        granted.extend(wanted.into_iter().map(Grant::reading));
    } else {
        let places = std::iter::once(own).chain(wanted);
        granted.extend(places.flat_map(|origin| grants.iter().filter_map(move |grant| grant.at(&origin))));
    }
    granted
}

/// What the Secret of a type looks like. Unknown types use the general shape.
fn shape(kind: &str, url: &str) -> SecretShape {
    if kind.starts_with("GitHub") {
        let repository = url.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty());
        SecretShape::GitHub { repository: repository.map(ToOwned::to_owned) }
    } else if kind.starts_with("GitLab") {
        SecretShape::PrivateToken
    } else if kind.starts_with("Gitea") {
        SecretShape::Bearer
    } else if kind.starts_with("AzureDevOps") {
        SecretShape::BasicToken
    } else {
        SecretShape::Service
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::secrets::{InMemorySecrets, SecretData, StoredSecret};
    use orangery_egress::credential::consent::{OriginsRule, PlainHttp, SecretFacts};
    use orangery_sandbox::{PluginRef, PluginSource, Want};

    fn plugin(bundled: bool) -> PluginDescription {
        PluginDescription {
            plugin: PluginRef { name: "github".into(), version: "0.1.0".into(), digest: String::new() },
            source: if bundled { PluginSource::bundled("bundled") } else { PluginSource::given("mine.wasm") },
            types: vec![],
            renderer: None,
            reports: false,
            credentials: vec!["api".into()],
            wants: vec![Want { origin: "https://api.github.com".into(), for_url: Some("https://github.com".into()) }],
            renderer_schema: serde_json::json!({}),
        }
    }

    fn secrets() -> InMemorySecrets {
        let mut secrets = InMemorySecrets::default();
        let data =
            SecretData::from([("username".into(), b"git".to_vec()), ("password".into(), b"s3cret-token".to_vec())]);
        secrets.insert(NamespacedName::new("apps", "auth"), data);
        secrets
    }

    async fn access(url: &str, secret: Option<&str>, bundled: bool, grants: &[&str]) -> Result<Access, AccessError> {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        let policy = AccessPolicy { grants, ..AccessPolicy::default() };
        under(&policy, url, secret, bundled, &secrets()).await
    }

    async fn under(
        policy: &AccessPolicy,
        url: &str,
        secret: Option<&str>,
        bundled: bool,
        secrets: &InMemorySecrets,
    ) -> Result<Access, AccessError> {
        let name = NamespacedName::new("apps", "previews");
        let source = Source { name: &name, kind: "GitHubPullRequest", url, secret, certificate: None, insecure: false };
        arrange(source, &plugin(bundled), policy, secrets).await
    }

    fn origins(access: &Access) -> Vec<String> {
        access.grants.iter().map(|grant| grant.origin().to_string()).collect()
    }

    #[tokio::test]
    async fn a_bundled_plugin_is_granted_what_it_asks_for_at_that_url_only() {
        let both = access("https://github.com/o/r", None, true, &[]).await.unwrap();
        assert_eq!(origins(&both), ["https://github.com", "https://api.github.com"]);
        let own = access("https://ghe.example/o/r", None, true, &[]).await.unwrap();
        assert_eq!(origins(&own), ["https://ghe.example"]);
    }

    #[tokio::test]
    async fn a_given_plugin_needs_the_operators_key_too() {
        let refused = access("https://github.com/o/r", None, false, &[]).await.unwrap();
        assert_eq!(origins(&refused), ["https://github.com"]);
        let granted = ["https://api.github.com", "https://elsewhere.example"];
        let allowed = access("https://github.com/o/r", None, false, &granted).await.unwrap();
        assert_eq!(origins(&allowed), ["https://github.com", "https://api.github.com"]);
    }

    fn texts(access: &Access) -> Vec<String> {
        access.grants.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn methods_and_prefixes_are_granted_as_written_and_only_to_given_plugins() {
        let granted = ["GET,POST https://*.github.com/graphql", "POST https://github.com"];
        let given = access("https://github.com/o/r", None, false, &granted).await.unwrap();
        let expected =
            ["GET,HEAD https://github.com", "POST https://github.com", "GET,POST https://api.github.com/graphql"];
        assert_eq!(texts(&given), expected);
        let bundled = access("https://github.com/o/r", None, true, &granted).await.unwrap();
        assert_eq!(texts(&bundled), ["GET,HEAD https://github.com", "GET,HEAD https://api.github.com"]);
        let elsewhere = access("https://forge.example/o/r", None, false, &granted).await.unwrap();
        assert_eq!(texts(&elsewhere), ["GET,HEAD https://forge.example"]);
    }

    #[tokio::test]
    async fn a_secret_goes_where_it_says_and_the_refusal_is_retried() {
        let mut secrets = secrets();
        let facts = SecretFacts { origins: Some("https://api.github.com".into()), ..SecretFacts::default() };
        let data = SecretData::from([("username".into(), b"git".to_vec()), ("password".into(), b"s3cret".to_vec())]);
        secrets.insert(NamespacedName::new("apps", "bound"), StoredSecret { data, facts });
        let policy = AccessPolicy::default();
        let fine = under(&policy, "https://github.com/o/r", Some("bound"), true, &secrets).await.unwrap();
        assert_eq!(fine.credentials[0].origins, ["https://api.github.com".parse().unwrap()]);
        let error = under(&policy, "https://evil.example/o/r", Some("bound"), true, &secrets).await.unwrap_err();
        assert_eq!((error.reason(), error.disposition()), (Reason::CredentialUnavailable, Disposition::Retry));
        for part in ["spec.secretRef", "apps/bound", "https://evil.example", "orangery.dev/origins"] {
            assert!(error.to_string().contains(part), "{error}");
        }

        let rules = SecretRules { origins: OriginsRule::Required, plain_http: PlainHttp::Allowed };
        let demanding = AccessPolicy { secrets: rules, ..AccessPolicy::default() };
        assert!(under(&demanding, "https://github.com/o/r", Some("bound"), true, &secrets).await.is_ok());
        let error = under(&demanding, "https://github.com/o/r", Some("auth"), true, &secrets).await.unwrap_err();
        assert!(error.to_string().contains("--require-secret-origins"), "{error}");
        assert!(
            under(&demanding, "https://github.com/o/r", None, true, &secrets).await.is_ok(),
            "no Secret, no question"
        );
    }

    #[tokio::test]
    async fn certificates_are_not_asked_where_they_may_go() {
        let mut secrets = secrets();
        let key = rcgen::generate_simple_self_signed(["forge.example".to_owned()]).unwrap();
        let facts = SecretFacts { kind: "kubernetes.io/tls".into(), origins: None };
        let data = SecretData::from([
            ("tls.crt".into(), key.cert.pem().into_bytes()),
            ("tls.key".into(), key.signing_key.serialize_pem().into_bytes()),
        ]);
        secrets.insert(NamespacedName::new("apps", "tls"), StoredSecret { data, facts });
        let rules = SecretRules { origins: OriginsRule::Required, plain_http: PlainHttp::Refused };
        let name = NamespacedName::new("apps", "previews");
        let source = Source {
            name: &name,
            kind: "GitHubPullRequest",
            url: "https://github.com/o/r",
            secret: None,
            certificate: Some("tls"),
            insecure: false,
        };
        let policy = AccessPolicy { secrets: rules, ..AccessPolicy::default() };
        assert!(arrange(source, &plugin(true), &policy, &secrets).await.is_ok());
    }

    #[tokio::test]
    async fn a_missing_secret_is_retried_and_named_with_its_field() {
        let error = access("https://github.com/o/r", Some("absent"), true, &[]).await.unwrap_err();
        assert_eq!((error.reason(), error.disposition()), (Reason::CredentialUnavailable, Disposition::Retry));
        assert!(error.to_string().contains("apps/absent") && error.to_string().contains("spec.secretRef"), "{error}");
    }

    #[tokio::test]
    async fn the_credential_goes_to_the_granted_origins_and_its_value_is_not_printed() {
        let access = access("https://github.com/o/r", Some("auth"), true, &[]).await.unwrap();
        assert_eq!(access.credentials.len(), 1);
        assert_eq!(access.credentials[0].origins.len(), 2);
        assert!(!format!("{access:?}").contains("s3cret-token"));
    }

    #[tokio::test]
    async fn a_url_that_is_none_waits_for_a_change() {
        let error = access("ftp://forge/o/r", None, true, &[]).await.unwrap_err();
        assert_eq!(error.disposition(), Disposition::WaitForChange);
    }
}
