//! The work on one ResourceSetInputProvider, and the fields of its status.

mod artifacts;
mod cached;
mod secrets;
mod webhook;

pub(super) use cached::{CachedProviders, ProviderNames};

use super::context::{Context, now};
use super::events::Severity;
use super::metrics::{Metrics, ObjectLabels, ProviderLabels};
use super::object::finalizer::{self, FinalizerUse};
use super::object::{ObjectStatus, ReconcileError, Run, name_of, size};
use super::shell::{self, Reconciler};
use super::status::{StatusChange, change_log};
use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::provider::poll::Readers;
use crate::pipeline::provider::{self, Inputs, ProviderReport, Trigger};
use crate::pipeline::set::gather::KnownProvider;
use artifacts::ApiArtifacts;
use async_trait::async_trait;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use orangery_api::{
    Condition, NextSchedule, ResourceSetInputProvider, ResourceSetInputProviderStatus, Schedule, Stale,
};
use orangery_core::checksum::{DataKind, DataRef};
use orangery_core::conditions::Outcome;
use orangery_core::spec::{ProviderSpec, SpecError};
use orangery_core::{Freshness, InputList, NamespacedName, Reason, Snapshot, digest, keys, url_redaction};
use orangery_egress::RequestTrace;
use secrets::ApiSecrets;
use std::collections::BTreeMap;
use std::time::SystemTime;

pub(super) struct ProviderReconciler;

#[async_trait]
impl Reconciler for ProviderReconciler {
    type Object = ResourceSetInputProvider;
    type Spec = ProviderSpec;
    type Report = ProviderReport;
    const KIND: &'static str = "ResourceSetInputProvider";
    const FINALIZER: FinalizerUse = FinalizerUse::NotNeeded;

    fn parse(object: &ResourceSetInputProvider) -> Result<ProviderSpec, SpecError> {
        let spec = ProviderSpec::try_from(object)?;
        spec.check()?;
        Ok(spec)
    }

    fn invalid(run: &Run<ResourceSetInputProvider>, error: &SpecError) -> ProviderReport {
        ProviderReport::ended_early(provider::invalid(error), &last_snapshot(&run.object))
    }

    async fn work(
        &self,
        run: &Run<ResourceSetInputProvider>,
        spec: &ProviderSpec,
        status: &mut StatusChange<ResourceSetInputProvider>,
    ) -> Result<ProviderReport, ReconcileError> {
        let (poller, secrets) = (&run.context.poller, ApiSecrets(run.context.client.clone()));
        let artifacts = ApiArtifacts { target: run.context.target.as_ref(), rights: &run.context.options.rights };
        let readers = Readers { secrets: &secrets, artifacts: &artifacts };
        let last = snapshot(status.published());
        let trigger = trigger(run.object.annotations(), status.published());
        let hook = run.object.annotations().get(keys::WEBHOOK_SECRET);
        let named = spec.secret.iter().chain(&spec.certificate).chain(&spec.proxy).chain(hook).map(|name| DataRef {
            kind: DataKind::Secret,
            namespace: run.name.namespace.clone(),
            name: name.clone(),
        });
        run.reads(Self::KIND, named.collect());
        let webhook = webhook::path(&secrets, run).await;
        let mut report = provider::reconcile(poller, spec, readers, &last, trigger, now()).await;
        if let (Err(warning), Some(abnormal)) = (&webhook, &mut report.conclusion.abnormal) {
            abnormal.push(warning.clone());
        }
        status.next_mut().webhook_path = webhook.unwrap_or_default();
        for request in &report.requests {
            run.context.metrics.count_request(spec.provider_type.as_str(), &result_of(request));
        }
        Ok(report)
    }

    /// A provider owns nothing in the cluster, so it is simply gone. The finalizer that Flux Operator put on it is removed, so that
    /// an installation that was taken over can be deleted.
    async fn delete(&self, run: &Run<ResourceSetInputProvider>) -> Result<Action, ReconcileError> {
        shell::forget::<Self>(&run.context, &run.name, &run.uid);
        if finalizer::has(&run.object) {
            let removed = finalizer::remove(&run.context.client, &run.object).await;
            removed.map_err(|error| run.finalizer_error(error))?;
        }
        Ok(Action::await_change())
    }

    fn conclusion(report: &ProviderReport) -> &Conclusion {
        &report.conclusion
    }

    fn write(
        _: &Run<ResourceSetInputProvider>,
        spec: Option<&ProviderSpec>,
        report: &ProviderReport,
        status: &mut StatusChange<ResourceSetInputProvider>,
    ) {
        let (status, snapshot) = (status.next_mut(), &report.snapshot);
        status.exported_inputs = snapshot.inputs().clone();
        status.waiting = snapshot.waiting().to_vec();
        status.unreadable = snapshot.unreadable().to_vec();
        status.last_exported_revision = Some(snapshot.revision().to_owned()).filter(|revision| !revision.is_empty());
        status.stale = match snapshot.freshness() {
            Freshness::Stale { reason, since } => {
                Some(Stale { reason: reason.as_str().to_owned(), since: since.to_string() })
            }
            Freshness::Fresh | Freshness::Never => None,
        };
        status.next_schedule = spec.and_then(|spec| next_schedule(spec, report.next_schedule.as_ref()?));
    }

