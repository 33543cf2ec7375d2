//! The JSON Schema that a plugin publishes for its configuration, and errors that name fields of the manifest.
//!
//! A schema comes from a plugin and is not trusted: its size is bounded, and the evaluator compiles and applies it
//! within the limits of a call. It cannot fetch other documents, and its patterns run in linear time.

use crate::guest::evaluation::EvaluationError;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// The most bytes of a schema.
const SCHEMA_BYTES: usize = 256 * 1024;
/// The most bytes of all schemas of one plugin.
pub(crate) const ALL_SCHEMAS_BYTES: usize = 512 * 1024;
/// The most findings that are shown at once.
const SHOWN: usize = 5;

/// A schema of a configuration.
#[derive(Debug)]
pub(crate) enum Schema {
    /// The schema of an object without any field. Most renderers have it, so a start of `orangery build` need not load
    /// the evaluator.
    Nothing,
    /// The schema that allows everything.
    Anything,
    /// The text of any other schema.
    Text(Arc<str>),
}

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SchemaError {
    /// The schema has more bytes than one schema may have.
    #[error("the schema has {0} bytes; at most {SCHEMA_BYTES} are allowed")]
    TooLarge(usize),
    /// The schemas of the plugin have more bytes together than they may have.
    #[error("the schemas of the plugin have {0} bytes up to this one; at most {ALL_SCHEMAS_BYTES} are allowed")]
    TooLargeTogether(usize),
    /// The text is not JSON, or JSON that is never a schema.
    #[error("the schema is not JSON of an object or a boolean{0}")]
    NotASchema(String),
    /// The document is not a valid schema, or it refers to another document.
    #[error("the schema cannot be used: {0}")]
    Unusable(String),
    /// The schema cannot be compiled within the limits of a call.
    #[error("the schema cannot be evaluated: {0}; make it smaller")]
    Unaffordable(EvaluationError),
}

/// One finding about a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path below the configuration, for example `groups[0].name`; empty for the configuration itself.
    pub path: String,
    /// The problem with this field.
    pub message: String,
}

/// All findings about a configuration, at most five.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The path of the configuration in the manifest: `spec.config` or `spec.renderer.config`.
    pub root: &'static str,
    /// The findings, at least one.
    pub fields: Vec<FieldError>,
}

impl ConfigError {
    /// The full path of the first field that is wrong.
    #[must_use]
    pub fn field(&self) -> String {
        let path = self.fields.first().map(|field| field.path.as_str()).unwrap_or_default();
        full_path(self.root, path)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self
            .fields
            .iter()
            .map(|field| format!("{}: {}", full_path(self.root, &field.path), field.message))
            .collect();
        f.write_str(&all.join("; "))
    }
}

fn full_path(root: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with('[') { format!("{root}{path}") } else { format!("{root}.{path}") }
}

impl Schema {
    /// Reads the text that a plugin gave. Only the evaluator can tell whether it is a valid schema.
    pub(crate) fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > SCHEMA_BYTES {
            return Err(SchemaError::TooLarge(text.len()));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| SchemaError::NotASchema(format!(": {error}")))?;
        if !value.is_object() && !value.is_boolean() {
            return Err(SchemaError::NotASchema(String::new()));
        }
        let schema = if is_nothing(&value) {
            Self::Nothing
        } else if is_anything(&value) {
            Self::Anything
        } else {
            Self::Text(Arc::from(text))
        };
        Ok(schema)
    }

    /// The text that the evaluator has to compile; `None` for the two trivial schemas.
    pub(crate) fn text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Nothing | Self::Anything => None,
            Self::Text(text) => Some(text),
        }
    }
}

impl FieldError {
    pub(crate) fn in_one_line(self) -> Self {
        Self { path: one_line(&self.path), message: one_line(&self.message) }
    }
}

/// Whether a schema allows only an object without fields; titles and descriptions do not matter.
fn is_nothing(schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return false };
    schema.get("type").is_some_and(|kind| kind == "object")
        && schema.get("additionalProperties").is_some_and(|more| more == false)
        && schema.iter().all(|(keyword, value)| match keyword.as_str() {
            "type" | "additionalProperties" => true,
            "$schema" | "title" | "description" => value.is_string(),
            "properties" => value.as_object().is_some_and(Map::is_empty),
            _ => false,
        })
}

/// Whether a schema allows everything; titles and descriptions do not matter.
fn is_anything(schema: &Value) -> bool {
    match schema {
        Value::Object(schema) => schema.iter().all(|(keyword, value)| {
            matches!(keyword.as_str(), "$schema" | "title" | "description") && value.is_string()
        }),
        other => *other == Value::Bool(true),
    }
}

/// The findings about a configuration where nothing can be configured.
pub(crate) fn surplus(config: &Value) -> Vec<FieldError> {
    let Some(config) = config.as_object() else {
        return vec![FieldError { path: String::new(), message: "it must be an object".to_owned() }];
    };
    let message = "there is no such field, nothing can be configured here; remove it";
    let field = |name: &String| FieldError { path: one_line(name), message: message.to_owned() };
    config.keys().take(SHOWN).map(field).collect()
}

pub(crate) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    crate::guest::text::cut(&line, 512).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn where_nothing_can_be_configured_every_field_is_named() {
        let words = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "NoConfig", "type": "object",
            "additionalProperties": false});
        assert!(matches!(Schema::parse(&words.to_string()), Ok(Schema::Nothing)));
        assert!(surplus(&json!({})).is_empty());
        let said = |config: &Value| ConfigError { root: "spec.renderer.config", fields: surplus(config) }.to_string();
        assert_eq!(
            said(&json!({"a": 1})),
            "spec.renderer.config.a: there is no such field, nothing can be configured here; remove it"
        );
        assert_eq!(said(&json!([])), "spec.renderer.config: it must be an object");
        for more in ["required", "minProperties", "allOf"] {
            let mut other = words.clone();
            other[more] = json!(["a"]);
            assert!(!is_nothing(&other), "{more}");
        }
    }

    #[test]
    fn a_schema_that_says_nothing_needs_no_evaluator() {
        for anything in ["{}", "true", r#"{"title": "Any", "description": "x"}"#] {
            assert!(Schema::parse(anything).unwrap().text().is_none(), "{anything}");
        }
        for something in ["false", r#"{"type": "object"}"#, r#"{"title": 7}"#, r#"{"$ref": "x"}"#] {
            assert!(Schema::parse(something).unwrap().text().is_some(), "{something}");
        }
    }

    #[test]
    fn a_text_that_is_not_json_or_too_large_is_refused() {
        assert!(matches!(Schema::parse("{"), Err(SchemaError::NotASchema(_))));
        assert!(matches!(Schema::parse("7"), Err(SchemaError::NotASchema(_))));
        assert!(matches!(Schema::parse(&" ".repeat(SCHEMA_BYTES + 1)), Err(SchemaError::TooLarge(_))));
        assert!(Schema::parse(r#"{"type": "string"}"#).unwrap().text().is_some());
    }
}
