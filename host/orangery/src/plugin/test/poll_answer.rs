//! The answer that a case expects of a provider, against what it answered.

use super::case::ExpectedError;
use super::compare::{compare_failure, diff, name_of};
use orangery_core::{Found, Input, PollOutcome, ServedType, UnreadableItem, selection};
use orangery_sandbox::CallError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the plugin has to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    #[serde(default)]
    pub(super) outcome: Option<String>,
    #[serde(default)]
    pub(super) inputs: Option<Vec<Map<String, Value>>>,
    /// The facts of each input, in order; not compared if absent.
    #[serde(default)]
    pub(super) facts: Option<Vec<Map<String, Value>>>,
    #[serde(default)]
    pub(super) unreadable: Vec<ExpectedUnreadable>,
    #[serde(default)]
    pub(super) error: Option<ExpectedError>,
}

/// Which item it has to report as unreadable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedUnreadable {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// A part of the problem; nothing is compared without it.
    #[serde(default)]
    pub(super) problem: Option<String>,
}

impl ExpectedUnreadable {
    /// As it is shown where it differs.
    pub(super) fn as_value(&self) -> Value {
        json!({"id": self.id, "name": self.name, "problem": self.problem})
    }
}

/// `Err` holds the difference.
pub(super) fn compare(
    expect: &Expect,
    result: &Result<PollOutcome, CallError>,
    served: &ServedType,
) -> Result<(), String> {
    match (&expect.error, result) {
        (None, Ok(outcome)) => compare_outcome(expect, outcome, served),
        (None, Err(error)) => Err(format!("expected an answer, got the error: {error}")),
        (Some(expected), Err(error)) => compare_failure(expected, error),
        (Some(expected), Ok(outcome)) => {
            let (word, found) = parts(outcome);
            Err(format!("expected the error {}, got {word} with {} inputs", name_of(expected), found.inputs.len()))
        }
    }
}

fn parts(outcome: &PollOutcome) -> (&'static str, Found) {
    match outcome {
        PollOutcome::Complete(found) => ("complete", found.clone()),
        PollOutcome::Partial(found) => ("partial", found.clone()),
    }
}

fn compare_outcome(expect: &Expect, outcome: &PollOutcome, served: &ServedType) -> Result<(), String> {
    let (word, found) = parts(outcome);
    // As the host does: an input without name, or with a bad id, is an unreadable item to the author, too.
    let Found { inputs, unreadable } = selection::sort_out(found, served);
    let expected: Vec<Value> = expect.inputs.iter().flatten().cloned().map(Value::Object).collect();
    let facts: Option<Vec<Value>> = expect
        .facts
        .as_ref()
        .map(|_| inputs.iter().map(|input| serde_json::to_value(&input.facts).unwrap_or_default()).collect());
    let actual: Vec<Value> = inputs.into_iter().map(shown).collect();
    let expected_unreadable: Vec<Value> = expect.unreadable.iter().map(ExpectedUnreadable::as_value).collect();
    let actual_unreadable: Vec<Value> = unreadable
        .iter()
        .enumerate()
        .map(|(index, item)| shown_unreadable(item, expect.unreadable.get(index)))
        .collect();
    let same = expect.outcome.as_deref() == Some(word) && expected_unreadable == actual_unreadable;
    let expected_facts = expect.facts.as_ref().map(|facts| json!(facts));
    let facts = facts.map(Value::Array);
    if same && expected == actual && expected_facts == facts {
        return Ok(());
    }
    let expected = json!({"outcome": expect.outcome, "inputs": expected, "unreadable": expected_unreadable});
    let actual = json!({"outcome": word, "inputs": actual, "unreadable": actual_unreadable});
    diff(&with_facts(expected, expected_facts), &with_facts(actual, facts))
}

/// Facts are compared only where the case names some.
fn with_facts(mut answer: Value, facts: Option<Value>) -> Value {
    if let (Some(answer), Some(facts)) = (answer.as_object_mut(), facts) {
        answer.insert("facts".to_owned(), facts);
    }
    answer
}

fn shown(input: Input) -> Value {
    let mut all = input.attributes;
    all.insert("id".to_owned(), Value::String(input.id));
    Value::Object(all)
}

/// What a case leaves out of the problem is not compared.
fn shown_unreadable(item: &UnreadableItem, expected: Option<&ExpectedUnreadable>) -> Value {
    let problem = match expected.map(|expected| expected.problem.as_deref()) {
        Some(None) => None,
        Some(Some(part)) if item.problem.contains(part) => Some(part),
        Some(Some(_)) | None => Some(item.problem.as_str()),
    };
    json!({"id": item.id, "name": item.name, "problem": problem})
}
