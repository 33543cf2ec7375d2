//! Holds back what names a source of its own step until that source is ready for what was applied to it.
//!
//! # Guarantees
//! A source that is not ready holds back the objects that name it, and nothing else of the step. What comes after the step does not
//! begin for the environments of both. A source that fails, or is not ready in time, fails its environment.

use crate::kubernetes::apply::Run;
use crate::kubernetes::apply::ready::{Wait, Which};
use orangery_core::{ObjectKey, Planned, Stage, Step};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// The objects of one step that wait for sources, and the sources they wait for.
#[derive(Default)]
pub(crate) struct HeldBack<'a> {
    /// Sources that are not ready. They have been looked at, and are not looked at again after the step.
    pub(crate) sources: HashMap<ObjectKey, &'a Planned>,
    /// Objects that are not applied this time.
    dependants: HashMap<ObjectKey, &'a Planned>,
}

impl HeldBack<'_> {
    /// Whether an object is held back.
    pub(crate) fn holds(&self, key: &ObjectKey) -> bool {
        self.dependants.contains_key(key)
    }

    /// Whether nothing of the step has to be asked about the object any more.
    pub(crate) fn is_settled(&self, key: &ObjectKey) -> bool {
        self.holds(key) || self.sources.contains_key(key)
    }
}

impl<'a> Run<'a> {
    /// Looks at the sources that the objects of a stage name, and holds back those whose sources are not ready.
    pub(crate) async fn hold_back(&mut self, step: &'a Step, stage: &'a Stage, limit: Duration) {
        let names: HashSet<&ObjectKey> = stage.objects.iter().flat_map(|planned| &planned.after).collect();
        if names.is_empty() {
            return;
        }
        let applied: HashSet<&ObjectKey> = self.report.changes.iter().map(|change| &change.key).collect();
        let sources = step.stages.iter().flat_map(|stage| &stage.objects).filter(|planned| {
            let key = planned.object.key();
            names.contains(&key) && applied.contains(&key) && !self.held.is_settled(&key)
        });
        let sources = sources.collect();
        self.look_for_readiness(&Wait { step, place: Which::Source, limit }, sources).await;
        for planned in &stage.objects {
            if !planned.after.iter().all(|source| self.ready.contains(source)) {
                self.held.dependants.insert(planned.object.key(), planned);
            }
        }
    }

    /// The step ends: nothing comes after it for environments of which something was held back.
    pub(crate) fn end_of_held_back(&mut self) {
        let HeldBack { sources, dependants } = std::mem::take(&mut self.held);
        for planned in sources.into_values().chain(dependants.into_values()) {
            self.halted.halt(planned);
        }
    }
}
