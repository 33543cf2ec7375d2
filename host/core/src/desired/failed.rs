//! An environment that fails before anything of it is applied.

use crate::conditions::Reason;
use crate::ledger::InputRef;

/// An environment that is left as it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedEnvironment {
    /// Which input.
    pub input: InputRef,
    /// For conditions and metrics.
    pub reason: Reason,
    /// Which object, where it comes from, and what is wrong with it.
    pub message: String,
}
