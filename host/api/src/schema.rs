//! Parts of the OpenAPI schema that cannot be derived.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// The pattern of all durations.
pub(crate) const DURATION: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";

/// An object with any keys and any values.
pub(crate) fn free_map(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": true}})
}

/// An object with any keys and any values, for a field that rules read: CEL does not see maps whose values have no
/// type.
pub(crate) fn free_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

/// A list of objects with any keys and any values.
pub(crate) fn free_maps(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {"type": "object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": true}}
    })
}

/// A list of complete objects.
pub(crate) fn objects(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}})
}

/// A map of strings.
pub(crate) fn strings(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "additionalProperties": {"type": "string"}})
}

/// CEL rules with their messages.
pub(crate) fn rules<const N: usize>(rules: [(&str, &str); N]) -> Value {
    Value::Array(rules.iter().map(|(rule, message)| json!({"rule": rule, "message": message})).collect())
}
