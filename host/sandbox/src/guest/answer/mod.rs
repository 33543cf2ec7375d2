//! The rules for answers: whatever crosses from guest to host is checked here before it is used.

use crate::bindings::provider::exports::orangery::plugin::provider as wit;
use crate::bindings::types;
use crate::guest::text::GuestText;
use crate::limits::Limits;
use orangery_core::{Found, Input, PollOutcome, UnreadableItem};
use orangery_egress::Redactor;
use orangery_plugin_documents::Facts;
use serde_json::{Map, Value};

/// Bytes kept of the id or name of an unreadable item: the length of the longest id.
const IDENTITY_BYTES: usize = 4 * 253;
/// Bytes kept of the problem with an unreadable item.
const PROBLEM_BYTES: usize = 256;

/// How an answer breaks the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// The answer has more inputs than a poll may give.
    #[error("{count} inputs; at most {most} are allowed")]
    TooManyInputs {
        /// The number of inputs.
        count: usize,
        /// The largest number that is allowed.
        most: usize,
    },
    /// A part of the answer is too large.
    #[error("{what} has {bytes} bytes; at most {most} are allowed")]
    TooLarge {
        /// The part, as a phrase.
        what: String,
        /// Its size in bytes.
        bytes: usize,
        /// The bound in bytes.
        most: usize,
    },
    /// The inputs have more JSON objects than the host keeps in memory as values.
    #[error("{count} JSON objects in the inputs; at most {most} are allowed")]
    TooManyObjects {
        /// The number of objects.
        count: usize,
        /// The largest number that is allowed.
        most: usize,
    },
    /// A text that must be a JSON object is not one.
    #[error("{what} is not a JSON object: {problem}")]
    NotAnObject {
        /// The text, as a phrase.
        what: String,
        /// The error of the parser.
        problem: String,
    },
    /// The facts of an input are not valid.
    #[error("the facts of {what}: {problem}")]
    BadFacts {
        /// The input that the facts belong to.
        what: String,
        /// The fact, and what is wrong with it.
        problem: String,
    },
    /// A renderer did not answer with one entry for each input.
    #[error("{got} entries for {expected} inputs")]
    WrongCount {
        /// The number of inputs.
        expected: usize,
        /// The number of entries.
        got: usize,
    },
    /// A renderer named a template that does not exist.
    #[error("an object of template {index}; there are {templates} templates")]
    NoSuchTemplate {
        /// The index that the renderer gave.
        index: u32,
        /// The number of templates.
        templates: usize,
    },
}

/// Why an answer is discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RejectedAnswer {
    /// The answer breaks the rules.
    Invalid(BadAnswer),
    /// The answer holds a credential; the text says which part.
    LeaksSecret(String),
}

impl From<BadAnswer> for RejectedAnswer {
    fn from(bad: BadAnswer) -> Self {
        Self::Invalid(bad)
    }
}

/// Parses text as a JSON object.
pub(crate) fn object(what: impl Fn() -> String, text: &str) -> Result<Map<String, Value>, BadAnswer> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(BadAnswer::NotAnObject { what: what(), problem: "it is another kind of value".into() }),
        Err(error) => Err(BadAnswer::NotAnObject { what: what(), problem: error.to_string() }),
    }
}

