//! What a reconciliation of a ResourceSet did and found.

use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::converge::Converged;
use crate::pipeline::requeue::Wait;
use orangery_core::checksum::DataRef;
use orangery_core::conditions::Outcome;
use std::collections::BTreeSet;

/// What a reconciliation of a ResourceSet did and found.
#[derive(Debug)]
pub struct SetReport {
    /// How it ended.
    pub conclusion: Conclusion,
    /// What was applied and deleted; `None` if it ended before.
    pub converged: Option<Converged>,
    /// How far it came.
    pub ended: Ended,
    /// What it waits for: then it is reconciled again when that ends, whatever `conclusion` asks for.
    pub wait: Option<Wait>,
    /// How many inputs there were.
    pub inputs: usize,
    /// The environments: one for each input that could be rendered.
    pub environments: Vec<Environment>,
    /// ConfigMaps and Secrets outside the set that `checksumFrom` names (`status.externalChecksumRefs`), sorted; `None` if it ended
    /// before they were known, so that those of before still hold.
    pub external: Option<Vec<String>>,
    /// ConfigMaps and Secrets that were read or found missing; `None` if it ended before it looked.
    pub sources: Option<BTreeSet<DataRef>>,
}

/// How far a reconciliation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It had nothing to build yet: a dependency, a provider or an account is missing.
    BeforeBuilding,
    /// Its objects could not be built.
    Building,
    /// It applied what it had.
    Applying,
}

/// What one input gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The input's label, for example `ResourceSetInputProvider/previews id 42`.
    pub label: String,
    /// How many objects it has.
    pub objects: usize,
}

impl SetReport {
    /// A reconciliation that ended before anything was applied.
    #[must_use]
    pub fn ended_early(conclusion: Conclusion) -> Self {
        Self {
            conclusion,
            converged: None,
            ended: Ended::BeforeBuilding,
            wait: None,
            inputs: 0,
            environments: Vec::new(),
            external: None,
            sources: None,
        }
    }

    /// A reconciliation that failed while its objects were built and planned: `status.history` tells of it.
    #[must_use]
    pub fn not_built(conclusion: Conclusion) -> Self {
        Self { ended: Ended::Building, ..Self::ended_early(conclusion) }
    }

    /// Whether everything is as desired.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.conclusion.outcome, Outcome::Succeeded { .. } | Outcome::Skipped { .. })
    }
}
