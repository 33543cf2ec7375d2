//! Reads credentials from the data of Kubernetes Secrets, in the shapes that a plugin's manifest declares.
//!
//! The first shape whose keys are all present is used. The scheme of a shape decides what becomes of the keys:
//!
//! | scheme | becomes |
//! |---|---|
//! | `bearer`, `private-token`, `header` | one header with the key that holds the token |
//! | `basic` | basic authentication with the keys that hold user name and password; the user name may be empty |
//! | `github-app` | an installation token for one repository, from the keys `githubAppID`, `githubAppPrivateKey`, one of `githubAppInstallationID` and `githubAppInstallationOwner`, optional `githubAppBaseURL` |
//! | `oci`, `aws-sigv4`, `azure`, `gcp` | an error: reserved |

use std::collections::BTreeMap;

use orangery_plugin_documents::manifest::{Part, Scheme, Shape};
use reqwest::header::HeaderName;

use super::CredentialKind;
use super::github_app::{AppError, GitHubApp, Installation};
use super::shape::{self, ShapeError};
use crate::secret::text::{SecretText, SecretTextError};

/// The error of a Secret with a credential. It names the Secret and the key, never a value.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The keys of the Secret match no shape.
    #[error("invalid secret '{secret}': it needs the keys of one of these shapes: {shapes}")]
    NoShape {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The shapes that are accepted, each with the keys that are missing.
        shapes: String,
    },
    /// The scheme of the Secret's shape cannot be sent yet.
    #[error(
        "secret '{secret}' has the keys of a credential of the scheme {scheme}, which is reserved and cannot be sent yet; use a \
         secret of another shape"
    )]
    Reserved {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The scheme of the shape.
        scheme: Scheme,
    },
    /// The manifest of the plugin declares an invalid shape.
    #[error("secret '{secret}': the plugin declares an impossible shape: {cause}")]
    Declared {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The problem with the shape.
        #[source]
        cause: ShapeError,
    },
    /// A key is missing.
    #[error("invalid secret '{secret}': key '{key}' is missing")]
    Missing {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The missing key.
        key: String,
    },
    /// A value cannot be sent in a header.
    #[error("invalid secret '{secret}': key '{key}' {cause}")]
    Value {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The key with that value.
        key: String,
        /// The problem with the value.
        #[source]
        cause: SecretTextError,
    },
    /// The Secret names the installation of an app in both ways, or in neither.
    #[error(
        "invalid secret '{secret}': exactly one of the keys 'githubAppInstallationID' and 'githubAppInstallationOwner' is needed"
    )]
    Installation {
        /// The Secret, as `namespace/name`.
        secret: String,
    },
    /// The keys do not describe a usable GitHub App.
    #[error("invalid secret '{secret}': {cause}")]
    App {
        /// The Secret, as `namespace/name`.
        secret: String,
        /// The problem with the app.
        #[source]
        cause: AppError,
    },
}

/// Reads a credential in the first of these shapes that matches; `secret` is `namespace/name`, for the error texts.
/// The token of an app is valid for `repository` (its name without owner) only, or for the whole installation.
///
/// # Errors
/// No shape matches, or a value cannot be used.
pub fn from_secret(
    shapes: &[Shape],
    repository: Option<&str>,
    secret: &str,
    data: &BTreeMap<String, Vec<u8>>,
) -> Result<CredentialKind, CredentialError> {
    let Some(fitting) = shapes.iter().find(|shape| shape::missing(shape, data).is_empty()) else {
        return Err(CredentialError::NoShape { secret: secret.to_owned(), shapes: lacking(shapes, data) });
    };
    shape::check(fitting).map_err(|cause| CredentialError::Declared { secret: secret.to_owned(), cause })?;
    let keys = Keys { secret, data };
    match &fitting.scheme {
        Scheme::Bearer => keys.token(fitting).map(CredentialKind::Bearer),
        Scheme::PrivateToken => keys.token(fitting).map(CredentialKind::PrivateToken),
        Scheme::Header { name, prefix } => {
            let value = keys.token(fitting)?;
            let name = HeaderName::try_from(name.as_str()).map_err(|_| CredentialError::Declared {
                secret: secret.to_owned(),
                cause: ShapeError { field: "scheme.header.name", problem: "it is not a header name".to_owned() },
            })?;
            Ok(CredentialKind::Header { name, prefix: prefix.clone(), value })
        }
        Scheme::Basic => {
            let username = keys.username(fitting)?;
            Ok(CredentialKind::Basic { username, password: keys.part(fitting, Part::Password)? })
        }
        Scheme::GitHubApp => keys.app(repository).map(|app| CredentialKind::GitHubApp(Box::new(app))),
        reserved @ (Scheme::Oci | Scheme::AwsSigv4 { .. } | Scheme::Azure | Scheme::Gcp) => {
            Err(CredentialError::Reserved { secret: secret.to_owned(), scheme: reserved.clone() })
        }
    }
}

