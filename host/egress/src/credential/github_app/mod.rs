//! GitHub Apps: the signing key, the installation, and the permissions of its tokens. [`mint`] requests the tokens.
//!
//! # Guarantees
//! A token is requested for one repository and with read permissions only, whatever the installation was given.

pub(crate) mod mint;

use std::collections::BTreeMap;
use std::time::SystemTime;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::request::origin::{Origin, Scheme};
use crate::request::target::{Target, UrlRefusal};
use crate::secret::fingerprint::{Fingerprint, FingerprintKey};
use crate::secret::text::SecretText;

const PUBLIC_API: &str = "https://api.github.com";

/// A GitHub App, one of its installations, and the permissions of a token.
#[derive(Debug, Clone)]
pub struct GitHubApp {
    app_id: u64,
    private_key: SecretText,
    installation: Installation,
    /// The address of the API, without a slash at the end.
    base_url: String,
    home: Origin,
    repository: Option<String>,
    permissions: BTreeMap<String, String>,
}

/// The way to find the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installation {
    /// The id of the installation.
    Id(u64),
    /// The organisation or user that installed the app.
    Owner(String),
}

/// The ways in which an app cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The id is not a number.
    #[error("key 'githubAppID' is not a number")]
    AppId,
    /// The installation is not a number.
    #[error("key 'githubAppInstallationID' is not a number")]
    InstallationId,
    /// The owner is not a GitHub login.
    #[error("key 'githubAppInstallationOwner' is not the name of an organisation or user")]
    Owner,
    /// The key is not an RSA key.
    #[error("key 'githubAppPrivateKey' is not an RSA private key in PEM form")]
    PrivateKey,
    /// The API address is not a URL.
    #[error("key 'githubAppBaseURL': {0}")]
    BaseUrl(#[from] UrlRefusal),
    /// The address is plain http, which would expose the signed assertion on the network.
    #[error("key 'githubAppBaseURL' must be an https URL")]
    PlainText,
}

#[derive(Serialize)]
struct Claims<'a> {
    iat: u64,
    exp: u64,
    iss: &'a str,
}

impl Installation {
    /// # Errors
    /// The text is not a number.
    pub fn parse_id(text: &str) -> Result<Self, AppError> {
        text.parse().map(Self::Id).map_err(|_| AppError::InstallationId)
    }

    /// # Errors
    /// The text cannot be a login. This is checked because the login becomes part of a path.
    pub fn parse_owner(text: &str) -> Result<Self, AppError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 100 || !text.chars().all(plain) {
            return Err(AppError::Owner);
        }
        Ok(Self::Owner(text.to_owned()))
    }
}

impl GitHubApp {
    /// An app whose tokens may read metadata, contents and pull requests of one repository (its name without owner).
    ///
    /// # Errors
    /// The id, the key or the API address cannot be used.
    pub fn new(
        app_id: &str,
        private_key: SecretText,
        installation: Installation,
        base_url: Option<&str>,
        repository: Option<String>,
    ) -> Result<Self, AppError> {
        let app_id = app_id.parse().map_err(|_| AppError::AppId)?;
        EncodingKey::from_rsa_pem(private_key.expose().as_bytes()).map_err(|_| AppError::PrivateKey)?;
        let base = Target::parse(base_url.unwrap_or(PUBLIC_API))?;
        let local = base.literal().is_some_and(|address| address.is_loopback());
        if base.origin().scheme() == Scheme::Http && !local {
            return Err(AppError::PlainText);
        }
        let base_url = format!("{}{}", base.origin(), base.path().trim_end_matches('/'));
        let permissions = ["contents", "metadata", "pull_requests"].map(|right| (right.to_owned(), "read".to_owned()));
        let (home, permissions) = (base.origin().clone(), permissions.into());
        Ok(Self { app_id, private_key, installation, base_url, home, repository, permissions })
    }

    /// The same app with other permissions, by the names of GitHub's API, for example `statuses: write` for a notifier.
    #[must_use]
    pub fn with_permissions(mut self, permissions: BTreeMap<String, String>) -> Self {
        self.permissions = permissions;
        self
    }

    /// The origin of the API that mints its tokens.
    pub(crate) const fn home(&self) -> &Origin {
        &self.home
    }

    pub(crate) const fn private_key(&self) -> &SecretText {
        &self.private_key
    }

    /// A signed assertion of the app's identity, valid for two minutes. Its start lies in the past, because GitHub
    /// refuses an assertion that starts in the future of GitHub's clock.
    fn assertion(&self, now: SystemTime) -> Result<SecretText, AppError> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let claims = Claims { iat: now.saturating_sub(30), exp: now + 120, iss: &self.app_id.to_string() };
        let key = EncodingKey::from_rsa_pem(self.private_key.expose().as_bytes()).map_err(|_| AppError::PrivateKey)?;
        let token =
            jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).map_err(|_| AppError::PrivateKey)?;
        SecretText::line(token.as_bytes()).map_err(|_| AppError::PrivateKey)
    }

    /// Identifies the installation, which is what GitHub counts requests by.
    pub(crate) fn installation_fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        let installation = match &self.installation {
            Installation::Id(id) => format!("id {id}"),
            Installation::Owner(owner) => format!("owner {owner}"),
        };
        key.of([
            b"app".as_slice(),
            &self.app_id.to_be_bytes(),
            self.private_key.expose().as_bytes(),
            self.base_url.as_bytes(),
            installation.as_bytes(),
        ])
    }

    /// Identifies the installation together with the repository and permissions of a token.
    pub(crate) fn token_fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        let rights: Vec<_> = self.permissions.iter().map(|(right, level)| format!("{right}={level}")).collect();
        key.of([
            self.installation_fingerprint(key).as_bytes(),
            self.repository.as_ref().map_or("every repository", |name| name).as_bytes(),
            rights.join(",").as_bytes(),
        ])
    }
}
