//! The shell around both kinds of reconciliation: everything but the work itself.
//!
//! ```text
//! load → ours? → deleted? → finalizer → suspended? → parse → work → status fields, conditions → events → one patch → metrics → requeue
//! ```
//!
//! # Guarantees
//! Status is patched at most once at the end, and only if something changed (law 4). An object that was deleted is forgotten.

use super::context::{Context, now};
use super::events::Severity;
use super::metrics::{Metrics, ObjectLabels};
use super::object::finalizer::{self, FinalizerUse};
use super::object::{ManagedObject, ReconcileError, Run, is_suspended, name_of};
use super::status::StatusChange;
use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::requeue::Wait;
use async_trait::async_trait;
use kube::api::Api;
use kube::core::object::HasStatus;
use kube::runtime::controller::Action;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Resource, ResourceExt};
use orangery_core::conditions::{ConditionType, Outcome};
use orangery_core::spec::{Management, SpecError};
use orangery_core::{NamespacedName, Reason};
use std::sync::Arc;

/// The work on one kind of custom resource, and the fields of its status.
#[async_trait]
pub(super) trait Reconciler: Send + Sync + 'static {
    /// The custom resource.
    type Object: ManagedObject;
    /// Its spec, parsed.
    type Spec: Send + Sync;
    /// What the work did and found.
    type Report: Send + Sync;
    /// The Kubernetes kind, for metrics, logs and failure counts.
    const KIND: &'static str;
    /// Whether deletion has to wait for us.
    const FINALIZER: FinalizerUse;

    /// Parses the spec, and checks the rules that an API server does not check.
    fn parse(object: &Self::Object) -> Result<Self::Spec, SpecError>;

    /// Reports a spec that breaks a rule.
    fn invalid(run: &Run<Self::Object>, error: &SpecError) -> Self::Report;

    /// Does the work. What it writes to the status by itself, it notes in `status`.
    async fn work(
        &self,
        run: &Run<Self::Object>,
        spec: &Self::Spec,
        status: &mut StatusChange<Self::Object>,
    ) -> Result<Self::Report, ReconcileError>;

    /// Whether the condition `Reconciling` with this message says that the object waits for others to be ready.
    fn is_wait(_: &str) -> bool {
        false
    }

    /// Handles an object that is being deleted.
    async fn delete(&self, run: &Run<Self::Object>) -> Result<Action, ReconcileError>;

    /// How the work ended.
    fn conclusion(report: &Self::Report) -> &Conclusion;

    /// What it waits for.
    fn wait(_: &Self::Report) -> Option<Wait> {
        None
    }

    /// Writes the fields of the status that are this kind's own. The conditions are written already.
    fn write(
        run: &Run<Self::Object>,
        spec: Option<&Self::Spec>,
        report: &Self::Report,
        status: &mut StatusChange<Self::Object>,
    );

    /// Reports instead of `report` that the status, which makes the object this large, does not fit.
    fn too_large(run: &Run<Self::Object>, report: Self::Report, bytes: usize) -> Self::Report;

    /// Sends the events and counts the metrics of what changed. `before` is the status that was published before.
    fn announce(run: &Run<Self::Object>, report: &Self::Report, before: &StatusOf<Self>);

    /// Publishes the info series of an object.
    fn show(metrics: &Metrics, labels: ObjectLabels, object: &Self::Object, status: &StatusOf<Self>);

    /// Forgets what is remembered of a deleted object of this kind alone.
    fn forget(context: &Context, name: &NamespacedName, uid: &str);
}

/// The status of what a reconciler reconciles.
pub(super) type StatusOf<R> = <<R as Reconciler>::Object as HasStatus>::Status;

