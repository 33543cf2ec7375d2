//! Reads credentials from the data of Kubernetes Secrets, in the shapes that users of the reference already have.
//!
//! | shape | keys | becomes |
//! |---|---|---|
//! | [`SecretShape::GitHub`] | `githubAppID`, `githubAppPrivateKey`, one of `githubAppInstallationID` and `githubAppInstallationOwner`, optional `githubAppBaseURL` | installation token for one repository |
//! | [`SecretShape::GitHub`], [`SecretShape::Bearer`] | `username`, `password` | bearer token: the password |
//! | [`SecretShape::PrivateToken`] | `username`, `password` | GitLab's header: the password |
//! | [`SecretShape::BasicToken`] | `username`, `password`; an empty Secret is none | basic, with an empty user name |
//! | [`SecretShape::Service`] | `token`, or `username` and `password` | bearer, or basic |

use std::collections::BTreeMap;

use super::CredentialKind;
use crate::credential::github_app::{AppError, GitHubApp, Installation};
use crate::secret::text::{SecretText, SecretTextError};

/// What the Secret of a kind of remote looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretShape {
    /// GitHub: an app, or a token as password. App tokens are minted for this repository alone (its name without owner).
    GitHub {
        /// For example `podinfo`; with `None` a token is good for every repository of the installation.
        repository: Option<String>,
    },
    /// A token as password, sent as bearer: Gitea, Forgejo.
    Bearer,
    /// A token as password, sent as GitLab's `PRIVATE-TOKEN`.
    PrivateToken,
    /// A token as password, sent as the password of basic authentication: Azure DevOps.
    BasicToken,
    /// Any HTTP service.
    Service,
}

/// What is wrong with a Secret. Names the Secret and the key, never the value.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A key is absent.
    #[error("invalid secret '{secret}': key '{key}' is missing")]
    Missing {
        /// `namespace/name`.
        secret: String,
        /// The key.
        key: &'static str,
    },
    /// A value cannot be sent.
    #[error("invalid secret '{secret}': key '{key}' {cause}")]
    Value {
        /// `namespace/name`.
        secret: String,
        /// The key.
        key: &'static str,
        /// What is wrong with the value.
        #[source]
        cause: SecretTextError,
    },
    /// Both ways, or neither, to find the installation of an app.
    #[error(
        "invalid secret '{secret}': exactly one of the keys 'githubAppInstallationID' and 'githubAppInstallationOwner' is needed"
    )]
    Installation {
        /// `namespace/name`.
        secret: String,
    },
    /// An app that cannot work.
    #[error("invalid secret '{secret}': {cause}")]
    App {
        /// `namespace/name`.
        secret: String,
        /// What is wrong.
        #[source]
        cause: AppError,
    },
}

/// Reads a credential; `secret` is `namespace/name`, for the error texts. `None` means that the Secret says nothing and
/// that this is fine.
///
/// # Errors
/// A key is missing, or its value cannot be used.
pub fn from_secret(
    shape: &SecretShape,
    secret: &str,
    data: &BTreeMap<String, Vec<u8>>,
) -> Result<Option<CredentialKind>, CredentialError> {
    let keys = Keys { secret, data };
    match shape {
        SecretShape::GitHub { repository } if keys.has("githubAppID") => {
            keys.app(repository.clone()).map(|app| Some(CredentialKind::GitHubApp(Box::new(app))))
        }
        SecretShape::GitHub { .. } | SecretShape::Bearer => Ok(Some(CredentialKind::Bearer(keys.basic_auth()?.1))),
        SecretShape::PrivateToken => Ok(Some(CredentialKind::PrivateToken(keys.basic_auth()?.1))),
        SecretShape::BasicToken if data.is_empty() => Ok(None),
        SecretShape::BasicToken => {
            let password = keys.basic_auth()?.1;
            Ok(Some(CredentialKind::Basic { username: String::new(), password }))
        }
        SecretShape::Service if keys.has("token") => Ok(Some(CredentialKind::Bearer(keys.line("token")?))),
        SecretShape::Service => {
            let (username, password) = keys.basic_auth()?;
            Ok(Some(CredentialKind::Basic { username, password }))
        }
    }
}

struct Keys<'a> {
    secret: &'a str,
    data: &'a BTreeMap<String, Vec<u8>>,
}