/// The shapes with their missing keys, such as `username, password as bearer ('password' is missing); …`.
fn lacking(shapes: &[Shape], data: &BTreeMap<String, Vec<u8>>) -> String {
    let one = |shape: &Shape| {
        let missing: Vec<String> = shape::missing(shape, data).iter().map(|key| format!("'{key}'")).collect();
        let verb = if missing.len() == 1 { "is" } else { "are" };
        format!("{} ({} {verb} missing)", shape::describe(shape), missing.join(", "))
    };
    shapes.iter().map(one).collect::<Vec<_>>().join("; ")
}

struct Keys<'a> {
    secret: &'a str,
    data: &'a BTreeMap<String, Vec<u8>>,
}

impl Keys<'_> {
    fn has(&self, key: &str) -> bool {
        self.data.contains_key(key)
    }

    fn missing(&self, key: &str) -> CredentialError {
        CredentialError::Missing { secret: self.secret.to_owned(), key: key.to_owned() }
    }

    fn value<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, SecretTextError>,
    ) -> Result<T, CredentialError> {
        let bytes = self.data.get(key).ok_or_else(|| self.missing(key))?;
        parse(bytes).map_err(|cause| CredentialError::Value {
            secret: self.secret.to_owned(),
            key: key.to_owned(),
            cause,
        })
    }

    fn line(&self, key: &str) -> Result<SecretText, CredentialError> {
        self.value(key, SecretText::line)
    }

    fn part(&self, shape: &Shape, part: Part) -> Result<SecretText, CredentialError> {
        match shape.holding(part) {
            Some(key) => self.line(&key.name),
            None => Err(self.missing(&part.to_string())),
        }
    }

    fn token(&self, shape: &Shape) -> Result<SecretText, CredentialError> {
        self.part(shape, Part::Token)
    }

    /// The user name; empty as well if the key is present without a value.
    fn username(&self, shape: &Shape) -> Result<String, CredentialError> {
        let Some(key) = shape.holding(Part::Username).filter(|key| self.has(&key.name)) else {
            return Ok(String::new());
        };
        match self.line(&key.name) {
            Err(CredentialError::Value { cause: SecretTextError::Empty, .. }) => Ok(String::new()),
            other => Ok(other?.expose().to_owned()),
        }
    }

    fn app(&self, repository: Option<&str>) -> Result<GitHubApp, CredentialError> {
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
        let repository = repository.map(ToOwned::to_owned);
        GitHubApp::new(app_id.expose(), key, installation, base_url.as_deref(), repository).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn read(shapes: &[Shape], pairs: &[(&str, &str)]) -> Result<CredentialKind, String> {
        from_secret(shapes, None, "previews/forge", &data(pairs)).map_err(|error| error.to_string())
    }

    /// As the plugin github declares it.
    fn github() -> [Shape; 2] {
        [Shape::new(Scheme::GitHubApp), Shape::new(Scheme::Bearer).beside("username").token("password")]
    }

    fn private_token() -> [Shape; 1] {
        [Shape::new(Scheme::PrivateToken).beside("username").token("password")]
    }

    const BASIC: &[(&str, &str)] = &[("username", "git\n"), ("password", " hunter2 \n")];

    #[test]
    fn the_password_is_the_token_of_a_forge() {
        assert!(matches!(read(&github(), BASIC), Ok(CredentialKind::Bearer(token)) if token.expose() == "hunter2"));
        assert!(
            matches!(read(&private_token(), BASIC), Ok(CredentialKind::PrivateToken(token)) if token.expose() == "hunter2")
        );
    }

    #[test]
    fn the_first_shape_that_fits_is_used() {
        let shapes = orangery_plugin_documents::manifest::Credential::new("api").tried();
        let token = read(&shapes, &[("token", "abc"), ("username", "x"), ("password", "y")]);
        assert!(matches!(token, Ok(CredentialKind::Bearer(token)) if token.expose() == "abc"));
        let pair = read(&shapes, BASIC);
        assert!(matches!(pair, Ok(CredentialKind::Basic { username, .. }) if username == "git"));
    }

    #[test]
    fn any_header_with_any_prefix_can_be_declared() {
        let gitea = [Shape::header("Authorization", "token ").token("giteaToken")];
        let kind = read(&gitea, &[("giteaToken", "abc")]);
        let Ok(CredentialKind::Header { name, prefix, value }) = kind else { panic!("{kind:?}") };
        assert_eq!((name.as_str(), prefix.as_str(), value.expose()), ("authorization", "token ", "abc"));
    }

    #[test]
    fn a_user_name_may_be_optional_absent_or_empty() {
        let azure = [Shape::new(Scheme::Basic).username("username").optional().password("password")];
        for pairs in [&[("password", "x")][..], &[("username", " "), ("password", "x")]] {
            assert!(
                matches!(read(&azure, pairs), Ok(CredentialKind::Basic { username, .. }) if username.is_empty()),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn a_secret_that_fits_no_shape_is_an_error_that_lists_them() {
        let error = read(&github(), &[("password", "x"), ("other", "hunter2")]).unwrap_err();
        assert_eq!(
            error,
            "invalid secret 'previews/forge': it needs the keys of one of these shapes: githubAppID, githubAppPrivateKey, \
             githubAppInstallationID or githubAppInstallationOwner as github-app ('githubAppID' is missing); username, password \
             as bearer ('username' is missing)"
        );
        let error = read(&private_token(), &[]).unwrap_err();
        assert!(error.ends_with("username, password as private-token ('username', 'password' are missing)"), "{error}");
    }

    #[test]
    fn a_reserved_scheme_is_recognised_and_refused() {
        for scheme in [Scheme::Oci, Scheme::AwsSigv4 { service: "codecommit".into() }, Scheme::Azure, Scheme::Gcp] {
            let said = format!("of the scheme {scheme}, which is reserved and cannot be sent yet");
            let error = read(&[Shape::new(scheme).beside("key")], &[("key", "hunter2")]).unwrap_err();
            assert!(error.contains(&said) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn s01_newline_in_a_token() {
        let error = read(&github(), &[("username", "x"), ("password", "hun\nter2")]).unwrap_err();
        assert_eq!(error, "invalid secret 'previews/forge': key 'password' has control characters");
    }

    #[test]
    fn an_app_needs_exactly_one_way_to_its_installation() {
        let both = [("githubAppID", "1"), ("githubAppInstallationID", "2"), ("githubAppInstallationOwner", "o")];
        for pairs in [&both[..1], &both[..]] {
            assert!(read(&github(), pairs).unwrap_err().contains("exactly one of the keys"));
        }
        let error = read(&github(), &both[..2]).unwrap_err();
        assert_eq!(error, "invalid secret 'previews/forge': key 'githubAppPrivateKey' is missing");
    }

    #[test]
    fn an_app_with_a_wrong_key_or_id_is_refused_without_showing_it() {
        let pairs = [("githubAppID", "1"), ("githubAppInstallationID", "2"), ("githubAppPrivateKey", "hunter2")];
        let error = read(&github(), &pairs).unwrap_err();
        assert!(error.contains("githubAppPrivateKey") && !error.contains("hunter2"), "{error}");
        let pairs = [("githubAppID", "1"), ("githubAppInstallationID", "two"), ("githubAppPrivateKey", "x")];
        assert!(read(&github(), &pairs).unwrap_err().contains("githubAppInstallationID"));
    }
}
