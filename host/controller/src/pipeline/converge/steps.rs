//! Which step each object of a set is in, for what is told of a reconciliation.

use orangery_core::{ObjectKey, Plan};
use std::collections::HashMap;

/// The named steps of a set; empty for a set without `spec.steps`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Steps {
    names: Vec<String>,
    places: HashMap<ObjectKey, usize>,
}

impl Steps {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut steps = Self::default();
        for step in &plan.steps {
            let Some(name) = &step.name else { continue };
            let place = steps.names.len();
            steps.names.push(name.clone());
            let objects = step.stages.iter().flat_map(|stage| &stage.objects);
            steps.places.extend(objects.map(|planned| (planned.object.key(), place)));
        }
        steps
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the set has no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The place of the step that an object is in, counted from zero.
    #[must_use]
    pub fn place(&self, key: &ObjectKey) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// The name of a step that others follow. The last one needs none: what is told of it is told of the whole.
    #[must_use]
    pub fn before_last(&self, place: usize) -> Option<&str> {
        (place + 1 < self.names.len()).then(|| self.names.get(place).map(String::as_str)).flatten()
    }

    /// `step 2/3 "install"`
    #[must_use]
    pub fn title(&self, place: usize) -> Option<String> {
        let name = self.names.get(place)?;
        Some(format!("step {}/{} \"{name}\"", place + 1, self.names.len()))
    }
}
