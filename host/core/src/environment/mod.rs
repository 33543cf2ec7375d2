//! The environment, which is all that one input gives, is the unit of failure.
//!
//! ```text
//! Plan ──▶ Halted (while it is applied) ──▶ ApplyReport ──Standing::of──▶ Standing ──Knowledge::sift──▶ what may be pruned
//! ```
//!
//! # Guarantees
//! What is wrong with one environment leaves the others alone: they are applied, updated and pruned in the same pass. Nothing of
//! an environment that failed, or that waits, is pruned. An object that no single input gave is shared: if it fails, whatever
//! comes after it is left out.

mod halted;
mod knowledge;
mod standing;

pub use halted::Halted;
pub use knowledge::{Knowledge, Sifted, Unnamed};
pub use standing::Standing;

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

#[cfg(test)]
mod tests;
