//! `docs/reference/events.md` is written from the register of events, and the register has every event that the code sends.

use crate::bench::root;
use orangery_controller::kubernetes::events::catalog::{self, EventKind};
use orangery_controller::kubernetes::events::{Audience, Severity};
use orangery_core::Reason;
use std::collections::BTreeSet;
use std::path::PathBuf;

const TABLE: &str = "<!-- The table is written from the code by the tests. -->\n";

fn type_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Normal => "Normal",
        Severity::Warning => "Warning",
    }
}

fn row(reason: Reason, kind: &EventKind) -> String {
    let notified = match kind.audience {
        Audience::Cluster => "no",
        Audience::Everybody => "yes",
    };
    let EventKind { severity, about, when, message, .. } = kind;
    format!("| `{reason}` | {} | {about} | {when} | {message} | {notified} |\n", type_of(*severity))
}

#[test]
fn the_page_lists_every_event() {
    let rows = Reason::ALL.iter().flat_map(|reason| catalog::kinds(*reason).iter().map(|kind| row(*reason, kind)));
    let table = format!(
        "| reason | type | about | when | message | notified |\n|---|---|---|---|---|---|\n{}",
        rows.collect::<String>()
    );
    let path = root().join("docs/reference/events.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (above, below) = page.split_once(TABLE).unwrap();
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        std::fs::write(path, format!("{above}{TABLE}{table}")).unwrap();
        return;
    }
    assert_eq!(below, table, "docs/reference/events.md is old; ORANGERY_BLESS=1 writes the table anew");
}

/// The sources of the controller, without their tests.
fn sources() -> String {
    let mut text = String::new();
    let mut folders: Vec<PathBuf> = vec![root().join("host/controller/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let file = std::fs::read_to_string(path).unwrap();
                text.push_str(file.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
    }
    text
}

/// The type and reason of each event whose code names both, such as `record_event(Severity::Normal, Reason::Adopted, …)`.
fn sent(sources: &str) -> BTreeSet<(String, String)> {
    let word = |text: &str| text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
    let calls = sources.split("record_event").skip(1).chain(sources.split("ObjectEvent {").skip(1));
    let named = calls.filter_map(|call| {
        let call = call.get(..300).unwrap_or(call);
        let severity = call.find("Severity::")?;
        let reason = call.find("Reason::").filter(|at| *at > severity)?;
        Some((word(&call[severity + 10..]), word(&call[reason + 8..])))
    });
    named.collect()
}

#[test]
fn every_event_that_the_code_names_is_in_the_register() {
    let known: BTreeSet<(String, String)> = Reason::ALL
        .iter()
        .flat_map(|reason| catalog::kinds(*reason).iter().map(|kind| (type_of(kind.severity), reason.as_str())))
        .map(|(severity, reason)| (severity.to_owned(), reason.to_owned()))
        .collect();
    let sent = sent(&sources());
    assert!(sent.len() >= 7, "the search finds too little: {sent:?}");
    let unknown: Vec<_> = sent.difference(&known).collect();
    assert!(unknown.is_empty(), "events that docs/reference/events.md does not have: {unknown:?}");
}
