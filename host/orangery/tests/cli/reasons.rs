//! `docs/reference/conditions.md` against the code: every reason and condition is on the page and the other way round, and what
//! the page says happens next is what the errors choose.

use crate::bench::root;
use orangery_cluster::{ReadAccess, ReadError};
use orangery_controller::pipeline::converge::LedgerError;
use orangery_controller::pipeline::provider::ScheduleError;
use orangery_controller::pipeline::provider::access::AccessError;
use orangery_controller::pipeline::provider::artifacts::ArtifactError;
use orangery_controller::pipeline::provider::cron::CronError;
use orangery_controller::pipeline::provider::poll::PollError;
use orangery_controller::pipeline::set::dependencies::DependencyError;
use orangery_controller::pipeline::set::expression::ExpressionError;
use orangery_core::checksum::ChecksumError;
use orangery_core::combine::CombineError;
use orangery_core::conditions::ConditionType;
use orangery_core::copy::CopyError;
use orangery_core::desired::DesiredError;
use orangery_core::plan::NotApplicable;
use orangery_core::schedule::WindowTooShort;
use orangery_core::selection::{FilterError, SelectError};
use orangery_core::spec::{ProviderType, SpecError};
use orangery_core::{Disposition, Explain, NamespacedName, ObjectKey, Reason};
use orangery_sandbox::{CallError, Fault, PluginRef};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/reference/conditions.md")).unwrap()
}

/// The rows of a table by the words in backquotes of their first column.
fn rows(heading: &str) -> Vec<(String, String)> {
    let page = page();
    let table = page.split(heading).nth(1).unwrap();
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            (columns[1].split('`').nth(1).unwrap().to_owned(), columns[3].to_owned())
        })
        .collect()
}

fn reasons() -> Vec<(String, String)> {
    rows("| reason | when | what happens next |")
}

/// What the rows of a reason say happens next.
fn next(reason: Reason) -> String {
    let rows = reasons().into_iter().filter(|(name, _)| name == reason.as_str());
    rows.map(|(_, next)| next).collect::<Vec<_>>().join("; ")
}

#[test]
fn every_reason_is_on_the_page_and_the_page_has_no_others() {
    let page: BTreeSet<String> = reasons().into_iter().map(|(name, _)| name).collect();
    let code: BTreeSet<String> = Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
    assert_eq!(page, code);
}

#[test]
fn every_condition_is_on_the_page_and_the_page_has_no_others() {
    let page: BTreeSet<String> = rows("| condition | on | True means |").into_iter().map(|(name, _)| name).collect();
    let code: BTreeSet<String> = ConditionType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(page, code);
}

