//! Step 10 of the pipeline: what a session asked, for people, metrics and recorded fixtures. No query values, no bodies.

use crate::request::message::{HttpError, Method};
use crate::secret::redact::Redactor;

/// One hop of a session, in the order in which they were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTrace {
    /// The method.
    pub method: Method,
    /// The URL with the names of its query parameters and without their values.
    pub url: String,
    /// The status that the server answered; none if it did not, or was not asked.
    pub status: Option<u16>,
    /// Whether the stored answer was still good.
    pub from_cache: bool,
    /// Decompressed bytes that came over the wire.
    pub bytes: u64,
    /// How long the hop took.
    pub millis: u64,
    /// Why it was denied, if it was.
    pub denied: Option<String>,
    /// Why it failed otherwise, if it did.
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
