//! The JSON Schema that a plugin publishes for its configuration.
//!
//! A schema cannot fetch: there is no resolver, and a reference to elsewhere makes it unusable.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Findings of one validation.
const MOST: usize = 5;

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: `groups[0].name`; empty for the whole value.
    pub path: String,
    /// What is wrong. Does not quote the value, which may be a secret in the wrong place.
    pub message: String,
}

/// Compiles a schema.
///
/// # Errors
/// Why it cannot be used.
pub fn check(schema: &str) -> Result<(), String> {
    compile(schema).map(|_| ())
}

fn compile(schema: &str) -> Result<Validator, String> {
    let schema: Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    // Patterns in linear time: the other engine of the library backtracks.
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(&schema).map_err(|error| error.to_string())
}

/// Validates a JSON document and answers with the first few findings.
///
/// # Errors
/// The schema cannot be used, or the document is not JSON.
pub fn validate(schema: &str, value: &str) -> Result<Vec<Finding>, String> {
    let validator = compile(schema)?;
    let value: Value = serde_json::from_str(value).map_err(|error| error.to_string())?;
    let findings = validator.iter_errors(&value).take(MOST).map(|error| Finding {
        path: dotted(error.instance_path().as_str()),
        message: error.masked_with("the value").to_string(),
    });
    Ok(findings.collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(value: &Value) -> Vec<Finding> {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["project"],
            "properties": {
                "project": {"type": "string", "pattern": "^[a-z]+$"},
                "groups": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            }
        });
        validate(&schema.to_string(), &value.to_string()).unwrap()
    }

    #[test]
    fn a_finding_names_the_field_and_not_the_value() {
        assert!(findings(&json!({"project": "web", "groups": [{"name": "a"}]})).is_empty());
        assert_eq!(findings(&json!({"project": "web", "groups": [{"name": 7}]}))[0].path, "groups[0].name");
        let found = findings(&json!({"project": "hunter2!"}));
        assert_eq!(found[0].path, "project");
        assert!(!found[0].message.contains("hunter2"), "{found:?}");
        let found = findings(&json!({"project": "web", "color": 1}));
        assert!(found[0].message.contains("color"), "{found:?}");
        let found = findings(&json!({}));
        assert!(found[0].path.is_empty() && found[0].message.contains("project"), "{found:?}");
    }

    #[test]
    fn a_schema_that_is_not_one_or_reaches_out_is_unusable() {
        for schema in
            ["{", r#"{"type": 7}"#, r#"{"$ref": "https://evil.example/s.json"}"#, r#"{"$ref": "file:///etc/passwd"}"#]
        {
            assert!(check(schema).is_err(), "{schema}");
        }
        assert_eq!(check("true"), Ok(()));
    }
}
