//! From a provider's answer to the inputs that are exported.
//!
//! # Guarantees
//! An answer past a bound, or with two inputs of one id and name, is rejected as a whole: the last good inputs stay. An
//! item that cannot be read costs nothing but its own freshness: its last exported input stays. Under
//! [`LimitRule::Admit`] nothing that is exported and still listed and wanted is ever dropped for the limit's sake. A partial
//! answer drops nothing at all.

use super::export::export;
use super::filter::Filter;
use super::identity::Identities;
use super::limit::{admit, best};
use super::served::{LimitRule, ServedType};
use super::skip;
use super::unreadable;
use crate::conditions::{Disposition, Explain, Notice, Reason};
use crate::input::{Found, Input};
use orangery_plugin_documents::Facts;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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

/// Work that the filter's expressions may cost on one answer: bytes of their programs times bytes of the names, about two seconds.
/// The ordinary expressions of people pass with more names than an answer can have.
pub const MAX_FILTER_WORK: usize = 8 << 30;

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
    /// What waits now, as [`Selected::waiting`] told it: admitted before newer inputs.
    pub waiting: &'a [String],
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selected {
    /// The inputs, with their defaults, in the order of the answer (tags: best first).
    pub exported: Vec<Map<String, Value>>,
    /// What waits because the limit is reached: `id`, or `id/name` where the id is a checksum of the name.
    pub waiting: Vec<String>,
    /// Items that could not be read: identities as in `waiting`, or [`crate::selection::ANY`].
    pub unreadable: Vec<String>,
    /// What is known of each of them besides, in the same order. Nothing of an input that this answer did not hold.
    pub facts: Vec<Facts>,
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
    /// The filter's expressions are too large for so many names.
    #[error(
        "the expressions of spec.filter are too large for the {0} names of the answer; use fewer and smaller repetitions and classes"
    )]
    FilterTooLarge(usize),
    /// Two inputs have one id and one name.
    #[error("inputs at indexes {first} and {second} have the same id {id:?} and the same name {name:?}")]
    DuplicateId {
        /// Position of the first.
        first: usize,
        /// Position of the second.
        second: usize,
        /// The id.
        id: String,
        /// The name; empty if the type has none.
        name: String,
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
            Self::TooMany(_) | Self::TooBig(_) | Self::FilterTooLarge(_) | Self::StatusTooBig { .. } => {
                Reason::LimitReached
            }
            Self::DuplicateId { .. } => Reason::MalformedResponse,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::TooMany(_)
            | Self::TooBig(_)
            | Self::FilterTooLarge(_)
            | Self::StatusTooBig { .. }
            | Self::DuplicateId { .. } => Disposition::Retry,
        }
    }
}

/// Selects what to export from one answer.
///
/// # Errors
/// The answer is rejected as a whole; see [`SelectError`].
pub fn select(found: impl Into<Found>, coverage: Coverage, question: &Question<'_>) -> Result<Selected, SelectError> {
    let found: Found = found.into();
    let count = found.inputs.len().saturating_add(found.unreadable.len());
    if count > MAX_INPUTS {
        return Err(SelectError::TooMany(count));
    }
    let Found { inputs, unreadable } = unreadable::sort_out(found, question.served);
    check_bytes(&inputs)?;
    check_filter(&inputs, question)?;
    let identities = Identities::of(&inputs, question)?;
    let spared = unreadable::spared(&unreadable, &inputs, &identities, question);
    let mut notices = question.filter.notices().to_vec();
    notices.extend(unreadable::notice(&unreadable, &spared, question.served));
    if !question.skip.is_empty() && !question.served.labelled {
        notices.push(skip::without_labels(question.served));
    }
    let wanted: Vec<Input> = inputs.into_iter().filter(|input| wants(&input.attributes, question)).collect();
    let (kept, waiting) = match (question.served.limit_rule, coverage) {
        (LimitRule::Best, Coverage::Complete) => (best(wanted, question), Vec::new()),
        (LimitRule::Best, Coverage::Partial) | (LimitRule::Admit, _) => {
            admit(wanted, coverage, spared.len(), &identities, question)
        }
    };
    if !waiting.is_empty() {
        notices.push(waiting_notice(&waiting, question.filter.limit()));
    }
    let known: BTreeMap<String, Facts> =
        kept.iter().map(|input| (identities.fresh(input), input.facts.clone())).collect();
    let exported = export(kept, &spared, coverage, &identities, question);
    let facts = exported.iter().map(|map| known.get(&identities.exported(map)).cloned().unwrap_or_default()).collect();
    notices.extend(identities.collisions(&exported));
    let bytes = exported.iter().map(size).sum();
    if bytes > MAX_EXPORTED_BYTES {
        return Err(SelectError::StatusTooBig { count: exported.len(), bytes });
    }
    let unreadable = unreadable::keys(&unreadable, &identities);
    Ok(Selected { exported, waiting, unreadable, facts, notices })
}

pub(super) fn size(map: &Map<String, Value>) -> usize {
    serde_json::to_vec(map).map_or(usize::MAX, |text| text.len())
}

fn check_bytes(inputs: &[Input]) -> Result<(), SelectError> {
    let sizes = inputs.iter().map(|input| size(&input.attributes).saturating_add(input.id.len()));
    let total = sizes.fold(0usize, usize::saturating_add);
    if total > MAX_ANSWER_BYTES { Err(SelectError::TooBig(total)) } else { Ok(()) }
}

/// Whether the filter's expressions can be asked about the names of the answer, and of what is exported.
fn check_filter(inputs: &[Input], question: &Question<'_>) -> Result<(), SelectError> {
    let fresh = inputs.iter().map(|input| &input.attributes);
    let names = fresh.chain(question.exported).map(|attributes| name(attributes, question.served).len()).sum();
    if question.filter.work(names) > MAX_FILTER_WORK {
        return Err(SelectError::FilterTooLarge(inputs.len()));
    }
    Ok(())
}

/// The name of a fresh or exported input; empty if it has none.
pub(super) fn name<'a>(attributes: &'a Map<String, Value>, served: &ServedType) -> &'a str {
    attributes.get(&served.name_attribute).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the filter wants a fresh or exported input.
pub(super) fn wants(attributes: &Map<String, Value>, question: &Question<'_>) -> bool {
    question.filter.wants(name(attributes, question.served), &skip::labels(attributes))
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
