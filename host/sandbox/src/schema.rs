//! The JSON Schema that a plugin publishes for its configuration, and errors that name the manifest's field.
//!
//! A schema comes from a plugin and is bounded like one: it cannot fetch, its patterns run in linear time, and it has a
//! size.

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};
use std::fmt;

/// A schema larger than this is a mistake.
const SCHEMA_BYTES: usize = 256 * 1024;
/// Errors shown at once.
const SHOWN: usize = 5;

/// A schema, checked.
#[derive(Debug)]
pub(crate) enum Schema {
    /// An object without any field: the schema of most renderers, and so of every start of `orangery build`. The compiler
    /// of schemas takes milliseconds for it.
    Nothing,
    /// Any other, compiled.
    Compiled(Box<Validator>),
}

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Too large.
    #[error("the schema has {0} bytes; at most {SCHEMA_BYTES} are allowed")]
    TooLarge(usize),
    /// Not JSON.
    #[error("the schema is not JSON: {0}")]
    NotJson(String),
    /// Not a schema, or one with a reference to elsewhere.
    #[error("the schema cannot be used: {0}")]
    Unusable(String),
}

/// One thing wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path below the configuration, for example `groups[0].name`; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// Everything wrong with a configuration, at most five findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The path of the configuration in the manifest: `spec.config` or `spec.renderer.config`.
    pub root: &'static str,
    /// The findings, at least one.
    pub fields: Vec<FieldError>,
}

impl ConfigError {
    /// The full path of the first field to blame.
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
    /// Compiles the text a plugin gave; also returns it as a value.
    pub(crate) fn parse(text: &str) -> Result<(Self, Value), SchemaError> {
        if text.len() > SCHEMA_BYTES {
            return Err(SchemaError::TooLarge(text.len()));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| SchemaError::NotJson(error.to_string()))?;
        if is_nothing(&value) {
            return Ok((Self::Nothing, value));
        }
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&value)
            .map_err(|error| SchemaError::Unusable(one_line(&error.to_string())))?;
        Ok((Self::Compiled(Box::new(validator)), value))
    }

    /// Checks a configuration.
    pub(crate) fn check(&self, root: &'static str, config: &Value) -> Result<(), ConfigError> {
        let fields = match self {
            Self::Nothing => surplus(config),
            Self::Compiled(validator) => validator
                .iter_errors(config)
                .take(SHOWN)
                .map(|error| FieldError {
                    path: dotted(error.instance_path().as_str()),
                    message: one_line(&error.masked_with("the value").to_string()),
                })
                .collect(),
        };
        if fields.is_empty() { Ok(()) } else { Err(ConfigError { root, fields }) }
    }
}

/// Whether a schema says "an object without any field", with or without words for people.
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

/// What is wrong where nothing can be configured.
fn surplus(config: &Value) -> Vec<FieldError> {
    let Some(config) = config.as_object() else {
        return vec![FieldError { path: String::new(), message: "it must be an object".to_owned() }];
    };
    let message = "there is no such field, nothing can be configured here; remove it";
    let field = |name: &String| FieldError { path: one_line(name), message: message.to_owned() };
    config.keys().take(SHOWN).map(field).collect()
}

/// A JSON pointer as people write paths: `/groups/0/name` is `groups[0].name`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&part);
        }
    }
    path
}

fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    crate::text::cut(&line, 512).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn where_nothing_can_be_configured_every_field_is_named() {
        let words = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "NoConfig", "type": "object",
            "additionalProperties": false});
        let (schema, value) = Schema::parse(&words.to_string()).unwrap();
        assert!(matches!(schema, Schema::Nothing) && value == words);
        assert_eq!(schema.check("spec.renderer.config", &json!({})), Ok(()));
        let said = |config: &Value| schema.check("spec.renderer.config", config).unwrap_err().to_string();
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

    fn schema() -> Schema {
        Schema::parse(
            &json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["project"],
                "properties": {
                    "project": {"type": "string", "pattern": "^[a-z]+$"},
                    "groups": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
                }
            })
            .to_string(),
        )
        .unwrap()
        .0
    }

    #[test]
    fn a_good_configuration_passes() {
        assert_eq!(schema().check("spec.config", &json!({"project": "web", "groups": [{"name": "a"}]})), Ok(()));
    }

    #[test]
    fn an_error_names_the_field_and_not_the_value() {
        let error = schema().check("spec.config", &json!({"project": "web", "groups": [{"name": 7}]})).unwrap_err();
        assert_eq!(error.field(), "spec.config.groups[0].name");
        let error = schema().check("spec.config", &json!({"project": "hunter2!"})).unwrap_err();
        assert!(error.to_string().starts_with("spec.config.project: "), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let error = schema().check("spec.config", &json!({"project": "web", "color": 1})).unwrap_err();
        assert!(error.to_string().contains("color"), "{error}");
        let error = schema().check("spec.config", &json!({})).unwrap_err();
        assert!(error.to_string().contains("project"), "{error}");
        assert_eq!(error.field(), "spec.config");
    }

    #[test]
    fn a_schema_that_is_none_or_reaches_out_is_refused() {
        assert!(matches!(Schema::parse("{"), Err(SchemaError::NotJson(_))));
        assert!(matches!(Schema::parse(r#"{"type": 7}"#), Err(SchemaError::Unusable(_))));
        assert!(matches!(Schema::parse(r#"{"$ref": "https://evil.example/s.json"}"#), Err(SchemaError::Unusable(_))));
        assert!(matches!(Schema::parse(r#"{"$ref": "file:///etc/passwd"}"#), Err(SchemaError::Unusable(_))));
        assert!(matches!(Schema::parse(&" ".repeat(SCHEMA_BYTES + 1)), Err(SchemaError::TooLarge(_))));
    }
}
