//! The inputs of a build: `--inputs-from` replaces `spec.inputs`, `--inputs-from-provider` stands for `spec.inputsFrom`.

use crate::cli::BuildOptions;
use crate::manifest;
use anyhow::{Context, bail};
use orangery_core::combine::{ProviderRef, Source, Trust};
use orangery_core::spec::{InputsFrom, ProviderSpec, SetSpec};
use orangery_core::{digest, selection};
use serde_json::{Map, Value};
use std::path::Path;

/// Puts the inputs of the files into the set, and answers the sources that stand for its providers.
pub(super) fn take(set: &mut SetSpec, options: &BuildOptions) -> anyhow::Result<Vec<Source>> {
    if !options.inputs_from.is_empty() {
        set.inputs.clear();
        for file in &options.inputs_from {
            set.inputs.extend(list(file)?);
        }
    }
    let mut providers = Vec::new();
    for file in &options.inputs_from_provider {
        providers.extend(statics(file, set)?);
    }
    if !set.reads_providers() {
        return Ok(Vec::new());
    }
    if options.inputs_from_provider.is_empty() {
        if options.inputs_from.is_empty() {
            bail!(
                "ResourceSet has '.spec.inputsFrom', please provide the inputs with --inputs-from or --inputs-from-provider"
            );
        }
        // The file's inputs stand for those of the providers.
        if set.inputs.is_empty() {
            return Ok(Vec::new());
        }
    }
    let chosen = providers.into_iter().filter(|provider| set.inputs_from.iter().any(|from| picks(from, provider)));
    Ok(chosen.map(|provider| source(&provider)).collect())
}

fn picks(from: &InputsFrom, provider: &ProviderSpec) -> bool {
    match from {
        InputsFrom::Name(name) => *name == provider.name.name,
        InputsFrom::Selector(selector) => selector.matches(&provider.labels),
    }
}

fn source(provider: &ProviderSpec) -> Source {
    let id = digest::adler32_id(&provider.name.name);
    let inputs = std::iter::once(selection::with_defaults(id, Map::new(), &provider.default_values)).collect();
    Source { provider: ProviderRef::provider(provider.name.clone()), inputs, trust: Trust::Trusted }
}

/// A YAML list of inputs; an empty file is an empty list.
fn list(file: &Path) -> anyhow::Result<Vec<Map<String, Value>>> {
    let documents = read(file)?;
    let Some(document) = documents.first() else { return Ok(Vec::new()) };
    let Some(items) = document.value.as_array() else {
        bail!("{}: must be a YAML list of inputs", document.place());
    };
    items
        .iter()
        .enumerate()
        .map(|(index, item)| match item {
            Value::Object(input) => Ok(input.clone()),
            Value::Null => Ok(Map::new()),
            _ => bail!("{}: must be a map of keys to values", document.place_of(&format!("[{index}]"))),
        })
        .collect()
}

/// The providers of a file that live in the set's namespace.
fn statics(file: &Path, set: &SetSpec) -> anyhow::Result<Vec<ProviderSpec>> {
    let mut providers = Vec::new();
    for mut document in read(file)? {
        let kind = document.text("/kind");
        if document.text("/metadata/name").is_empty() || !(kind.is_empty() || kind == "ResourceSetInputProvider") {
            continue;
        }
        let namespace = document.text("/metadata/namespace");
        if !namespace.is_empty() && namespace != set.name.namespace {
            continue;
        }
        let kind = document.text("/spec/type").to_owned();
        if kind != "Static" {
            bail!("{}: unsupported provider type '{kind}', only 'Static' is supported", document.place_of("spec.type"));
        }
        if let Some(metadata) = document.value.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.insert("namespace".to_owned(), Value::String(set.name.namespace.clone()));
        }
        providers.push(manifest::resources::provider(&document)?);
    }
    Ok(providers)
}

fn read(file: &Path) -> anyhow::Result<Vec<manifest::Document>> {
    let bytes = std::fs::read(file)
        .with_context(|| format!("invalid filename '{}', must point to an existing file", file.display()))?;
    Ok(manifest::read_text(&file.display().to_string(), &bytes)?)
}