/// Reconciles one object. It is loaded first where the cache lags behind our own last write, because the ledger in the status must
/// not be an old one, and where it is being deleted.
pub(super) async fn reconcile<R: Reconciler>(
    reconciler: &R,
    triggered: &R::Object,
    cache: &Store<R::Object>,
    context: &Arc<Context>,
) -> Result<Action, ReconcileError> {
    let Some(object) = load(triggered, cache, context).await? else {
        forget::<R>(context, &name_of(triggered), &triggered.uid().unwrap_or_default());
        return Ok(Action::await_change());
    };
    let run = Run::new(object, Arc::clone(context));
    if Management::of(run.object.annotations()) == Management::Elsewhere {
        finalizer::hand_over(&context.client, &run.object).await.map_err(|error| run.finalizer_error(error))?;
        let mut status = StatusChange::of(&run.object);
        status.note_generation(None);
        status.publish(&run).await?;
        forget::<R>(context, &run.name, &run.uid);
        return Ok(Action::await_change());
    }
    let mut status = StatusChange::of(&run.object);
    if run.object.meta().deletion_timestamp.is_some() {
        announce_cancellation::<R>(&run, &status);
        return reconciler.delete(&run).await;
    }
    if R::FINALIZER == FinalizerUse::Required
        && let Some(changed) =
            finalizer::ensure(&context.client, &run.object).await.map_err(|error| run.finalizer_error(error))?
    {
        context.own_writes.note(&changed);
    }
    if is_suspended(&run.object) {
        if let Some(waited) = announce_cancellation::<R>(&run, &status) {
            let message = format!("Health checks canceled because reconciliation is disabled; the set was {waited}");
            status.conclude(&Outcome::Canceled { message }, None, run.generation());
        }
        if status.published_condition(ConditionType::Ready).is_none() {
            let message = "Initialized with reconciliation suspended".to_owned();
            status.conclude(
                &Outcome::Skipped { reason: Reason::ReconciliationDisabled, message },
                None,
                run.generation(),
            );
        }
        let message = "Reconciliation is disabled".to_owned();
        run.record_event(Severity::Warning, Reason::ReconciliationDisabled, message);
        status.note_handled(&run.object);
        show::<R>(&run, &status, Suspension::Suspended);
        status.publish(&run).await?;
        return Ok(Action::await_change());
    }
    if status
        .published_condition(ConditionType::Reconciling)
        .is_some_and(|condition| condition.observed_generation.is_some_and(|waited| waited != run.generation()))
    {
        announce_cancellation::<R>(&run, &status);
    }
    let (spec, mut report) = match R::parse(&run.object) {
        Ok(spec) => {
            let report = reconciler.work(&run, &spec, &mut status).await?;
            (Some(spec), report)
        }
        Err(error) => (None, R::invalid(&run, &error)),
    };
    conclude::<R>(&run, spec.as_ref(), &report, &mut status);
    if let Some(bytes) = run.size.excess(status.next()) {
        report = R::too_large(&run, report, bytes);
        status.start_over();
        conclude::<R>(&run, spec.as_ref(), &report, &mut status);
    }
    announce::<R>(&run, &report, &status);
    status.publish(&run).await?;
    show::<R>(&run, &status, Suspension::Active);
    Ok(requeue::<R>(&run, &report))
}

/// The object as it is now; `None` if it is gone. What was triggered may be old: another copy may have led since.
async fn load<K: ManagedObject>(
    triggered: &K,
    cache: &Store<K>,
    context: &Context,
) -> Result<Option<K>, ReconcileError> {
    let cached = cache.get(&ObjectRef::from_obj(triggered));
    if let Some(cached) = cached
        && cached.meta().deletion_timestamp.is_none()
        && context.own_writes.are_in(cached.as_ref())
    {
        return Ok(Some(cached.as_ref().clone()));
    }
    let api: Api<K> = Api::namespaced(context.client.clone(), &triggered.namespace().unwrap_or_default());
    api.get_opt(&triggered.name_any()).await.map_err(|error| ReconcileError::Load(Box::new(error)))
}

/// Writes everything that the report says into the next status.
fn conclude<R: Reconciler>(
    run: &Run<R::Object>,
    spec: Option<&R::Spec>,
    report: &R::Report,
    status: &mut StatusChange<R::Object>,
) {
    let Conclusion { outcome, abnormal, .. } = R::conclusion(report);
    status.note_handled(&run.object);
    status.note_generation(Some(run.generation()));
    status.conclude(outcome, abnormal.as_deref(), run.generation());
    R::write(run, spec, report, status);
}

/// Sends an event if the object waited for others to be ready, which a suspension, a deletion or another generation ends; answers the
/// message about that wait.
fn announce_cancellation<R: Reconciler>(run: &Run<R::Object>, status: &StatusChange<R::Object>) -> Option<String> {
    let waits = status.published_condition(ConditionType::Reconciling)?;
    if !R::is_wait(&waits.message) {
        return None;
    }
    let message = format!("Health checks canceled due to new reconciliation triggered by {}/{}", R::KIND, run.name);
    run.record_event(Severity::Normal, Reason::HealthCheckCanceled, message);
    Some(waits.message.clone())
}

