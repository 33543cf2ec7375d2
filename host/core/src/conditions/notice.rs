//! Warnings that are not failures.

use super::Reason;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A warning about something that did not fail. It reaches status, events and the standard error of the command line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Notice {
    /// The condition or event that it belongs to.
    pub reason: Reason,
    /// One sentence: what, where, what to do.
    pub message: String,
}

impl Notice {
    /// A warning that belongs to the condition or event of this reason.
    pub fn warning(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
