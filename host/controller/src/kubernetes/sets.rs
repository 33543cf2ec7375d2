//! The work on one ResourceSet, and the fields of its status.

use super::context::{Context, now};
use super::deletion::{self, DeletionProtection};
use super::events::Severity;
use super::metrics::{Metrics, NameLabels, ObjectCounts, ObjectLabels, SetLabels};
use super::object::finalizer::FinalizerUse;
use super::object::{ObjectStatus, ReconcileError, Run, size};
use super::providers::CachedProviders;
use super::rights;
use super::shell::Reconciler;
use super::status::ledger::{self, StatusLedger};
use super::status::{StatusChange, change_log, history};
use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::converge::Converged;
use crate::pipeline::progress::{Health, LastResult, Progress};
use crate::pipeline::requeue::Wait;
use crate::pipeline::set::changes::changes_by_step;
use crate::pipeline::set::outcome::is_wait;
use crate::pipeline::set::{self, SetReport, SetRun};
use async_trait::async_trait;
use kube::runtime::controller::Action;
use orangery_api::{Condition, PendingPrune, ResourceSet, ResourceSetStatus};
use orangery_core::conditions::{ConditionType, Outcome};
use orangery_core::guard::Verdict;
use orangery_core::spec::{SetSpec, SpecError};
use orangery_core::{NamespacedName, ObjectKey, Reason, keys};
use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

/// How long new inputs are applied before that is announced: a write of the status costs as much as that of an object.
const MOMENT: Duration = Duration::from_secs(1);

pub(super) struct SetReconciler {
    pub(super) providers: CachedProviders,
    pub(super) deletions: DeletionProtection,
}

#[async_trait]
impl Reconciler for SetReconciler {
    type Object = ResourceSet;
    type Spec = SetSpec;
    type Report = SetReport;
    const KIND: &'static str = "ResourceSet";
    const FINALIZER: FinalizerUse = FinalizerUse::Required;

    fn parse(object: &ResourceSet) -> Result<SetSpec, SpecError> {
        let spec = SetSpec::try_from(object)?;
        spec.check()?;
        Ok(spec)
    }

    fn invalid(_: &Run<ResourceSet>, error: &SpecError) -> SetReport {
        SetReport::not_built(set::invalid(error))
    }

    async fn work(
        &self,
        run: &Run<ResourceSet>,
        spec: &SetSpec,
        status: &mut StatusChange<ResourceSet>,
    ) -> Result<SetReport, ReconcileError> {
        let owner = match rights::owner(&run.object, &run.context.options.rights) {
            Ok(owner) => owner,
            Err(error) => {
                return Ok(SetReport::ended_early(Conclusion::stalled(Reason::InvalidSpec, error.to_string())));
            }
        };
        status.begin(run).await?;
        let inventory = ledger::read(status.published());
        let ledger_store = StatusLedger::of(run, &inventory.unreadable);
        let progress = Progress::default();
        let set_run = SetRun {
            set: spec,
            owner,
            providers: self.providers.read_by(&run.name.namespace, &spec.inputs_from),
            ledger: &inventory.ledger,
            target: run.context.target.as_ref(),
            ledger_store: &ledger_store,
            last: last_result(status),
            progress: &progress,
            now: now(),
        };
        let work = set::reconcile(&run.context.pipeline, set_run);
        let report = announced(run, status, &progress, work).await?;
        if let Some(sources) = &report.sources {
            run.reads(Self::KIND, sources.clone());
        }
        let recorded = ledger_store.recorded();
        if let Some(recorded) = &recorded {
            status.note_published(|status| ledger::show(status, recorded, &inventory.unreadable));
        }
        let known = recorded.as_ref().unwrap_or(&inventory.ledger);
        if let Some(settled) = report.converged.as_ref().map(|converged| &converged.ledger).filter(|now| *now != known)
        {
            status.note(|status| ledger::show(status, settled, &inventory.unreadable));
        }
        Ok(report)
    }

    fn is_wait(message: &str) -> bool {
        is_wait(message)
    }

    async fn delete(&self, run: &Run<ResourceSet>) -> Result<Action, ReconcileError> {
        deletion::delete(run, &self.deletions).await
    }

    fn conclusion(report: &SetReport) -> &Conclusion {
        &report.conclusion
    }

    fn wait(report: &SetReport) -> Option<Wait> {
        report.wait
    }

    fn write(run: &Run<ResourceSet>, _: Option<&SetSpec>, report: &SetReport, status: &mut StatusChange<ResourceSet>) {
        if let Some(external) = &report.external {
            status.next_mut().external_checksum_refs.clone_from(external);
        }
        let pending = status.next_mut().pending_prune.take();
        status.next_mut().pending_prune = pending_prune(report.converged.as_ref(), pending);
        let waits = matches!(report.conclusion.outcome, Outcome::Waiting { .. } | Outcome::Degraded { .. });
        if report.is_ready()
            && let Some(converged) = &report.converged
        {
            status.next_mut().last_applied_revision = Some(converged.revision.clone());
        }
        if !waits {
            history::write(run, report, status);
        }
    }

    fn too_large(_: &Run<ResourceSet>, report: SetReport, bytes: usize) -> SetReport {
        size::status_does_not_fit(report, bytes)
    }

