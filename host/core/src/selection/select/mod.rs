//! Selects the inputs to export from a provider's answer.
//!
//! # Guarantees
//! An answer past a bound, or with two inputs of one id and name, is rejected as a whole: the last good inputs stay. An
//! item that cannot be read costs nothing but its own freshness: its last exported input stays. Under
//! [`LimitRule::Admit`] nothing that is exported and still listed and wanted is ever dropped for the limit's sake. A partial
//! answer drops nothing at all.

mod export;
mod identity;
mod limit;
mod question;
mod unreadable;

pub use export::with_defaults;
pub use question::{
    ANY, Coverage, MAX_ANSWER_BYTES, MAX_EXPORTED_BYTES, MAX_FILTER_WORK, MAX_ID_CHARS, MAX_INPUT_BYTES, MAX_INPUTS,
    Question, SelectError, Selected,
};
pub use unreadable::sort_out;

use super::served::LimitRule;
use super::skip;
use crate::conditions::{Notice, Reason};
use crate::input::{Found, Input};
use export::export;
use identity::Identities;
use limit::{admit, best};
use orangery_plugin_documents::Facts;
use question::{name, size, wants};
use std::collections::BTreeMap;

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
    let Found { inputs, unreadable } = sort_out(found, question.served);
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
