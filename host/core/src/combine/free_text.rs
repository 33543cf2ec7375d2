//! Replaces the text that an outsider chose in the inputs of a source, to find out whether a name contains such text.
//!
//! # Guarantees
//! Text that an outsider chose is replaced by a constant before the renderer sees it, so nothing that is rendered can contain it
//! or be computed from it. An identity that is the same with and without the replacement does therefore not depend on such text,
//! whatever functions the template uses and whoever wrote the renderer.
//!
//! # Assumptions
//! Numbers, booleans, the length of lists and an `id` of digits are not free text. The names of an input's attributes are the
//! plugin's own; names of keys further down (labels, for example) are not, and are replaced too.

use super::Source;
use super::source::Trust;
use serde_json::{Map, Value};

/// The constant that replaces free text. There are two, different in length, beginning and end, so that a name that
/// still depends on the text (its first letter, its length, its digest) differs between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The text for the first rendering.
    First,
    /// The text for the second rendering.
    Second,
}

impl Placeholder {
    /// Both texts, in their order.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// The text that replaces a value. It can be part of a name, so that templates render as usual.
    fn text(self) -> &'static str {
        match self {
            Self::First => "outsider",
            Self::Second => "x9-of-somebody-else-0x",
        }
    }
}

impl Source {
    /// The source with every text that an outsider chose replaced.
    #[must_use]
    pub fn without_free_text(&self, probe: Placeholder) -> Self {
        let defaults = match &self.trust {
            Trust::Trusted => return self.clone(),
            Trust::Answered { defaults } => defaults,
        };
        let input = |input: Map<String, Value>| -> Map<String, Value> {
            let replace = |(key, value): (String, Value)| {
                let trusted = defaults.get(&key) == Some(&value) || key == "id" && is_numeric(&value);
                let value = if trusted { value } else { replaced(&value, probe) };
                (key, value)
            };
            input.into_iter().map(replace).collect()
        };
        Self { inputs: self.inputs.maps().map(input).collect(), ..self.clone() }
    }
}

fn is_numeric(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

fn replaced(value: &Value, probe: Placeholder) -> Value {
    match value {
        Value::String(_) => Value::String(probe.text().to_owned()),
        Value::Array(items) => Value::Array(items.iter().map(|item| replaced(item, probe)).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .values()
                .enumerate()
                .map(|(index, item)| (format!("{}{index}", probe.text()), replaced(item, probe)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::combine::ProviderRef;
    use crate::input::NamespacedName;
    use proptest::prelude::*;
    use serde_json::json;

    fn source(inputs: Value, trust: Trust) -> Source {
        let inputs = serde_json::from_value(inputs).unwrap();
        Source { provider: ProviderRef::provider(NamespacedName::new("apps", "pulls")), inputs, trust }
    }

    fn answered(defaults: Value) -> Trust {
        Trust::Answered { defaults: serde_json::from_value(defaults).unwrap() }
    }

    #[test]
    fn texts_and_keys_below_the_attributes_are_replaced_and_numbers_stay() {
        let inputs = json!([{"id": "42", "branch": "production", "number": 42, "draft": true, "labels": ["a", "bc"],
            "author": {"production": "x"}, "nothing": null, "digits": "2024"}]);
        let harmless = source(inputs, answered(json!({}))).without_free_text(Placeholder::First);
        let text = "outsider";
        assert_eq!(
            Value::from(harmless.inputs.to_maps()[0].clone()),
            json!({"id": "42", "branch": text, "number": 42, "draft": true, "labels": [text, text],
                "author": {"outsider0": text}, "nothing": null, "digits": text})
        );
    }

    #[test]
    fn an_id_that_is_not_a_number_is_free_text_and_defaults_and_trusted_sources_are_not() {
        let inputs = json!([{"id": "feature-x", "env": "dev", "tier": "dev"}]);
        let harmless = source(inputs.clone(), answered(json!({"env": "dev"}))).without_free_text(Placeholder::Second);
        assert_eq!(harmless.inputs.to_maps()[0]["env"], json!("dev"));
        assert_ne!(harmless.inputs.to_maps()[0]["id"], json!("feature-x"));
        assert_ne!(harmless.inputs.to_maps()[0]["tier"], json!("dev"));
        let trusted = source(inputs, Trust::Trusted);
        assert_eq!(trusted.without_free_text(Placeholder::First), trusted);
    }

    #[test]
    fn the_two_probes_differ_in_length_beginning_and_end() {
        let [one, two] = Placeholder::ALL.map(Placeholder::text);
        assert!(
            one.len() != two.len()
                && one.chars().next() != two.chars().next()
                && one.chars().last() != two.chars().last()
        );
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z0-9/ü-]{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The value with every text, and every key, changed to something of the outsider's liking.
    fn chosen_otherwise(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(format!("production{text}")),
            Value::Array(items) => Value::Array(items.iter().map(chosen_otherwise).collect()),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(key, item)| (format!("p{key}"), chosen_otherwise(item))).collect())
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn whatever_text_an_outsider_chooses_the_harmless_input_is_the_same(value in value()) {
            for probe in Placeholder::ALL {
                let one = source(json!([{"id": "1", "x": value.clone()}]), answered(json!({}))).without_free_text(probe);
                let other = source(json!([{"id": "1", "x": chosen_otherwise(&value)}]), answered(json!({}))).without_free_text(probe);
                prop_assert_eq!(one, other);
            }
        }
    }
}
