//! Reconciling one ResourceSet.

use super::context::{Context, now, timestamp};
use super::deletion::{self, DeletionProtection};
use super::rights::{self, NoRights};
use super::status::ledger;
use super::status::size::{self, Size};
use super::status::{StatusError, publish};
use super::{finalizer, providers, requeue};

use crate::kubernetes::events::{ObjectEvent, Severity};
use crate::kubernetes::metrics::{ActionLabels, SetLabels};
use crate::pipeline::converge::{LedgerError, LedgerStore};
use crate::pipeline::set::outcome;
use crate::pipeline::set::{self, SetReport, SetRun};
use async_trait::async_trait;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::controller::Action;
use kube::runtime::reflector::Store;
use kube::{Client, Resource, ResourceExt};
use orangery_api::set_status::PendingPrune;
use orangery_api::{ResourceSet, ResourceSetInputProvider, ResourceSetStatus};
use orangery_core::conditions::{ConditionType, Conditions, HistoryEntry, Outcome, Stamp, conclude, remember};
use orangery_core::guard::Verdict;
use orangery_core::inventory::InventoryEntry;
use orangery_core::spec::SetSpec;
use orangery_core::{Disposition, Explain, Ledger, NamespacedName, Reason, keys};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For metrics and back-off.
pub(super) const KIND: &str = "ResourceSet";

/// What stops a reconciliation before it has an outcome.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    /// Status could not be written.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The finalizer could not be changed.
    #[error("the finalizer of {name} could not be changed: {source}")]
    Finalizer { name: NamespacedName, source: Box<kube::Error> },
    /// Nothing is deleted before it is known what else goes.
    #[error("{what} cannot be read: {source}")]
    Surroundings { what: String, source: Box<kube::Error> },
}

/// The ledger in `status.inventory`.
pub(super) struct StatusLedger<'a> {
    client: &'a Client,
    uid: String,
    unreadable: Vec<InventoryEntry>,
    size: Size,
}

#[async_trait]
impl LedgerStore for StatusLedger<'_> {
    async fn record(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError> {
        let api: Api<ResourceSet> = Api::namespaced(self.client.clone(), &set.namespace);
        let status = ledger::patch(ledger, &self.unreadable);
        if let Some(bytes) = self.size.excess_of_inventory(&status.get("inventory")) {
            return Err(size::ledger_does_not_fit(set, ledger.len(), bytes));
        }
        let patch = json!({"metadata": {"uid": self.uid}, "status": status});
        match api.patch_status(&set.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(LedgerError { set: set.clone(), reason: Reason::ReconciliationFailed, message: error.to_string() })
            }
        }
    }
}

/// Takes the set down the pipeline, and writes what came of it. `object` is as the API server has it now, not as a cache
/// remembers it: the ledger in it decides about deletions.
pub(super) async fn reconcile(
    object: Arc<ResourceSet>,
    providers: &Store<ResourceSetInputProvider>,
    deletions: &DeletionProtection,
    context: Arc<Context>,
) -> Result<Action, SetError> {
    let begun = Instant::now();
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let failed = |source| SetError::Finalizer { name: name.clone(), source: Box::new(source) };
    let before = object.status.clone().unwrap_or_default();
    let inventory = ledger::read(&before);
    let ledger_store = StatusLedger {
        client: &context.client,
        uid: object.uid().unwrap_or_default(),
        unreadable: inventory.unreadable.clone(),
        size: Size::of(object.as_ref(), &before, before.inventory.as_ref()),
    };
    let spec = SetSpec::try_from(object.as_ref()).and_then(|spec| spec.check().map(|()| spec));
    if object.meta().deletion_timestamp.is_some() {
        return deletion::delete(&object, &context, deletions, &inventory.ledger, &ledger_store).await;
    }
    if !finalizer::has(object.as_ref()) {
        finalizer::add(&context.client, object.as_ref()).await.map_err(failed)?;
    }
    let mut after = before.clone();
    after.last_handled_reconcile_at =
        object.annotations().get(keys::REQUESTED_AT).cloned().or(after.last_handled_reconcile_at);
    let suspended = object.annotations().get(keys::RECONCILE).is_some_and(|word| word.eq_ignore_ascii_case("disabled"));
    if suspended {
        record_event(
            &object,
            &context,
            Severity::Warning,
            Reason::ReconciliationDisabled,
            "Reconciliation is disabled".to_owned(),
        );
        measure(&object, &context, &after, true);
        publish(&context.client, object.as_ref(), &before, &after).await?;
        return Ok(Action::await_change());
    }
    let report = match spec.map_err(|error| refused(&error, &error.field)).and_then(|spec| {
        let owner = rights::owner(&object, &context.options.rights).map_err(|error| without_rights(&error))?;
        Ok((spec, owner))
    }) {
        Err(report) => *report,
        Ok((spec, owner)) => {
            let after_start = begin(&object, &context, &before).await?;
            after.conditions = after_start;
            let run = SetRun {
                set: &spec,
                owner,
                providers: providers
                    .state()
                    .iter()
                    .filter(|provider| provider.namespace().as_deref() == Some(name.namespace.as_str()))
                    .map(|provider| providers::known(provider))
                    .collect(),
                ledger: &inventory.ledger,
                target: context.target.as_ref(),
                ledger_store: &ledger_store,
                now: now(),
            };
            set::reconcile(&context.pipeline, run).await
        }
    };
    let ledger = report.converged.as_ref().map_or(&inventory.ledger, |converged| &converged.ledger);
    // The ledger is written by its ledger_store; what is left to publish is everything else.
    let mut known = before.clone();
    known.conditions.clone_from(&after.conditions);
    ledger::show(&mut known, ledger, &inventory.unreadable);
    ledger::show(&mut after, ledger, &inventory.unreadable);
    write_outcome(&mut after, &object, &report, ledger, begun.elapsed());
    let report = match ledger_store.size.excess(&after) {
        None => report,
        Some(bytes) => {
            let report = size::status_does_not_fit(report, bytes);
            after.clone_from(&known);
            after.last_handled_reconcile_at =
                object.annotations().get(keys::REQUESTED_AT).cloned().or(after.last_handled_reconcile_at);
            write_outcome(&mut after, &object, &report, &inventory.ledger, begun.elapsed());
            report
        }
    };
    tell(&object, &context, &report, &known);
    publish(&context.client, object.as_ref(), &known, &after).await?;
    measure(&object, &context, &after, false);
    Ok(requeue::next(&object, &context, &name, &report, begun))
}