    fn announce(run: &Run<ResourceSet>, report: &SetReport, before: &ResourceSetStatus) {
        change_log::of_set(run, report, before);
        let Some(converged) = &report.converged else { return };
        let name = NameLabels { exported_namespace: run.name.namespace.clone(), name: run.name.name.clone() };
        let counts = ObjectCounts {
            held: converged.holds().map(|hold| hold.objects.len()).sum(),
            terminating: converged.pruned.terminating.len(),
            frozen: converged.frozen().count(),
        };
        run.context.metrics.show_objects(&run.uid, name, counts);
        for change in converged.applied.changes.iter().chain(&converged.pruned.deleted) {
            if change.action.is_change() {
                run.context.metrics.count_objects(change.action.as_str(), 1);
            }
        }
        for changes in changes_by_step(converged) {
            let revision = BTreeMap::from([(keys::EVENT_REVISION.to_owned(), converged.revision.clone())]);
            run.record_event_with(Severity::Normal, Reason::ApplySucceeded, changes, revision);
        }
        let warned = before.conditions.iter().find(|condition| condition.type_ == ConditionType::Warning.as_str());
        for contested in &converged.applied.contested {
            // The rest of the message changes with each repair.
            let known = format!("{} is contested", contested.key);
            if warned.is_none_or(|condition| !condition.message.contains(&known)) {
                run.record_event(Severity::Warning, Reason::Contested, contested.message.clone());
            }
        }
        if !converged.adopted.is_empty() {
            let names = names(&converged.adopted);
            let message = format!("adopted, because they existed before and nobody owned them: {names}");
            run.record_event(Severity::Normal, Reason::Adopted, message);
        }
        let frozen = change_log::newly_frozen(converged, run.object.status.as_ref());
        if !frozen.is_empty() {
            let message = format!("left alone, because they say {}: disabled: {}", keys::RECONCILE, names(&frozen));
            run.record_event(Severity::Normal, Reason::ObjectsFrozen, message);
        }
        for hold in converged.holds() {
            let message = hold.message();
            if change_log::is_new_hold(&message, before) {
                run.context.metrics.count_objects("held", hold.objects.len());
                run.record_event(Severity::Warning, Reason::PruneHeld, message);
            }
        }
    }

    fn show(metrics: &Metrics, object: ObjectLabels, _: &ResourceSet, status: &ResourceSetStatus) {
        let entries = status.inventory.as_ref().map_or(0, |inventory| inventory.entries.len());
        let revision = status.last_applied_revision.clone().unwrap_or_default();
        metrics.set(SetLabels { object, resources: entries.to_string(), revision });
    }

    fn forget(context: &Context, name: &NamespacedName, uid: &str) {
        context.forget_set(name, uid);
    }
}

impl ObjectStatus for ResourceSetStatus {
    fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    fn set_conditions(&mut self, conditions: Vec<Condition>) {
        self.conditions = conditions;
    }

    fn note_generation(&mut self, generation: Option<i64>) {
        self.observed_generation = generation;
    }

    fn note_handled(&mut self, annotations: &BTreeMap<String, String>) {
        if let Some(requested) = annotations.get(keys::REQUESTED_AT) {
            self.last_handled_reconcile_at = Some(requested.clone());
        }
    }
}

/// Announces work on something new if it takes longer than a moment.
async fn announced(
    run: &Run<ResourceSet>,
    status: &mut StatusChange<ResourceSet>,
    progress: &Progress,
    work: impl Future<Output = SetReport>,
) -> Result<SetReport, ReconcileError> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        report = &mut work => return Ok(report),
        () = progress.lasts(MOMENT) => {}
    }
    status.announce(run).await?;
    Ok(work.await)
}

/// What the published status says of the last reconciliation.
fn last_result(status: &StatusChange<ResourceSet>) -> LastResult {
    let health = match status.published_condition(ConditionType::Ready) {
        Some(ready) if ready.status == "True" => Health::Ready,
        Some(ready) if ready.reason == Reason::HealthCheckFailed.as_str() => Health::Degraded,
        Some(_) | None => Health::Other,
    };
    let published = status.published();
    let attempted = published.history.first().map(|latest| latest.digest.clone());
    LastResult { applied: published.last_applied_revision.clone(), attempted, health }
}

fn names(objects: &[ObjectKey]) -> String {
    objects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The deletions that wait for approval. Where the guard did not judge, those that were held before stay held.
fn pending_prune(converged: Option<&Converged>, before: Option<PendingPrune>) -> Option<PendingPrune> {
    let guarded = match converged.map(|converged| (&converged.verdict, &converged.ledger)) {
        Some((Verdict::Held(hold), _)) => Some(PendingPrune::from(hold)),
        // What was not judged is held as before, by the policy that stands with the list.
        Some((Verdict::Allowed | Verdict::Approved(_), ledger)) => {
            before.filter(|_| ledger.guard().held_under.is_some())
        }
        Some((Verdict::Blocked { .. }, _)) | None => before,
    };
    let adopted = converged.and_then(|converged| converged.held.as_ref());
    guarded.or_else(|| adopted.map(PendingPrune::from))
}
