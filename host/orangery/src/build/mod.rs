//! `orangery build resourceset`: the objects of a set, offline, byte for byte what the operator would apply.
//!
//! # Guarantees
//! A late failure leaves nothing on stdout. Warnings go to stderr.

mod inputs;
mod namespace;

use crate::cli::{BuildOptions, OutputFormat};
use crate::exit;
use crate::glass::{self, Glass, Loopback};
use crate::manifest;
use anyhow::{Context, bail};
use orangery_controller::build::{self, Built};
use orangery_core::desired::OnDuplicate;
use orangery_core::spec::SetSpec;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Builds and prints.
///
/// # Errors
/// The manifest or the inputs cannot be used, or a template cannot be rendered.
pub async fn perform(options: &BuildOptions) -> anyhow::Result<ExitCode> {
    let Some(filename) = &options.filename else { bail!("--filename is required") };
    let mut set = read_set(filename, options)?;
    let sources = inputs::take(&mut set, options)?;
    let Glass { sandbox, .. } = glass::open(&options.glass, Loopback::Refused, Vec::new()).await?;
    let strict = if options.strict { OnDuplicate::Error } else { OnDuplicate::Warn };
    let on_duplicate = set.on_duplicate(strict);
    let built = build::build(&sandbox, &set, sources, on_duplicate).await?;
    if let Some(failed) = built.failed.first() {
        bail!("{}", failed.error);
    }
    for notice in built.notices.iter().chain(&built.desired.notices) {
        eprintln!("! {notice}");
    }
    if built.desired.is_empty() {
        if set.reads_providers() && built.count == 0 {
            eprintln!("! the providers gave no inputs, so there are no objects");
            return Ok(exit::SUCCESS);
        }
        bail!("no objects were generated");
    }
    let text = print(&built, options.output)?;
    std::io::stdout().lock().write_all(text.as_bytes()).context("cannot write to stdout")?;
    Ok(exit::SUCCESS)
}

/// Reads the first document of the file, as the reference does.
fn read_set(filename: &Path, options: &BuildOptions) -> anyhow::Result<SetSpec> {
    let (name, bytes) = if filename == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
        let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        bytes.truncate(end);
        ("stdin".to_owned(), bytes)
    } else {
        let bytes = std::fs::read(filename)
            .with_context(|| format!("invalid filename '{}', must point to an existing file", filename.display()))?;
        (filename.display().to_string(), bytes)
    };
    let documents = manifest::read_text(&name, &bytes)?;
    let set = documents.into_iter().find(|document| matches!(document.text("/kind"), "ResourceSet" | ""));
    let Some(mut document) = set else { bail!("ResourceSet name must be set in the manifest") };
    if document.text("/metadata/name").is_empty() {
        bail!("ResourceSet name must be set in the manifest");
    }
    if document.text("/metadata/namespace").is_empty() {
        let namespace = match &options.namespace {
            Some(namespace) => namespace.clone(),
            None => namespace::of_context(),
        };
        if namespace.is_empty() {
            bail!("ResourceSet namespace must be set either in the manifest or with --namespace");
        }
        if let Some(metadata) = document.value.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.insert("namespace".to_owned(), Value::String(namespace));
        }
    }
    Ok(manifest::resources::set(&document)?)
}

fn print(built: &Built, format: OutputFormat) -> anyhow::Result<String> {
    if format == OutputFormat::Json {
        let all: Vec<&orangery_core::Object> = built.desired.objects().map(|planned| &planned.object).collect();
        return Ok(format!("{}\n", serde_json::to_string_pretty(&all)?));
    }
    let mut text = String::new();
    for step in &built.desired.steps {
        if let Some(name) = step.name.as_ref().filter(|name| !name.is_empty() && !step.objects.is_empty()) {
            text.push_str(&format!("# step: {name}\n"));
        }
        for planned in &step.objects {
            text.push_str("---\n");
            text.push_str(&orangery_yaml::to_string(&planned.object.clone().into_value())?);
        }
    }
    Ok(text)
}
