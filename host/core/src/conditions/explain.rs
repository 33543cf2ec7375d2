//! The interface of all errors: a stable reason, and what to do next.

use super::Reason;
use std::time::Duration;

/// What the host does after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Try again with exponential back-off.
    Retry,
    /// Try again after this much time, which the remote asked for.
    RetryAfter(Duration),
    /// Trying again cannot help; wait for a change of the manifest, a Secret or a plugin.
    WaitForChange,
}

/// Implemented by every error enum of `host/`, with a match without `_`, so that a new variant must be given a
/// disposition.
pub trait Explain: std::error::Error {
    /// The reason that conditions, events and metrics carry.
    fn reason(&self) -> Reason;
    /// What to do next.
    fn disposition(&self) -> Disposition;
}
