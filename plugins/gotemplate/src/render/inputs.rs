//! An input as templates see it.

use crate::value::{Map, Text, Value, harmless};
use orangery_plugin_sdk::{Failure, RenderInput, error::Retry};
use serde_json::Value as Json;
use std::rc::Rc;

/// The map of an input, with every untrusted value marked.
///
/// # Errors
/// When the attributes are not a JSON object.
pub(super) fn map(input: &RenderInput) -> Result<Map, Failure> {
    let refused = |why: &str| {
        Failure::new("InvalidInput", format!("input {}: its attributes are {why}", input.label)).retry(Retry::Never)
    };
    let json: Json = serde_json::from_str(&input.attributes).map_err(|e| refused(&format!("no JSON: {e}")))?;
    let Json::Object(fields) = &json else { return Err(refused("no JSON object")) };
    Ok(object(fields, "", &input.untrusted))
}

fn object(fields: &serde_json::Map<String, Json>, path: &str, untrusted: &[String]) -> Map {
    Map::new(fields.iter().map(|(key, json)| {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        (Text::from(key.as_str()), value(json, &path, untrusted))
    }))
}

fn value(json: &Json, path: &str, untrusted: &[String]) -> Value {
    if untrusted.iter().any(|key| key == path) {
        return harmless(&plain(json), &Rc::from(path));
    }
    match json {
        Json::Object(fields) => Value::Map(object(fields, path, untrusted)),
        other => plain(other),
    }
}

/// A value as Flux Operator decodes it: a number without fraction that fits is an `int64`, whatever it was written as.
fn plain(json: &Json) -> Value {
    match json {
        Json::Number(n) => {
            let float = n.as_f64().unwrap_or(f64::NAN);
            let integral = float.fract() == 0.0 && float.abs() < 9_223_372_036_854_775_808.0;
            match n.as_i64() {
                Some(int) => Value::Int64(int),
                None if integral => Value::Int64(float as i64),
                None => Value::Float(float),
            }
        }
        Json::Array(items) => Value::grown(items.iter().map(plain).collect()),
        Json::Object(fields) => Value::Map(Map::new(fields.iter().map(|(k, v)| (Text::from(k.as_str()), plain(v))))),
        other => Value::from_json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(attributes: &str, untrusted: &[&str]) -> RenderInput {
        RenderInput {
            label: "Test id 1".to_owned(),
            uid: "0".to_owned(),
            attributes: attributes.to_owned(),
            untrusted: untrusted.iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    #[test]
    fn integral_floats_are_integers() {
        let map = map(&input(r#"{"a": 1.0, "b": 1.5, "c": 1e20, "d": 18446744073709551615}"#, &[])).unwrap();
        let kind = |key: &str| crate::value::type_name(&map.get(&key.into()).unwrap());
        assert_eq!([kind("a"), kind("b"), kind("c"), kind("d")], ["int64", "float64", "float64", "float64"]);
    }

    #[test]
    fn only_named_paths_are_untrusted() {
        let map =
            map(&input(r#"{"mr": {"title": "x: y", "id": "1"}, "tags": ["a\nb"]}"#, &["mr.title", "tags"])).unwrap();
        let Some(Value::Map(mr)) = map.get(&"mr".into()) else { unreachable!() };
        assert!(crate::value::marked(&mr.get(&"title".into()).unwrap()).is_some());
        assert!(crate::value::marked(&mr.get(&"id".into()).unwrap()).is_none());
        assert_eq!(crate::value::marked(&map.get(&"tags".into()).unwrap()).as_deref(), Some("tags"));
    }

    #[test]
    fn attributes_that_are_no_object_are_refused() {
        assert!(map(&input("[1]", &[])).unwrap_err().message.contains("no JSON object"));
        assert!(map(&input("{", &[])).unwrap_err().message.contains("Test id 1"));
    }
}
