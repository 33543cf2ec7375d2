//! The custom resource definitions, for the installation and the tests.

use crate::{ResourceSet, ResourceSetInputProvider};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

/// A definition cannot be made or written. That is a mistake in this crate, which its tests would find.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// The definition is not valid JSON.
    #[error("the definition of {kind} cannot be made: {cause}")]
    Shape {
        /// The kind that is defined.
        kind: &'static str,
        /// The error of the serializer.
        #[source]
        cause: serde_json::Error,
    },
    /// The definition cannot be written as YAML.
    #[error("the definition of {kind} cannot be written: {cause}")]
    Text {
        /// The kind that is defined.
        kind: &'static str,
        /// The error of the writer.
        #[source]
        cause: go_yaml::WriteError,
    },
}

/// Both definitions, sets first.
///
/// # Errors
/// There is a mistake in this crate.
pub fn crds() -> Result<Vec<CustomResourceDefinition>, CrdError> {
    documents()?
        .into_iter()
        .map(|(kind, value)| serde_json::from_value(value).map_err(|cause| CrdError::Shape { kind, cause }))
        .collect()
}

/// Both definitions as files: the name and the YAML text of each.
///
/// # Errors
/// There is a mistake in this crate.
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

/// Removes `nullable`: as in Flux Operator's definitions, an optional field may be left out but not be null.
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
