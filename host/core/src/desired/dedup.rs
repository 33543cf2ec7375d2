//! One object for one identity: the first wins, and unequal losers are reported.

use super::difference::first_difference;
use super::{DesiredError, OnDuplicate, Rules};
use crate::explain::Reason;
use crate::notice::Notice;
use crate::object::ObjectKey;
use crate::plan::Planned;
use std::collections::BTreeMap;

/// The objects of a step in order, with an index by identity.
pub(super) struct Index<'a> {
    rules: &'a Rules<'a>,
    objects: Vec<Planned>,
    first: BTreeMap<ObjectKey, usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(rules: &'a Rules<'a>) -> Self {
        Self { rules, objects: Vec::new(), first: BTreeMap::new() }
    }

    /// Adds an object, unless one of its identity is there. `lenient` keeps both, as the reference does in input-less sets.
    pub(super) fn add(
        &mut self,
        planned: Planned,
        lenient: bool,
        notices: &mut Vec<Notice>,
    ) -> Result<(), DesiredError> {
        let key = planned.object.key();
        let Some(winner) = self.first.get(&key).and_then(|index| self.objects.get(*index)) else {
            self.first.insert(key, self.objects.len());
            self.objects.push(planned);
            return Ok(());
        };
        if let Some(message) = conflict(&key, winner, &planned, lenient) {
            match self.rules.on_duplicate {
                OnDuplicate::Error => return Err(DesiredError::Duplicate(message)),
                OnDuplicate::Warn => notices.push(Notice::warning(Reason::DuplicateObjects, message)),
            }
        }
        if lenient {
            self.objects.push(planned);
        }
        Ok(())
    }

    pub(super) fn into_objects(self) -> Vec<Planned> {
        self.objects
    }
}

/// What to say of the loser; nothing if both are equal.
fn conflict(key: &ObjectKey, winner: &Planned, loser: &Planned, lenient: bool) -> Option<String> {
    let (a, b) = (winner.object.clone().into_value(), loser.object.clone().into_value());
    let path = first_difference(&a, &b)?;
    let who = if lenient {
        "both are kept, and the last one applied wins"
    } else {
        "the first is used, the second is dropped"
    };
    Some(format!(
        "{key} is rendered by {} and by {}, and they differ at {path}; {who}: make the names distinct or the objects equal",
        winner.origin, loser.origin
    ))
}
