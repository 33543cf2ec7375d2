//! What every error says of itself: a stable reason, and what to do next.

use super::Reason;
use std::time::Duration;

/// What the host does after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Try again with exponential back-off.
    Retry,
    /// Try again, but not before this much time has passed: the remote said so.
    RetryAfter(Duration),
    /// Trying again cannot help: wait for a change of the manifest, a Secret or a plugin.
    WaitForChange,
}

/// Implemented by every error enum of `host/`, by a match without `_`: a new variant must choose.
pub trait Explain: std::error::Error {
    /// The reason that conditions, events and metrics carry.
    fn reason(&self) -> Reason;
    /// What to do next.
    fn disposition(&self) -> Disposition;
}
