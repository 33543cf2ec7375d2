//! What was expected against what was answered, as a diff.

use super::case::{Expect, ExpectedError, ExpectedUnreadable, HeaderValues};
use orangery_core::{Found, Input, PollOutcome, ServedType, UnreadableItem, selection};
use orangery_sandbox::{CallError, GuestFailure, RetryHint};
use serde_json::{Value, json};
use similar::TextDiff;

/// `Err` holds the difference.
pub(super) fn compare(
    expect: &Expect,
    result: &Result<PollOutcome, CallError>,
    served: &ServedType,
) -> Result<(), String> {
    match (&expect.error, result) {
        (None, Ok(outcome)) => compare_outcome(expect, outcome, served),
        (None, Err(error)) => Err(format!("expected an answer, got the error: {error}")),
        (Some(expected), Err(CallError::Answered { said, .. })) => compare_error(expected, said),
        // The host checks the schema before the plugin is asked: to the author both are the configuration's fault.
        (Some(expected), Err(CallError::Config { error, .. })) if expected.kind == "invalid-config" => {
            let message = error.to_string();
            let parts = parts_of(expected);
            let missing: Vec<&str> = parts.into_iter().filter(|part| !message.contains(*part)).collect();
            if missing.is_empty() {
                Ok(())
            } else {
                Err(format!("the host says: {message}\nwhich lacks: {}", missing.join(", ")))
            }
        }
        (Some(expected), Err(error)) => {
            Err(format!("expected the plugin to answer {}, but the host says: {error}", expected.kind))
        }
        (Some(expected), Ok(outcome)) => {
            let (word, found) = parts(outcome);
            Err(format!("expected the error {}, got {word} with {} inputs", expected.kind, found.inputs.len()))
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

fn compare_error(expected: &ExpectedError, said: &GuestFailure) -> Result<(), String> {
    let parts = parts_of(expected);
    let message = said.message.as_str();
    let missing: Vec<&str> = parts.iter().filter(|part| !message.contains(**part)).copied().collect();
    let retry = match said.retry {
        RetryHint::Never => json!("never"),
        RetryHint::Later => json!("later"),
        RetryHint::After(wait) => json!({"afterMs": u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)}),
    };
    let wanted = json!({
        "kind": expected.kind,
        "code": expected.code.as_deref().unwrap_or(said.code.as_str()),
        "field": expected.field.as_deref().or(said.field.as_ref().map(|field| field.as_str())),
        "retry": expected.retry.clone().unwrap_or_else(|| retry.clone()),
        "contains": parts,
    });
    let actual = json!({
        "kind": said.kind.as_str(),
        "code": said.code.as_str(),
        "field": said.field.as_ref().map(|field| field.as_str()),
        "retry": retry,
        "contains": if missing.is_empty() { json!(parts) } else { json!(message) },
    });
    diff(&wanted, &actual)
}

fn parts_of(expected: &ExpectedError) -> Vec<&str> {
    match &expected.contains {
        None => vec![],
        Some(HeaderValues::One(part)) => vec![part],
        Some(HeaderValues::Many(parts)) => parts.iter().map(String::as_str).collect(),
    }
}

fn diff(expected: &Value, actual: &Value) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    let text = |value: &Value| go_yaml::to_string(value).unwrap_or_else(|_| value.to_string());
    let (expected, actual) = (text(expected), text(actual));
    Err(TextDiff::from_lines(&expected, &actual)
        .unified_diff()
        .context_radius(3)
        .header("expected", "actual")
        .to_string())
}