/// The code that gives a reason, by its use in the sources.
#[test]
fn every_reason_has_a_producer() {
    let mut sources = String::new();
    let mut folders = vec![root().join("host")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !["target", "tests"].iter().any(|name| path.ends_with(name)) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(path).unwrap();
                sources.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
    }
    let produced = |reason: &Reason| {
        let name = format!("Reason::{}", reason.as_str());
        sources
            .match_indices(&name)
            .any(|(at, _)| !sources[at + name.len()..].starts_with(|next: char| next.is_ascii_alphanumeric()))
    };
    let missing: Vec<&Reason> = Reason::ALL.iter().filter(|reason| !produced(reason)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Errors of providers: their reason stands in the condition.
fn of_providers() -> Vec<Box<dyn Explain>> {
    let text = str::to_owned;
    let name = NamespacedName::new("apps", "a");
    let plugin = Arc::new(PluginRef { name: text("p"), version: text("1"), digest: text("d") });
    vec![
        Box::new(SpecError::new("spec.url", "wrong")),
        Box::new(FilterError::Limit(20_000)),
        Box::new(SelectError::TooMany(20_000)),
        Box::new(SelectError::DuplicateId { first: 0, second: 1, id: text("1"), name: text("a") }),
        Box::new(PollError::UnknownType { provider_type: ProviderType::new("Unknown"), served: text("Static") }),
        Box::new(PollError::TimedOut { limit: Duration::from_secs(1), most: Duration::from_secs(2) }),
        Box::new(AccessError::SecretMissing { name, field: "spec.secretRef" }),
        Box::new(ArtifactError::NotServed),
        Box::new(ArtifactError::NoAccount { place: text("all namespaces"), own: text("apps") }),
        Box::new(ScheduleError::Window(WindowTooShort {
            index: 0,
            window: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
        })),
        Box::new(ScheduleError::Cron {
            index: 0,
            cause: CronError::Expression { cron: text("x"), time_zone: text("UTC"), message: text("wrong") },
        }),
        Box::new(CallError::Missing { what: text("type X"), offer: text("none") }),
        Box::new(CallError::Refused { plugin: Arc::clone(&plugin), what: text("a request") }),
        Box::new(CallError::Faulted { plugin: Arc::clone(&plugin), fault: Fault::OutOfStack }),
        Box::new(CallError::CircuitOpen { plugin, faults: 3, last: Fault::OutOfStack, wait: Duration::from_secs(60) }),
    ]
}

/// Errors of sets that end a reconciliation before anything is applied: their reason stands in the condition.
fn of_sets() -> Vec<Box<dyn Explain>> {
    let text = str::to_owned;
    let key = || ObjectKey { group: text(""), kind: text("ConfigMap"), namespace: text("apps"), name: text("a") };
    vec![
        Box::new(CombineError::EmptyName(text("-"))),
        Box::new(DesiredError::Duplicate(text("twice"))),
        Box::new(DesiredError::TooBig { key: Box::new(key()), origin: "spec.resources[0]".into(), bytes: 1 << 20 }),
        Box::new(NotApplicable { key: text("ConfigMap/a"), origin: text("t"), field: "kind", what: text("is wrong") }),
        Box::new(ChecksumError::Malformed(text("x"))),
        Box::new(CopyError::NoClusters),
        Box::new(ReadError { key: key(), message: text("no"), access: ReadAccess::Forbidden }),
        Box::new(LedgerError {
            set: NamespacedName::new("apps", "a"),
            reason: Reason::StatusTooLarge,
            message: text("no"),
        }),
    ]
}

/// Errors of `spec.dependsOn`: they stall the set with their own reason.
fn of_dependencies() -> Vec<Box<dyn Explain>> {
    let text = str::to_owned;
    let expression = |cause| DependencyError::Expression { what: text("v1/ConfigMap/apps/a"), cause };
    vec![
        Box::new(DependencyError::Missing { what: text("v1/ConfigMap/apps/a") }),
        Box::new(expression(ExpressionError::Parse { expression: text("x"), message: text("wrong") })),
        Box::new(expression(ExpressionError::NotBoolean { expression: text("1") })),
    ]
}

/// The words of the page for a disposition.
fn words(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Retry => "retried ",
        Disposition::RetryAfter(_) => "retried when ",
        Disposition::WaitForChange => "waits for a change",
    }
}

#[test]
fn what_happens_next_is_what_the_errors_choose() {
    let mut chosen: BTreeMap<Reason, BTreeSet<&str>> = BTreeMap::new();
    for error in of_providers().iter().chain(&of_dependencies()) {
        chosen.entry(error.reason()).or_default().insert(words(error.disposition()));
    }
    for error in of_sets() {
        chosen.entry(error.reason()).or_default().insert(words(error.disposition()));
    }
    // Environments that cannot be rendered are rendered again, whatever their error.
    chosen.entry(Reason::BuildFailed).or_default().insert(words(Disposition::Retry));
    assert!(chosen.len() >= 15, "{chosen:?}");
    for (reason, words) in chosen {
        let next = next(reason);
        for word in &words {
            assert!(next.contains(word), "{reason}: the page says {next:?}, the code {words:?}");
        }
        let waits = words.contains("waits for a change");
        assert_eq!(next.contains("waits for a change"), waits, "{reason}: the page says {next:?}, the code {words:?}");
    }
}
