//! The environments that an apply has given up while it continues with the others.

use super::Planned;
use crate::desired::FailedEnvironment;
use crate::ledger::InputRef;
use std::collections::BTreeSet;

/// What is left out of the rest of an apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Halted {
    everything: bool,
    environments: BTreeSet<InputRef>,
}

impl Halted {
    /// The environments that failed before anything is applied.
    #[must_use]
    pub fn of(failed: &[FailedEnvironment]) -> Self {
        Self { everything: false, environments: failed.iter().map(|failed| failed.input.clone()).collect() }
    }

    /// Leaves out whatever comes after this object: of its environments, or of the whole set if it is shared.
    pub fn halt(&mut self, planned: &Planned) {
        self.everything |= planned.input.is_none();
        self.environments.extend(planned.environments().cloned());
    }

    /// Whether a shared object ended the apply.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether an object is left out. One that several environments need is applied as long as one of them goes on.
    #[must_use]
    pub fn stops(&self, planned: &Planned) -> bool {
        self.everything
            || (planned.input.is_some() && planned.environments().all(|input| self.environments.contains(input)))
    }
}
