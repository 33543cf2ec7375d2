//! The environment, which is all that one input gives, is the unit of failure.
//!
//! ```text
//! Plan ──▶ Halted (while it is applied) ──▶ ApplyReport ──EnvironmentStates::of──▶ EnvironmentStates ──PruneEligibility::partition──▶ what may be pruned
//! ```
//!
//! # Guarantees
//! What is wrong with one environment leaves the others alone: they are applied, updated and pruned in the same pass. Nothing of
//! an environment that failed, or that waits, is pruned. An object that no single input gave is shared: if it fails, whatever
//! comes after it is left out.

mod eligibility;
mod states;

pub use eligibility::{PruneEligibility, StaleEntries, Unnamed};
pub use states::EnvironmentStates;

#[cfg(test)]
mod tests;
