//! Cases of notifiers: one notice, the requests that it becomes, and whether it is told.

use super::case::{self, ExpectedError, Line, Network};
use super::compare;
use super::script::CaseScript;
use super::session;
use crate::manifest::Document;
use orangery_egress::{Grant, GrantError};
use orangery_plugin_documents::{EnvironmentNotice, EventNotice};
use orangery_sandbox::{Notice, NotifyRequest, Sandbox};
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// One case.
pub(super) struct NotifyCase {
    file: NotifyFile,
    folder: PathBuf,
    grants: Vec<Grant>,
    notice: Notice,
}

/// The document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotifyFile {
    name: String,
    /// `spec.type` of the provider of the environment, or of a channel.
    #[serde(rename = "type")]
    type_name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    config: Value,
    notice: NoticeOfCase,
    /// As `--grant`: the methods beyond reading.
    #[serde(default)]
    grants: Vec<String>,
    #[serde(default)]
    http: Vec<Line>,
    expect: Expect,
}

/// An unknown key beside the notice is an error; one within it is for newer plugins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeOfCase {
    #[serde(default)]
    environment: Option<EnvironmentNotice>,
    #[serde(default)]
    event: Option<EventNotice>,
}

/// Whether the notice is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// `told`.
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    error: Option<ExpectedError>,
}

/// Reads a case.
pub(super) fn read(document: &Document) -> anyhow::Result<NotifyCase> {
    let mut file: NotifyFile = document.decode()?;
    let wrong = match (file.expect.outcome.as_deref(), &file.expect.error) {
        (Some(_), Some(_)) | (None, None) => Some(("expect", "must have either outcome or error")),
        (Some(outcome), None) if outcome != "told" => Some(("expect.outcome", "must be told")),
        (None, Some(error)) if error.kind.is_none() => Some(("expect.error", "missing field `kind`")),
        _ => None,
    };
    if let Some((field, message)) = wrong {
        return Err(document.wrong(field, message).into());
    }
    let grant = |(index, text): (usize, &String)| {
        text.parse().map_err(|error: GrantError| document.wrong(&format!("grants[{index}]"), error.to_string()))
    };
    let grants = file.grants.iter().enumerate().map(grant).collect::<Result<_, _>>()?;
    let notice = match (file.notice.environment.take(), file.notice.event.take()) {
        (Some(mut notice), None) => {
            if notice.provider_type.is_empty() {
                notice.provider_type.clone_from(&file.type_name);
            }
            if notice.url.is_empty() {
                notice.url.clone_from(&file.url);
            }
            Notice::Environment(notice)
        }
        (None, Some(notice)) => Notice::Event(notice),
        _ => return Err(document.wrong("notice", "has either the key environment or the key event").into()),
    };
    Ok(NotifyCase { folder: case::folder(&document.file), file, grants, notice })
}

/// Tells the notice; the answer is what went wrong.
pub(super) async fn run(sandbox: &Sandbox, case: &NotifyCase) -> anyhow::Result<Vec<String>> {
    let plugin = sandbox.notifier_of(&case.file.type_name)?;
    let network = Network { url: &case.file.url, lines: &case.file.http, folder: &case.folder };
    let script = Arc::new(CaseScript::new(&network));
    let request = NotifyRequest {
        consumer: format!("case/{}", case.file.name).into(),
        type_name: case.file.type_name.clone(),
        url: case.file.url.clone(),
        config: case.file.config.clone(),
        session: session::of(&case.file.name, &network, &plugin, &case.grants, Arc::clone(&script)),
        notice: case.notice.clone(),
    };
    let report = sandbox.notify(request).await;
    let difference = match (report.result, &case.file.expect.error) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(expected)) => {
            Err(format!("expected the error {}, but the notice is told", compare::name_of(expected)))
        }
        (Err(error), None) => Err(format!("expected the notice to be told, got the error: {error}")),
        (Err(error), Some(expected)) => compare::compare_failure(expected, &error),
    };
    Ok(difference.err().into_iter().chain(script.problems()).collect())
}
