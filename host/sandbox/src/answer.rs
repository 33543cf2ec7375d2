//! The rules of an answer: what crosses from guest to host is checked here before anyone believes it.

use crate::bindings::provider::exports::orangery::plugin::provider as wit;
use crate::bindings::types;
use crate::limits::Limits;
use crate::text::GuestText;
use orangery_core::{Input, PollOutcome};
use orangery_egress::Redactor;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The longest id, in characters; users build object names from it.
const ID_CHARACTERS: usize = 253;

/// How an answer breaks the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// An id that is empty, too long or has control characters.
    #[error("the id '{id}' {problem}; an id has 1 to {ID_CHARACTERS} printable characters")]
    Id {
        /// The id, bounded.
        id: GuestText,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two inputs of one id.
    #[error("two inputs have the id '{0}'; an id must be unique in one answer")]
    DuplicateId(GuestText),
    /// More inputs than a poll may give.
    #[error("{count} inputs; at most {most} are allowed")]
    TooManyInputs {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// One thing is too large.
    #[error("{what} has {bytes} bytes; at most {most} are allowed")]
    TooLarge {
        /// Which thing.
        what: String,
        /// Its size.
        bytes: usize,
        /// The bound.
        most: usize,
    },
    /// Text that should be a JSON object and is not.
    #[error("{what} is not a JSON object: {problem}")]
    NotAnObject {
        /// Which text.
        what: String,
        /// What the parser says.
        problem: String,
    },
    /// `unchanged` although the host holds no earlier answer.
    #[error("'unchanged' to a question that was not asked before")]
    NothingToKeep,
    /// A renderer must answer with one entry for each input.
    #[error("{got} entries for {expected} inputs")]
    WrongCount {
        /// How many entries there should be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// An object that says it came from a template that does not exist.
    #[error("an object of template {index}; there are {templates} templates")]
    NoSuchTemplate {
        /// The index that was given.
        index: u32,
        /// How many templates there are.
        templates: usize,
    },
}

/// Why an answer is not passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It breaks the rules.
    Bad(BadAnswer),
    /// It holds a credential.
    Leaks(String),
}

impl From<BadAnswer> for Unfit {
    fn from(bad: BadAnswer) -> Self {
        Self::Bad(bad)
    }
}

/// Text as a JSON object.
pub(crate) fn object(what: impl Fn() -> String, text: &str) -> Result<Map<String, Value>, BadAnswer> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(BadAnswer::NotAnObject { what: what(), problem: "it is another kind of value".into() }),
        Err(error) => Err(BadAnswer::NotAnObject { what: what(), problem: error.to_string() }),
    }
}

/// Checks text that is kept as text: a JSON object that [`serde_json`] will read as a value, whenever that is.
pub(crate) fn check_object(what: impl Fn() -> String, text: &str) -> Result<(), BadAnswer> {
    let problem = match serde_json::from_str::<Shape>(text) {
        Ok(Shape::Object) => return Ok(()),
        Ok(Shape::Other) => "it is another kind of value".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(BadAnswer::NotAnObject { what: what(), problem })
}

/// A provider's answer, checked whole: one bad input rejects it, and the last good answer stays.
pub(crate) fn poll_outcome(
    outcome: wit::PollOutcome,
    may_be_unchanged: bool,
    leaks: &dyn Fn(&str) -> bool,
    limits: &Limits,
) -> Result<PollOutcome, Unfit> {
    match outcome {
        wit::PollOutcome::Complete(list) => inputs(list, leaks, limits).map(PollOutcome::Complete),
        wit::PollOutcome::Partial(list) => inputs(list, leaks, limits).map(PollOutcome::Partial),
        wit::PollOutcome::Unchanged if may_be_unchanged => Ok(PollOutcome::Unchanged),
        wit::PollOutcome::Unchanged => Err(BadAnswer::NothingToKeep.into()),
    }
}

fn inputs(list: Vec<types::Input>, leaks: &dyn Fn(&str) -> bool, limits: &Limits) -> Result<Vec<Input>, Unfit> {
    if list.len() > limits.inputs {
        return Err(BadAnswer::TooManyInputs { count: list.len(), most: limits.inputs }.into());
    }
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    let mut inputs = Vec::with_capacity(list.len());
    for input in list {
        let shown = GuestText::bounded(&input.id, 64, &Redactor::default());
        let what = || format!("input '{shown}'");
        if leaks(&input.id) || leaks(&input.attributes) {
            return Err(Unfit::Leaks("an input".into()));
        }
        check_id(&input.id, &shown)?;
        let size = input.id.len() + input.attributes.len();
        bytes += size;
        if size > limits.input_bytes {
            return Err(BadAnswer::TooLarge { what: what(), bytes: size, most: limits.input_bytes }.into());
        }
        if bytes > limits.inputs_bytes {
            return Err(BadAnswer::TooLarge { what: "the answer".into(), bytes, most: limits.inputs_bytes }.into());
        }
        let mut attributes = object(what, &input.attributes)?;
        // JSON escapes could hide a secret from the look at the text.
        if map_leaks(&attributes, leaks) {
            return Err(Unfit::Leaks("an input".into()));
        }
        // Both names belong to the host, which sets them from what it knows.
        attributes.remove("id");
        attributes.remove("provider");
        if !seen.insert(input.id.clone()) {
            return Err(BadAnswer::DuplicateId(shown).into());
        }
        inputs.push(Input { id: input.id, attributes });
    }
    Ok(inputs)
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

fn check_id(id: &str, shown: &GuestText) -> Result<(), BadAnswer> {
    let problem = if id.is_empty() {
        "is empty"
    } else if id.chars().count() > ID_CHARACTERS {
        "is too long"
    } else if id.chars().any(char::is_control) {
        "has control characters"
    } else {
        return Ok(());
    };
    Err(BadAnswer::Id { id: shown.clone(), problem })
}

mod shape;

use shape::Shape;

#[cfg(test)]
mod tests;
