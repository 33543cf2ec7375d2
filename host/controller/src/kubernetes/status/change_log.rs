//! The log of what changed: one line for each change, none for what did not. `docs/reference/logging.md` lists the lines and keys.
//!
//! # Guarantees
//! The keys are the same in every release. No line holds a secret: messages are those of the conditions, where secrets are removed.

use super::ledger;
use crate::kubernetes::context::Context;
use crate::kubernetes::object::Run;
use crate::pipeline::converge::Converged;
use crate::pipeline::provider::{Inputs, ProviderReport};
use crate::pipeline::set::SetReport;
use orangery_api::{Condition, ResourceSet, ResourceSetInputProvider, ResourceSetStatus};
use orangery_core::conditions::{ConditionType, Outcome};
use orangery_core::guard::Verdict;
use orangery_core::{InputRef, Ledger, Mark, NamespacedName, ObjectKey, Reason};
use std::collections::BTreeSet;

/// The `target` of all lines, which `--log-level` can name.
const TARGET: &str = "orangery::changes";

/// What a reconciliation of a set changed. `before` has the conditions that were published before.
pub(in crate::kubernetes) fn of_set(run: &Run<ResourceSet>, report: &SetReport, before: &ResourceSetStatus) {
    let ready = ready_of(&before.conditions);
    match &report.converged {
        Some(converged) => {
            let set = SetLines { set: &run.name, converged };
            set.objects(run.object.status.as_ref());
            set.deletions(before);
            set.frozen(run.object.status.as_ref());
            set.failures(&report.conclusion.outcome, ready);
        }
        None => {
            if let Some((reason, error)) = new_failure(&report.conclusion.outcome, ready) {
                let set = &run.name;
                tracing::warn!(target: TARGET, %set, %reason, error, "the set is not applied");
            }
        }
    }
    if has_recovered(&report.conclusion.outcome, ready) {
        let (set, revision) = (&run.name, report.converged.as_ref().map(|converged| &*converged.revision));
        tracing::info!(target: TARGET, %set, revision, "the set is ready again");
    }
}

/// What the deletion of a set deleted.
pub(in crate::kubernetes) fn of_deletion(
    context: &Context,
    set: &NamespacedName,
    deleted: &[ObjectKey],
    ledger: &Ledger,
) {
    if deleted.is_empty() {
        return;
    }
    for object in deleted {
        let input = ledger.get(object).and_then(|entry| entry.input.as_ref()).map(InputRef::written);
        tracing::info!(target: TARGET, %set, %object, action = "deleted", input, "object changed");
    }
    context.metrics.count_objects(orangery_core::Action::Deleted.as_str(), deleted.len());
}

/// What the poll of a provider brought that is new.
pub(in crate::kubernetes) fn of_provider(
    run: &Run<ResourceSetInputProvider>,
    report: &ProviderReport,
    before: &[Condition],
) {
    let (provider, ready) = (&run.name, ready_of(before));
    let (inputs, revision) = (report.snapshot.inputs().len(), report.snapshot.revision());
    let outcome = &report.conclusion.outcome;
    if let Some((reason, error)) = new_failure(outcome, ready) {
        tracing::warn!(target: TARGET, %provider, revision, %reason, error, "poll failed");
    } else if matches!(outcome, Outcome::Succeeded { .. }) && report.inputs == Inputs::Changed {
        tracing::info!(target: TARGET, %provider, revision, inputs, "polled with a new result");
    } else if has_recovered(outcome, ready) {
        tracing::info!(target: TARGET, %provider, revision, inputs, "the provider answers again");
    }
}

/// The lines of one set that was applied.
struct SetLines<'a> {
    set: &'a NamespacedName,
    converged: &'a Converged,
}

