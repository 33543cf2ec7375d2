//! Keeps one object for each identity: the first one is used, and different later ones are reported.

use super::difference::first_difference;
use super::{DesiredError, OnDuplicate, Rules, Wanted, metadata};
use crate::conditions::{Notice, Reason};
use crate::ledger::InputRef;
use crate::object::{Object, ObjectKey, PackedObject};
use std::collections::HashMap;
use std::sync::Arc;

/// An object that may become desired.
pub(super) struct Candidate {
    pub(super) object: Object,
    pub(super) origin: Arc<str>,
    pub(super) input: Option<Arc<InputRef>>,
    pub(super) template: Arc<str>,
    pub(super) repeated: Repeated,
}

/// What happens to an object with the identity of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// The earlier one is used.
    Dropped,
    /// Both are applied in order, as in Flux Operator's sets without inputs.
    Kept,
}

/// The objects of a step in order, with an index by identity.
pub(super) struct Index<'a> {
    rules: &'a Rules<'a>,
    /// The number of all inputs, to recognise shared objects.
    inputs: usize,
    objects: Vec<Wanted>,
    first: HashMap<Arc<ObjectKey>, usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, inputs: usize) -> Self {
        Self { rules, inputs, objects: Vec::new(), first: HashMap::new() }
    }

    /// Labels an object and adds it, unless another one has its identity.
    pub(super) fn add(&mut self, candidate: Candidate, notices: &mut Vec<Notice>) -> Result<(), DesiredError> {
        let Candidate { mut object, origin, input, template, repeated } = candidate;
        let key = Arc::new(object.key());
        let winner = self.first.get(&key).and_then(|index| self.objects.get_mut(*index));
        if winner.is_none() || repeated == Repeated::Kept {
            metadata::check_template(&object, &origin, self.rules)?;
        }
        metadata::stamp(&mut object, self.rules);
        if let Some(winner) = winner {
            if let Some(message) = conflict(winner, &object, &origin, repeated) {
                match self.rules.on_duplicate {
                    OnDuplicate::Error => return Err(DesiredError::Duplicate(message)),
                    OnDuplicate::Warn => notices.push(Notice::warning(Reason::DuplicateObjects, message)),
                }
            } else {
                winner.sharers.extend(input.clone());
            }
            if repeated == Repeated::Dropped {
                return Ok(());
            }
        } else {
            self.first.insert(Arc::clone(&key), self.objects.len());
        }
        let object = PackedObject::with_key(&object, key);
        self.objects.push(Wanted { object, origin, input, sharers: Vec::new(), template });
        Ok(())
    }

    /// The objects, each with the inputs that need it. An object that all inputs gave belongs to none of them: it is
    /// shared.
    pub(super) fn into_objects(mut self) -> Vec<Wanted> {
        for wanted in self.objects.iter_mut().filter(|wanted| !wanted.sharers.is_empty()) {
            wanted.sharers.sort();
            wanted.sharers.dedup();
            if let Some(input) = &wanted.input {
                wanted.sharers.retain(|sharer| sharer != input);
            }
            if self.inputs > 1 && wanted.sharers.len() + 1 == self.inputs {
                wanted.input = None;
                wanted.sharers.clear();
            }
        }
        self.objects
    }
}

/// The notice about the later object; `None` if both are equal once they are labelled.
pub(super) fn conflict(winner: &Wanted, loser: &Object, origin: &str, repeated: Repeated) -> Option<String> {
    let path = first_difference(&winner.object.unpack().into_value(), &loser.clone().into_value())?;
    let who = match repeated {
        Repeated::Kept => "both are kept, and the last one applied wins",
        Repeated::Dropped => "the first is used, the second is dropped",
    };
    Some(format!(
        "{} is rendered by {} and by {origin}, and they differ at {path}; {who}: make the names distinct or the objects equal",
        winner.object.key(),
        winner.origin
    ))
}
