//! What cases of all roles have in common: the scripted network, and failures. Unknown fields are errors: a misspelt expectation
//! must not pass.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The scripted network of a case.
pub(super) struct Network<'c> {
    /// `spec.url`, whose origin stands before the paths of lines.
    pub(super) url: &'c str,
    pub(super) lines: &'c [Line],
    /// The folder of the case, for `bodyFile`.
    pub(super) folder: &'c Path,
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

/// Which failure it has to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedError {
    /// Required of a provider; what a renderer says of one input has no kind.
    #[serde(default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) contains: Option<HeaderValues>,
    #[serde(default)]
    pub(super) field: Option<String>,
    #[serde(default)]
    pub(super) retry: Option<Value>,
}

/// The folder of a file with cases.
pub(super) fn folder(file: &str) -> PathBuf {
    Path::new(file).parent().unwrap_or(Path::new("")).to_owned()
}
