//! What was expected against what happened: failures, and anything as a diff.

use super::case::{ExpectedError, HeaderValues};
use orangery_sandbox::{CallError, GuestFailure, RetryHint};
use serde_json::{Value, json};
use similar::TextDiff;

/// A failed call against the failure that was expected.
pub(super) fn compare_failure(expected: &ExpectedError, error: &CallError) -> Result<(), String> {
    match error {
        CallError::Answered { said, .. } => compare_error(expected, said),
        // The host checks the schema before the plugin is asked: to the author both are the configuration's fault.
        CallError::Config { error, .. } if expected.kind.as_deref() == Some("invalid-config") => {
            let message = error.to_string();
            let parts = parts_of(expected);
            let missing: Vec<&str> = parts.into_iter().filter(|part| !message.contains(*part)).collect();
            if missing.is_empty() {
                Ok(())
            } else {
                Err(format!("the host says: {message}\nwhich lacks: {}", missing.join(", ")))
            }
        }
        error => Err(format!("expected the plugin to answer {}, but the host says: {error}", name_of(expected))),
    }
}

/// What an expected failure is called in messages.
pub(super) fn name_of(expected: &ExpectedError) -> &str {
    expected.kind.as_deref().or(expected.code.as_deref()).unwrap_or("of the case")
}

pub(super) fn compare_error(expected: &ExpectedError, said: &GuestFailure) -> Result<(), String> {
    let parts = parts_of(expected);
    let message = said.message.as_str();
    let missing: Vec<&str> = parts.iter().filter(|part| !message.contains(**part)).copied().collect();
    let retry = match said.retry {
        RetryHint::Never => json!("never"),
        RetryHint::Later => json!("later"),
        RetryHint::After(wait) => json!({"afterMs": u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)}),
    };
    let wanted = json!({
        "kind": expected.kind.as_deref().unwrap_or(said.kind.as_str()),
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

/// The difference, if there is one.
pub(super) fn diff(expected: &Value, actual: &Value) -> Result<(), String> {
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
