//! Keeps the values of Secrets out of messages: the API server quotes what it refuses.

use crate::kubernetes::client::refusal::Refusal;
use k8s_openapi::ByteString;
use orangery_core::Object;
use serde_json::Value;

/// Pieces shorter than this would be found in any text.
const PIECE: usize = 4;

/// The text of a refusal, fit for status and logs.
pub(crate) fn explain(refusal: &Refusal, object: &Object) -> String {
    let message = refusal.to_string();
    let gvk = object.gvk();
    let secret = gvk.group.is_empty() && gvk.kind == "Secret";
    if !(secret && quotes_a_value(&message, object)) {
        return message;
    }
    let fields: Vec<&str> =
        refusal.causes.iter().map(|cause| cause.field.as_str()).filter(|field| !field.is_empty()).collect();
    let place = if fields.is_empty() { "data".to_owned() } else { fields.join(", ") };
    format!("refused because of {place}; the API server's text is left out because it quotes a value of the Secret")
}

/// Whether `message` holds a value of the Secret, or a telling piece of one, encoded or not, in any of Go's quotings.
fn quotes_a_value(message: &str, secret: &Object) -> bool {
    ["data", "stringData"]
        .iter()
        .filter_map(|field| secret.0.get(*field))
        .any(|values| holds_scalar_of(message, values))
}

fn holds_scalar_of(message: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => message.contains(&value.to_string()),
        Value::String(text) => {
            let decoded = serde_json::from_value::<ByteString>(value.clone())
                .map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned());
            holds_text(message, text) || decoded.is_ok_and(|text| holds_text(message, &text))
        }
        Value::Array(items) => items.iter().any(|item| holds_scalar_of(message, item)),
        Value::Object(map) => map.values().any(|item| holds_scalar_of(message, item)),
    }
}

fn holds_text(message: &str, text: &str) -> bool {
    let quoted = |c: char| c.is_control() || !c.is_ascii() || matches!(c, '"' | '\\' | '\'' | '`');
    (!text.is_empty() && message.contains(text))
        || text.split(quoted).any(|piece| piece.len() >= PIECE && message.contains(piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(message: &str, object: Value) -> String {
        let refusal =
            Refusal { code: Some(500), reason: String::new(), message: message.to_owned(), causes: Vec::new() };
        explain(&refusal, &serde_json::from_value(object).unwrap())
    }

    #[test]
    fn a_quoted_value_of_a_secret_is_left_out() {
        for (message, data) in [
            (".data.pin: expected string, got 12345", json!({"pin": 12345})),
            ("illegal: \"hunter2hunter2\"", json!({"a": "hunter2hunter2"})),
            ("illegal: \"line1\\nline2\"", json!({"a": "line1\nline2"})),
            ("illegal: canary", json!({"a": "Y2FuYXJ5"})),
        ] {
            let text = said(message, json!({"apiVersion": "v1", "kind": "Secret", "data": data}));
            assert!(text.contains("left out"), "{text}");
        }
    }

    #[test]
    fn other_texts_are_kept_whole() {
        assert_eq!(
            said("type: field is immutable", json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eHh4eA=="}})),
            "type: field is immutable"
        );
        assert_eq!(
            said("got 12345", json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"pin": 12345}})),
            "got 12345"
        );
    }
}
