//! Owner labels and common metadata on rendered objects.

use super::{DesiredError, Rules};
use crate::keys;
use crate::object::Object;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The content of `spec.commonMetadata`. It replaces what templates say, but never the owner labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommonMetadata {
    /// Labels for every object.
    pub labels: BTreeMap<String, String>,
    /// Annotations for every object.
    pub annotations: BTreeMap<String, String>,
}

impl CommonMetadata {
    /// Refuses keys that only the host writes.
    pub(super) fn check(&self) -> Result<(), DesiredError> {
        if let Some(name) = self.labels.keys().find(|key| keys::is_host_owned_label(key)) {
            return Err(DesiredError::CommonHostOwned { what: "label", name: name.clone() });
        }
        if let Some(name) = self.annotations.keys().find(|key| keys::is_host_owned_annotation(key)) {
            return Err(DesiredError::CommonHostOwned { what: "annotation", name: name.clone() });
        }
        Ok(())
    }
}

/// Writes owner labels and common metadata over what a template wrote.
pub(super) fn stamp(object: &mut Object, rules: &Rules<'_>) {
    let metadata = object.0.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    // `orangery build` prints `metadata: foo` as it is; it cannot be applied, and the plan reports it.
    let Some(metadata) = metadata.as_object_mut() else { return };
    if !rules.common.annotations.is_empty() {
        merge(
            metadata,
            "annotations",
            rules.common.annotations.iter().map(|(key, value)| (key.as_str(), value.as_str())),
        );
    }
    let owner =
        [(keys::OWNER_NAME, rules.owner.name.as_str()), (keys::OWNER_NAMESPACE, rules.owner.namespace.as_str())];
    let common = rules.common.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    merge(metadata, "labels", common.chain(owner));
}

/// Merges into a map of strings. Any other value (such as `null`) is replaced by a map.
fn merge<'a>(metadata: &mut Map<String, Value>, field: &str, values: impl Iterator<Item = (&'a str, &'a str)>) {
    let slot = metadata.entry(field).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    if let Some(map) = slot.as_object_mut() {
        map.extend(values.map(|(key, value)| (key.to_owned(), Value::String(value.to_owned()))));
    }
}

/// Refuses what a template must not write. Owner labels with the name of this set are allowed: they occur in
/// manifests that were exported from the cluster.
pub(super) fn check_template(object: &Object, origin: &Arc<str>, rules: &Rules<'_>) -> Result<(), DesiredError> {
    let of = |field: &str| object.0.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Value::as_object);
    let refused = |what, name: &String| DesiredError::HostOwned {
        key: Box::new(object.key()),
        origin: Arc::clone(origin),
        what,
        name: name.clone(),
    };
    for (name, value) in of("labels").into_iter().flatten() {
        let ours = match name.as_str() {
            keys::OWNER_NAME => value.as_str() == Some(&rules.owner.name),
            keys::OWNER_NAMESPACE => value.as_str() == Some(&rules.owner.namespace),
            other => !keys::is_host_owned_label(other),
        };
        if !ours {
            return Err(refused("label", name));
        }
    }
    match of("annotations").into_iter().flatten().find(|(name, _)| keys::is_host_owned_annotation(name)) {
        Some((name, _)) => Err(refused("annotation", name)),
        None => Ok(()),
    }
}
