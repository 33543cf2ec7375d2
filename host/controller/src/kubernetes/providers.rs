//! Reconciling one ResourceSetInputProvider.

use super::context::{Context, now, spread, timestamp};
use super::finalizer;
use super::secrets::ApiSecrets;
use super::status::size::{self, Size};
use super::status::{InputField, StatusError, publish_with_inputs};
use crate::kubernetes::events::{ObjectEvent, Severity};
use crate::kubernetes::metrics::{ProviderLabels, RequestLabels};
use crate::pipeline::provider::{self, Next, ProviderReport};
use crate::pipeline::set::gather::KnownProvider;
use kube::runtime::controller::Action;
use kube::{Client, Resource, ResourceExt};
use orangery_api::provider::{NextSchedule, Stale};
use orangery_api::{ResourceSetInputProvider, ResourceSetInputProviderStatus};
use orangery_core::conditions::{ConditionType, Conditions, Outcome, Stamp, conclude};
use orangery_core::spec::{ProviderSpec, SpecError};
use orangery_core::{Explain, Freshness, InputList, NamespacedName, Reason, Snapshot, keys, shown};
use std::sync::Arc;
use std::time::Instant;

/// For metrics and back-off.
pub(super) const KIND: &str = "ResourceSetInputProvider";

/// What stops a reconciliation before it has an outcome.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    /// Status could not be written.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The finalizer of a former operator could not be removed.
    #[error("the finalizer of {name} could not be removed: {source}")]
    Finalizer { name: NamespacedName, source: Box<kube::Error> },
}