impl Keys<'_> {
    fn has(&self, key: &str) -> bool {
        self.data.contains_key(key)
    }

    fn value<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&[u8]) -> Result<T, SecretTextError>,
    ) -> Result<T, CredentialError> {
        let bytes =
            self.data.get(key).ok_or_else(|| CredentialError::Missing { secret: self.secret.to_owned(), key })?;
        parse(bytes).map_err(|cause| CredentialError::Value { secret: self.secret.to_owned(), key, cause })
    }

    fn line(&self, key: &'static str) -> Result<SecretText, CredentialError> {
        self.value(key, SecretText::line)
    }

    /// Both keys must be there, also where only the password is used: that is the type of the Secret.
    fn basic_auth(&self) -> Result<(String, SecretText), CredentialError> {
        let username = match self.line("username") {
            Err(CredentialError::Value { cause: SecretTextError::Empty, .. }) => String::new(),
            other => other?.expose().to_owned(),
        };
        Ok((username, self.line("password")?))
    }

    fn app(&self, repository: Option<String>) -> Result<GitHubApp, CredentialError> {
        let wrong = |cause| CredentialError::App { secret: self.secret.to_owned(), cause };
        let installation = match (self.has("githubAppInstallationID"), self.has("githubAppInstallationOwner")) {
            (true, false) => Installation::parse_id(self.line("githubAppInstallationID")?.expose()).map_err(wrong)?,
            (false, true) => {
                Installation::parse_owner(self.line("githubAppInstallationOwner")?.expose()).map_err(wrong)?
            }
            _ => return Err(CredentialError::Installation { secret: self.secret.to_owned() }),
        };
        let base_url =
            if self.has("githubAppBaseURL") { Some(self.line("githubAppBaseURL")?.expose().to_owned()) } else { None };
        let app_id = self.line("githubAppID")?;
        let key = self.value("githubAppPrivateKey", SecretText::block)?;
        GitHubApp::new(app_id.expose(), key, installation, base_url.as_deref(), repository).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn read(shape: &SecretShape, pairs: &[(&str, &str)]) -> Result<Option<CredentialKind>, String> {
        from_secret(shape, "previews/forge", &data(pairs)).map_err(|error| error.to_string())
    }

    const BASIC: &[(&str, &str)] = &[("username", "git\n"), ("password", " hunter2 \n")];

    #[test]
    fn the_password_is_the_token_of_a_forge() {
        let github = SecretShape::GitHub { repository: None };
        assert!(matches!(read(&github, BASIC), Ok(Some(CredentialKind::Bearer(token))) if token.expose() == "hunter2"));
        assert!(
            matches!(read(&SecretShape::PrivateToken, BASIC), Ok(Some(CredentialKind::PrivateToken(token))) if token.expose() == "hunter2")
        );
        assert!(
            matches!(read(&SecretShape::BasicToken, BASIC), Ok(Some(CredentialKind::Basic { username, .. })) if username.is_empty())
        );
    }

    #[test]
    fn a_service_takes_a_token_or_a_pair() {
        let token = read(&SecretShape::Service, &[("token", "abc"), ("username", "x")]);
        assert!(matches!(token, Ok(Some(CredentialKind::Bearer(token))) if token.expose() == "abc"));
        let pair = read(&SecretShape::Service, BASIC);
        assert!(matches!(pair, Ok(Some(CredentialKind::Basic { username, .. })) if username == "git"));
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = read(&SecretShape::Bearer, &[("password", "x")]).unwrap_err();
        assert_eq!(error, "invalid secret 'previews/forge': key 'username' is missing");
        let error = read(&SecretShape::PrivateToken, &[("username", "x")]).unwrap_err();
        assert_eq!(error, "invalid secret 'previews/forge': key 'password' is missing");
    }

    #[test]
    fn an_empty_secret_is_none_only_where_workload_identity_steps_in() {
        assert!(matches!(read(&SecretShape::BasicToken, &[]), Ok(None)));
        assert!(read(&SecretShape::Service, &[]).is_err());
    }

    #[test]
    fn a_value_with_a_newline_inside_is_refused_without_showing_it() {
        let error = read(&SecretShape::Bearer, &[("username", "x"), ("password", "hun\nter2")]).unwrap_err();
        assert_eq!(error, "invalid secret 'previews/forge': key 'password' has control characters");
    }

    #[test]
    fn an_app_needs_exactly_one_way_to_its_installation() {
        let shape = SecretShape::GitHub { repository: None };
        let both = [("githubAppID", "1"), ("githubAppInstallationID", "2"), ("githubAppInstallationOwner", "o")];
        for pairs in [&both[..1], &both[..]] {
            assert!(read(&shape, pairs).unwrap_err().contains("exactly one of the keys"));
        }
        let error = read(&shape, &both[..2]).unwrap_err();
        assert_eq!(error, "invalid secret 'previews/forge': key 'githubAppPrivateKey' is missing");
    }

    #[test]
    fn an_app_with_a_wrong_key_or_id_is_refused_without_showing_it() {
        let shape = SecretShape::GitHub { repository: None };
        let pairs = [("githubAppID", "1"), ("githubAppInstallationID", "2"), ("githubAppPrivateKey", "hunter2")];
        let error = read(&shape, &pairs).unwrap_err();
        assert!(error.contains("githubAppPrivateKey") && !error.contains("hunter2"), "{error}");
        let pairs = [("githubAppID", "1"), ("githubAppInstallationID", "two"), ("githubAppPrivateKey", "x")];
        assert!(read(&shape, &pairs).unwrap_err().contains("githubAppInstallationID"));
    }
}
