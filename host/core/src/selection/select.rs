//! From a provider's answer to the inputs that are exported.
//!
//! # Guarantees
//! An answer with a bad or repeated id, or past a bound, is rejected as a whole: the last good inputs stay. Under
//! [`LimitRule::Admit`] nothing that is exported and still listed and wanted is ever dropped for the limit's sake. A partial
//! answer drops nothing at all.

use super::filter::Filter;
use super::served::{LimitRule, NameKind, ServedType};
use super::skip;
use super::version::Version;
use crate::digest;
use crate::explain::{Disposition, Explain, Reason};
use crate::input::Input;
use crate::notice::Notice;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Inputs in one answer.
pub const MAX_INPUTS: usize = 10_000;
/// Bytes of one answer, as JSON.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;
/// Bytes of one input, as JSON.
pub const MAX_INPUT_BYTES: usize = 32 << 10;
/// Characters of an id.
pub const MAX_ID_CHARS: usize = 253;
/// Bytes of all exported inputs, as JSON: they live in the provider's status, and etcd refuses objects past 1.5 MiB.
pub const MAX_EXPORTED_BYTES: usize = 1_000_000;

/// Whether an answer says everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// What is not in it is gone.
    Complete,
    /// It adds and updates, and removes nothing.
    Partial,
}

/// What an answer is selected by.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The type that answered.
    pub served: &'a ServedType,
    /// `spec.filter`.
    pub filter: &'a Filter,
    /// `spec.skip.labels`.
    pub skip: &'a [String],
    /// `spec.defaultValues`.
    pub defaults: &'a Map<String, Value>,
    /// What is exported now.
    pub exported: &'a [Map<String, Value>],
    /// The ids that wait now, in their order: they are admitted before newer ones.
    pub waiting: &'a [String],
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selected {
    /// The inputs, with their defaults, in the order of the answer (tags: best first).
    pub exported: Vec<Map<String, Value>>,
    /// The ids that wait because the limit is reached.
    pub waiting: Vec<String>,
    /// Remarks for status.
    pub notices: Vec<Notice>,
}

/// Why an answer is rejected as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// More inputs than any answer may have.
    #[error(
        "the provider answered {0} inputs, more than the maximum of {MAX_INPUTS}; narrow it down with spec.config or spec.filter"
    )]
    TooMany(usize),
    /// More bytes than any answer may have.
    #[error("the provider answered {0} bytes of inputs, more than the maximum of {MAX_ANSWER_BYTES}")]
    TooBig(usize),
    /// One input is too big.
    #[error("input {id:?} has {bytes} bytes, more than the maximum of {MAX_INPUT_BYTES}")]
    InputTooBig {
        /// Its id.
        id: String,
        /// Its size.
        bytes: usize,
    },
    /// An id is empty, too long, or has control characters.
    #[error("input at index {index} has the id {id:?}, which is not 1 to {MAX_ID_CHARS} printable characters")]
    BadId {
        /// Position in the answer.
        index: usize,
        /// The id, cut.
        id: String,
    },
    /// Two inputs have one id.
    #[error("inputs at indexes {first} and {second} have the same id {id:?}; ids must be unique in one answer")]
    DuplicateId {
        /// Position of the first.
        first: usize,
        /// Position of the second.
        second: usize,
        /// The id.
        id: String,
    },
    /// What is selected does not fit into the object's status.
    #[error(
        "{count} inputs of together {bytes} bytes do not fit into the status of one object (maximum {MAX_EXPORTED_BYTES}); lower \
         spec.filter.limit or split the provider"
    )]
    StatusTooBig {
        /// How many inputs.
        count: usize,
        /// How many bytes.
        bytes: usize,
    },
}

impl Explain for SelectError {
    fn reason(&self) -> Reason {
        match self {
            Self::TooMany(_) | Self::TooBig(_) | Self::StatusTooBig { .. } => Reason::LimitReached,
            Self::InputTooBig { .. } | Self::BadId { .. } | Self::DuplicateId { .. } => Reason::MalformedResponse,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::TooMany(_)
            | Self::TooBig(_)
            | Self::StatusTooBig { .. }
            | Self::InputTooBig { .. }
            | Self::BadId { .. }
            | Self::DuplicateId { .. } => Disposition::Retry,
        }
    }
}

