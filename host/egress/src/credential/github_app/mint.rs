//! Mints installation tokens and keeps them until shortly before they expire.
//!
//! # Guarantees
//! One token of one kind is minted at a time: forty objects that start together cause one request. A token that the
//! remote no longer accepts is forgotten and minted again. Minting goes through the same address checks, time limits
//! and TLS settings as every other request.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use lru::LruCache;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio::time::Instant;

use super::{GitHubApp, Installation};
use crate::connection::exchange::{ExchangeError, HttpTransport, OutgoingRequest};
use crate::credential::set_bearer;
use crate::request::message::Method;
use crate::request::target::Target;
use crate::response::rate_limit::{self, RateLimit};
use crate::secret::fingerprint::{Fingerprint, FingerprintKey};
use crate::secret::redact::Redactor;
use crate::secret::text::SecretText;

/// A token is not used in its last minutes, so that it does not expire during a request.
const SPARE: Duration = Duration::from_secs(5 * 60);
/// The most tokens that are kept. Flux Operator keeps a hundred.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);
/// The most bytes of an answer about an installation or a token, which has a few kilobytes.
const ANSWER_BYTES: u64 = 256 * 1024;

/// The minted tokens of the process.
#[derive(Debug)]
pub(crate) struct Mint {
    tokens: std::sync::Mutex<LruCache<Fingerprint, Slot>>,
}

/// Locked while its token is being minted.
type Slot = Arc<tokio::sync::Mutex<Option<Minted>>>;

#[derive(Debug, Clone)]
struct Minted {
    token: SecretText,
    good_until: Instant,
}

/// Why no token could be minted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MintError {
    #[error(transparent)]
    OutgoingRequest(#[from] ExchangeError),
    #[error("the app's key cannot sign")]
    Signing,
    #[error(
        "GitHub refused the app's signature (401): check githubAppID, githubAppPrivateKey and the clock of this machine"
    )]
    Unauthorized,
    #[error("the app is not installed for '{0}', neither as organisation nor as user")]
    NotInstalled(String),
    #[error("GitHub knows no installation {0} of this app")]
    NoInstallation(u64),
    #[error(
        "the installation cannot give read rights to metadata, contents and pull requests of '{0}' (422): check its repositories and permissions"
    )]
    NotPermitted(String),
    #[error("GitHub refused a token because its rate limit is reached")]
    Limited(RateLimit),
    #[error("GitHub answered {status} when asked for {what}")]
    Status { what: &'static str, status: u16 },
    #[error("GitHub's answer about {0} is not what its documentation promises")]
    Malformed(&'static str),
}

#[derive(Deserialize)]
struct InstallationAnswer {
    id: u64,
}

#[derive(Deserialize)]
struct TokenAnswer<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    expires_at: jiff::Timestamp,
}

impl Default for Mint {
    fn default() -> Self {
        Self { tokens: std::sync::Mutex::new(LruCache::new(KEPT)) }
    }
}

impl Mint {
    /// A token for the app: a kept one if it is still valid, otherwise a new one.
    pub(crate) async fn token(
        &self,
        app: &GitHubApp,
        transport: &HttpTransport<'_>,
        key: &FingerprintKey,
        redactor: &Redactor,
    ) -> Result<SecretText, MintError> {
        let slot = self.slot(app.token_fingerprint(key));
        let mut slot = slot.lock().await;
        if let Some(minted) = slot.as_ref().filter(|minted| Instant::now() < minted.good_until) {
            redactor.learn(&minted.token);
            return Ok(minted.token.clone());
        }
        let minted = app.mint(transport, redactor).await?;
        let token = minted.token.clone();
        *slot = Some(minted);
        Ok(token)
    }

    /// Forgets a token that the remote refused, unless another call has already replaced it.
    pub(crate) async fn forget(&self, app: &GitHubApp, key: &FingerprintKey, refused: &SecretText) {
        let slot = self.slot(app.token_fingerprint(key));
        let mut slot = slot.lock().await;
        if slot.as_ref().is_some_and(|minted| minted.token == *refused) {
            *slot = None;
        }
    }

    fn slot(&self, name: Fingerprint) -> Slot {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tokens.get_or_insert(name, Slot::default))
    }
}

impl GitHubApp {
    async fn mint(&self, transport: &HttpTransport<'_>, redactor: &Redactor) -> Result<Minted, MintError> {
        let assertion = self.assertion(SystemTime::now()).map_err(|_| MintError::Signing)?;
        redactor.learn(&assertion);
        let installation = match &self.installation {
            Installation::Id(id) => *id,
            Installation::Owner(owner) => self.find_installation(transport, &assertion, owner).await?,
        };
        let mut wish = serde_json::json!({ "permissions": self.permissions });
        if let (Some(repository), Some(wish)) = (&self.repository, wish.as_object_mut()) {
            wish.insert("repositories".to_owned(), serde_json::json!([repository]));
        }
        let path = format!("/app/installations/{installation}/access_tokens");
        let (status, body) = self.ask(transport, &assertion, Method::Post, &path, wish.to_string()).await?;
        match status {
            200 | 201 => {}
            401 => return Err(MintError::Unauthorized),
            404 => return Err(MintError::NoInstallation(installation)),
            422 => return Err(MintError::NotPermitted(self.repository.clone().unwrap_or_else(|| "it".to_owned()))),
            status => return Err(MintError::Status { what: "an installation token", status }),
        }
        let malformed = || MintError::Malformed("an installation token");
        let answer: TokenAnswer<'_> = serde_json::from_slice(&body).map_err(|_| malformed())?;
        let token = SecretText::line(answer.token.as_bytes()).map_err(|_| malformed())?;
        redactor.learn(&token);
        let lifetime = SystemTime::from(answer.expires_at).duration_since(SystemTime::now()).unwrap_or_default();
        // A token whose lifetime is shorter than the spare time is used once.
        Ok(Minted { token, good_until: Instant::now() + lifetime.saturating_sub(SPARE) })
    }

    /// Finds the installation of an owner. It is listed either under organisations or under users.
    async fn find_installation(
        &self,
        transport: &HttpTransport<'_>,
        assertion: &SecretText,
        owner: &str,
    ) -> Result<u64, MintError> {
        for kind in ["orgs", "users"] {
            let path = format!("/{kind}/{owner}/installation");
            let (status, body) = self.ask(transport, assertion, Method::Get, &path, String::new()).await?;
            match status {
                200 => {
                    let answer: InstallationAnswer =
                        serde_json::from_slice(&body).map_err(|_| MintError::Malformed("an installation"))?;
                    return Ok(answer.id);
                }
                404 => {}
                401 => return Err(MintError::Unauthorized),
                status => return Err(MintError::Status { what: "the installation", status }),
            }
        }
        Err(MintError::NotInstalled(owner.to_owned()))
    }

    async fn ask(
        &self,
        transport: &HttpTransport<'_>,
        assertion: &SecretText,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<(u16, Bytes), MintError> {
        let url = format!("{}{path}", self.base_url);
        let target = Target::parse(&url).map_err(|_| MintError::Signing)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        set_bearer(&mut headers, assertion).map_err(|_| MintError::Signing)?;
        let exchange = OutgoingRequest { method, target: &target, headers, body: body.into(), cap: ANSWER_BYTES };
        let answer = transport.exchange(exchange).await?;
        let rate_limit = rate_limit::read(answer.status, &answer.headers, &answer.body, SystemTime::now());
        if rate_limit.refused {
            return Err(MintError::Limited(rate_limit));
        }
        Ok((answer.status.as_u16(), answer.body))
    }
}
