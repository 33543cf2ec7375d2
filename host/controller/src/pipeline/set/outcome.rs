//! Builds the conclusion of a ResourceSet from its apply and prune reports: the outcome, abnormal conditions, their messages.

use crate::pipeline::conclusion::{self, Conclusion};
use crate::pipeline::converge::Converged;
use crate::pipeline::requeue::Requeue;
use crate::pipeline::set::gather::Gathered;
use crate::pipeline::set::unready::Unready;
use crate::pipeline::set::wait::ConvergedWait;
use orangery_core::combine::Strategy;
use orangery_core::conditions::{Abnormal, ConditionType, Outcome};
use orangery_core::spec::{Cadence, SetSpec};
use orangery_core::{FailedObject, PruneReport, Reason, keys};
use std::collections::BTreeSet;
use std::time::Duration;

/// Objects and environments shown in a message; more are counted.
const SHOWN: usize = 10;
/// How the message of a set begins that waits for objects to be ready.
const WAITING_FOR: &str = "waiting for: [";
/// How it begins for a set with steps.
const APPLYING: &str = "Applying ";
/// Failures shown of one environment.
const SHOWN_OF_ONE: usize = 3;

/// Concludes a reconciliation that came as far as applying. Failures come first, then what is waited for.
#[must_use]
pub fn conclude(
    converged: &Converged,
    gathered: &Gathered,
    set: &SetSpec,
    unready: Unready,
    took: Duration,
) -> Conclusion {
    let (outcome, requeue) = outcome(converged, gathered, set.cadence(), unready, took);
    let mut abnormal = abnormal(converged, gathered, set.strategy);
    abnormal.extend(conclusion::shortened_timeout(set.cadence()));
    Conclusion { outcome, abnormal: Some(abnormal), requeue }
}

fn outcome(
    converged: &Converged,
    gathered: &Gathered,
    cadence: Cadence,
    unready: Unready,
    took: Duration,
) -> (Outcome, Requeue) {
    let at_interval = cadence.interval.map_or(Requeue::OnChange, Requeue::Interval);
    let mut all = converged.applied.failed.iter().chain(&converged.pruned.failed);
    let retry = if all.any(|failed| failed.denied) { Requeue::Denied } else { Requeue::BackOff };
    if let Some(failed) = failure(converged) {
        return (failed, retry);
    }
    if !converged.pruned.failed.is_empty() {
        let message = format!("reconciliation failed: {}", deletion_message(&converged.pruned));
        return (Outcome::Failed { reason: Reason::ReconciliationFailed, message }, retry);
    }
    let waiting = waiting_message(converged);
    match (unready, waiting) {
        (Unready::Awaited, Some(message)) => return (Outcome::Waiting { message }, at_interval),
        (Unready::Degraded, Some(message)) => {
            return (Outcome::Degraded { message, unready: unready_message(converged) }, at_interval);
        }
        (Unready::Nothing | Unready::Blinks { .. } | Unready::Awaited | Unready::Degraded, _) => {}
    }
    if !gathered.not_ready().is_empty() {
        let outcome = Outcome::Failed { reason: Reason::InputsNotReady, message: not_ready_message(gathered) };
        return (outcome, Requeue::BackOff);
    }
    let changed = converged.applied.changes.iter().any(|change| change.action.is_change())
        || !converged.pruned.deleted.is_empty();
    let deleted = converged.pruned.deleted.len();
    (Outcome::Succeeded { took, changed, deleted, remark: remark(converged) }, at_interval)
}

/// The failure of everything that could not be rendered or applied; everything else was.
fn failure(converged: &Converged) -> Option<Outcome> {
    let standing = &converged.standing;
    if let Some(message) = &standing.unrendered {
        let message = format!("build failed: {message}");
        return Some(Outcome::Failed { reason: Reason::BuildFailed, message });
    }
    let reasons: BTreeSet<Reason> = standing.failed.values().flatten().map(|failed| failed.reason).collect();
    let all: BTreeSet<Reason> =
        standing.shared.iter().map(FailedObject::reason).chain(reasons.iter().copied()).collect();
    let theirs = [Reason::OwnedByAnother, Reason::AdoptionRefused].into_iter().find(|reason| all.contains(reason));
    let reason = if let Some(theirs) = theirs {
        theirs
    } else if !standing.shared.is_empty() || reasons.contains(&Reason::ReconciliationFailed) {
        Reason::ReconciliationFailed
    } else {
        *reasons.first()?
    };
    let what = match reason {
        Reason::ReconciliationFailed | Reason::OwnedByAnother | Reason::AdoptionRefused => "reconciliation failed",
        _ => "build failed",
    };
    let shared = (!standing.shared.is_empty()).then(|| list(&standing.shared));
    let parts = shared.into_iter().chain(failed_environments(converged)).chain(waiting_message(converged));
    let parts: Vec<String> = parts.collect();
    Some(Outcome::Failed { reason, message: format!("{what}: {}", parts.join("; ")) })
}

