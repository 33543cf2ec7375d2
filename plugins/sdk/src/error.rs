//! The errors of an operation: seven kinds that the host treats differently, and the text for the user.
//!
//! The author of the manifest reads the message: it says what happened, where, and what to do. The host shortens it
//! to one bounded line and masks secrets, which a plugin never holds anyway.

use std::fmt;

#[doc(inline)]
pub use crate::bindings::describing::orangery::plugin::types::{Failure, RetryHint as Retry};

/// The failure of an operation, by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The configuration cannot work; no request was sent.
    InvalidConfig(Failure),
    /// The credential is missing, wrong, expired or lacks a right.
    Unauthorized(Failure),
    /// The repository, project or document does not exist or is hidden from this credential.
    NotFound(Failure),
    /// The remote asked for fewer requests.
    RateLimited(Failure),
    /// The remote cannot be reached or is broken.
    Unavailable(Failure),
    /// The remote answered something that its documentation does not allow.
    MalformedAnswer(Failure),
    /// Any other failure.
    Other(Failure),
}

impl Failure {
    /// A failure that the host retries with its usual back-off.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry: Retry::Later, field: None }
    }

    /// Names the manifest field that is wrong.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Sets whether retrying may help.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

impl Error {
    /// A field of the manifest that cannot work. The host does not retry, because only an edit helps.
    pub fn invalid_config(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidConfig(Failure::new("InvalidConfig", message).at(field).retry(Retry::Never))
    }

    /// An answer that the remote's documentation does not allow.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::MalformedAnswer(Failure::new("MalformedResponse", message))
    }

    /// A remote that is unreachable or broken.
    pub fn unavailable(code: &str, message: impl Into<String>) -> Self {
        Self::Unavailable(Failure::new(code, message))
    }

    /// A failure of any other kind.
    pub fn other(code: &str, message: impl Into<String>) -> Self {
        Self::Other(Failure::new(code, message))
    }

    /// The kind as the WIT package spells it, for example `rate-limited`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidConfig(_) => "invalid-config",
            Self::Unauthorized(_) => "unauthorized",
            Self::NotFound(_) => "not-found",
            Self::RateLimited(_) => "rate-limited",
            Self::Unavailable(_) => "unavailable",
            Self::MalformedAnswer(_) => "malformed-answer",
            Self::Other(_) => "other",
        }
    }

    /// The code, message and retry hint.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::InvalidConfig(failure)
            | Self::Unauthorized(failure)
            | Self::NotFound(failure)
            | Self::RateLimited(failure)
            | Self::Unavailable(failure)
            | Self::MalformedAnswer(failure)
            | Self::Other(failure) => failure,
        }
    }

    /// Adds to the message what was being done; kind, code and retry hint stay.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        let failure = match &mut self {
            Self::InvalidConfig(failure)
            | Self::Unauthorized(failure)
            | Self::NotFound(failure)
            | Self::RateLimited(failure)
            | Self::Unavailable(failure)
            | Self::MalformedAnswer(failure)
            | Self::Other(failure) => failure,
        };
        failure.message = format!("{doing}: {}", failure.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure().message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_keeps_kind_code_and_retry_hint() {
        let error = Error::RateLimited(Failure::new("RateLimited", "slow down").retry(Retry::AfterMs(7)));
        let error = error.context("could not list tags");
        assert_eq!(error.kind(), "rate-limited");
        assert_eq!(error.failure().message, "could not list tags: slow down");
        assert_eq!(error.failure().retry, Retry::AfterMs(7));
    }

    #[test]
    fn a_wrong_configuration_is_not_retried() {
        let error = Error::invalid_config("spec.url", "no project in it");
        assert_eq!(error.failure().retry, Retry::Never);
        assert_eq!(error.failure().field.as_deref(), Some("spec.url"));
    }
}
