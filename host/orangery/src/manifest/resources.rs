//! Picks the custom resources and Secrets out of documents.

use super::{Document, ManifestError, secret};
use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_controller::pipeline::secrets::StoredSecret;
use orangery_core::NamespacedName;
use orangery_core::combine::{API_VERSION, PROVIDER_KIND, SET_KIND};
use orangery_core::spec::{ProviderSpec, SetSpec, SpecError};
use std::collections::BTreeMap;

/// The resources of all documents.
#[derive(Debug, Default)]
pub struct Resources {
    /// The sets, each with the document it came from.
    pub sets: Vec<(SetSpec, Document)>,
    /// The providers, each with the document it came from.
    pub providers: Vec<(ProviderSpec, Document)>,
    /// The Secrets of the files, by name.
    pub secrets: BTreeMap<NamespacedName, StoredSecret>,
    /// Number of documents of other kinds.
    pub others: usize,
}

impl Resources {
    /// Sorts documents by kind. A resource without a namespace is put into `namespace`.
    ///
    /// # Errors
    /// A resource breaks a rule, or is defined twice.
    pub fn of(documents: Vec<Document>, namespace: &str) -> Result<Self, ManifestError> {
        let mut found = Self::default();
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for mut document in documents {
            let ours = document.text("/apiVersion") == API_VERSION;
            let kind = document.text("/kind").to_owned();
            let is_secret = document.text("/apiVersion") == "v1" && kind == "Secret";
            if !is_secret && !(ours && (kind == SET_KIND || kind == PROVIDER_KIND)) {
                found.others += 1;
                continue;
            }
            let name = name(&mut document, namespace)?;
            let what = format!("{kind}/{name}");
            if let Some(first) = places.insert(what.clone(), document.place()) {
                return Err(ManifestError::Twice { what, first, second: document.place() });
            }
            if is_secret {
                found.secrets.insert(name, secret::from_manifest(&document.place(), &document.value)?);
            } else if kind == SET_KIND {
                let spec = set(&document)?;
                found.sets.push((spec, document));
            } else {
                let spec = provider(&document)?;
                found.providers.push((spec, document));
            }
        }
        Ok(found)
    }

    /// Fails if there is neither a set nor a provider, because the user most likely named the wrong file.
    ///
    /// # Errors
    /// [`ManifestError::NothingOfOurs`].
    pub fn not_empty(self, files: &[std::path::PathBuf]) -> Result<Self, ManifestError> {
        if self.sets.is_empty() && self.providers.is_empty() {
            let files = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(ManifestError::NothingOfOurs { files });
        }
        Ok(self)
    }
}

/// Reads namespace and name, and writes the default namespace into the document where none is set.
fn name(document: &mut Document, namespace: &str) -> Result<NamespacedName, ManifestError> {
    if document.text("/metadata/name").is_empty() {
        return Err(document.wrong("metadata.name", "must be set"));
    }
    if document.text("/metadata/namespace").is_empty()
        && let Some(metadata) = document.value.pointer_mut("/metadata").and_then(serde_json::Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    Ok(NamespacedName::new(document.text("/metadata/namespace"), document.text("/metadata/name")))
}

/// Reads a set and checks the rules that the API server would have checked.
///
/// # Errors
/// Names the field that breaks a rule.
pub fn set(document: &Document) -> Result<SetSpec, ManifestError> {
    let wire: ResourceSet = without_status(document).decode()?;
    let spec = SetSpec::try_from(&wire).map_err(|error| located(document, &error))?;
    spec.check().map_err(|error| located(document, &error))?;
    Ok(spec)
}

/// Reads a provider and checks the rules that the API server would have checked.
///
/// # Errors
/// Names the field that breaks a rule.
pub fn provider(document: &Document) -> Result<ProviderSpec, ManifestError> {
    let wire: ResourceSetInputProvider = without_status(document).decode()?;
    let spec = ProviderSpec::try_from(&wire).map_err(|error| located(document, &error))?;
    spec.check().map_err(|error| located(document, &error))?;
    Ok(spec)
}

/// Drops the status, as the API server does with what people apply; even a malformed one must not fail a build.
fn without_status(document: &Document) -> Document {
    let mut document = document.clone();
    if let Some(fields) = document.value.as_object_mut() {
        fields.remove("status");
    }
    document
}

fn located(document: &Document, error: &SpecError) -> ManifestError {
    document.wrong(&error.field, error.message.clone())
}
