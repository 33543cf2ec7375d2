//! The typed errors that a plugin answers with, as bounded and redacted text.

use crate::bindings::types;
use crate::guest::text::GuestText;
use orangery_core::{Disposition, Reason};
use orangery_egress::Redactor;
use std::fmt;
use std::time::Duration;

/// Longest delay that a plugin may ask for.
const LONGEST_DELAY: Duration = Duration::from_secs(60 * 60);
const CODE_BYTES: usize = 64;

/// The kinds of failure that the host treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum FailureKind {
    /// The configuration cannot work as it is.
    InvalidConfig,
    /// The credential is missing, wrong, expired or lacks a right.
    Unauthorized,
    /// The thing asked for does not exist or is hidden from this credential.
    NotFound,
    /// The remote asked for fewer requests.
    RateLimited,
    /// The remote cannot be reached or is broken.
    Unavailable,
    /// The remote answered something that its documentation does not allow.
    MalformedAnswer,
    /// Any other failure.
    Other,
}

impl FailureKind {
    /// The name of the case in the WIT package.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid-config",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not-found",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::MalformedAnswer => "malformed-answer",
            Self::Other => "other",
        }
    }
}

/// Whether trying again may help, in the plugin's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum RetryHint {
    /// Retrying does not help; only a change of the manifest or the credential does.
    Never,
    /// Retry with the host's usual back-off.
    Later,
    /// Retry after this much time; the host waits an hour at most.
    After(Duration),
}

/// A plugin's own error.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GuestFailure {
    /// The kind of failure, which decides the reason.
    pub kind: FailureKind,
    /// A short identifier, for example `MalformedResponse`.
    pub code: GuestText,
    /// What happened, where, and what to do.
    pub message: GuestText,
    /// Whether trying again may help.
    pub retry: RetryHint,
    /// The manifest field that is wrong, for example `spec.url`.
    pub field: Option<GuestText>,
}

impl GuestFailure {
    pub(crate) fn of_error(error: types::PluginError, redact: &Redactor) -> Self {
        use types::PluginError as E;
        let (kind, failure) = match error {
            E::InvalidConfig(failure) => (FailureKind::InvalidConfig, failure),
            E::Unauthorized(failure) => (FailureKind::Unauthorized, failure),
            E::NotFound(failure) => (FailureKind::NotFound, failure),
            E::RateLimited(failure) => (FailureKind::RateLimited, failure),
            E::Unavailable(failure) => (FailureKind::Unavailable, failure),
            E::MalformedAnswer(failure) => (FailureKind::MalformedAnswer, failure),
            E::Other(failure) => (FailureKind::Other, failure),
        };
        Self::of_failure(kind, &failure, redact)
    }

    pub(crate) fn of_failure(kind: FailureKind, failure: &types::Failure, redact: &Redactor) -> Self {
        Self {
            kind,
            code: GuestText::bounded(&failure.code, CODE_BYTES, redact),
            message: GuestText::message(&failure.message, redact),
            retry: match failure.retry {
                types::RetryHint::Never => RetryHint::Never,
                types::RetryHint::Later => RetryHint::Later,
                types::RetryHint::AfterMs(ms) => RetryHint::After(Duration::from_millis(ms).min(LONGEST_DELAY)),
            },
            field: failure.field.as_deref().map(|field| GuestText::bounded(field, 4 * CODE_BYTES, redact)),
        }
    }

    /// The reason for conditions.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self.kind {
            FailureKind::InvalidConfig => Reason::InvalidSpec,
            FailureKind::Unauthorized => Reason::Unauthorized,
            FailureKind::NotFound => Reason::SourceNotFound,
            FailureKind::RateLimited => Reason::RateLimited,
            FailureKind::Unavailable => Reason::SourceUnavailable,
            FailureKind::MalformedAnswer => Reason::MalformedResponse,
            FailureKind::Other => Reason::ReconciliationFailed,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self.retry {
            RetryHint::Never => Disposition::WaitForChange,
            RetryHint::Later => Disposition::Retry,
            RetryHint::After(pause) => Disposition::RetryAfter(pause),
        }
    }
}

impl fmt::Display for GuestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        write!(f, "{}", self.message)?;
        if self.code.as_str().is_empty() { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

/// A remark of a plugin that is not a failure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// A short stable identifier, for example `RetypedName`.
    pub code: GuestText,
    /// The remark in one sentence.
    pub message: GuestText,
}

/// Notes kept of one answer; a plugin with more to say has said enough.
const MOST_NOTES: usize = 50;

impl Note {
    pub(crate) fn all(notes: &[types::Note], redact: &Redactor) -> Vec<Self> {
        notes
            .iter()
            .take(MOST_NOTES)
            .map(|note| Self {
                code: GuestText::bounded(&note.code, CODE_BYTES, redact),
                message: GuestText::message(&note.message, redact),
            })
            .collect()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_egress::Redactor;

    fn failure(retry: types::RetryHint) -> types::Failure {
        types::Failure { code: "Code".into(), message: "no\nsuch".into(), retry, field: Some("spec.url".into()) }
    }

    #[test]
    fn the_hint_decides_what_happens_next_but_never_for_longer_than_an_hour() {
        for (hint, disposition) in [
            (types::RetryHint::Never, Disposition::WaitForChange),
            (types::RetryHint::Later, Disposition::Retry),
            (types::RetryHint::AfterMs(1500), Disposition::RetryAfter(Duration::from_millis(1500))),
            (types::RetryHint::AfterMs(u64::MAX), Disposition::RetryAfter(LONGEST_DELAY)),
        ] {
            let said = GuestFailure::of_error(types::PluginError::Other(failure(hint)), &Redactor::default());
            assert_eq!(said.disposition(), disposition);
        }
    }

    #[test]
    fn it_reads_as_one_line_that_begins_with_the_field() {
        let error = types::PluginError::NotFound(failure(types::RetryHint::Later));
        let said = GuestFailure::of_error(error, &Redactor::default());
        assert_eq!(said.to_string(), "spec.url: no such (Code)");
        assert_eq!(said.reason(), Reason::SourceNotFound);
    }
}
