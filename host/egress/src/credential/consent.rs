//! The origins that a Secret lets its credential be sent to.
//!
//! The author of a provider names both the Secret and the URL, and may not have the right to read the Secret. The
//! Secret itself therefore has a say:
//!
//! | the Secret | is sent to |
//! |---|---|
//! | annotation `orangery.dev/origins: https://forge.example, http://old.example:8080` | exactly these origins, and by plain http only where it says so |
//! | no annotation, and the administrator requires one ([`OriginsRule::Required`]) | no origin |
//! | no annotation, and a type that no forge uses: service account token, registry login (except for registries), TLS, Helm release | no origin |
//! | no annotation | https; plain http only if [`PlainHttp`] or `spec.insecure` allows it |
//!
//! The tokens of a GitHub App are sent only to the server that minted them, whatever the annotation says.

use orangery_core::keys;

use super::{Credential, CredentialKind, Withheld};
use crate::request::origin::{Origin, Scheme};
use crate::request::target::OriginError;

/// What a Secret says about itself, apart from its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFacts {
    /// The `type` of the Secret; empty counts as `Opaque`.
    pub kind: String,
    /// The value of the annotation `orangery.dev/origins`.
    pub origins: Option<String>,
}

/// Whether a Secret must name its origins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OriginsRule {
    /// A Secret without the annotation is sent to the provider's own origins.
    #[default]
    Optional,
    /// A Secret without the annotation is not sent: `--require-secret-origins`.
    Required,
}

/// Where a credential may be sent by plain http without the Secret's own consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// To no server.
    #[default]
    Refused,
    /// To this machine only, for local mode.
    Loopback,
    /// To every server: `--allow-plain-http-credentials`.
    Allowed,
}

/// The administrator's rules for all Secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecretRules {
    /// Whether the annotation is required.
    pub origins: OriginsRule,
    /// Where credentials may be sent by plain http.
    pub plain_http: PlainHttp,
}

/// What a provider says about its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// The value of `spec.insecure`, which allows plain http on the types that have the field.
    pub insecure: bool,
    /// Whether the source is a container registry.
    pub registry: bool,
}

/// Why a Secret is not sent to an origin. The text names the Secret, the origin, and what would allow it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// An entry of the annotation is not an origin.
    #[error(
        "secret '{secret}': annotation {} has the entry '{entry}': {cause}; write a list such as https://forge.example, http://old.example:8080",
        keys::SECRET_ORIGINS
    )]
    Annotation {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The entry, with secrets masked.
        entry: String,
        /// The problem with the entry.
        cause: OriginError,
    },
    /// The annotation names other origins.
    #[error(
        "secret '{secret}' is not sent to {origin}: its annotation {} names {named}; add the origin there if it may have the secret",
        keys::SECRET_ORIGINS
    )]
    NotNamed {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The origin that it is not sent to.
        origin: Origin,
        /// The origins that the annotation names, as a list.
        named: String,
    },
    /// The administrator requires the annotation.
    #[error(
        "secret '{secret}' is not sent to {origin}: --require-secret-origins demands the annotation {}, and the secret has none; annotate it with {}: {origin}",
        keys::SECRET_ORIGINS,
        keys::SECRET_ORIGINS
    )]
    Unnamed {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The origin that it is not sent to.
        origin: Origin,
    },
    /// No forge uses Secrets of this type.
    #[error(
        "secret '{secret}' is not sent to {origin}: it is of type {kind}, which holds no credential of a forge; use a secret made for this origin, or annotate this one with {}: {origin}",
        keys::SECRET_ORIGINS
    )]
    Type {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The origin that it is not sent to.
        origin: Origin,
        /// The type of the Secret.
        kind: String,
    },
    /// The origin uses plain http, which exposes the credential on the network.
    #[error(
        "secret '{secret}' is not sent to {origin}, because plain http exposes it on the network; use https, annotate the secret with {}: {origin}, or start with --allow-plain-http-credentials",
        keys::SECRET_ORIGINS
    )]
    PlainHttp {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The origin that it is not sent to.
        origin: Origin,
    },
    /// The tokens of an app are valid at one server only, and this is another.
    #[error(
        "secret '{secret}' holds a GitHub App whose tokens come from {home} and are sent nowhere else, but the source is at {origin}; set the key 'githubAppBaseURL' to the API of that server, such as {origin}/api/v3"
    )]
    App {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The origin that it is not sent to.
        origin: Origin,
        /// The server that mints the tokens.
        home: Origin,
    },
}

