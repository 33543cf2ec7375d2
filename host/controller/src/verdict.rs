//! From what was done to what is said: the outcome and the abnormal conditions of a set.

use crate::converge::Converged;
use crate::gather::Gathered;
use orangery_core::conditions::{Abnormal, ConditionType, Outcome};
use orangery_core::guard::Verdict;
use orangery_core::{Action, Disposition, Failed, PruneReport, Reason};
use std::time::Duration;

/// Objects shown in a message; more are counted.
const SHOWN: usize = 10;

/// The outcome, and what to do next.
#[must_use]
pub fn outcome(
    converged: &Converged,
    gathered: &Gathered,
    failed_inputs: Option<&str>,
    took: Duration,
) -> (Outcome, Option<Disposition>) {
    if let Some(message) = failed_inputs {
        // The good inputs are applied; the bad ones need a new template or a new answer.
        let outcome = Outcome::Failed { reason: Reason::BuildFailed, message: format!("build failed: {message}") };
        return (outcome, Some(Disposition::Retry));
    }
    if !converged.applied.failed.is_empty() {
        let reason = if converged.applied.failed.iter().any(|failed| failed.owned_by_another) {
            Reason::OwnedByAnother
        } else {
            Reason::ReconciliationFailed
        };
        let message = format!("reconciliation failed: {}", list(&converged.applied.failed));
        return (Outcome::Failed { reason, message }, Some(Disposition::Retry));
    }
    if !converged.pruned.failed.is_empty() {
        let message = format!("reconciliation failed: {}", deletion_message(&converged.pruned));
        return (Outcome::Failed { reason: Reason::ReconciliationFailed, message }, Some(Disposition::Retry));
    }
    if !gathered.not_ready().is_empty() {
        let outcome = Outcome::Failed { reason: Reason::InputsNotReady, message: not_ready_message(gathered) };
        return (outcome, Some(Disposition::Retry));
    }
    let changed = converged.applied.changes.iter().any(|change| change.action != Action::Unchanged)
        || !converged.pruned.deleted.is_empty();
    (Outcome::Succeeded { took, changed }, None)
}

/// What is odd about a set now.
#[must_use]
pub fn abnormal(converged: &Converged, gathered: &Gathered) -> Vec<Abnormal> {
    let mut all = Vec::new();
    if let Verdict::Held(hold) = &converged.verdict {
        all.push(Abnormal { kind: ConditionType::PruneHeld, reason: Reason::PruneHeld, message: hold.message() });
    }
    if !gathered.not_ready().is_empty() {
        all.push(inputs_not_ready(not_ready_message(gathered)));
    }
    for (name, reason) in gathered.stale() {
        let message = format!(
            "the last good inputs of provider {name} are in use ({reason}); nothing of this set is deleted until it answers completely"
        );
        all.push(Abnormal { kind: ConditionType::SourceStale, reason: Reason::SourceStale, message });
    }
    if !converged.pruned.failed.is_empty() {
        all.push(deletion_failed(deletion_message(&converged.pruned)));
    }
    for notice in &converged.notices {
        let kind = match notice.reason {
            Reason::DuplicateObjects => ConditionType::DuplicateObjects,
            Reason::LimitReached => ConditionType::LimitReached,
            _ => ConditionType::Warning,
        };
        all.push(Abnormal { kind, reason: notice.reason, message: notice.message.clone() });
    }
    for warning in &converged.applied.warnings {
        all.push(Abnormal { kind: ConditionType::Warning, reason: Reason::Warning, message: warning.clone() });
    }
    all
}

/// The condition `InputsNotReady`.
#[must_use]
pub fn inputs_not_ready(message: String) -> Abnormal {
    Abnormal { kind: ConditionType::InputsNotReady, reason: Reason::InputsNotReady, message }
}

/// Which providers are missing, and which have never answered.
#[must_use]
pub fn not_ready_message(gathered: &Gathered) -> String {
    let missing: Vec<String> =
        gathered.missing.iter().map(|name| format!("failed to get provider {name}: not found")).collect();
    let silent: Vec<String> = gathered
        .not_ready()
        .into_iter()
        .filter(|name| !gathered.missing.iter().any(|missing| missing.name == *name))
        .map(|name| format!("provider {name} has not answered yet"))
        .collect();
    format!(
        "{}; nothing is deleted until all providers have answered",
        missing.into_iter().chain(silent).collect::<Vec<_>>().join("; ")
    )
}

/// The condition `DeletionFailed`.
#[must_use]
pub fn deletion_failed(message: String) -> Abnormal {
    Abnormal { kind: ConditionType::DeletionFailed, reason: Reason::ReconciliationFailed, message }
}

/// Which objects could not be deleted, and why.
#[must_use]
pub fn deletion_message(pruned: &PruneReport) -> String {
    format!("delete failed, errors: {}", list(&pruned.failed))
}

fn list(failed: &[Failed]) -> String {
    let mut all: Vec<String> = failed.iter().take(SHOWN).map(|failed| failed.message.clone()).collect();
    if failed.len() > SHOWN {
        all.push(format!("and {} more", failed.len() - SHOWN));
    }
    all.join("; ")
}

/// The changes as the reference words them, a line each: `Kind/ns/name created`.
#[must_use]
pub fn changes(converged: &Converged) -> Vec<String> {
    let applied = converged.applied.changes.iter().filter(|change| change.action != Action::Unchanged);
    applied
        .chain(&converged.pruned.deleted)
        .map(|change| format!("{} {}", change.key, change.action.as_str()))
        .collect()
}
