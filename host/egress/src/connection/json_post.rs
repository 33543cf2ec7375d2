//! Sends JSON documents of the operator itself to an address that the administrator configured.
//!
//! Neither plugins nor authors of ResourceSets can choose the address, so there is no grant and no address check: the
//! address is usually a service of the cluster.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::secret::text::SecretText;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, Url, redirect, retry};
use serde::Serialize;
use sha2::Sha256;

/// The header that a Receiver of type `generic-hmac` reads.
const SIGNATURE: &str = "X-Signature";
/// Characters of an answer that are kept for the message.
const SHOWN: usize = 200;

/// Sends JSON documents, and keeps the connection open for the next one.
#[derive(Debug)]
pub struct JsonPost {
    timeout: Duration,
    /// Built for the first document, because reading the system's certificates takes time.
    client: Mutex<Option<Client>>,
}

/// Why a document was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum JsonPostError {
    /// The document or the address cannot be used.
    #[error("it cannot be sent: {cause}")]
    Unusable {
        /// The problem with the document or the address.
        cause: String,
    },
    /// The server did not answer.
    #[error("no answer: {cause}")]
    Unreachable {
        /// The failure of the connection, without the address.
        cause: String,
    },
    /// The server answered with an error status.
    #[error("HTTP status {status}: {said}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The first line of the answer.
        said: String,
    },
}

impl JsonPost {
    /// Makes a sender that waits this long for each answer.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, client: Mutex::new(None) }
    }

    /// Sends one document.
    ///
    /// # Errors
    /// The document was not delivered.
    pub async fn send(&self, url: &str, document: &(impl Serialize + Sync)) -> Result<(), JsonPostError> {
        self.post(url, document, None).await
    }

    /// Sends one document with the signature that a Receiver of type `generic-hmac` checks.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send_signed(
        &self,
        url: &str,
        document: &(impl Serialize + Sync),
        key: &SecretText,
    ) -> Result<(), JsonPostError> {
        self.post(url, document, Some(key)).await
    }

    async fn post(
        &self,
        url: &str,
        document: &(impl Serialize + Sync),
        key: Option<&SecretText>,
    ) -> Result<(), JsonPostError> {
        let url: Url =
            url.parse().map_err(|error| JsonPostError::Unusable { cause: format!("the address: {error}") })?;
        let body =
            serde_json::to_vec(document).map_err(|error| JsonPostError::Unusable { cause: error.to_string() })?;
        let unreachable = |error: reqwest::Error| JsonPostError::Unreachable { cause: causes(&error.without_url()) };
        let client = self.client().map_err(|error| JsonPostError::Unusable { cause: causes(&error) })?;
        let mut request = client.post(url).header("Content-Type", "application/json");
        if let Some(key) = key {
            request = request.header(SIGNATURE, signature(key, &body)?);
        }
        let request = request.body(body);
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
        // A machine without system root certificates can still use http.
        let client = builder().build().or_else(|_| builder().tls_certs_only([]).build())?;
        Ok(kept.insert(client).clone())
    }
}

/// `sha256=` and the HMAC of a body.
fn signature(key: &SecretText, body: &[u8]) -> Result<String, JsonPostError> {
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes());
    let mut mac = mac.map_err(|_| JsonPostError::Unusable { cause: "the key cannot sign".to_owned() })?;
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    Ok(bytes.iter().fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_flux_checks() {
        let key = SecretText::line(b"mytoken").unwrap();
        assert_eq!(
            signature(&key, br#"{"ref":"refs/heads/main"}"#).unwrap(),
            "sha256=609099c649b98d07ca43703522e32a0f8d76fb61abf3c3f5d536facac90034cc"
        );
    }
}
