//! `build --strict`: unknown fields of built-in kinds are errors, as with `kubectl apply --validate=strict`.
//!
//! The API server drops such fields silently: a misspelt `replica: 3` runs one copy. Custom resources are not checked, because
//! their definitions are in a cluster.

use super::kinds::Kinds;
use orangery_core::desired::DesiredSet;
use serde_json::{Map, Value};
use std::fmt;

/// Minimum similarity of a suggested name, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The unknown fields of a build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n✗ "))]
pub(super) struct UnknownFields(Vec<UnknownField>);

/// One unknown field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UnknownField {
    /// The object, and the template that rendered it.
    object: String,
    /// Its path, for example `spec.template.spec.containers[0].image_`.
    path: String,
    /// An existing field with a similar name.
    similar: Option<String>,
}

impl fmt::Display for UnknownField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: unknown field {}", self.object, self.path)?;
        match &self.similar {
            Some(similar) => write!(f, "; did you mean {similar}?"),
            None => Ok(()),
        }
    }
}

/// Why `--strict` refuses a build.
#[derive(Debug, thiserror::Error)]
pub(super) enum StrictError {
    /// The list of fields in this program cannot be read.
    #[error("the list of Kubernetes' fields in this program is broken")]
    List(#[from] serde_json::Error),
    /// The unknown fields of a build.
    #[error(transparent)]
    Unknown(#[from] UnknownFields),
}

/// Checks every object of a built-in kind.
///
/// # Errors
/// All unknown fields, in build order.
pub(super) fn check(desired: &DesiredSet) -> Result<(), StrictError> {
    let kinds = Kinds::read()?;
    let mut all = Vec::new();
    for wanted in desired.objects() {
        let object = wanted.object.unpack();
        let gvk = object.gvk();
        let Some(schema) = kinds.schema(&gvk.api_version(), &gvk.kind) else { continue };
        all.extend(unknown(&kinds, schema, &object.0).into_iter().map(|(path, similar)| UnknownField {
            object: format!("{} from {}", wanted.object.key(), wanted.origin),
            path,
            similar,
        }));
    }
    if all.is_empty() { Ok(()) } else { Err(UnknownFields(all).into()) }
}

/// The path of an unknown field, and an existing field with a similar name.
type Found = (String, Option<String>);

fn unknown(kinds: &Kinds, schema: &Value, object: &Map<String, Value>) -> Vec<Found> {
    let mut walk = Walk { kinds, path: String::new(), found: Vec::new() };
    object.iter().for_each(|(key, value)| walk.property(schema, key, value));
    walk.found
}

/// Walks an object along the schema of its kind.
struct Walk<'s> {
    kinds: &'s Kinds,
    path: String,
    found: Vec<Found>,
}

impl<'s> Walk<'s> {
    /// A property of an object that has this schema.
    fn property(&mut self, schema: &'s Value, key: &str, value: &Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let below =
            properties.and_then(|properties| properties.get(key)).or_else(|| schema.get("additionalProperties"));
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        match (below, properties) {
            (Some(below), _) => self.value(below, value),
            (None, Some(properties)) => self.found.push((self.path.clone(), similar(key, properties.keys()))),
            // The schema does not describe what is below this field.
            (None, None) => {}
        }
        self.path.truncate(length);
    }

    fn value(&mut self, schema: &'s Value, value: &Value) {
        let schema = self.kinds.resolved(schema);
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| self.property(schema, key, value)),
            Value::Array(items) => {
                let Some(below) = schema.get("items") else { return };
                for (index, item) in items.iter().enumerate() {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{index}]"));
                    self.value(below, item);
                    self.path.truncate(length);
                }
            }
            _ => {}
        }
    }
}

fn similar<'a>(key: &str, there: impl Iterator<Item = &'a String>) -> Option<String> {
    there
        .map(|name| (strsim::jaro_winkler(key, name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(object: &Value) -> Vec<Found> {
        let text = |key| object[key].as_str().unwrap();
        let kinds = Kinds::read().unwrap();
        let schema = kinds.schema(text("apiVersion"), text("kind")).unwrap();
        unknown(&kinds, schema, object.as_object().unwrap())
    }

    #[test]
    fn fields_are_looked_at_through_references_lists_and_maps() {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "label": {}, "labels": {"any": "thing"}},
            "spec": {
                "replica": 3,
                "template": {"spec": {
                    "containers": [{"name": "a"}, {"name": "b", "img": "x", "resources": {"limits": {"cpu": 1}}}],
                    "volumes": [{"name": "v", "configMap": {"name": "c", "zzz": 1}}],
                }},
            },
        });
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found(&deployment),
            [
                ("metadata.label".to_owned(), some("labels")),
                ("spec.replica".to_owned(), some("replicas")),
                ("spec.template.spec.containers[1].img".to_owned(), some("image")),
                ("spec.template.spec.volumes[0].configMap.zzz".to_owned(), None),
            ]
        );
    }

    #[test]
    fn free_content_is_free() {
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a"},
            "spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"x": {"type": "string", "default": {"any": 1}}}}}}]},
        });
        assert_eq!(found(&definition), []);
        assert_eq!(found(&json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.b": "1"}})), []);
    }
}
