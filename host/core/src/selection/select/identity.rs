//! What tells the inputs of one provider apart, and which of them share an id.
//!
//! The id alone identifies a change request. Where ids are checksums of names they collide for ordinary names (`0.2.0` and
//! `1.0.1`), so the name belongs to the identity there, and wherever one answer has an id several times.

use super::question::{Question, SelectError, name};
use crate::conditions::{Notice, Reason};
use crate::digest;
use crate::input::Input;
use crate::selection::served::ServedType;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Names of colliding inputs shown in one notice; more are counted.
const SHOWN: usize = 10;

/// Identities of the inputs of one answer and of those that are exported.
pub(super) struct Identities<'a> {
    served: &'a ServedType,
    /// Ids that several inputs of the answer, or several exported ones, have.
    repeated: BTreeSet<String>,
}

impl<'a> Identities<'a> {
    /// # Errors
    /// Two inputs of the answer have the same id and the same name.
    pub(super) fn of(answer: &[Input], question: &Question<'a>) -> Result<Self, SelectError> {
        let served = question.served;
        let mut repeated = BTreeSet::new();
        let mut seen: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (second, input) in answer.iter().enumerate() {
            let own = name(&input.attributes, served);
            let names = seen.entry(input.id.as_str()).or_default();
            if let Some(first) = names.insert(own, second) {
                let (id, name) = (input.id.clone(), own.to_owned());
                return Err(SelectError::DuplicateId { first, second, id, name });
            }
            if names.len() > 1 {
                repeated.insert(input.id.clone());
            }
        }
        let mut ids = BTreeSet::new();
        repeated.extend(question.exported.iter().map(id).filter(|id| !ids.insert(*id)).map(ToOwned::to_owned));
        Ok(Self { served, repeated })
    }

    /// The identity of an input of the answer: `id`, or `id/name`.
    pub(super) fn fresh(&self, input: &Input) -> String {
        self.key(&input.id, name(&input.attributes, self.served))
    }

    /// The identity of an exported input.
    pub(super) fn exported(&self, map: &Map<String, Value>) -> String {
        self.key(id(map), name(map, self.served))
    }

    /// The identity of whatever has this id and this name.
    pub(super) fn key(&self, id: &str, name: &str) -> String {
        let by_name = !name.is_empty() && (self.repeated.contains(id) || digest::adler32_id(name) == id);
        if by_name { format!("{id}/{name}") } else { id.to_owned() }
    }

    /// A warning if exported inputs share an id: objects that are named by it are the same objects.
    pub(super) fn collisions(&self, exported: &[Map<String, Value>]) -> Option<Notice> {
        let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for map in exported {
            by_id.entry(id(map)).or_default().push(name(map, self.served));
        }
        let mut shared = by_id.into_iter().filter(|(_, names)| names.len() > 1);
        let shown: Vec<String> = shared
            .by_ref()
            .take(SHOWN)
            .map(|(id, names)| {
                let names: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
                format!("{} have the id {id}", names.join(" and "))
            })
            .collect();
        if shown.is_empty() {
            return None;
        }
        let more = match shared.count() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Some(Notice::warning(
            Reason::DuplicateObjects,
            format!(
                "inputs share an id: {}{more}; all are exported, name objects by inputs.{} or the uid function instead of inputs.id",
                shown.join("; "),
                self.served.name_attribute,
            ),
        ))
    }
}

/// The id of an exported input.
pub(super) fn id(map: &Map<String, Value>) -> &str {
    map.get("id").and_then(Value::as_str).unwrap_or_default()
}