/// A new generation is announced before the work; a routine re-check is not worth a write.
async fn begin(
    object: &Arc<ResourceSet>,
    context: &Context,
    before: &ResourceSetStatus,
) -> Result<Vec<orangery_api::Condition>, SetError> {
    let generation = object.meta().generation.unwrap_or_default();
    // Ready keeps its generation while the set waits: then it is Reconciling that knows the present one.
    let known = [ConditionType::Ready.as_str(), ConditionType::Reconciling.as_str()];
    let mut known = before.conditions.iter().filter(|condition| known.contains(&condition.type_.as_str()));
    if known.any(|condition| condition.observed_generation == Some(generation)) {
        return Ok(before.conditions.clone());
    }
    let at = timestamp(now());
    let outcome = Outcome::Progressing { message: "Reconciliation in progress".to_owned() };
    let mut after = before.clone();
    let conditions = Conditions::new(before.conditions.iter().cloned().map(Into::into).collect());
    after.conditions = conclude(&conditions, &outcome, None, Stamp { generation, now: &at })
        .into_vec()
        .into_iter()
        .map(Into::into)
        .collect();
    publish(&context.client, object.as_ref(), before, &after).await?;
    Ok(after.conditions)
}

fn refused(error: &impl Explain, field: &str) -> Box<SetReport> {
    Box::new(SetReport {
        outcome: Outcome::Stalled { reason: Reason::BuildFailed, message: format!("build failed: {field}: {error}") },
        abnormal: None,
        converged: None,
        retry: Some(Disposition::WaitForChange),
        wake: None,
        inputs: 0,
        environments: Vec::new(),
        external: Vec::new(),
    })
}

fn without_rights(error: &NoRights) -> Box<SetReport> {
    Box::new(SetReport {
        outcome: Outcome::Stalled { reason: Reason::InvalidSpec, message: error.to_string() },
        abnormal: None,
        converged: None,
        retry: Some(Disposition::WaitForChange),
        wake: None,
        inputs: 0,
        environments: Vec::new(),
        external: Vec::new(),
    })
}

