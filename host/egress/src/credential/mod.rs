//! Credentials: what the host attaches in the name of a plugin, and where it may be attached.
//!
//! # Guarantees
//! A credential is attached only to requests whose origin is in its own list, whatever the grants say. An empty list
//! attaches it nowhere. No value is printed by `Debug`.

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
    /// What is attached.
    pub kind: CredentialKind,
    /// Where it may be attached.
    pub origins: Vec<Origin>,
    /// Where it was meant to be attached but may not: for the denial that says why.
    pub withheld: Vec<Withheld>,
}

/// An origin that a credential is kept from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The origin.
    pub origin: Origin,
    /// Why, and what would allow it.
    pub why: String,
}

/// How a request is authenticated.
#[derive(Debug, Clone)]
pub enum CredentialKind {
    /// The plugin may name it, but the user gave no Secret: the request goes out without.
    Anonymous,
    /// `Authorization: Bearer …`
    Bearer(SecretText),
    /// `Authorization: Basic …`
    Basic {
        /// The user name; may be empty.
        username: String,
        /// The password.
        password: SecretText,
    },
    /// One header of the given name.
    Header {
        /// Its name.
        name: HeaderName,
        /// What stands before the value, for example `token `.
        prefix: String,
        /// Its secret part.
        value: SecretText,
    },
    /// GitLab's `PRIVATE-TOKEN: …`
    PrivateToken(SecretText),
    /// An installation token of a GitHub App, minted by the host.
    GitHubApp(Box<GitHubApp>),
}

impl CredentialKind {
    /// How it authenticates, for whoever asks what was sent; `None` if nothing is.
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

    /// The only origin that can use it, where there is such a one.
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
    /// A credential of this name, attached at these origins only.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: CredentialKind, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self { name: name.into(), kind, origins: origins.into_iter().collect(), withheld: Vec::new() }
    }

    /// The tokens of an app are bound to the server that minted them, whatever the list says.
    pub(crate) fn is_bound_to(&self, origin: &Origin) -> bool {
        self.origins.contains(origin) && self.kind.home().is_none_or(|home| home == origin)
    }

    /// Names what the remote counts requests by: two clones of a Secret share it, two Secrets do not. All repositories
    /// of one app installation share their quota.
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

    /// The values that must not be seen.
    pub(crate) fn secrets(&self) -> Vec<SecretText> {
        match &self.kind {
            CredentialKind::Anonymous => Vec::new(),
            CredentialKind::Bearer(value)
            | CredentialKind::PrivateToken(value)
            | CredentialKind::Header { value, .. } => {
                vec![value.clone()]
            }
            // The pair as well: its base64 form is what goes over the wire.
            CredentialKind::Basic { username, password } => {
                let pair = SecretText::block(format!("{username}:{}", password.expose()).as_bytes());
                std::iter::once(password.clone()).chain(pair).collect()
            }
            CredentialKind::GitHubApp(app) => vec![app.private_key().clone()],
        }
    }

    /// The names of the headers that only the host may set, because some credential of the session uses them.
    pub(crate) fn owned_header(&self) -> Option<&HeaderName> {
        match &self.kind {
            CredentialKind::Header { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// Sets the header of a bearer token.
pub(crate) fn set_bearer(headers: &mut HeaderMap, token: &SecretText) -> Result<(), Unsendable> {
    set(headers, reqwest::header::AUTHORIZATION, &format!("Bearer {}", token.expose()))
}

/// Sets one secret header, marked so that no library prints it.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Unsendable> {
    let mut value = reqwest::header::HeaderValue::from_str(value).map_err(|_| Unsendable)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// A value that no header can carry. [`SecretText::line`] makes this impossible but for exotic control characters.
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
