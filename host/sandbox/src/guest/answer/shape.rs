//! Tells whether a JSON text is an object without building the value.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What a JSON text is. Deserializing it walks through the whole text as deserializing a value would, so whatever
/// fails there (nesting, numbers out of range) fails here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonShape {
    /// A JSON object.
    Object,
    /// Any other value.
    Other,
}

impl<'de> Deserialize<'de> for JsonShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = JsonShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonShape, A::Error> {
        while map.next_entry::<JsonShape, JsonShape>()?.is_some() {}
        Ok(JsonShape::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonShape, A::Error> {
        while list.next_element::<JsonShape>()?.is_some() {}
        Ok(JsonShape::Other)
    }

    fn visit_unit<E>(self) -> Result<JsonShape, E> {
        Ok(JsonShape::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<JsonShape, E> {
        Ok(JsonShape::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<JsonShape, E> {
        Ok(JsonShape::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<JsonShape, E> {
        Ok(JsonShape::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<JsonShape, E> {
        Ok(JsonShape::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<JsonShape, E> {
        Ok(JsonShape::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn it_accepts_and_refuses_what_reading_a_value_does() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let many = [
            "{}".to_owned(),
            r#"{"a": [1, -2, 1.5, null, true, "\u00e9"], "b": {"c": {}}}"#.to_owned(),
            r#"{"a": 1, "a": 2}"#.to_owned(),
            "[]".to_owned(),
            "1e400".to_owned(),
            r#"{"a": 1e400}"#.to_owned(),
            r#"{"a": "\ud800"}"#.to_owned(),
            r#"{1: 2}"#.to_owned(),
            r#"{"a": 1} x"#.to_owned(),
            r#"{"a""#.to_owned(),
            "\"\u{1}\"".to_owned(),
            String::new(),
            format!("{{\"a\": {}}}", deep(126)),
            format!("{{\"a\": {}}}", deep(127)),
            deep(200),
        ];
        for text in many {
            let value = serde_json::from_str::<Value>(&text).map_err(|error| error.to_string());
            let shape = serde_json::from_str::<JsonShape>(&text).map_err(|error| error.to_string());
            let expected = value.map(|value| if value.is_object() { JsonShape::Object } else { JsonShape::Other });
            assert_eq!(shape, expected, "{text}");
        }
    }
}