/// `n of m environments failed: …`, each with its input, its objects and the error messages.
fn failed_environments(converged: &Converged) -> Option<String> {
    let failed = &converged.standing.failed;
    if failed.is_empty() {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    for (input, reasons) in failed.iter().take(SHOWN) {
        let label = converged.labels.get(input).map_or("", String::as_str);
        let mut said: Vec<&str> = Vec::new();
        for failed in reasons {
            if !said.contains(&failed.message.as_str()) {
                said.push(&failed.message);
            }
        }
        let more = said.len().saturating_sub(SHOWN_OF_ONE);
        said.truncate(SHOWN_OF_ONE);
        let mut text = said.join("; ");
        if more > 0 {
            text.push_str(&format!("; and {more} more of it"));
        }
        // Messages of the build name the input already.
        all.push(if label.is_empty() || text.contains(label) { text } else { format!("{label}: {text}") });
    }
    if failed.len() > SHOWN {
        all.push(format!("and {} more", failed.len() - SHOWN));
    }
    Some(format!("{} of {} environments failed: {}", failed.len(), converged.environments, all.join("; ")))
}

/// What is applied and not ready, and when that becomes a failure.
fn waiting_message(converged: &Converged) -> Option<String> {
    let ConvergedWait { until, .. } = ConvergedWait::of(converged)?;
    let unready = converged.applied.waiting.iter();
    let unready = unready.map(|waiting| format!("{} status: '{}'", waiting.key, waiting.status));
    let going = converged.applied.terminating.iter().map(|terminating| terminating.message.clone());
    let mut all: Vec<String> = unready.chain(going).collect();
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    let first = converged.applied.waiting.iter().filter_map(|waiting| converged.steps.place(&waiting.key)).min();
    let step = first.and_then(|first| converged.steps.title(first));
    let step = step.map(|title| format!("{APPLYING}{title}, ")).unwrap_or_default();
    Some(format!("{step}{WAITING_FOR}{}], until {until}", all.join(", ")))
}

/// Which objects are not ready any more, and what they say.
fn unready_message(converged: &Converged) -> String {
    let waiting = converged.applied.waiting.iter();
    let shown = waiting.clone().take(SHOWN).map(|one| match one.message.as_str() {
        "" => format!("{} status: '{}'", one.key, one.status),
        message => format!("{} status: '{}': {message}", one.key, one.status),
    });
    let more = waiting.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    format!("not ready any more: {}", shown.chain(more).collect::<Vec<_>>().join("; "))
}

/// Whether the condition `Reconciling` with this message says that a set waits for objects to be ready.
#[must_use]
pub fn is_wait(message: &str) -> bool {
    message.starts_with(WAITING_FOR) || (message.starts_with(APPLYING) && message.contains(WAITING_FOR))
}

/// Everything abnormal about a set now.
fn abnormal(converged: &Converged, gathered: &Gathered, strategy: Strategy) -> Vec<Abnormal> {
    let mut all = Vec::new();
    for hold in converged.holds() {
        all.push(Abnormal {
            condition_type: ConditionType::PruneHeld,
            reason: Reason::PruneHeld,
            message: hold.message(),
        });
    }
    if !gathered.not_ready().is_empty() {
        all.push(inputs_not_ready(not_ready_message(gathered)));
    }
    // With Flatten, the environments of other providers are still deleted.
    let stays = match strategy {
        Strategy::Flatten if gathered.states.len() > 1 => "none of its environments",
        Strategy::Flatten | Strategy::Permute { .. } => "nothing of this set",
    };
    for (name, reason) in gathered.stale() {
        let message = format!(
            "the last good inputs of provider {name} are in use ({reason}); {stays} is deleted until it answers completely"
        );
        all.push(Abnormal { condition_type: ConditionType::SourceStale, reason: Reason::SourceStale, message });
    }
    if !converged.pruned.failed.is_empty() {
        all.push(deletion_failed(deletion_message(&converged.pruned)));
    }
    all.extend(overdue(&converged.pruned));
    if !converged.pruned.terminating.is_empty() {
        let message = terminating_message(&converged.pruned);
        all.push(Abnormal { condition_type: ConditionType::Warning, reason: Reason::Progressing, message });
    }
    if !converged.applied.missing_rights.is_empty() {
        let message = shown(&converged.applied.missing_rights);
        all.push(Abnormal {
            condition_type: ConditionType::RightsMissing,
            reason: Reason::ReconciliationFailed,
            message,
        });
    }
    for contested in &converged.applied.contested {
        let message = contested.message.clone();
        all.push(Abnormal { condition_type: ConditionType::Warning, reason: Reason::Contested, message });
    }
    all.extend(frozen(converged));
    for notice in &converged.notices {
        let condition_type = match notice.reason {
            Reason::DuplicateObjects => ConditionType::DuplicateObjects,
            Reason::LimitReached => ConditionType::LimitReached,
            _ => ConditionType::Warning,
        };
        all.push(Abnormal { condition_type, reason: notice.reason, message: notice.message.clone() });
    }
    for warning in &converged.applied.warnings {
        all.push(Abnormal {
            condition_type: ConditionType::Warning,
            reason: Reason::Warning,
            message: warning.clone(),
        });
    }
    all
}

/// The condition `InputsNotReady`.
#[must_use]
pub fn inputs_not_ready(message: String) -> Abnormal {
    Abnormal { condition_type: ConditionType::InputsNotReady, reason: Reason::InputsNotReady, message }
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
    Abnormal { condition_type: ConditionType::DeletionFailed, reason: Reason::ReconciliationFailed, message }
}

/// The condition `DeletionFailed` about objects that should be gone already; `None` if there are none.
#[must_use]
pub fn overdue(pruned: &PruneReport) -> Option<Abnormal> {
    let mut messages: Vec<String> = pruned.overdue().map(|terminating| terminating.message.clone()).collect();
    if messages.is_empty() {
        return None;
    }
    let more = messages.len().saturating_sub(SHOWN);
    messages.truncate(SHOWN);
    if more > 0 {
        messages.push(format!("and {more} more"));
    }
    let advice = "look whether the controller of the finalizer still runs; without it, remove the finalizer by hand";
    Some(deletion_failed(format!("deleted, but not gone in time: {}; {advice}", messages.join("; "))))
}

/// Names the objects that are left alone; `None` if there are none.
fn frozen(converged: &Converged) -> Option<Abnormal> {
    let mut names: Vec<String> = converged.frozen().map(ToString::to_string).collect();
    let count = names.len();
    if count == 0 {
        return None;
    }
    names.truncate(SHOWN);
    if count > SHOWN {
        names.push(format!("and {} more", count - SHOWN));
    }
    let message = format!(
        "neither applied nor deleted, because of {}: disabled on them in the cluster: {}; remove the mark to resume",
        keys::RECONCILE,
        names.join(", ")
    );
    Some(Abnormal { condition_type: ConditionType::Warning, reason: Reason::ObjectsFrozen, message })
}

/// What stands beside `Reconciliation finished`: deletions that wait for approval, and objects that are on their way.
fn remark(converged: &Converged) -> String {
    let held: usize = converged.holds().map(|hold| hold.objects.len()).sum();
    let mut parts = Vec::new();
    match held {
        0 => {}
        1 => parts.push("1 deletion held".to_owned()),
        held => parts.push(format!("{held} deletions held")),
    }
    match converged.pruned.terminating.len() {
        0 => {}
        1 => parts.push("1 object terminating".to_owned()),
        count => parts.push(format!("{count} objects terminating")),
    }
    match converged.applied.contested.len() {
        0 => {}
        1 => parts.push("1 object contested".to_owned()),
        count => parts.push(format!("{count} objects contested")),
    }
    match converged.frozen().count() {
        0 => {}
        1 => parts.push("1 object frozen".to_owned()),
        count => parts.push(format!("{count} objects frozen")),
    }
    parts.join(", ")
}

/// Which objects could not be deleted, and why.
#[must_use]
pub fn deletion_message(pruned: &PruneReport) -> String {
    format!("delete failed, errors: {}", list(&pruned.failed))
}

/// Which objects are being deleted, and what they wait for.
#[must_use]
pub fn terminating_message(pruned: &PruneReport) -> String {
    let all = &pruned.terminating;
    let mut shown: Vec<&str> = all.iter().take(SHOWN).map(|terminating| terminating.message.as_str()).collect();
    let more = format!("and {} more", all.len().saturating_sub(SHOWN));
    if all.len() > SHOWN {
        shown.push(&more);
    }
    match all.len() {
        1 => format!("1 object is terminating: {}", shown.join("; ")),
        count => format!("{count} objects are terminating: {}", shown.join("; ")),
    }
}

fn list(failed: &[FailedObject]) -> String {
    let all: Vec<&str> = failed.iter().map(|failed| failed.message.as_str()).collect();
    shown(&all)
}

/// The first texts, and how many more there are.
fn shown<T: AsRef<str>>(all: &[T]) -> String {
    let more = format!("and {} more", all.len().saturating_sub(SHOWN));
    let mut shown: Vec<&str> = all.iter().take(SHOWN).map(AsRef::as_ref).collect();
    if all.len() > SHOWN {
        shown.push(&more);
    }
    shown.join("; ")
}
