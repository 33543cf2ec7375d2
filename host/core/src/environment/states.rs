//! The states of the environments after an apply.

use crate::desired::FailedEnvironment;
use crate::ledger::InputRef;
use crate::object::ObjectKey;
use crate::plan::{ApplyReport, FailedObject, Plan, Planned};
use std::collections::{BTreeMap, BTreeSet};

/// The states of the environments of a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentStates {
    /// The environments that failed, each with everything that is wrong with it.
    pub failed: BTreeMap<InputRef, Vec<FailedEnvironment>>,
    /// The environments that wait for an object to become ready.
    pub waiting: BTreeSet<InputRef>,
    /// Problems with objects that do not come from a single input, or with the set as a whole.
    pub shared: Vec<FailedObject>,
    /// Why a set without inputs could not be rendered.
    pub unrendered: Option<String>,
    /// Whether anything failed or waits.
    incomplete: bool,
    /// The inputs with an object that was not applied.
    partial: BTreeSet<InputRef>,
}

impl EnvironmentStates {
    /// The states after an apply. Earlier failures are in the plan.
    #[must_use]
    pub fn of(plan: &Plan, report: &ApplyReport) -> Self {
        let planned: BTreeMap<ObjectKey, &Planned> =
            plan.objects().map(|planned| (planned.object.key(), planned)).collect();
        let mut standing = Self { incomplete: !report.is_complete(), ..Self::default() };
        for failed in &plan.failed {
            standing.fail(failed.clone());
        }
        for failed in &report.failed {
            let inputs: Vec<&InputRef> =
                planned.get(&failed.key).map(|planned| planned.environments().collect()).unwrap_or_default();
            if inputs.is_empty() {
                standing.shared.push(failed.clone());
            }
            let reason = failed.reason();
            for input in inputs {
                standing.fail(FailedEnvironment { input: input.clone(), reason, message: failed.message.clone() });
            }
        }
        let waiting = report.waiting.iter().map(|waiting| &waiting.key);
        for key in waiting.chain(report.terminating.iter().map(|terminating| &terminating.key)) {
            standing.waiting.extend(planned.get(key).into_iter().flat_map(|planned| planned.environments()).cloned());
        }
        let there: BTreeSet<&ObjectKey> = report.changes.iter().map(|change| &change.key).collect();
        let missing = planned.iter().filter(|(key, _)| !there.contains(key)).map(|(_, planned)| planned);
        standing.partial.extend(missing.flat_map(|planned| planned.environments()).cloned());
        standing
    }

    /// Adds a failure.
    pub fn fail(&mut self, failed: FailedEnvironment) {
        self.incomplete = true;
        self.failed.entry(failed.input.clone()).or_default().push(failed);
    }

    /// Whether everything is applied, and nothing failed or waits.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.incomplete && self.unrendered.is_none()
    }

    /// Whether every object of an environment is applied and ready, as far as it was waited for.
    #[must_use]
    pub fn is_whole(&self, input: &InputRef) -> bool {
        self.shared.is_empty()
            && !self.failed.contains_key(input)
            && !self.waiting.contains(input)
            && !self.partial.contains(input)
    }
}