/// Selects what to export from one answer.
///
/// # Errors
/// The answer is rejected as a whole; see [`SelectError`].
pub fn select(answer: Vec<Input>, coverage: Coverage, question: &Question<'_>) -> Result<Selected, SelectError> {
    let mut notices = question.filter.notices().to_vec();
    check_bounds(&answer)?;
    notices.extend(check_ids(&answer, question.served)?);
    if !question.skip.is_empty() && !question.served.labelled {
        notices.push(Notice::warning(
            Reason::Warning,
            format!(
                "spec.skip.labels has no effect on type {}, whose inputs have no labels; remove it",
                question.served.name
            ),
        ));
    }
    let wanted: Vec<Input> = answer.into_iter().filter(|input| is_wanted(input, question)).collect();
    let (kept, waiting) = match (question.served.limit_rule, coverage) {
        (LimitRule::Best, Coverage::Complete) => (best(wanted, question), Vec::new()),
        (LimitRule::Best, Coverage::Partial) | (LimitRule::Admit, _) => admit(wanted, coverage, question),
    };
    if !waiting.is_empty() {
        notices.push(waiting_notice(&waiting, question.filter.limit()));
    }
    let exported = export(kept, coverage, question);
    let bytes = exported.iter().map(size).sum();
    if bytes > MAX_EXPORTED_BYTES {
        return Err(SelectError::StatusTooBig { count: exported.len(), bytes });
    }
    Ok(Selected { exported, waiting, notices })
}

fn size(map: &Map<String, Value>) -> usize {
    serde_json::to_vec(map).map_or(usize::MAX, |text| text.len())
}

fn check_bounds(answer: &[Input]) -> Result<(), SelectError> {
    if answer.len() > MAX_INPUTS {
        return Err(SelectError::TooMany(answer.len()));
    }
    let mut total = 0usize;
    for input in answer {
        let bytes = size(&input.attributes).saturating_add(input.id.len());
        if bytes > MAX_INPUT_BYTES {
            return Err(SelectError::InputTooBig { id: input.id.chars().take(MAX_ID_CHARS).collect(), bytes });
        }
        total = total.saturating_add(bytes);
    }
    if total > MAX_ANSWER_BYTES { Err(SelectError::TooBig(total)) } else { Ok(()) }
}

/// Ids must be unique, with one exception: ids that are the Adler-32 of different names may collide, because the reference's
/// ids do and users build names from them. That is a warning.
fn check_ids(answer: &[Input], served: &ServedType) -> Result<Vec<Notice>, SelectError> {
    let mut seen: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut notices = Vec::new();
    for (index, input) in answer.iter().enumerate() {
        let chars = input.id.chars().count();
        if chars == 0 || chars > MAX_ID_CHARS || input.id.chars().any(char::is_control) {
            return Err(SelectError::BadId { index, id: input.id.chars().take(MAX_ID_CHARS).collect() });
        }
        let earlier = seen.entry(input.id.as_str()).or_default();
        for first in earlier.iter().copied() {
            let other = answer.get(first).map(|other| name(other, served)).unwrap_or_default();
            let own = name(input, served);
            let is_collision =
                other != own && digest::adler32_id(own) == input.id && digest::adler32_id(other) == input.id;
            if !is_collision {
                return Err(SelectError::DuplicateId { first, second: index, id: input.id.clone() });
            }
            notices.push(Notice::warning(
                Reason::DuplicateObjects,
                format!(
                    "{kind} {other:?} and {kind} {own:?} have the same id {id}; name objects by inputs.{attribute} or the uid function instead",
                    kind = served.name_kind.noun(),
                    id = input.id,
                    attribute = served.name_attribute,
                ),
            ));
        }
        earlier.push(index);
    }
    Ok(notices)
}

fn name<'a>(input: &'a Input, served: &ServedType) -> &'a str {
    input.attributes.get(&served.name_attribute).and_then(Value::as_str).unwrap_or_default()
}

fn is_wanted(input: &Input, question: &Question<'_>) -> bool {
    question.filter.wants(name(input, question.served), &skip::labels(&input.attributes))
}

/// Best first: by version if a range is set, else by name, both descending; ties keep the order of the answer.
fn best(mut wanted: Vec<Input>, question: &Question<'_>) -> Vec<Input> {
    if question.served.name_kind != NameKind::Unnamed {
        if question.filter.semver().is_some() {
            wanted.sort_by_cached_key(|input| Reverse(Version::parse_tag(name(input, question.served))));
        } else {
            wanted.sort_by(|a, b| name(b, question.served).as_bytes().cmp(name(a, question.served).as_bytes()));
        }
    }
    wanted.truncate(question.filter.limit());
    wanted
}

