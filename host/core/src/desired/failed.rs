//! Environments that fail before anything of them is applied.

use crate::conditions::Reason;
use crate::ledger::InputRef;

/// An environment that is left as it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedEnvironment {
    /// The input of the environment.
    pub input: InputRef,
    /// The reason for conditions and metrics.
    pub reason: Reason,
    /// The object, where it comes from, and what is wrong with it.
    pub message: String,
}
