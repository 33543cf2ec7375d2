//! Sends JSON documents of the operator itself to an address that its administrator chose.
//!
//! No plugin and nobody who writes ResourceSets can reach this, so there is no grant and no address check: the usual address is a
//! service of the cluster.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Url, redirect, retry};
use serde::Serialize;

/// Characters of an answer that are kept for the message.
const SHOWN: usize = 200;

/// Sends documents, and keeps the connection for the next one.
#[derive(Debug)]
pub struct JsonPost {
    timeout: Duration,
    /// Built by the first document: reading the certificates of the machine takes time.
    client: Mutex<Option<Client>>,
}

/// A document that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum JsonPostError {
    /// The document or the address cannot be used.
    #[error("it cannot be sent: {cause}")]
    Unusable {
        /// Why.
        cause: String,
    },
    /// Nobody answered.
    #[error("no answer: {cause}")]
    Unreachable {
        /// What failed, without the address.
        cause: String,
    },
    /// The answer is a failure.
    #[error("HTTP status {status}: {said}")]
    Refused {
        /// The status.
        status: u16,
        /// The first line of the answer.
        said: String,
    },
}

impl JsonPost {
    /// Sends documents, each within this time.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, client: Mutex::new(None) }
    }

    /// Sends one document.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(&self, url: &str, document: &(impl Serialize + Sync)) -> Result<(), JsonPostError> {
        let url: Url =
            url.parse().map_err(|error| JsonPostError::Unusable { cause: format!("the address: {error}") })?;
        let body =
            serde_json::to_vec(document).map_err(|error| JsonPostError::Unusable { cause: error.to_string() })?;
        let unreachable = |error: reqwest::Error| JsonPostError::Unreachable { cause: causes(&error.without_url()) };
        let client = self.client().map_err(|error| JsonPostError::Unusable { cause: causes(&error) })?;
        let request = client.post(url).header("Content-Type", "application/json").body(body);
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = answer.text().await.unwrap_or_default();
        let said = said.lines().next().unwrap_or_default().chars().take(SHOWN).collect();
        Err(JsonPostError::Refused { status: status.as_u16(), said })
    }

    fn client(&self) -> reqwest::Result<Client> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept.as_ref() {
            return Ok(client.clone());
        }
        let builder = || {
            Client::builder()
                .no_proxy()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .timeout(self.timeout)
                .user_agent(concat!("orangery/", env!("CARGO_PKG_VERSION")))
        };
        // A machine without a bundle of roots can still reach http.
        let client = builder().build().or_else(|_| builder().tls_certs_only([]).build())?;
        Ok(kept.insert(client).clone())
    }
}

/// The error with its causes: reqwest's own text says only that sending failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