/// Those already exported stay whatever the limit says; the room that is left goes to those that waited, then to the others,
/// both in their order.
fn admit(wanted: Vec<Input>, coverage: Coverage, question: &Question<'_>) -> (Vec<Input>, Vec<String>) {
    let exported = exported_keys(question);
    let is_exported = |input: &Input| exported.contains(&key(input, question.served));
    let stay = match coverage {
        Coverage::Complete => wanted.iter().filter(|input| is_exported(input)).count(),
        Coverage::Partial => question.exported.len(),
    };
    let room = question.filter.limit().saturating_sub(stay);
    let rank: BTreeMap<&str, usize> =
        question.waiting.iter().enumerate().map(|(rank, id)| (id.as_str(), rank)).collect();
    let mut candidates: Vec<usize> =
        wanted.iter().enumerate().filter(|(_, input)| !is_exported(input)).map(|(index, _)| index).collect();
    candidates.sort_by_key(|index| {
        wanted.get(*index).and_then(|input| rank.get(input.id.as_str()).copied()).unwrap_or(usize::MAX)
    });
    let late = candidates.split_off(room.min(candidates.len()));
    let waiting = late.iter().filter_map(|index| wanted.get(*index).map(|input| input.id.clone())).collect();
    let late: BTreeSet<usize> = late.into_iter().collect();
    let kept =
        wanted.into_iter().enumerate().filter(|(index, _)| !late.contains(index)).map(|(_, input)| input).collect();
    (kept, waiting)
}

/// What makes a fresh and an exported input the same: the id, and the name where ids may collide.
fn key(input: &Input, served: &ServedType) -> (String, String) {
    identity(&input.id, name(input, served))
}

fn exported_keys(question: &Question<'_>) -> BTreeSet<(String, String)> {
    question.exported.iter().map(|map| exported_key(map, question.served)).collect()
}

fn exported_key(map: &Map<String, Value>, served: &ServedType) -> (String, String) {
    let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
    identity(text("id"), text(&served.name_attribute))
}

fn identity(id: &str, name: &str) -> (String, String) {
    let by_name = !name.is_empty() && digest::adler32_id(name) == id;
    (id.to_owned(), if by_name { name.to_owned() } else { String::new() })
}

fn export(kept: Vec<Input>, coverage: Coverage, question: &Question<'_>) -> Vec<Map<String, Value>> {
    let mut old: BTreeMap<(String, String), &Map<String, Value>> =
        question.exported.iter().map(|map| (exported_key(map, question.served), map)).collect();
    let mut fresh: Vec<((String, String), Map<String, Value>)> = Vec::new();
    for input in kept {
        let key = key(&input, question.served);
        let skipped = question.served.labelled && skip::is_skipped(question.skip, &skip::labels(&input.attributes));
        let attributes = match (skipped, old.get(&key)) {
            (true, None) => continue,
            (true, Some(exported)) => skip::frozen(&input, exported),
            (false, _) => input.attributes,
        };
        fresh.push((key, with_defaults(input.id, attributes, question.defaults)));
    }
    if coverage == Coverage::Complete {
        return fresh.into_iter().map(|(_, map)| map).collect();
    }
    let mut updates: BTreeMap<_, _> = fresh.iter().map(|(key, map)| (key.clone(), map.clone())).collect();
    let mut result = Vec::new();
    for map in question.exported {
        let key = exported_key(map, question.served);
        result.push(updates.remove(&key).unwrap_or_else(|| map.clone()));
        old.remove(&key);
    }
    result.extend(fresh.into_iter().filter(|(key, _)| updates.contains_key(key)).map(|(_, map)| map));
    result
}

/// The map that is exported: the item's own values win over the defaults, and nothing wins over the id.
#[must_use]
pub fn with_defaults(
    id: String,
    mut attributes: Map<String, Value>,
    defaults: &Map<String, Value>,
) -> Map<String, Value> {
    for (key, value) in defaults {
        if !attributes.contains_key(key) {
            attributes.insert(key.clone(), value.clone());
        }
    }
    attributes.insert("id".to_owned(), Value::String(id));
    attributes
}

fn waiting_notice(waiting: &[String], limit: usize) -> Notice {
    let shown: Vec<&str> = waiting.iter().take(20).map(String::as_str).collect();
    let more = waiting.len().saturating_sub(shown.len());
    let tail = if more == 0 { String::new() } else { format!(" and {more} more") };
    Notice::warning(
        Reason::LimitReached,
        format!(
            "{} inputs wait because the limit of {limit} is reached: {}{tail}; raise spec.filter.limit to admit them",
            waiting.len(),
            shown.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests;
