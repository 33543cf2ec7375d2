//! The format of cases. Unknown fields are errors: a misspelt expectation must not pass.

use crate::manifest::{self, Document};
use anyhow::{Context, bail};
use orangery_api::ResourceSetInputProvider;
use orangery_core::FilterSpec;
use orangery_core::spec::ProviderSpec;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One case and where it is.
pub(super) struct Case {
    pub(super) expectation: CaseFile,
    /// The place, as `file:line`.
    pub(super) place: String,
    /// The folder of the file, for `bodyFile`.
    pub(super) folder: PathBuf,
    pub(super) filter: FilterSpec,
}

/// The contents of a case file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CaseFile {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) provider_type: String,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    filter: Option<Value>,
    #[serde(default)]
    pub(super) config: Option<Value>,
    #[serde(default)]
    pub(super) http: Vec<Line>,
    pub(super) expect: Expect,
}

/// One line of the scripted network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) request: Asked,
    #[serde(default)]
    pub(super) response: Answer,
}

/// Which request a line answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) method: Option<String>,
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) credential: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
}

/// What it answers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, HeaderValues>,
    #[serde(default)]
    pub(super) json: Option<Value>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) body_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) from_cache: bool,
    #[serde(default)]
    pub(super) delay: Option<String>,
    #[serde(default)]
    pub(super) times: Option<usize>,
    #[serde(default)]
    pub(super) error: Option<Failure>,
}

/// A header that comes once, or several times.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum HeaderValues {
    /// A header with one value.
    One(String),
    /// A header with several values.
    Many(Vec<String>),
}

/// A scripted failure instead of an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Failure {
    Denied(String),
    BudgetExhausted(String),
    Timeout(String),
    Transport(String),
    Other(String),
    TooLarge(u64),
    BackingOff(u64),
}

/// What the plugin has to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    #[serde(default)]
    pub(super) outcome: Option<String>,
    #[serde(default)]
    pub(super) inputs: Option<Vec<Map<String, Value>>>,
    /// The facts of each input, in order; not compared if absent.
    #[serde(default)]
    pub(super) facts: Option<Vec<Map<String, Value>>>,
    #[serde(default)]
    pub(super) unreadable: Vec<ExpectedUnreadable>,
    #[serde(default)]
    pub(super) error: Option<ExpectedError>,
}

/// Which item it has to report as unreadable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedUnreadable {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// A part of the problem; nothing is compared without it.
    #[serde(default)]
    pub(super) problem: Option<String>,
}

impl ExpectedUnreadable {
    /// As it is shown where it differs.
    pub(super) fn as_value(&self) -> Value {
        json!({"id": self.id, "name": self.name, "problem": self.problem})
    }
}

/// Which failure it has to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedError {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) contains: Option<HeaderValues>,
    #[serde(default)]
    pub(super) field: Option<String>,
    #[serde(default)]
    pub(super) retry: Option<Value>,
}

/// Reads all cases of a folder or file.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut names = BTreeSet::new();
    for document in manifest::read_all(&[path.to_owned()])? {
        let case = one(&document)?;
        if !names.insert(case.expectation.name.clone()) {
            bail!("{}: the name {:?} is taken by another case", case.place, case.expectation.name);
        }
        cases.push(case);
    }
    Ok(cases)
}

fn one(document: &Document) -> anyhow::Result<Case> {
    let expectation: CaseFile = document.decode()?;
    match (&expectation.expect.outcome, &expectation.expect.error) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(document.wrong("expect", "must have either outcome or error").into());
        }
        (Some(outcome), None) if !["complete", "partial"].contains(&outcome.as_str()) => {
            return Err(document.wrong("expect.outcome", "must be complete or partial").into());
        }
        _ => {}
    }
    let filter = filter(&expectation).with_context(|| document.place_of("filter"))?;
    let folder = Path::new(&document.file).parent().unwrap_or(Path::new("")).to_owned();
    Ok(Case { place: document.place(), folder, filter, expectation })
}

/// The filter as a provider's manifest has it, read by the same code.
fn filter(case: &CaseFile) -> anyhow::Result<FilterSpec> {
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
