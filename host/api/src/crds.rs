//! The custom resource definitions, as the install and the tests use them.

use crate::{ResourceSet, ResourceSetInputProvider};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

/// A definition that could not be made or written: a mistake in this crate, found by its tests.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// Not JSON.
    #[error("the definition of {kind} cannot be made: {cause}")]
    Shape {
        /// Which kind.
        kind: &'static str,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// Not YAML.
    #[error("the definition of {kind} cannot be written: {cause}")]
    Text {
        /// Which kind.
        kind: &'static str,
        /// Why.
        #[source]
        cause: go_yaml::WriteError,
    },
}

/// Both definitions.
///
/// # Errors
/// A mistake in this crate.
pub fn crds() -> Result<Vec<CustomResourceDefinition>, CrdError> {
    documents()?
        .into_iter()
        .map(|(kind, value)| serde_json::from_value(value).map_err(|cause| CrdError::Shape { kind, cause }))
        .collect()
}

/// Both definitions as files: name and YAML text.
///
/// # Errors
/// A mistake in this crate.
pub fn crds_yaml() -> Result<Vec<(String, String)>, CrdError> {
    let text = |(kind, value): (&'static str, Value)| {
        let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or(kind).to_owned();
        let (plural, group) = name.split_once('.').unwrap_or((kind, ""));
        let text = go_yaml::to_string(&value).map_err(|cause| CrdError::Text { kind, cause })?;
        Ok((format!("{group}_{plural}.yaml"), text))
    };
    documents()?.into_iter().map(text).collect()
}

fn documents() -> Result<[(&'static str, Value); 2], CrdError> {
    Ok([
        ("ResourceSet", document("ResourceSet", &ResourceSet::crd())?),
        ("ResourceSetInputProvider", document("ResourceSetInputProvider", &ResourceSetInputProvider::crd())?),
    ])
}

fn document(kind: &'static str, crd: &CustomResourceDefinition) -> Result<Value, CrdError> {
    let mut value = serde_json::to_value(crd).map_err(|cause| CrdError::Shape { kind, cause })?;
    strip_nullable(&mut value);
    Ok(value)
}

/// An optional field may be left out; it may not be null, as in Flux Operator's definitions.
fn strip_nullable(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("nullable") == Some(&Value::Bool(true)) {
                map.remove("nullable");
            }
            map.values_mut().for_each(strip_nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nullable),
        _ => {}
    }
}
