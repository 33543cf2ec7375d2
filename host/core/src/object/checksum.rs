//! `checksumFrom`: the hash of ConfigMaps and Secrets that a pod template carries, so that pods are replaced when they change.
//! This module finds, parses and hashes; the caller reads from the cluster.

use crate::conditions::{Disposition, Explain, Reason};
use crate::object::Object;
use crate::{digest, keys};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// What can be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKind {
    /// A ConfigMap with its data.
    ConfigMap,
    /// A Secret with its data.
    Secret,
}

impl DataKind {
    /// The kind on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// One reference, `Kind/namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataRef {
    /// The kind of the object.
    pub kind: DataKind,
    /// The namespace of the object.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
}

impl fmt::Display for DataRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind.as_str(), self.namespace, self.name)
    }
}

/// A reference that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    /// The reference does not have three parts.
    #[error("invalid {key} reference '{0}' must be in the format 'Kind/namespace/name'", key = keys::CHECKSUM_FROM)]
    Malformed(String),
    /// The kind is neither ConfigMap nor Secret.
    #[error("unsupported kind '{0}' in {key}, only ConfigMap and Secret are allowed", key = keys::CHECKSUM_FROM)]
    Kind(String),
}

impl Explain for ChecksumError {
    fn reason(&self) -> Reason {
        match self {
            Self::Malformed(_) | Self::Kind(_) => Reason::ReconciliationFailed,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Malformed(_) | Self::Kind(_) => Disposition::Retry,
        }
    }
}

/// Parses the comma-separated list of an annotation; empty parts are skipped.
///
/// # Errors
/// A part is not a reference, or names another kind.
pub fn parse(text: &str) -> Result<Vec<DataRef>, ChecksumError> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_one).collect()
}

fn parse_one(text: &str) -> Result<DataRef, ChecksumError> {
    let malformed = || ChecksumError::Malformed(text.to_owned());
    let mut parts = text.split('/');
    let (Some(kind), Some(namespace), Some(name), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed());
    };
    if kind.is_empty() || namespace.is_empty() || name.is_empty() {
        return Err(malformed());
    }
    let kind = match kind {
        "ConfigMap" => DataKind::ConfigMap,
        "Secret" => DataKind::Secret,
        other => return Err(ChecksumError::Kind(other.to_owned())),
    };
    Ok(DataRef { kind, namespace: namespace.to_owned(), name: name.to_owned() })
}

/// All references of an object, also those of nested templates, in order and each once.
///
/// # Errors
/// A reference is malformed.
pub fn references(object: &Object) -> Result<Vec<DataRef>, ChecksumError> {
    let mut texts = Vec::new();
    for value in object.0.values() {
        collect(value, &mut texts);
    }
    if let Some(text) =
        annotations(&object.0).and_then(|annotations| annotations.get(keys::CHECKSUM_FROM)).and_then(Value::as_str)
    {
        texts.push(text.to_owned());
    }
    let mut all = Vec::new();
    for text in texts {
        all.extend(parse(&text)?);
    }
    all.sort();
    all.dedup();
    Ok(all)
}

