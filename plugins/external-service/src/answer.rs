//! The body that the service answers, and the inputs made of it. The messages are those of Flux Operator.

use orangery_plugin_sdk::json::{self, Value};
use orangery_plugin_sdk::{Error, Input, Request, Response};
use serde_json::{Map, Number};
use std::collections::HashSet;

/// Maximum bytes of the body, as in Flux Operator: the inputs have to fit into the status of the provider.
const MAX_BYTES: usize = 900 * 1024;

/// Above this, not every whole number is a floating-point number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads the inputs of an answer, in its order.
///
/// # Errors
/// The body is too large, is not JSON, has no list `inputs`, or an input has no `id`, one that is not a text, or that of another.
pub(crate) fn inputs(url: &str, request: &Request, response: &Response) -> Result<Vec<Input>, Error> {
    let refuse = |why: String| Error::malformed(format!("external service '{url}' {why}"));
    if response.body.len() > MAX_BYTES {
        return Err(refuse(format!("response body exceeds the maximum allowed size of {MAX_BYTES} bytes")));
    }
    let mut document: Map<String, Value> = json::decode(request, response)
        .map_err(|error| error.context(format!("failed to parse JSON response from external service '{url}'")))?;
    let list = match document.remove("inputs") {
        Some(Value::Array(list)) => list,
        None | Some(Value::Null) => return Err(refuse("response does not contain an 'inputs' field".to_owned())),
        Some(_) => return Err(refuse("response has an 'inputs' field that is not a list".to_owned())),
    };
    let mut seen = HashSet::new();
    list.into_iter()
        .enumerate()
        .map(|(index, item)| {
            let refuse = |why: String| refuse(format!("response input at index {index} {why}"));
            let Value::Object(mut attributes) = item else { return Err(refuse("is not an object".to_owned())) };
            let id = match attributes.remove("id") {
                Some(Value::String(id)) if !id.is_empty() => id,
                Some(Value::String(_) | Value::Null) | None => {
                    return Err(refuse("is missing the required 'id' field".to_owned()));
                }
                Some(_) => return Err(refuse("has a non-string 'id' field".to_owned())),
            };
            if !seen.insert(id.clone()) {
                return Err(refuse(format!("has a duplicate 'id' value '{id}'")));
            }
            let attributes = attributes.into_iter().map(|(key, value)| (key, whole(value))).collect();
            Ok(Input { attributes, ..Input::new(id) })
        })
        .collect()
}

/// Writes `3.0` as `3`, as the JSON of Go does, which knows one type of number. Large whole numbers keep their digits.
fn whole(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(number.as_f64().and_then(shortened).unwrap_or(number)),
        Value::Array(items) => Value::Array(items.into_iter().map(whole).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(key, value)| (key, whole(value))).collect()),
        other => other,
    }
}

fn shortened(number: f64) -> Option<Number> {
    if number.fract() != 0.0 || number.abs() >= EXACT {
        return None;
    }
    // Go writes -0.0 as -0; templates read both as the number zero.
    format!("{number:.0}").parse::<i64>().ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_have_no_fraction_and_keep_their_digits() {
        assert_eq!(whole(json!([3.0, 3, -0.0, 1.5, {"a": 2e3}])), json!([3, 3, 0, 1.5, {"a": 2000}]));
        assert_eq!(whole(json!(9_007_199_254_740_993_i64)), json!(9_007_199_254_740_993_i64));
        assert_eq!(whole(json!(1e300)), json!(1e300));
    }
}
