//! Remarks for the user that are not failures: they reach status, events and the standard error of the command line.

use crate::conditions::Reason;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing.
    Information,
    /// Probably not what the user meant.
    Warning,
}

/// One remark: what, where, what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// Which condition or event it belongs to.
    pub reason: Reason,
    /// One sentence.
    pub message: String,
}

impl Notice {
    /// Something that is probably not what the user meant.
    pub fn warning(reason: Reason, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, reason, message: message.into() }
    }

    /// Something worth knowing.
    pub fn information(reason: Reason, message: impl Into<String>) -> Self {
        Self { severity: Severity::Information, reason, message: message.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