fn annotations(holder: &Map<String, Value>) -> Option<&Map<String, Value>> {
    holder.get("metadata")?.get("annotations")?.as_object()
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            texts.extend(
                annotations(map)
                    .and_then(|annotations| annotations.get(keys::CHECKSUM_FROM)?.as_str())
                    .map(str::to_owned),
            );
            map.values().for_each(|value| collect(value, texts));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

/// The content of one reference: raw bytes by key. ConfigMap: `data` and `binaryData`; Secret: `data`, under `stringData`.
pub type Content = BTreeMap<String, Vec<u8>>;

/// The checksum of an annotation's references, in the order of the annotation. `None` if the content of one is not known.
#[must_use]
pub fn checksum(references: &[DataRef], contents: &BTreeMap<DataRef, Content>) -> Option<String> {
    let mut hash = Sha256::new();
    for reference in references {
        hash.update(reference.to_string());
        hash.update([0]);
        for (key, value) in contents.get(reference)? {
            hash.update(key);
            hash.update([0]);
            hash.update(value);
            hash.update([0]);
        }
    }
    Some(format!("sha256:{}", digest::hex(&hash.finalize())))
}

/// Writes the checksum beside every annotation that asks for one. Returns the first reference whose content is not known.
///
/// # Errors
/// A reference is malformed.
pub fn stamp(object: &mut Object, contents: &BTreeMap<DataRef, Content>) -> Result<Option<DataRef>, ChecksumError> {
    stamp_map(&mut object.0, contents)
}

fn stamp_map(
    map: &mut Map<String, Value>,
    contents: &BTreeMap<DataRef, Content>,
) -> Result<Option<DataRef>, ChecksumError> {
    let annotations =
        map.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")).and_then(Value::as_object_mut);
    if let Some(annotations) = annotations
        && let Some(text) = annotations.get(keys::CHECKSUM_FROM).and_then(Value::as_str)
    {
        let references = parse(text)?;
        if let Some(unknown) = references.iter().find(|reference| !contents.contains_key(reference)) {
            return Ok(Some(unknown.clone()));
        }
        if let Some(sum) = checksum(&references, contents).filter(|_| !references.is_empty()) {
            annotations.insert(keys::CHECKSUM.to_owned(), Value::String(sum));
        }
    }
    for value in map.values_mut() {
        if let Some(unknown) = stamp_value(value, contents)? {
            return Ok(Some(unknown));
        }
    }
    Ok(None)
}

fn stamp_value(value: &mut Value, contents: &BTreeMap<DataRef, Content>) -> Result<Option<DataRef>, ChecksumError> {
    match value {
        Value::Object(map) => stamp_map(map, contents),
        Value::Array(items) => {
            for item in items {
                if let Some(unknown) = stamp_value(item, contents)? {
                    return Ok(Some(unknown));
                }
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contents() -> BTreeMap<DataRef, Content> {
        let reference = parse("ConfigMap/apps/cfg").unwrap().remove(0);
        [(reference, [("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())].into())].into()
    }

    const SUM: &str = "sha256:b12ba69fe30336c1428031079c8ca162c97e734ca6a25988cdb16114e3c8f920";

    #[test]
    fn the_hash_is_that_of_flux_operator() {
        assert_eq!(checksum(&parse("ConfigMap/apps/cfg").unwrap(), &contents()).as_deref(), Some(SUM));
    }

    #[test]
    fn every_annotation_of_every_nested_template_gets_its_checksum() {
        let annotated = json!({"annotations": {"fluxcd.controlplane.io/checksumFrom": " ConfigMap/apps/cfg ,"}});
        let deployment =
            json!({"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"metadata": annotated}}});
        let mut object = Object(deployment.as_object().cloned().unwrap());
        assert_eq!(references(&object).unwrap().len(), 1);
        assert_eq!(stamp(&mut object, &contents()), Ok(None));
        assert_eq!(object.0["spec"]["template"]["metadata"]["annotations"][keys::CHECKSUM], json!(SUM));
        let mut own = Object(json!({"kind": "A", "metadata": annotated}).as_object().cloned().unwrap());
        assert_eq!(stamp(&mut own, &BTreeMap::new()).unwrap().unwrap().to_string(), "ConfigMap/apps/cfg");
    }

    #[test]
    fn bad_references_are_refused_in_the_words_of_flux_operator() {
        assert_eq!(
            parse("ConfigMap/cfg").unwrap_err().to_string(),
            "invalid fluxcd.controlplane.io/checksumFrom reference 'ConfigMap/cfg' must be in the format 'Kind/namespace/name'"
        );
        assert_eq!(
            parse("Pod/a/b").unwrap_err().to_string(),
            "unsupported kind 'Pod' in fluxcd.controlplane.io/checksumFrom, only ConfigMap and Secret are allowed"
        );
        assert!(parse("ConfigMap//b").is_err());
    }
}
