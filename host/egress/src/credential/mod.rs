//! Credentials: what the host adds to a plugin's request, and the origins to which it may be sent.
//!
//! # Guarantees
//! A credential is added only to requests to an origin of its own list, whatever was granted. With an empty list it
//! is added to none. `Debug` prints no value.

pub mod consent;
mod from_secret;
pub(crate) mod github_app;
pub mod shape;

use reqwest::header::{HeaderMap, HeaderName};

pub use from_secret::{CredentialError, from_secret};

use crate::credential::github_app::GitHubApp;
use crate::request::origin::Origin;
use crate::secret::fingerprint::{Fingerprint, FingerprintKey};
use crate::secret::text::SecretText;

/// A named credential of one session.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The name by which the plugin asks for it, for example `api`.
    pub name: String,
    /// The header that is sent, and its value.
    pub kind: CredentialKind,
    /// The origins to which it may be sent.
    pub origins: Vec<Origin>,
    /// The origins of the source to which it may not be sent, each with the reason for a denial.
    pub withheld: Vec<Withheld>,
}

/// An origin to which a credential is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The origin that is refused.
    pub origin: Origin,
    /// The reason, and what would allow it.
    pub why: String,
}

/// How a credential authenticates a request.
#[derive(Debug, Clone)]
pub enum CredentialKind {
    /// The plugin may name it, but the user gave no Secret: the request is sent without a credential.
    Anonymous,
    /// The header `Authorization: Bearer …`.
    Bearer(SecretText),
    /// The header `Authorization: Basic …`.
    Basic {
        /// The user name; may be empty.
        username: String,
        /// The password or token.
        password: SecretText,
    },
    /// A header with any other name.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// Text before the value, for example `token `.
        prefix: String,
        /// The secret value.
        value: SecretText,
    },
    /// GitLab's header `PRIVATE-TOKEN: …`.
    PrivateToken(SecretText),
    /// An installation token of a GitHub App, minted by the host.
    GitHubApp(Box<GitHubApp>),
}

impl CredentialKind {
    /// The scheme by name, to tell the plugin what was sent; `None` if nothing was.
    pub(crate) fn scheme(&self) -> Option<String> {
        Some(match self {
            Self::Anonymous => return None,
            Self::Bearer(_) => "bearer".to_owned(),
            Self::Basic { .. } => "basic".to_owned(),
            Self::Header { name, .. } => format!("header {name}"),
            Self::PrivateToken(_) => "private-token".to_owned(),
            Self::GitHubApp(_) => "github-app".to_owned(),
        })
    }

    /// The only origin that accepts it, if there is only one.
    pub(crate) fn home(&self) -> Option<&Origin> {
        match self {
            Self::GitHubApp(app) => Some(app.home()),
            Self::Anonymous | Self::Bearer(_) | Self::Basic { .. } | Self::Header { .. } | Self::PrivateToken(_) => {
                None
            }
        }
    }
}

impl Credential {
    /// A credential with this name that is sent to these origins only.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: CredentialKind, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self { name: name.into(), kind, origins: origins.into_iter().collect(), withheld: Vec::new() }
    }

    /// Whether it may be sent to this origin. The tokens of an app are bound to the server that minted them, whatever the
    /// list says.
    pub(crate) fn is_bound_to(&self, origin: &Origin) -> bool {
        self.origins.contains(origin) && self.kind.home().is_none_or(|home| home == origin)
    }

    /// Identifies what the remote counts requests by: two copies of a Secret are the same, two Secrets are not. All
    /// repositories of an app installation share a quota.
    pub(crate) fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        match &self.kind {
            CredentialKind::Anonymous => None,
            CredentialKind::Bearer(token) => Some(key.of([b"bearer".as_slice(), token.expose().as_bytes()])),
            CredentialKind::Basic { username, password } => {
                Some(key.of([b"basic".as_slice(), username.as_bytes(), password.expose().as_bytes()]))
            }
            CredentialKind::Header { name, prefix, value } => {
                let parts =
                    [b"header".as_slice(), name.as_str().as_bytes(), prefix.as_bytes(), value.expose().as_bytes()];
                Some(key.of(parts))
            }
            CredentialKind::PrivateToken(token) => Some(key.of([b"private".as_slice(), token.expose().as_bytes()])),
            CredentialKind::GitHubApp(app) => Some(app.installation_fingerprint(key)),
        }
    }

    /// The values to mask.
    pub(crate) fn secrets(&self) -> Vec<SecretText> {
        match &self.kind {
            CredentialKind::Anonymous => Vec::new(),
            CredentialKind::Bearer(value)
            | CredentialKind::PrivateToken(value)
            | CredentialKind::Header { value, .. } => {
                vec![value.clone()]
            }
            // The pair is secret as well: its base64 form is what is sent.
            CredentialKind::Basic { username, password } => {
                let pair = SecretText::block(format!("{username}:{}", password.expose()).as_bytes());
                std::iter::once(password.clone()).chain(pair).collect()
            }
            CredentialKind::GitHubApp(app) => vec![app.private_key().clone()],
        }
    }

    /// The header that this credential is sent in, which plugins therefore may not set.
    pub(crate) fn owned_header(&self) -> Option<&HeaderName> {
        match &self.kind {
            CredentialKind::Header { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// Sets the `Authorization` header of a bearer token.
pub(crate) fn set_bearer(headers: &mut HeaderMap, token: &SecretText) -> Result<(), Unsendable> {
    set(headers, reqwest::header::AUTHORIZATION, &format!("Bearer {}", token.expose()))
}

/// Sets one secret header, marked as sensitive so that no library prints it.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Unsendable> {
    let mut value = reqwest::header::HeaderValue::from_str(value).map_err(|_| Unsendable)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// A value that no header can carry. [`SecretText::line`] rules this out except for rare control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential has characters that no header can carry")]
pub(crate) struct Unsendable;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attached_credential_is_not_printed_by_whoever_prints_the_headers() {
        let mut headers = HeaderMap::new();
        set_bearer(&mut headers, &SecretText::line(b"hunter2").unwrap()).unwrap();
        assert!(!format!("{headers:?}").contains("hunter2"));
    }

    #[test]
    fn a_credential_is_not_printed() {
        let origin = "https://a.example".parse().unwrap();
        let credential =
            Credential::new("api", CredentialKind::PrivateToken(SecretText::line(b"hunter2").unwrap()), [origin]);
        assert!(!format!("{credential:?}").contains("hunter2"));
    }
}