/// Events for what is new; a routine reconciliation sends none.
fn announce<R: Reconciler>(run: &Run<R::Object>, report: &R::Report, status: &StatusChange<R::Object>) {
    R::announce(run, report, status.published());
    let before = status.published_condition(ConditionType::Ready);
    if let Outcome::Degraded { unready, .. } = &R::conclusion(report).outcome {
        let reason = Reason::HealthCheckFailed;
        // How far the objects are changes all the time, and is not worth an event.
        if before.is_none_or(|ready| ready.reason != reason.as_str()) {
            run.record_event(Severity::Warning, reason, unready.clone());
        }
    }
    if let Outcome::Failed { reason, message } | Outcome::Stalled { reason, message } = &R::conclusion(report).outcome {
        let (severity, known) = match reason {
            // Waiting for something else is not a failure, and which of several dependencies it is changes nothing.
            Reason::DependencyNotReady => {
                (Severity::Normal, before.is_some_and(|ready| ready.reason == reason.as_str()))
            }
            _ => (Severity::Warning, before.is_some_and(|ready| ready.message == *message)),
        };
        if !known {
            run.record_event(severity, *reason, message.clone());
        }
    }
}

/// Counts the reconciliation, and decides when the next one is due.
fn requeue<R: Reconciler>(run: &Run<R::Object>, report: &R::Report) -> Action {
    let conclusion = R::conclusion(report);
    let result = match &conclusion.outcome {
        Outcome::Failed { reason, .. } | Outcome::Stalled { reason, .. } => reason.as_str(),
        Outcome::Succeeded { .. } | Outcome::Skipped { .. } | Outcome::Progressing { .. } => "success",
        Outcome::Applying { .. } | Outcome::Waiting { .. } => Reason::Progressing.as_str(),
        Outcome::Degraded { .. } => Reason::HealthCheckFailed.as_str(),
        Outcome::Canceled { .. } => Reason::HealthCheckCanceled.as_str(),
    };
    run.context.metrics.reconciled(R::KIND, result, run.begun.elapsed().as_secs_f64());
    let requeuer = &run.context.requeuer;
    let delay = requeuer.delay(R::KIND, &run.name, &run.uid, conclusion.requeue);
    let wait = R::wait(report).map(|wait| requeuer.wait_delay(wait, now()));
    delay.into_iter().chain(wait).min().map_or_else(Action::await_change, Action::requeue)
}

/// Whether an object is reconciled.
#[derive(Clone, Copy)]
enum Suspension {
    Active,
    Suspended,
}

fn show<R: Reconciler>(run: &Run<R::Object>, status: &StatusChange<R::Object>, suspension: Suspension) {
    let ready = status.next_condition(ConditionType::Ready);
    let labels = ObjectLabels {
        uid: run.uid.clone(),
        kind: R::KIND.to_owned(),
        name: run.name.name.clone(),
        exported_namespace: run.name.namespace.clone(),
        ready: ready.map_or_else(|| "Unknown".to_owned(), |ready| ready.status.clone()),
        reason: ready.map(|ready| ready.reason.clone()).unwrap_or_default(),
        suspended: match suspension {
            Suspension::Active => "False".to_owned(),
            Suspension::Suspended => "True".to_owned(),
        },
    };
    R::show(&run.context.metrics, labels, &run.object, status.next());
}

/// Forgets a deleted object: its failures, its series, what a plugin or a target remembers of it.
pub(super) fn forget<R: Reconciler>(context: &Context, name: &NamespacedName, uid: &str) {
    context.forget(R::KIND, name);
    context.own_writes.forget(uid);
    R::forget(context, name, uid);
}

/// Retries a reconciliation that was interrupted.
pub(super) fn on_error<R: Reconciler>(object: Arc<R::Object>, error: &ReconcileError, context: Arc<Context>) -> Action {
    let name = name_of(object.as_ref());
    // It is the API server that fails, and no watch tells that it answers again.
    let delay = context.requeuer.short_back_off(R::KIND, &name);
    tracing::warn!(kind = R::KIND, %name, %error, retry_in = ?delay, "a reconciliation was interrupted");
    Action::requeue(delay)
}