impl SetLines<'_> {
    /// Created, configured, recreated, deleted, released.
    fn objects(&self, loaded: Option<&ResourceSetStatus>) {
        let (set, revision) = (self.set, &*self.converged.revision);
        let applied = self.converged.applied.changes.iter().filter(|change| change.action.is_change());
        for change in applied {
            let input = self.converged.ledger.get(&change.key).and_then(|entry| entry.input.as_ref());
            let environment = input.and_then(|input| self.converged.labels.get(input)).map(String::as_str);
            let (object, action, input) = (&change.key, change.action.as_str(), input.map(InputRef::written));
            tracing::info!(target: TARGET, %set, revision, %object, action, input, environment, "object changed");
        }
        let pruned = &self.converged.pruned;
        if pruned.deleted.is_empty() && pruned.released.is_empty() {
            return;
        }
        // What is gone stands only in the ledger that was loaded.
        let known = loaded.map(ledger::read).unwrap_or_default().ledger;
        let deleted = pruned.deleted.iter().map(|change| (&change.key, "deleted"));
        for (object, action) in deleted.chain(pruned.released.iter().map(|key| (key, "released"))) {
            let input = known.get(object).and_then(|entry| entry.input.as_ref()).map(InputRef::written);
            tracing::info!(target: TARGET, %set, revision, %object, action, input, "object changed");
        }
    }

    /// Deletions that are held, and held ones that were approved.
    fn deletions(&self, before: &ResourceSetStatus) {
        let (set, revision) = (self.set, &*self.converged.revision);
        for hold in self.converged.holds().filter(|hold| is_new_hold(&hold.message(), before)) {
            let (objects, digest, why) = (names(&hold.objects), &*hold.digest, &*hold.why);
            tracing::warn!(target: TARGET, %set, revision, objects, digest, why, "deletions are held");
        }
        if let Verdict::Approved(hold) = &self.converged.verdict {
            let (objects, digest) = (names(&hold.objects), &*hold.digest);
            tracing::info!(target: TARGET, %set, revision, objects, digest, "held deletions were approved");
        }
    }

    /// Objects that are left alone from now on, and those that no longer are.
    fn frozen(&self, loaded: Option<&ResourceSetStatus>) {
        let (set, revision) = (self.set, &*self.converged.revision);
        for object in newly_frozen(self.converged, loaded) {
            tracing::info!(target: TARGET, %set, revision, %object, action = "frozen", "object left alone");
        }
        let now: BTreeSet<&ObjectKey> = self.converged.frozen().collect();
        for object in frozen_before(loaded).iter().filter(|object| !now.contains(object)) {
            tracing::info!(target: TARGET, %set, revision, %object, action = "thawed", "object no longer left alone");
        }
    }

    /// What failed and had not failed before, by environment.
    fn failures(&self, outcome: &Outcome, ready: Option<&Condition>) {
        let Some((reason, message)) = new_failure(outcome, ready) else { return };
        let (set, revision, standing) = (self.set, &*self.converged.revision, &self.converged.standing);
        let known = ready.filter(|ready| ready.status == "False").map_or("", |ready| ready.message.as_str());
        let mut told = false;
        for failed in standing.failed.values().flatten() {
            told = true;
            if known.contains(&failed.message) {
                continue;
            }
            let environment = self.converged.labels.get(&failed.input).map(String::as_str);
            let (input, reason, error) = (failed.input.written(), failed.reason, &*failed.message);
            tracing::warn!(target: TARGET, %set, revision, input, environment, %reason, error, "environment failed");
        }
        for failed in &standing.shared {
            told = true;
            if !known.contains(&failed.message) {
                let (object, reason, error) = (&failed.key, failed.reason(), &*failed.message);
                tracing::warn!(target: TARGET, %set, revision, %object, %reason, error, "object failed");
            }
        }
        if !told {
            tracing::warn!(target: TARGET, %set, revision, %reason, error = message, "the set failed");
        }
    }
}

/// The objects that were not frozen when the set was reconciled before.
pub(in crate::kubernetes) fn newly_frozen(converged: &Converged, loaded: Option<&ResourceSetStatus>) -> Vec<ObjectKey> {
    let mut frozen = converged.frozen().peekable();
    if frozen.peek().is_none() {
        return Vec::new();
    }
    let known = frozen_before(loaded);
    frozen.filter(|key| !known.contains(*key)).cloned().collect()
}

fn frozen_before(loaded: Option<&ResourceSetStatus>) -> BTreeSet<ObjectKey> {
    let ledger = loaded.map(ledger::read).unwrap_or_default().ledger;
    ledger.iter().filter(|entry| entry.mark == Mark::Frozen).map(|entry| entry.key.clone()).collect()
}

/// Whether the condition of before does not tell of this hold.
pub(in crate::kubernetes) fn is_new_hold(message: &str, before: &ResourceSetStatus) -> bool {
    let held = before.conditions.iter().find(|condition| condition.type_ == ConditionType::PruneHeld.as_str());
    held.is_none_or(|condition| !condition.message.contains(message))
}

fn ready_of(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str())
}

/// A failure that the condition of before does not tell of.
fn new_failure<'a>(outcome: &'a Outcome, ready: Option<&Condition>) -> Option<(Reason, &'a str)> {
    let (Outcome::Failed { reason, message } | Outcome::Stalled { reason, message }) = outcome else { return None };
    ready.is_none_or(|ready| ready.message != *message).then_some((*reason, message.as_str()))
}

fn has_recovered(outcome: &Outcome, ready: Option<&Condition>) -> bool {
    matches!(outcome, Outcome::Succeeded { .. }) && ready.is_some_and(|ready| ready.status == "False")
}

fn names(objects: &[ObjectKey]) -> String {
    objects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
