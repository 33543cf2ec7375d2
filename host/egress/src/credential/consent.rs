//! Where a Secret lets its credential go.
//!
//! Whoever writes a provider names both the Secret and the URL, and need not be allowed to read the Secret. So the Secret has a
//! word in it:
//!
//! | the Secret | goes to |
//! |---|---|
//! | annotation `orangery.dev/origins: https://forge.example, http://old.example:8080` | exactly these, plain http where it says so |
//! | none, and the operator demands one ([`OriginsRule::Required`]) | nowhere |
//! | none, and a type that no forge uses: service account token, registry login (but for registries), TLS, Helm release | nowhere |
//! | none | https; plain http only with the consent of [`PlainHttp`] or `spec.insecure` |
//!
//! The tokens of a GitHub App go to the server that minted them, whatever else is said.

use orangery_core::keys;

use super::{Credential, CredentialKind, Withheld};
use crate::request::origin::{Origin, Scheme};
use crate::request::target::OriginError;

/// What a Secret says about itself beside its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFacts {
    /// Its `type`; empty counts as `Opaque`.
    pub kind: String,
    /// The value of the annotation `orangery.dev/origins`.
    pub origins: Option<String>,
}

/// Whether a Secret has to name its origins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OriginsRule {
    /// A Secret without the annotation goes to the provider's own origins.
    #[default]
    Optional,
    /// `--require-secret-origins`.
    Required,
}

/// Where a credential may travel as plain text without the Secret's own consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Nowhere.
    #[default]
    Refused,
    /// To this machine: local mode.
    Loopback,
    /// Everywhere: `--allow-plain-http-credentials`.
    Allowed,
}

/// What the operator says about all Secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecretRules {
    /// Whether the annotation is demanded.
    pub origins: OriginsRule,
    /// Plain http.
    pub plain_http: PlainHttp,
}

/// What the provider says about its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// `spec.insecure`, which is consent to plain http on the types that have the field.
    pub insecure: bool,
    /// Whether the source is a container registry.
    pub registry: bool,
}

/// Why a Secret is not sent to an origin. Names the Secret, the origin, and what would allow it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// An entry of the annotation is not an origin.
    #[error(
        "secret '{secret}': annotation {} has the entry '{entry}': {cause}; write a list such as https://forge.example, http://old.example:8080",
        keys::SECRET_ORIGINS
    )]
    Annotation {
        /// `namespace/name`.
        secret: String,
        /// The entry, without its secrets.
        entry: String,
        /// Which rule of an origin it breaks.
        cause: OriginError,
    },
    /// The annotation names other origins.
    #[error(
        "secret '{secret}' is not sent to {origin}: its annotation {} names {named}; add the origin there if it may have the secret",
        keys::SECRET_ORIGINS
    )]
    NotNamed {
        /// `namespace/name`.
        secret: String,
        /// Where it was to go.
        origin: Origin,
        /// What the annotation names.
        named: String,
    },
    /// The operator demands the annotation.
    #[error(
        "secret '{secret}' is not sent to {origin}: --require-secret-origins demands the annotation {}, and the secret has none; annotate it with {}: {origin}",
        keys::SECRET_ORIGINS,
        keys::SECRET_ORIGINS
    )]
    Unnamed {
        /// `namespace/name`.
        secret: String,
        /// Where it was to go.
        origin: Origin,
    },
    /// No forge uses Secrets of this type.
    #[error(
        "secret '{secret}' is not sent to {origin}: it is of type {kind}, which holds no credential of a forge; use a secret made for this origin, or annotate this one with {}: {origin}",
        keys::SECRET_ORIGINS
    )]
    Type {
        /// `namespace/name`.
        secret: String,
        /// Where it was to go.
        origin: Origin,
        /// The type.
        kind: String,
    },
    /// Everybody on the way could read it.
    #[error(
        "secret '{secret}' is not sent to {origin}, because plain http shows it to everybody on the way; use https, annotate the secret with {}: {origin}, or start with --allow-plain-http-credentials",
        keys::SECRET_ORIGINS
    )]
    PlainHttp {
        /// `namespace/name`.
        secret: String,
        /// Where it was to go.
        origin: Origin,
    },
    /// The tokens of an app are good at one server only.
    #[error(
        "secret '{secret}' holds a GitHub App whose tokens come from {home} and are sent nowhere else, but the source is at {origin}; set the key 'githubAppBaseURL' to the API of that server, such as {origin}/api/v3"
    )]
    App {
        /// `namespace/name`.
        secret: String,
        /// Where it was to go.
        origin: Origin,
        /// Where its tokens are minted.
        home: Origin,
    },
}

/// Binds a credential to those of the origins that its Secret lets it go to; `secret` is `namespace/name`.
///
/// # Errors
/// The annotation cannot be read, or the Secret goes to none of the origins: why not to the first one.
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