/// Binds a credential to those origins that its Secret may be sent to; `secret` is `namespace/name`.
///
/// # Errors
/// The annotation cannot be read, or the Secret may be sent to none of the origins; then the error is that of the
/// first.
pub fn bind(
    name: &str,
    kind: CredentialKind,
    secret: &str,
    facts: &SecretFacts,
    rules: SecretRules,
    source: SourceFacts,
    asked: &[Origin],
) -> Result<Credential, ConsentError> {
    let named = facts.origins.as_deref().map(|text| named(secret, text)).transpose()?;
    let ask = Ask { secret, facts, rules, source, named: named.as_deref(), kind: &kind };
    let mut bound = Credential::new(name, kind.clone(), []);
    let mut first = None;
    for origin in asked {
        match ask.consent(origin) {
            Ok(()) => bound.origins.push(origin.clone()),
            Err(why) => {
                bound.withheld.push(Withheld { origin: origin.clone(), why: why.to_string() });
                first.get_or_insert(why);
            }
        }
    }
    match first {
        Some(why) if bound.origins.is_empty() => Err(why),
        _ => Ok(bound),
    }
}

struct Ask<'a> {
    secret: &'a str,
    facts: &'a SecretFacts,
    rules: SecretRules,
    source: SourceFacts,
    named: Option<&'a [Origin]>,
    kind: &'a CredentialKind,
}

impl Ask<'_> {
    fn consent(&self, origin: &Origin) -> Result<(), ConsentError> {
        let (secret, origin) = (self.secret.to_owned(), origin.clone());
        if let Some(home) = self.kind.home().filter(|home| **home != origin) {
            return Err(ConsentError::App { secret, origin, home: home.clone() });
        }
        if let Some(named) = self.named {
            if named.contains(&origin) {
                return Ok(());
            }
            let named: Vec<_> = named.iter().map(ToString::to_string).collect();
            let named = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
            return Err(ConsentError::NotNamed { secret, origin, named });
        }
        if self.rules.origins == OriginsRule::Required {
            return Err(ConsentError::Unnamed { secret, origin });
        }
        if self.is_of_another_use() {
            return Err(ConsentError::Type { secret, origin, kind: self.facts.kind.clone() });
        }
        let plain = match self.rules.plain_http {
            PlainHttp::Allowed => true,
            PlainHttp::Loopback => origin.is_loopback() || self.source.insecure,
            PlainHttp::Refused => self.source.insecure,
        };
        if origin.scheme() == Scheme::Http && !plain {
            return Err(ConsentError::PlainHttp { secret, origin });
        }
        Ok(())
    }

    fn is_of_another_use(&self) -> bool {
        match self.facts.kind.as_str() {
            "kubernetes.io/service-account-token"
            | "kubernetes.io/tls"
            | "helm.sh/release.v1"
            | "bootstrap.kubernetes.io/token" => true,
            "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg" => !self.source.registry,
            _ => false,
        }
    }
}

fn named(secret: &str, text: &str) -> Result<Vec<Origin>, ConsentError> {
    let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    let parse = |entry: &str| {
        entry.parse().map_err(|cause| ConsentError::Annotation {
            secret: secret.to_owned(),
            entry: orangery_core::url_redaction::url(entry),
            cause,
        })
    };
    entries.map(parse).collect()
}

#[cfg(test)]
mod tests;