/// Checks text that is kept as text: it must be a JSON object that [`serde_json`] can read as a value later.
pub(crate) fn check_object(what: impl Fn() -> String, text: &str) -> Result<(), BadAnswer> {
    let problem = match serde_json::from_str::<JsonShape>(text) {
        Ok(JsonShape::Object) => return Ok(()),
        Ok(JsonShape::Other) => "it is another kind of value".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(BadAnswer::NotAnObject { what: what(), problem })
}

/// Checks a provider's answer. One that breaks the rules is rejected as a whole, and the last good answer stays. An
/// input that is merely too large, which an outsider can cause, becomes an unreadable item. Ids and names are checked
/// where inputs are selected.
pub(crate) fn poll_outcome(
    outcome: wit::PollOutcome,
    redact: &Redactor,
    limits: &Limits,
) -> Result<PollOutcome, RejectedAnswer> {
    match outcome {
        wit::PollOutcome::Complete(found) => contents(found, redact, limits).map(PollOutcome::Complete),
        wit::PollOutcome::Partial(found) => contents(found, redact, limits).map(PollOutcome::Partial),
    }
}

/// Checks unreadable items and inputs. Secrets are looked for before the size of an input is checked, because the id of
/// an input that is too large is kept and shown.
fn contents(found: wit::Found, redact: &Redactor, limits: &Limits) -> Result<Found, RejectedAnswer> {
    let leaks = |text: &str| redact.finds_in(text.as_bytes());
    let count = found.inputs.len().saturating_add(found.unreadable.len());
    if count > limits.inputs {
        return Err(BadAnswer::TooManyInputs { count, most: limits.inputs }.into());
    }
    let mut unreadable = Vec::with_capacity(found.unreadable.len());
    for item in found.unreadable {
        unreadable.push(unreadable_item(item, redact)?);
    }
    let (mut bytes, mut objects) = (0_usize, 0_usize);
    let mut inputs = Vec::with_capacity(found.inputs.len());
    for input in found.inputs {
        let shown = GuestText::bounded(&input.id, 64, &Redactor::default());
        let what = || format!("input '{shown}'");
        if leaks(&input.id) || leaks(&input.attributes) || leaks(&input.facts) {
            return Err(RejectedAnswer::LeaksSecret("an input".into()));
        }
        let size = input.id.len().saturating_add(input.attributes.len()).saturating_add(input.facts.len());
        let maps = maps::count(&input.attributes).saturating_add(maps::count(&input.facts));
        let too_large = if size > limits.input_bytes {
            Some(format!("it has {size} bytes; at most {} are allowed", limits.input_bytes))
        } else {
            let too_many = maps > maps::OF_INPUT;
            too_many.then(|| format!("it has {maps} JSON objects; at most {} are allowed", maps::OF_INPUT))
        };
        if let Some(problem) = too_large {
            unreadable.push(UnreadableItem {
                id: Some(input.id).filter(|id| id.len() <= IDENTITY_BYTES),
                name: None,
                problem,
            });
            continue;
        }
        bytes = bytes.saturating_add(size);
        if bytes > limits.inputs_bytes {
            return Err(BadAnswer::TooLarge { what: "the answer".into(), bytes, most: limits.inputs_bytes }.into());
        }
        objects = objects.saturating_add(maps);
        if objects > maps::OF_ANSWER {
            return Err(BadAnswer::TooManyObjects { count: objects, most: maps::OF_ANSWER }.into());
        }
        let mut attributes = object(what, &input.attributes)?;
        // JSON escapes could hide a secret from the check of the text above.
        if map_leaks(&attributes, &leaks) {
            return Err(RejectedAnswer::LeaksSecret("an input".into()));
        }
        let problem = |problem: String| BadAnswer::BadFacts {
            what: what(),
            problem: GuestText::bounded(&problem, PROBLEM_BYTES, redact).to_string(),
        };
        let facts = Facts::parse(&input.facts).map_err(problem)?;
        if serde_json::to_value(&facts).is_ok_and(|facts| value_leaks(&facts, &leaks)) {
            return Err(RejectedAnswer::LeaksSecret("an input".into()));
        }
        // The host sets both attributes itself.
        attributes.remove("id");
        attributes.remove("provider");
        inputs.push(Input { id: input.id, attributes, facts });
    }
    Ok(Found { inputs, unreadable })
}

/// Checks an unreadable item. An id or name that is too long is dropped: then the item may be any exported input.
fn unreadable_item(item: types::UnreadableItem, redact: &Redactor) -> Result<UnreadableItem, RejectedAnswer> {
    if [&item.id, &item.name].into_iter().flatten().any(|text| redact.finds_in(text.as_bytes())) {
        return Err(RejectedAnswer::LeaksSecret("an item".into()));
    }
    let known = |text: Option<String>| text.filter(|text| !text.is_empty() && text.len() <= IDENTITY_BYTES);
    let problem = GuestText::bounded(&item.problem, PROBLEM_BYTES, redact).to_string();
    Ok(UnreadableItem { id: known(item.id), name: known(item.name), problem })
}

fn map_leaks(map: &Map<String, Value>, leaks: &dyn Fn(&str) -> bool) -> bool {
    map.iter().any(|(key, item)| leaks(key) || value_leaks(item, leaks))
}

/// Whether a string anywhere in the value holds a secret.
fn value_leaks(value: &Value, leaks: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => leaks(text),
        Value::Array(items) => items.iter().any(|item| value_leaks(item, leaks)),
        Value::Object(map) => map_leaks(map, leaks),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

mod maps;
mod shape;

use shape::JsonShape;

#[cfg(test)]
mod tests;
