//! Prints a JSON Schema as lines of text: the fields of `spec.config`, what they may hold, and what they are for.

use serde_json::Value;

/// A field of a configuration.
pub(super) struct Field {
    /// The path of the field.
    pub(super) name: String,
    /// What it may hold, for example `include | exclude`.
    pub(super) holds: String,
    /// What it is for.
    pub(super) description: String,
}

/// The fields at the top of a schema. Deeper ones are in the schema, which `-o yaml` prints whole.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let required = |name: &str| {
        let mut names = schema["required"].as_array().into_iter().flatten();
        names.any(|required| required.as_str() == Some(name))
    };
    let field = |(name, field): (&String, &Value)| {
        let mut holds = holds(schema, field);
        if let Some(default) = field.get("default") {
            let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            holds.push_str(&format!(", default {default}"));
        }
        if required(name) {
            holds.push_str(", required");
        }
        Field { name: name.clone(), holds, description: description(schema, field) }
    };
    schema["properties"].as_object().into_iter().flatten().map(field).collect()
}

/// The schema that a reference within the document leads to.
fn followed<'s>(schema: &'s Value, field: &'s Value) -> &'s Value {
    let reference = field.get("$ref").or_else(|| field.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    reference.and_then(|path| schema.pointer(path.strip_prefix('#')?)).unwrap_or(field)
}

fn holds(schema: &Value, field: &Value) -> String {
    let followed = followed(schema, field);
    let constants = |key: &str| -> Vec<String> {
        let all = followed[key].as_array().into_iter().flatten();
        all.filter_map(|one| Some(one.get("const").unwrap_or(one).as_str()?.to_owned())).collect()
    };
    for key in ["enum", "oneOf", "anyOf"] {
        let words = constants(key);
        if !words.is_empty() {
            return words.join(" | ");
        }
    }
    match &followed["type"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    }
}

fn description(schema: &Value, field: &Value) -> String {
    let own = field.get("description").or_else(|| followed(schema, field).get("description"));
    own.and_then(Value::as_str).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_says_what_it_holds_and_whether_it_must_be_there() {
        let schema = json!({
            "type": "object",
            "required": ["path"],
            "properties": {
                "drafts": {"$ref": "#/$defs/Keep", "default": "include", "description": "Whether drafts\ncount."},
                "depth": {"type": ["integer", "null"]},
                "path": {"type": "string"},
                "rest": {},
            },
            "$defs": {"Keep": {"oneOf": [{"const": "include"}, {"const": "exclude"}]}},
        });
        let told: Vec<String> = fields(&schema)
            .into_iter()
            .map(|field| format!("{}: {}. {}", field.name, field.holds, field.description))
            .collect();
        assert_eq!(
            told,
            [
                "depth: integer or null. ",
                "drafts: include | exclude, default include. Whether drafts count.",
                "path: string, required. ",
                "rest: any value. ",
            ]
        );
        assert!(fields(&json!(true)).is_empty());
    }
}