    fn too_large(run: &Run<ResourceSetInputProvider>, report: ProviderReport, bytes: usize) -> ProviderReport {
        size::inputs_do_not_fit(report, &last_snapshot(&run.object), bytes, now())
    }

    fn announce(run: &Run<ResourceSetInputProvider>, report: &ProviderReport, before: &ResourceSetInputProviderStatus) {
        change_log::of_provider(run, report, &before.conditions);
        match &report.conclusion.outcome {
            Outcome::Succeeded { .. } if report.inputs == Inputs::Changed => {
                let (inputs, revision) = (report.snapshot.inputs().len(), report.snapshot.revision());
                let message = format!("{inputs} inputs exported, revision {revision}");
                // Without the token notification-controller would take a revision that comes back for a repetition.
                let metadata = BTreeMap::from([
                    (keys::EVENT_REVISION.to_owned(), revision.to_owned()),
                    (keys::EVENT_TOKEN.to_owned(), event_token()),
                ]);
                run.record_event_with(Severity::Normal, Reason::ReconciliationSucceeded, message, metadata);
            }
            Outcome::Skipped { reason, message } => run.record_event(Severity::Normal, *reason, message.clone()),
            Outcome::Succeeded { .. }
            | Outcome::Failed { .. }
            | Outcome::Stalled { .. }
            | Outcome::Progressing { .. }
            | Outcome::Applying { .. }
            | Outcome::Waiting { .. }
            | Outcome::Degraded { .. }
            | Outcome::Canceled { .. } => {}
        }
    }

    fn show(
        metrics: &Metrics,
        labels: ObjectLabels,
        object: &ResourceSetInputProvider,
        _: &ResourceSetInputProviderStatus,
    ) {
        let url = object.spec.url.as_deref().filter(|url| !url.is_empty()).map(url_redaction::url).unwrap_or_default();
        metrics.provider(ProviderLabels { object: labels, url });
    }

    fn forget(context: &Context, _: &NamespacedName, uid: &str) {
        context.metrics.forget_provider(uid);
    }
}

impl ObjectStatus for ResourceSetInputProviderStatus {
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
        if let Some(forced) = annotations.get(keys::FORCE_AT) {
            self.last_handled_force_at = Some(forced.clone());
        }
    }

    fn take_inputs(&mut self) -> Option<InputList> {
        Some(std::mem::take(&mut self.exported_inputs))
    }
}

/// A provider as ResourceSets see it.
pub(crate) fn known(object: &ResourceSetInputProvider) -> KnownProvider {
    KnownProvider {
        name: name_of(object),
        labels: object.labels().clone(),
        snapshot: last_snapshot(object),
        answered: match ProviderSpec::try_from(object) {
            Ok(spec) if spec.provider_type.is_static() => None,
            Ok(spec) => Some(spec.default_values),
            // Nothing in a spec that cannot be read is trusted.
            Err(_) => Some(serde_json::Map::new()),
        },
    }
}

fn last_snapshot(object: &ResourceSetInputProvider) -> Snapshot {
    object.status.as_ref().map_or_else(Snapshot::never, snapshot)
}

/// The snapshot that a status keeps.
fn snapshot(status: &ResourceSetInputProviderStatus) -> Snapshot {
    let freshness = match &status.stale {
        None => Freshness::Fresh,
        Some(stale) => Freshness::Stale {
            reason: serde_json::from_value(serde_json::Value::String(stale.reason.clone()))
                .unwrap_or(Reason::SourceUnavailable),
            since: stale.since.parse().unwrap_or_default(),
        },
    };
    Snapshot::restored(
        status.exported_inputs.clone(),
        status.waiting.clone(),
        status.last_exported_revision.clone().unwrap_or_default(),
        freshness,
    )
    .with_unreadable(status.unreadable.clone())
}

fn next_schedule(spec: &ProviderSpec, next: &provider::NextSchedule) -> Option<NextSchedule> {
    let entry = spec.schedule.get(next.index)?;
    Some(NextSchedule {
        schedule: Schedule {
            cron: entry.cron.clone(),
            time_zone: Some(entry.time_zone.clone()),
            window: Some(orangery_core::duration::format(entry.window)),
        },
        when: next.when.to_string(),
    })
}

/// Something that no other event has.
fn event_token() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    digest::sha256(since.as_nanos().to_string().as_bytes())
}

/// The label `status` of the metric of requests.
fn result_of(request: &RequestTrace) -> String {
    match (&request.denied, &request.failed, request.status) {
        (Some(_), ..) => "denied".to_owned(),
        (None, Some(_), _) => "failed".to_owned(),
        (None, None, _) if request.from_cache => "cached".to_owned(),
        (None, None, Some(status)) => status.to_string(),
        (None, None, None) => "failed".to_owned(),
    }
}

/// Forced if the annotations `forceAt` and `requestedAt` are equal, and neither was handled yet.
fn trigger(annotations: &BTreeMap<String, String>, status: &ResourceSetInputProviderStatus) -> Trigger {
    let (requested, forced) = (annotations.get(keys::REQUESTED_AT), annotations.get(keys::FORCE_AT));
    let unhandled =
        requested != status.last_handled_reconcile_at.as_ref() && forced != status.last_handled_force_at.as_ref();
    if forced.is_some() && forced == requested && unhandled { Trigger::Forced } else { Trigger::Clock }
}
