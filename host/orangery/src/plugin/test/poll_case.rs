//! Cases of providers: one poll, and the inputs or the error that it has to answer.

use super::case::{self, Line, Network};
use super::poll_answer::{self, Expect};
use super::script::CaseScript;
use super::session;
use crate::manifest::Document;
use anyhow::Context;
use orangery_api::ResourceSetInputProvider;
use orangery_core::FilterSpec;
use orangery_core::selection::{BudgetedFilter, Filter};
use orangery_core::spec::ProviderSpec;
use orangery_sandbox::{PollFilter, PollReport, PollRequest, Sandbox};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// One case.
pub(super) struct PollCase {
    file: PollFile,
    folder: PathBuf,
    filter: FilterSpec,
}

/// The document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PollFile {
    name: String,
    #[serde(rename = "type")]
    provider_type: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    filter: Option<Value>,
    #[serde(default)]
    config: Option<Value>,
    #[serde(default)]
    http: Vec<Line>,
    expect: Expect,
}

/// Reads a case.
pub(super) fn read(document: &Document) -> anyhow::Result<PollCase> {
    let file: PollFile = document.decode()?;
    match (&file.expect.outcome, &file.expect.error) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(document.wrong("expect", "must have either outcome or error").into());
        }
        (Some(outcome), None) if !["complete", "partial"].contains(&outcome.as_str()) => {
            return Err(document.wrong("expect.outcome", "must be complete or partial").into());
        }
        (None, Some(error)) if error.kind.is_none() => {
            return Err(document.wrong("expect.error", "missing field `kind`").into());
        }
        _ => {}
    }
    let filter = filter(&file).with_context(|| document.place_of("filter"))?;
    Ok(PollCase { folder: case::folder(&document.file), filter, file })
}

/// The filter as a provider's manifest has it, read by the same code.
fn filter(case: &PollFile) -> anyhow::Result<FilterSpec> {
    let Some(filter) = &case.filter else { return Ok(FilterSpec::default()) };
    let manifest = json!({
        "apiVersion": "fluxcd.controlplane.io/v1",
        "kind": "ResourceSetInputProvider",
        "metadata": {"name": "case", "namespace": "cases"},
        "spec": {"type": case.provider_type, "url": case.url, "filter": filter},
    });
    let wire: ResourceSetInputProvider = serde_json::from_value(manifest)?;
    Ok(ProviderSpec::try_from(&wire)?.filter)
}

/// Polls; the answer is what went wrong.
pub(super) async fn run(sandbox: &Sandbox, case: &PollCase) -> anyhow::Result<Vec<String>> {
    let provider_type = &case.file.provider_type;
    let served = sandbox.served_type(provider_type).with_context(|| {
        format!("no loaded plugin serves the type {provider_type}; give the component with --plugin")
    })?;
    let server = sandbox.server_of(provider_type);
    let plugins = sandbox.plugins();
    let plugin = plugins
        .iter()
        .find(|plugin| Some(&plugin.plugin) == server.as_ref())
        .with_context(|| format!("no loaded plugin serves the type {provider_type}"))?;
    let network = Network { url: &case.file.url, lines: &case.file.http, folder: &case.folder };
    let filter = Filter::parse(&case.filter, &served).context("filter")?;
    let script = Arc::new(CaseScript::new(&network));
    let wants = BudgetedFilter::new(filter.clone());
    let request = PollRequest {
        consumer: format!("case/{}", case.file.name).into(),
        provider_type: provider_type.clone(),
        url: case.file.url.clone(),
        filter: PollFilter {
            include: filter.include().map(ToOwned::to_owned),
            exclude: filter.exclude().map(ToOwned::to_owned),
            labels: filter.labels().to_vec(),
            semver: filter.semver().map(ToOwned::to_owned),
        },
        config: case.file.config.clone().unwrap_or(Value::Null),
        session: session::of(&case.file.name, &network, plugin, &[], Arc::clone(&script)),
        wants: Arc::new(move |name, labels| wants.wants(name, labels)),
        deadline: sandbox.limits().poll_wall,
    };
    // What the plugin logs is shown while it runs.
    let PollReport { result, .. } = sandbox.poll(request).await;
    let mut problems = script.problems();
    if let Err(difference) = poll_answer::compare(&case.file.expect, &result, &served) {
        problems.insert(0, difference);
    }
    Ok(problems)
}
