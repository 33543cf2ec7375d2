//! Normalises a desired set to the keys that its objects have on the server. Duplicates that differ only in a
//! namespace that has no meaning are found here, after the scopes of the kinds are known.

use super::Scopes;
use super::dedup::{Repeated, conflict};
use super::{DesiredError, DesiredSet, DesiredStep, OnDuplicate, Wanted, blame, check_across_steps};
use crate::conditions::{Notice, Reason};
use crate::object::{Object, ObjectKey, PackedObject};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

impl DesiredSet {
    /// Removes namespaces that have no meaning, and keeps the first of the objects that become equal. Without inputs all
    /// are kept, as in the rest of the build, and the last one applied wins.
    ///
    /// # Errors
    /// Different objects become one, or two steps have the same object, and [`OnDuplicate::Error`] is set.
    pub fn normalised(self, scopes: &Scopes, on_duplicate: OnDuplicate) -> Result<Self, DesiredError> {
        if !self.objects().any(|wanted| scopes.is_misplaced(wanted.object.key())) {
            return Ok(self);
        }
        let mut normal =
            Self { steps: Vec::with_capacity(self.steps.len()), notices: self.notices, failed: self.failed };
        let mut earlier = HashMap::new();
        for step in self.steps {
            let step = normalised_step(step, scopes, on_duplicate, &mut normal)?;
            if let Some(name) = &step.name {
                check_across_steps(&step, name, &mut earlier, &mut normal.failed)?;
            }
            normal.steps.push(step);
        }
        Ok(normal)
    }
}

fn normalised_step(
    step: DesiredStep,
    scopes: &Scopes,
    on_duplicate: OnDuplicate,
    set: &mut DesiredSet,
) -> Result<DesiredStep, DesiredError> {
    let mut objects: Vec<Wanted> = Vec::with_capacity(step.objects.len());
    let mut first: HashMap<ObjectKey, usize> = HashMap::new();
    for wanted in step.objects {
        let is_misplaced = scopes.is_misplaced(wanted.object.key());
        let wanted = if is_misplaced { without_namespace(wanted, &mut set.notices) } else { wanted };
        let key = wanted.object.key().clone();
        let winner = first.get(&key).and_then(|index| objects.get_mut(*index));
        let Some(winner) = winner.filter(|_| wanted.input.is_some()) else {
            first.entry(key).or_insert(objects.len());
            objects.push(wanted);
            continue;
        };
        let Some(message) = conflict(winner, &wanted.object.unpack(), &wanted.origin, Repeated::Dropped) else {
            share(winner, wanted);
            continue;
        };
        match on_duplicate {
            OnDuplicate::Error => blame(wanted.input, DesiredError::Duplicate(message), &mut set.failed)?,
            OnDuplicate::Warn => set.notices.push(Notice::warning(Reason::DuplicateObjects, message)),
        }
    }
    Ok(DesiredStep { objects, ..step })
}

/// Adds the inputs of an equal object to the first one. If the first one is shared, it stays so.
fn share(winner: &mut Wanted, equal: Wanted) {
    if winner.input.is_none() {
        return;
    }
    winner.sharers.extend(equal.input.into_iter().chain(equal.sharers));
    winner.sharers.sort();
    winner.sharers.dedup();
    winner.sharers.retain(|sharer| Some(sharer) != winner.input.as_ref());
}

fn without_namespace(wanted: Wanted, notices: &mut Vec<Notice>) -> Wanted {
    let key = wanted.object.key();
    let message = format!("{key}: {} is cluster-scoped, metadata.namespace is ignored", key.kind);
    notices.push(Notice::warning(Reason::Warning, message));
    let mut object: Object = wanted.object.unpack();
    if let Some(Value::Object(metadata)) = object.0.get_mut("metadata") {
        metadata.remove("namespace");
    }
    let key = Arc::new(object.key());
    Wanted { object: PackedObject::with_key(&object, key), ..wanted }
}
