//! The environment, which is all that one input gives, is the unit of failure.
//!
//! ```text
//! Plan ──▶ Halted (while it is applied) ──▶ ApplyReport ──EnvironmentStates::of──▶ EnvironmentStates ──PruneEligibility::partition──▶ what may be pruned
//! ```
//!
//! # Guarantees
//! A failure of one environment does not affect the others: they are applied, updated and pruned in the same pass.
//! Nothing of an environment that failed or waits is pruned. An object that does not come from a single input is
//! shared: if it fails, the objects after it are not applied.

mod eligibility;
mod states;

pub use eligibility::{PruneEligibility, StaleEntries, Unnamed};
pub use states::EnvironmentStates;

#[cfg(test)]
mod tests;