fn write_outcome(
    after: &mut ResourceSetStatus,
    object: &ResourceSet,
    report: &SetReport,
    ledger: &Ledger,
    took: Duration,
) {
    let at = timestamp(now());
    let generation = object.meta().generation.unwrap_or_default();
    let conditions = Conditions::new(std::mem::take(&mut after.conditions).into_iter().map(Into::into).collect());
    let concluded = conclude(&conditions, &report.outcome, report.abnormal.as_deref(), Stamp { generation, now: &at });
    let reason = concluded.get(ConditionType::Ready).map(|ready| ready.reason.clone()).unwrap_or_default();
    let same_outcome = conditions.get(ConditionType::Ready).map(|ready| &ready.reason) == Some(&reason);
    after.conditions = concluded.into_vec().into_iter().map(Into::into).collect();
    after.external_checksum_refs.clone_from(&report.external);
    after.pending_prune = match report.converged.as_ref().map(|converged| &converged.verdict) {
        Some(Verdict::Held(hold)) => Some(PendingPrune::from(hold)),
        // What was not judged is held as before, by the policy that stands with the list.
        Some(Verdict::Allowed | Verdict::Approved(_)) => {
            after.pending_prune.take().filter(|_| ledger.guard().held_under.is_some())
        }
        Some(Verdict::Blocked { .. }) | None => after.pending_prune.take(),
    };
    let adopted = report.converged.as_ref().and_then(|converged| converged.held.as_ref());
    after.pending_prune = after.pending_prune.take().or_else(|| adopted.map(PendingPrune::from));
    let Some(converged) = report.converged.as_ref().filter(|_| !matches!(report.outcome, Outcome::Waiting { .. }))
    else {
        return;
    };
    if report.is_ready() {
        after.last_applied_revision = Some(converged.revision.clone());
    }
    let changed = !outcome::changes(converged).is_empty();
    if same_outcome && !changed && after.history.first().is_some_and(|first| first.digest == converged.revision) {
        // A routine re-check is no history.
        return;
    }
    let entry = HistoryEntry {
        digest: converged.revision.clone(),
        first_reconciled: at.clone(),
        last_reconciled: at,
        last_reconciled_duration: orangery_core::duration::format(took),
        last_reconciled_status: reason,
        total_reconciliations: 1,
        metadata: BTreeMap::from([
            ("inputs".to_owned(), report.inputs.to_string()),
            ("resources".to_owned(), ledger.len().to_string()),
        ]),
    };
    let history: Vec<HistoryEntry> = std::mem::take(&mut after.history).into_iter().map(Into::into).collect();
    after.history = remember(&history, entry).into_iter().map(Into::into).collect();
}

/// Events for what changed; nothing for a routine re-check.
fn tell(object: &ResourceSet, context: &Context, report: &SetReport, before: &ResourceSetStatus) {
    if let Some(converged) = &report.converged {
        for change in converged.applied.changes.iter().chain(&converged.pruned.deleted) {
            if change.action != orangery_core::Action::Unchanged {
                context
                    .metrics
                    .objects
                    .get_or_create(&ActionLabels { action: change.action.as_str().to_owned() })
                    .inc();
            }
        }
        let changes = outcome::changes(converged);
        if !changes.is_empty() {
            record_event(object, context, Severity::Normal, Reason::ApplySucceeded, changes.join("\n"));
        }
        let held = |kind: ConditionType| before.conditions.iter().find(|condition| condition.type_ == kind.as_str());
        if !converged.adopted.is_empty() {
            let names: Vec<String> = converged.adopted.iter().map(ToString::to_string).collect();
            let message = format!("adopted, because they existed before and nobody owned them: {}", names.join(", "));
            record_event(object, context, Severity::Normal, Reason::Adopted, message);
        }
        for hold in converged.holds() {
            if held(ConditionType::PruneHeld).is_some_and(|condition| condition.message.contains(&hold.message())) {
                continue;
            }
            context
                .metrics
                .objects
                .get_or_create(&ActionLabels { action: "held".to_owned() })
                .inc_by(hold.objects.len() as u64);
            record_event(object, context, Severity::Warning, Reason::PruneHeld, hold.message());
        }
    }
    let ready = before.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
    if let Outcome::Failed { reason, message } | Outcome::Stalled { reason, message } = &report.outcome
        && ready.is_none_or(|ready| ready.message != *message)
    {
        record_event(object, context, Severity::Warning, *reason, message.clone());
    }
}

pub(super) fn record_event(
    object: &ResourceSet,
    context: &Context,
    severity: Severity,
    reason: Reason,
    message: String,
) {
    context.events.send(ObjectEvent { about: object.object_ref(&()), severity, reason, message });
}

fn measure(object: &ResourceSet, context: &Context, status: &ResourceSetStatus, suspended: bool) {
    let ready = status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
    context.metrics.set(SetLabels {
        uid: object.uid().unwrap_or_default(),
        kind: KIND.to_owned(),
        name: object.name_any(),
        exported_namespace: object.namespace().unwrap_or_default(),
        ready: ready.map_or_else(|| "Unknown".to_owned(), |ready| ready.status.clone()),
        reason: ready.map(|ready| ready.reason.clone()).unwrap_or_default(),
        suspended: if suspended { "True" } else { "False" }.to_owned(),
        resources: status.inventory.as_ref().map_or(0, |inventory| inventory.entries.len()).to_string(),
        revision: status.last_applied_revision.clone().unwrap_or_default(),
    });
}
