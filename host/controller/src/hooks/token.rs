//! The tokens of hooks, read from Secrets and remembered for a moment.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use orangery_core::NamespacedName;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The key of the Secret.
const KEY: &str = "token";
/// How long what was read is used, so that a flood of deliveries does not become a flood of requests.
const FRESH: Duration = Duration::from_secs(60);
/// When a token that a signature does not fit is read again: it may have been rotated.
const DOUBTFUL: Duration = Duration::from_secs(5);

/// A token; zeroed when nobody uses it any more.
pub(super) type Token = Arc<Zeroizing<Vec<u8>>>;

/// A token that is not there. The texts are those of notification-controller.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum TokenError {
    #[error("unable to read token from secret '{secret}' error: {message}")]
    Unreadable { secret: NamespacedName, message: String },
    #[error("invalid '{secret}' secret data: required fields 'token'")]
    NoKey { secret: NamespacedName },
}

/// How old what is remembered may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// For a delivery.
    Remembered,
    /// For a delivery whose signature did not fit.
    Doubtful,
    /// Not at all: for the status of a Receiver.
    Now,
}

/// Reads the tokens of Receivers from their Secrets.
pub(super) struct Tokens {
    client: Client,
    read: Mutex<HashMap<NamespacedName, Read>>,
}

/// What was read, and when.
type Read = (Instant, Result<Token, TokenError>);

impl Tokens {
    pub(super) fn new(client: Client) -> Self {
        Self { client, read: Mutex::default() }
    }

    /// The token in a Secret.
    pub(super) async fn read(&self, secret: &NamespacedName, age: Age) -> Result<Token, TokenError> {
        if let Some(remembered) = self.remembered(secret, age) {
            return remembered;
        }
        let token = self.get(secret).await;
        let now = Instant::now();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.retain(|_, (at, _)| now.duration_since(*at) < FRESH);
        read.insert(secret.clone(), (now, token.clone()));
        token
    }

    fn remembered(&self, secret: &NamespacedName, age: Age) -> Option<Result<Token, TokenError>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, token) = read.get(secret)?;
        let most = match (age, token) {
            (Age::Now, _) => return None,
            (Age::Remembered, Ok(_)) => FRESH,
            (Age::Doubtful, _) | (Age::Remembered, Err(_)) => DOUBTFUL,
        };
        (at.elapsed() < most).then(|| token.clone())
    }

    async fn get(&self, secret: &NamespacedName) -> Result<Token, TokenError> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), &secret.namespace);
        let found = api
            .get(&secret.name)
            .await
            .map_err(|error| TokenError::Unreadable { secret: secret.clone(), message: error.to_string() })?;
        let token = found.data.and_then(|mut data| data.remove(KEY));
        let token = token.ok_or_else(|| TokenError::NoKey { secret: secret.clone() })?;
        Ok(Arc::new(Zeroizing::new(token.0)))
    }
}
