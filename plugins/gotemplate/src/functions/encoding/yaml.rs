//! Functions that write YAML.

use crate::functions::{Answer, Args, Context};
use crate::json::to_serde;
use crate::value::Value;

/// A value as YAML, with its final newline.
fn written(value: &Value) -> Answer {
    let json = to_serde(value).map_err(|error| format!("error marshaling into JSON: {error}"))?;
    go_yaml::json_to_yaml(&json).map(Value::from).map_err(|e| e.to_string())
}

pub(in crate::functions) fn to_yaml(_: &mut Context, args: Args<'_>) -> Answer {
    Ok(written(args.any(0)).unwrap_or_else(|_| Value::text("")))
}

pub(in crate::functions) fn must_to_yaml(_: &mut Context, args: Args<'_>) -> Answer {
    written(args.any(0))
}
