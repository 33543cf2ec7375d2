//! One time-out for a command, and which failures are worth another attempt.

use super::RegistryError;
use crate::Address;
use oci_client::errors::{OciDistributionError, OciErrorCode};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// Pauses before further attempts: what go-containerregistry, and with it Flux, waits.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];
/// Answers of a registry that is busy.
const BUSY: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// When a command gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    pub(super) fn after(after: Duration) -> Self {
        Self { at: Instant::now() + after, after }
    }

    /// Performs a action, again if that helps.
    pub(super) async fn attempt<T, F>(
        &self,
        action: &str,
        address: &Address,
        mut perform: impl FnMut() -> F,
    ) -> Result<T, RegistryError>
    where
        F: Future<Output = Result<T, OciDistributionError>>,
    {
        let mut last = None;
        let mut pauses = PAUSES.iter();
        let attempts = async {
            loop {
                let error = match perform().await {
                    Ok(done) => return Ok(done),
                    Err(error) => error,
                };
                let pause = pauses.next().filter(|_| is_worth_another_attempt(&error));
                let error = RegistryError::of(action, address, error);
                let Some(pause) = pause else { return Err(error) };
                tracing::info!(action, error = %error, ?pause, "trying again");
                last = Some(error);
                tokio::time::sleep(*pause).await;
            }
        };
        match tokio::time::timeout_at(self.at, attempts).await {
            Ok(ended) => ended,
            Err(_) => Err(RegistryError::TimedOut {
                action: action.to_owned(),
                after: self.after,
                last: last.map(|error| error.to_string()).unwrap_or_else(|| "it did not answer".to_owned()),
            }),
        }
    }
}

fn is_worth_another_attempt(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ServerError { code, .. } => BUSY.contains(code),
        OciDistributionError::RequestError(error) => match error.status() {
            Some(status) => BUSY.contains(&status.as_u16()),
            None => !error.is_builder() && !error.is_redirect(),
        },
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().any(|error| error.code == OciErrorCode::Toomanyrequests)
        }
        OciDistributionError::IoError(_) => true,
        _ => false,
    }
}