/// Polls if it is time, and writes what came of it.
pub(super) async fn reconcile(
    object: Arc<ResourceSetInputProvider>,
    context: Arc<Context>,
) -> Result<Action, ProviderError> {
    let begun = Instant::now();
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let uid = object.uid().unwrap_or_default();
    if object.meta().deletion_timestamp.is_some() {
        context.metrics.forget_provider(&uid);
        context.gone(KIND, &name);
        if finalizer::has(object.as_ref()) {
            let failed = |source| ProviderError::Finalizer { name: name.clone(), source: Box::new(source) };
            finalizer::remove(&context.client, object.as_ref()).await.map_err(failed)?;
        }
        return Ok(Action::await_change());
    }
    let before = object.status.clone().unwrap_or_default();
    let mut after = before.clone();
    after.last_handled_reconcile_at = annotation(&object, keys::REQUESTED_AT).or(after.last_handled_reconcile_at);
    let forced = is_forced(&object, &before);
    after.last_handled_force_at = annotation(&object, keys::FORCE_AT).or(after.last_handled_force_at);
    let spec = ProviderSpec::try_from(object.as_ref()).and_then(|spec| spec.check().map(|()| spec));
    let spec = match spec {
        Ok(spec) => spec,
        Err(error) => return refuse(&object, &context, &before, after, &error).await,
    };
    if spec.cadence().suspended {
        record_event(
            &object,
            &context,
            Severity::Warning,
            Reason::ReconciliationDisabled,
            "Reconciliation is disabled".to_owned(),
        );
        measure(&object, &context, &after, true);
        publish(&context.client, &object, &before, &after).await?;
        return Ok(Action::await_change());
    }
    let last = snapshot(&before);
    let at = now();
    let report =
        provider::reconcile(&context.poller, &spec, &ApiSecrets(context.client.clone()), &last, forced, at).await;
    let plain = after.clone();
    conclude_into(&mut after, &object, &report, &spec, at);
    let report = match Size::of(object.as_ref(), &before, None::<&()>).excess(&after) {
        None => report,
        Some(bytes) => {
            let report = size::inputs_do_not_fit(report, &last, bytes, at);
            after = plain;
            conclude_into(&mut after, &object, &report, &spec, at);
            report
        }
    };
    for request in &report.requests {
        let status = match (&request.denied, &request.failed, request.status, request.from_cache) {
            (Some(_), ..) => "denied".to_owned(),
            (_, Some(_), ..) => "failed".to_owned(),
            (_, _, _, true) => "cached".to_owned(),
            (_, _, Some(status), _) => status.to_string(),
            (None, None, None, false) => "failed".to_owned(),
        };
        context.metrics.requests.get_or_create(&RequestLabels { r#type: spec.kind.clone(), status }).inc();
    }
    tell(&object, &context, &report, &before);
    publish(&context.client, &object, &before, &after).await?;
    measure(&object, &context, &after, false);
    let result = match &report.outcome {
        Outcome::Failed { reason, .. } | Outcome::Stalled { reason, .. } => reason.as_str(),
        Outcome::Succeeded { .. } | Outcome::Skipped { .. } | Outcome::Progressing { .. } | Outcome::Waiting { .. } => {
            "success"
        }
    };
    context.metrics.reconciled(KIND, result, begun.elapsed().as_secs_f64());
    Ok(match report.next {
        Next::After(wait) => {
            context.succeeded(KIND, &name);
            Action::requeue(spread(wait, &uid))
        }
        Next::BackOff => Action::requeue(context.back_off(KIND, &name)),
        Next::OnChange => {
            context.succeeded(KIND, &name);
            Action::await_change()
        }
    })
}

/// A provider as sets see it.
pub(super) fn known(object: &ResourceSetInputProvider) -> KnownProvider {
    let spec = ProviderSpec::try_from(object).ok();
    KnownProvider {
        name: NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any()),
        labels: object.labels().clone(),
        snapshot: object.status.as_ref().map_or_else(Snapshot::never, snapshot),
        answered: match spec {
            Some(spec) if spec.is_static() => None,
            Some(spec) => Some(spec.default_values),
            // What cannot be read is nobody's own word.
            None => Some(serde_json::Map::new()),
        },
    }
}

/// The snapshot that a status stands for.
fn snapshot(status: &ResourceSetInputProviderStatus) -> Snapshot {
    let freshness = match &status.stale {
        None => Freshness::Fresh,
        Some(stale) => Freshness::Stale {
            reason: serde_json::from_value(serde_json::Value::String(stale.reason.clone()))
                .unwrap_or(Reason::SourceUnavailable),
            since: stale
                .since
                .parse::<jiff::Timestamp>()
                .ok()
                .and_then(|since| u64::try_from(since.as_millisecond()).ok())
                .unwrap_or_default(),
        },
    };
    Snapshot::restored(
        status.exported_inputs.clone(),
        status.waiting.clone(),
        status.last_exported_revision.clone().unwrap_or_default(),
        freshness,
    )
    .with_odd(status.odd.clone())
}

fn conclude_into(
    after: &mut ResourceSetInputProviderStatus,
    object: &ResourceSetInputProvider,
    report: &ProviderReport,
    spec: &ProviderSpec,
    at: u64,
) {
    let stamp = timestamp(at);
    let conditions = Conditions::new(std::mem::take(&mut after.conditions).into_iter().map(Into::into).collect());
    let generation = object.meta().generation.unwrap_or_default();
    let next = conclude(&conditions, &report.outcome, report.abnormal.as_deref(), Stamp { generation, now: &stamp });
    after.conditions = next.into_vec().into_iter().map(Into::into).collect();
    after.exported_inputs = report.snapshot.inputs().clone();
    after.waiting = report.snapshot.waiting().to_vec();
    after.odd = report.snapshot.odd().to_vec();
    after.last_exported_revision = Some(report.snapshot.revision().to_owned()).filter(|revision| !revision.is_empty());
    after.stale = match report.snapshot.freshness() {
        Freshness::Stale { reason, since } => {
            Some(Stale { reason: reason.as_str().to_owned(), since: timestamp(*since) })
        }
        Freshness::Fresh | Freshness::Never => None,
    };
    after.next_schedule = report.next_schedule.as_ref().and_then(|next| {
        let entry = spec.schedule.get(next.index)?;
        Some(NextSchedule {
            schedule: orangery_api::reference::Schedule {
                cron: entry.cron.clone(),
                time_zone: Some(entry.time_zone.clone()),
                window: Some(orangery_core::duration::format(entry.window)),
            },
            when: timestamp(next.when),
        })
    });
}

/// Writes status if it changed.
async fn publish(
    client: &Client,
    object: &ResourceSetInputProvider,
    before: &ResourceSetInputProviderStatus,
    after: &ResourceSetInputProviderStatus,
) -> Result<bool, StatusError> {
    let without = |status: &ResourceSetInputProviderStatus| ResourceSetInputProviderStatus {
        exported_inputs: InputList::default(),
        ..status.clone()
    };
    let inputs = InputField { name: "exportedInputs", before: &before.exported_inputs, after: &after.exported_inputs };
    publish_with_inputs(client, object, &without(before), &without(after), Some(inputs)).await
}

/// A spec that breaks a rule the API server could not check.
async fn refuse(
    object: &Arc<ResourceSetInputProvider>,
    context: &Arc<Context>,
    before: &ResourceSetInputProviderStatus,
    mut after: ResourceSetInputProviderStatus,
    error: &SpecError,
) -> Result<Action, ProviderError> {
    let at = timestamp(now());
    let message = format!("Reconciliation failed terminally due to configuration error: {}: {error}", error.field);
    let outcome = Outcome::Stalled { reason: error.reason(), message: message.clone() };
    let conditions = Conditions::new(std::mem::take(&mut after.conditions).into_iter().map(Into::into).collect());
    let generation = object.meta().generation.unwrap_or_default();
    let next = conclude(&conditions, &outcome, None, Stamp { generation, now: &at });
    after.conditions = next.into_vec().into_iter().map(Into::into).collect();
    if publish(&context.client, object, before, &after).await? {
        record_event(object, context, Severity::Warning, error.reason(), message);
    }
    measure(object, context, &after, false);
    Ok(Action::await_change())
}

/// Events for what is new; nothing for a routine poll.
fn tell(
    object: &ResourceSetInputProvider,
    context: &Context,
    report: &ProviderReport,
    before: &ResourceSetInputProviderStatus,
) {
    let ready = before.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
    match &report.outcome {
        Outcome::Succeeded { .. } if report.changed => {
            let message =
                format!("{} inputs exported, revision {}", report.snapshot.inputs().len(), report.snapshot.revision());
            record_event(object, context, Severity::Normal, Reason::ReconciliationSucceeded, message);
        }
        Outcome::Failed { reason, message } | Outcome::Stalled { reason, message }
            if ready.is_none_or(|ready| ready.message != *message) =>
        {
            record_event(object, context, Severity::Warning, *reason, message.clone());
        }
        Outcome::Skipped { reason, message } => {
            record_event(object, context, Severity::Normal, *reason, message.clone())
        }
        Outcome::Succeeded { .. }
        | Outcome::Failed { .. }
        | Outcome::Stalled { .. }
        | Outcome::Progressing { .. }
        | Outcome::Waiting { .. } => {}
    }
}

fn record_event(
    object: &ResourceSetInputProvider,
    context: &Context,
    severity: Severity,
    reason: Reason,
    message: String,
) {
    context.events.send(ObjectEvent { about: object.object_ref(&()), severity, reason, message });
}

fn measure(
    object: &ResourceSetInputProvider,
    context: &Context,
    status: &ResourceSetInputProviderStatus,
    suspended: bool,
) {
    let ready = status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
    context.metrics.provider(ProviderLabels {
        uid: object.uid().unwrap_or_default(),
        kind: KIND.to_owned(),
        name: object.name_any(),
        exported_namespace: object.namespace().unwrap_or_default(),
        ready: ready.map_or_else(|| "Unknown".to_owned(), |ready| ready.status.clone()),
        reason: ready.map(|ready| ready.reason.clone()).unwrap_or_default(),
        suspended: if suspended { "True" } else { "False" }.to_owned(),
        url: object.spec.url.as_deref().filter(|url| !url.is_empty()).map(shown::url).unwrap_or_default(),
    });
}

/// A value of an annotation.
fn annotation(object: &ResourceSetInputProvider, key: &str) -> Option<String> {
    object.annotations().get(key).cloned()
}

/// `forceAt` equal to `requestedAt`, and neither handled yet.
fn is_forced(object: &ResourceSetInputProvider, status: &ResourceSetInputProviderStatus) -> bool {
    let (requested, forced) = (annotation(object, keys::REQUESTED_AT), annotation(object, keys::FORCE_AT));
    forced.is_some()
        && forced == requested
        && requested != status.last_handled_reconcile_at
        && forced != status.last_handled_force_at
}
