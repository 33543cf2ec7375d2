//! Step 10 of the pipeline: the trace of a session for messages, metrics and recorded fixtures. It has no query
//! values and no bodies.

use crate::request::message::{HttpError, Method};
use crate::secret::redact::Redactor;

/// One hop of a session; traces are in the order of the hops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTrace {
    /// The HTTP method.
    pub method: Method,
    /// The URL with the names of its query parameters and without their values.
    pub url: String,
    /// The status of the answer; `None` if the server did not answer, or was not asked.
    pub status: Option<u16>,
    /// Whether the server confirmed the cached answer.
    pub from_cache: bool,
    /// Decompressed bytes of the answer as received.
    pub bytes: u64,
    /// The duration of the hop in milliseconds.
    pub millis: u64,
    /// The reason if it was denied.
    pub denied: Option<String>,
    /// The reason if it failed otherwise.
    pub failed: Option<String>,
}

impl RequestTrace {
    pub(crate) const fn start(method: Method, url: String) -> Self {
        Self { method, url, status: None, from_cache: false, bytes: 0, millis: 0, denied: None, failed: None }
    }

    pub(crate) fn ended(self, error: Option<&HttpError>) -> Self {
        match error {
            None => self,
            Some(HttpError::Denied(why)) => Self { denied: Some(why.clone()), ..self },
            Some(other) => Self { failed: Some(other.to_string()), ..self },
        }
    }

    pub(crate) fn masked(self, redactor: &Redactor) -> Self {
        let mask = |text: String| redactor.mask(&text).into_owned();
        Self { url: mask(self.url), denied: self.denied.map(mask), failed: self.failed.map(mask), ..self }
    }
}
