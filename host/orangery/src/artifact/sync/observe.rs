//! What the status of an object of Flux means for a sync. The order of the questions is the point: a status is written in pieces, and
//! an old piece must neither end a wait nor fail it.

use super::flux::{REQUESTED_AT, is_suspended, text};
use crate::cli::SyncKind;
use kube::ResourceExt as _;
use kube::api::DynamicObject;
use serde_json::Value;

/// The state of an object, in the order of the badges that GitLab's environments have: the first that occurs is that of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// It failed at what was asked for.
    Failed,
    /// It does not go on without a change of its spec.
    Stalled,
    /// It is on its way.
    Reconciling,
    /// It has done what was asked for.
    Reconciled,
    /// Nothing is said of it yet.
    Unknown,
    /// It is suspended.
    Unavailable,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Stalled => "Stalled",
            Self::Reconciling => "Reconciling",
            Self::Reconciled => "Reconciled",
            Self::Unknown => "Unknown",
            Self::Unavailable => "Unavailable",
        }
    }
}

/// What is seen of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: State,
    pub(super) revision: String,
    pub(super) message: String,
}

impl Seen {
    /// Of an object that was there when the sync began.
    pub(super) fn gone() -> Self {
        Self { state: State::Failed, revision: String::new(), message: "it was deleted".to_owned() }
    }
}

/// What a source has to come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The digest of the manifest.
    pub(super) digest: Option<&'a str>,
    /// What was asked of it, if anything was.
    pub(super) asked: Option<&'a Asked>,
}

/// How a source was asked to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// With this token, which it repeats.
    ByToken(String),
    /// By somebody whose token we do not know; it had handled this one before.
    Since(String),
}

/// A condition.
struct Condition<'a> {
    is: &'a str,
    reason: &'a str,
    message: &'a str,
}

/// A condition that speaks of the present generation, or of none.
fn condition<'a>(object: &'a DynamicObject, wanted: &str) -> Option<Condition<'a>> {
    let conditions = object.data.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(wanted))?;
    let of = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default();
    let generation = found.get("observedGeneration").and_then(Value::as_i64);
    let present = generation.is_none_or(|generation| Some(generation) == object.metadata.generation);
    present.then(|| Condition { is: of("status"), reason: of("reason"), message: of("message") })
}

/// What holds for every kind: nothing else counts in these cases.
fn first_of_all(object: &DynamicObject) -> Option<(State, String)> {
    if object.metadata.deletion_timestamp.is_some() {
        return Some((State::Failed, "it is being deleted".to_owned()));
    }
    if is_suspended(object) {
        return Some((State::Unavailable, "it is suspended".to_owned()));
    }
    let stalled = condition(object, "Stalled").filter(|condition| condition.is == "True")?;
    Some((State::Stalled, told(&stalled)))
}

/// The reason and the message of a condition.
fn told(condition: &Condition<'_>) -> String {
    format!("{}: {}", condition.reason, condition.message)
}

fn is_observed(object: &DynamicObject) -> bool {
    object.data.pointer("/status/observedGeneration").and_then(Value::as_i64) == object.metadata.generation
}

/// A source.
pub(super) fn source(object: &DynamicObject, wanted: Wanted<'_>) -> Seen {
    let revision = text(object, "/status/artifact/revision").to_owned();
    let (state, message) = first_of_all(object).unwrap_or_else(|| of_source(object, wanted, &revision));
    Seen { state, revision, message }
}

fn of_source(object: &DynamicObject, wanted: Wanted<'_>, revision: &str) -> (State, String) {
    let handled = text(object, "/status/lastHandledReconcileAt");
    let ready = condition(object, "Ready");
    if let Some(Asked::ByToken(token)) = wanted.asked {
        let requested = object.annotations().get(REQUESTED_AT).map(String::as_str).unwrap_or_default();
        // A request that came after ours takes its place: when that one is handled, so is ours.
        if handled != token && (requested == token || handled != requested) {
            return (State::Reconciling, "the request is not handled yet".to_owned());
        }
    }
    if let Some(Asked::Since(before)) = wanted.asked {
        // A failure of before says nothing about what was pushed since.
        let is_old =
            handled == before && (wanted.digest.is_none() || ready.as_ref().is_none_or(|ready| ready.is != "True"));
        if is_old {
            return (State::Reconciling, "it has not looked again yet".to_owned());
        }
    }
    if let Some(failed) = ready.as_ref().filter(|ready| ready.is == "False") {
        return (State::Failed, told(failed));
    }
    if !is_observed(object) {
        return (State::Reconciling, "its latest change is not handled yet".to_owned());
    }
    match ready {
        None => (State::Unknown, "nothing is said of it yet".to_owned()),
        Some(ready) if ready.is == "True" => match wanted.digest {
            Some(digest) if !revision.ends_with(digest) => {
                (State::Reconciling, format!("it has fetched {revision}, and not {digest}"))
            }
            Some(_) | None => (State::Reconciled, format!("fetched revision {revision}")),
        },
        Some(ready) => (State::Reconciling, told(&ready)),
    }
}

/// What reads a source that has fetched a revision.
pub(super) fn reader(kind: SyncKind, object: &DynamicObject, revision: &str) -> Seen {
    let digest = revision.rsplit_once('@').map_or(revision, |(_, digest)| digest);
    let (attempted, applied) = match kind {
        SyncKind::HelmRelease => {
            let attempted = text(object, "/status/lastAttemptedRevisionDigest");
            let installed = text(object, "/status/history/0/ociDigest");
            let installed = if installed.is_empty() { attempted } else { installed };
            (attempted.ends_with(digest), installed.ends_with(digest))
        }
        SyncKind::Kustomization | SyncKind::OciRepository => (
            text(object, "/status/lastAttemptedRevision") == revision,
            text(object, "/status/lastAppliedRevision") == revision,
        ),
    };
    let shown = match kind {
        SyncKind::HelmRelease => text(object, "/status/lastAttemptedRevisionDigest"),
        SyncKind::Kustomization | SyncKind::OciRepository => text(object, "/status/lastAppliedRevision"),
    };
    let (state, message) = first_of_all(object).unwrap_or_else(|| of_reader(object, attempted, applied));
    Seen { state, revision: shown.to_owned(), message }
}

fn of_reader(object: &DynamicObject, attempted: bool, applied: bool) -> (State, String) {
    let Some(ready) = condition(object, "Ready") else {
        return (State::Unknown, "nothing is said of it yet".to_owned());
    };
    match ready.is {
        // The kustomize-controller leaves the observed generation behind where it failed: only what it tried tells.
        "False" if attempted && ready.reason != "DependencyNotReady" => (State::Failed, told(&ready)),
        "True" if applied && is_observed(object) => (State::Reconciled, ready.message.to_owned()),
        "True" => (State::Reconciling, "it has not applied the revision yet".to_owned()),
        _ => (State::Reconciling, told(&ready)),
    }
}

#[cfg(test)]
mod tests;
