//! `orangery build resourceset`: the objects of a set, offline, byte for byte what the operator would apply.
//!
//! # Guarantees
//! If the build fails, nothing is on stdout. Warnings go to stderr.

mod failures;
mod fields;
mod inputs;
mod kinds;
mod namespace;
mod print;
mod renderers;
mod watch;

use crate::cli::{BuildOptions, OutputFormat};
use crate::exit;
use crate::manifest;
use anyhow::{Context, bail};
use orangery_controller::pipeline::build;
use orangery_core::Reason;
use orangery_core::combine::Source;
use orangery_core::desired::{DesiredSet, OnDuplicate};
use orangery_core::spec::SetSpec;
use orangery_sandbox::Sandbox;
use serde_json::Value;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Builds and prints.
///
/// # Errors
/// The manifest or the inputs cannot be used, or a template cannot be rendered.
pub async fn perform(options: &BuildOptions) -> anyhow::Result<ExitCode> {
    if options.show.is_some() && options.output == OutputFormat::Json {
        bail!("--show writes comments, and JSON has none; use it with --output yaml");
    }
    if options.watch {
        return watch::watch(options).await;
    }
    let mut renderers = renderers::Renderers::default();
    let pieces = all(options, &mut renderers).await?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    pieces
        .iter()
        .try_for_each(|piece| out.write_all(piece.as_bytes()))
        .and_then(|()| out.flush())
        .context("cannot write to stdout")?;
    // The process ends now, and the kernel takes mapped code back faster than we give it.
    std::mem::forget(renderers);
    Ok(exit::SUCCESS)
}

/// The sets to build and how.
struct Job {
    /// Place of the manifest, for messages.
    file: String,
    set: SetSpec,
    sources: Vec<Source>,
}

/// Builds the sets of all files, in their order, and returns the output in pieces.
async fn all(options: &BuildOptions, renderers: &mut renderers::Renderers) -> anyhow::Result<Vec<Box<str>>> {
    let mut sets = Vec::new();
    for job in read(options)? {
        let sandbox = renderers.of(&job.set, options).await?;
        sets.extend(once(job, options, sandbox).await?);
    }
    print::print(sets, options)
}

fn read(options: &BuildOptions) -> anyhow::Result<Vec<Job>> {
    let mut jobs: Vec<Job> = Vec::new();
    for filename in &options.filename {
        let (file, mut set) = read_set(filename, options)?;
        if let Some(first) = jobs.iter().find(|job| job.set.name == set.name) {
            bail!("ResourceSet/{} is in {} and in {file}; give each set once", set.name, first.file);
        }
        let sources = inputs::take(&mut set, options)?;
        jobs.push(Job { file, set, sources });
    }
    if jobs.is_empty() {
        bail!("--filename is required");
    }
    Ok(jobs)
}

/// Builds one set and prints warnings on stderr. If its providers have no inputs, it has no objects.
async fn once(job: Job, options: &BuildOptions, sandbox: &Sandbox) -> anyhow::Result<Option<DesiredSet>> {
    let Job { file, set, sources } = job;
    let strict = if options.strict { OnDuplicate::Error } else { OnDuplicate::Warn };
    let on_duplicate = set.on_duplicate(strict);
    let built = build::build_only(sandbox, &set, sources, on_duplicate, options.input.as_deref()).await?;
    if let Some(failures) = failures::failures(&built, &file) {
        // The words of Flux Operator first, and they have no prefix.
        bail!("{failures}");
    }
    let left_out = built.notices.iter().filter(|notice| notice.reason == Reason::ObjectLeftOut);
    let left_out: Vec<String> = left_out.map(ToString::to_string).collect();
    if options.strict && !left_out.is_empty() {
        bail!("{} in {file}", left_out.join("\n✗ "));
    }
    for notice in built.notices.iter().chain(&built.desired.notices) {
        eprintln!("! {notice}");
    }
    if built.desired.is_empty() {
        if set.reads_providers() && built.count == 0 {
            eprintln!("! the providers gave no inputs, so there are no objects");
            return Ok(None);
        }
        bail!("no objects were generated");
    }
    if options.strict {
        fields::check(&built.desired)?;
    }
    Ok(Some(built.desired))
}

/// Reads the first document of the file, as Flux Operator does.
fn read_set(filename: &Path, options: &BuildOptions) -> anyhow::Result<(String, SetSpec)> {
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
    Ok((name, manifest::resources::set(&document)?))
}
