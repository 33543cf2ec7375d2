//! Deleting a ResourceSet: what it owns goes first, and the finalizer is removed when its ledger is empty (law 5).
//!
//! ```text
//! suspended, or owns nothing?                     ──▶ released; nothing is deleted
//! looks like an accident? (protection)            ──▶ held: everything stays until it is approved or suspended
//! its namespace or service account is gone too?   ──▶ deletes what it still may (best effort), reports the rest, released
//! else                                            ──▶ deletes everything, then released
//! ```

mod best_effort;
mod protection;

pub(super) use protection::DeletionProtection;

use super::context::now;
use super::events::{ObjectEvent, Severity, catalog};
use super::object::{ReconcileError, Run, finalizer, is_suspended};
use super::rights;
use super::status::ledger::{self, StatusLedger};
use super::status::{Published, StatusChange, change_log};
use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::converge::adoption::Consent;
use crate::pipeline::requeue::{Requeue, Wait};
use crate::pipeline::set::outcome::deletion_failed;
use crate::pipeline::set::teardown;
use best_effort::Cause;
use k8s_openapi::api::core::v1::{Namespace, ObjectReference, ServiceAccount};
use kube::api::Api;
use kube::runtime::controller::Action;
use kube::{Resource, ResourceExt};
use orangery_api::ResourceSet;
use orangery_core::combine::SET_KIND;
use orangery_core::conditions::{Abnormal, ConditionType};
use orangery_core::{Ledger, Owner, Reason, keys};
use protection::Decision;
use std::collections::BTreeMap;
use std::time::Duration;

/// A deletion that failed is retried at least this often, because the deletion of its namespace waits for it.
const LONGEST_RETRY: Duration = Duration::from_secs(15);
/// For this long, objects that cannot be deleted are tried again although their set is about to be released.
const GRACE: Duration = Duration::from_secs(10);
/// Between those tries, and between two looks at objects that are being deleted.
const AGAIN: Duration = Duration::from_secs(2);

/// Deletes what the set owns, and releases it when nothing is left. A suspended set leaves everything behind: that is the
/// documented way to hand objects over.
pub(super) async fn delete(run: &Run<ResourceSet>, protection: &DeletionProtection) -> Result<Action, ReconcileError> {
    let object = &run.object;
    if !finalizer::has(object) {
        protection.forget(object);
        return Ok(Action::await_change());
    }
    let inventory = object.status.as_ref().map(ledger::read).unwrap_or_default();
    let ledger = &inventory.ledger;
    if is_suspended(object) || ledger.is_empty() {
        return release(run, protection).await;
    }
    let namespace = namespace_lifecycle(run, &run.name.namespace).await?;
    match protection.decide(run, namespace, ledger.len()).await {
        Decision::Proceed => {}
        Decision::Settle(wait) => return Ok(Action::requeue(wait)),
        Decision::Hold(message) => return hold(run, ledger, message).await,
        Decision::Unknown(message) => {
            let failed = Conclusion::failed(Reason::ReconciliationFailed, message.clone(), Requeue::BackOff);
            return unfinished(run, &failed.with_abnormal(vec![deletion_failed(message)]), None).await;
        }
    }
    let owner = rights::owner(object, &run.context.options.rights);
    if namespace == Lifecycle::Terminating {
        return delete_best_effort(run, protection, owner.ok(), ledger, Cause::NamespaceTerminating).await;
    }
    let owner = match owner {
        Ok(owner) => owner,
        Err(error) => {
            let stalled = Conclusion::stalled(Reason::InvalidSpec, error.to_string());
            publish(run, &stalled.with_abnormal(vec![deletion_failed(error.to_string())])).await?;
            return Ok(Action::requeue(LONGEST_RETRY));
        }
    };
    let (target, consent) = (run.context.target.as_ref(), Consent::of(object.annotations()));
    let ledger_store = StatusLedger::of(run, &inventory.unreadable);
    let teardown = teardown::tear_down(&owner, ledger, target, &ledger_store, consent, now()).await?;
    change_log::of_deletion(&run.context, &run.name, &teardown.deleted, ledger);
    if let Some(message) = teardown.message() {
        run.record_event(Severity::Warning, Reason::Adopted, message);
    }
    let Some(conclusion) = teardown.unfinished else { return release(run, protection).await };
    if conclusion.requeue == Requeue::BackOff
        && let Some(account) = &owner.service_account
        && is_account_gone(run, account).await?
    {
        let cause = Cause::AccountGone(account.clone());
        return delete_best_effort(run, protection, Some(owner), ledger, cause).await;
    }
    unfinished(run, &conclusion, teardown.wait).await
}

/// Whether a namespace, or a definition, is being deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// As far as we know, it stays.
    Active,
    /// It is being deleted, with everything in it.
    Terminating,
}

/// Reads a namespace freshly, because what happens to a set depends on it. Without the right to read it, it counts as active.
async fn namespace_lifecycle(run: &Run<ResourceSet>, namespace: &str) -> Result<Lifecycle, ReconcileError> {
    let api: Api<Namespace> = Api::all(run.context.client.clone());
    match api.get_metadata_opt(namespace).await {
        Ok(Some(found)) if found.metadata.deletion_timestamp.is_none() => Ok(Lifecycle::Active),
        Ok(_) => Ok(Lifecycle::Terminating),
        Err(kube::Error::Api(status)) if status.code == 403 => {
            tracing::warn!(
                namespace,
                "the operator may not get namespaces, so it cannot tell whether this one is being deleted"
            );
            Ok(Lifecycle::Active)
        }
        Err(error) => {
            Err(ReconcileError::Surroundings { what: format!("namespace {namespace}"), source: Box::new(error) })
        }
    }
}

/// Whether a service account does not exist. Without the right to read it, it counts as existing.
async fn is_account_gone(run: &Run<ResourceSet>, account: &str) -> Result<bool, ReconcileError> {
    let namespace = &run.name.namespace;
    let api: Api<ServiceAccount> = Api::namespaced(run.context.client.clone(), namespace);
    match api.get_metadata_opt(account).await {
        Ok(found) => Ok(found.is_none()),
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(error) => {
            let what = format!("service account {namespace}/{account}");
            Err(ReconcileError::Surroundings { what, source: Box::new(error) })
        }
    }
}

/// Removes the finalizer, and forgets the set.
async fn release(run: &Run<ResourceSet>, protection: &DeletionProtection) -> Result<Action, ReconcileError> {
    // Read again: the ledger may have been written since, and the removal would meet a conflict.
    let sets: Api<ResourceSet> = Api::namespaced(run.context.client.clone(), &run.name.namespace);
    let live = sets.get_opt(&run.name.name).await.map_err(|error| run.finalizer_error(error))?;
    if let Some(live) = live.filter(|live| live.uid() == run.object.uid()) {
        finalizer::remove(&run.context.client, &live).await.map_err(|error| run.finalizer_error(error))?;
    }
    run.context.forget(SET_KIND, &run.name);
    run.context.forget_set(&run.name, &run.uid);
    protection.forget(&run.object);
    Ok(Action::await_change())
}

/// Publishes why the deletion is not finished, and decides when it goes on.
async fn unfinished(
    run: &Run<ResourceSet>,
    conclusion: &Conclusion,
    wait: Option<Wait>,
) -> Result<Action, ReconcileError> {
    publish(run, conclusion).await?;
    let requeuer = &run.context.requeuer;
    let delay = if conclusion.requeue == Requeue::BackOff {
        requeuer.back_off(SET_KIND, &run.name).min(LONGEST_RETRY)
    } else {
        // The deletion of everything has been requested, and goes on; the watch tells when it is over. Without the right to watch it
        // is looked at ever more rarely.
        let soon = requeuer.dependency_delay().min(AGAIN);
        wait.map_or(soon, |wait| requeuer.wait_delay(wait, now()).min(soon.max(now().since(wait.since) / 4)))
    };
    Ok(Action::requeue(delay))
}

/// Deletes what may still be deleted, reports the rest and releases the set.
async fn delete_best_effort(
    run: &Run<ResourceSet>,
    protection: &DeletionProtection,
    owner: Option<Owner>,
    ledger: &Ledger,
    cause: Cause,
) -> Result<Action, ReconcileError> {
    let target = run.context.target.as_ref();
    let left = best_effort::delete(target, owner.as_ref(), ledger, &cause, &run.object).await;
    if !left.is_empty() && protection.known_for(&run.object) < GRACE {
        return Ok(Action::requeue(AGAIN));
    }
    if !left.is_empty() {
        report_left_behind(run, &cause, &left);
    }
    release(run, protection).await
}

/// Reports the objects that a set leaves behind, in an event and in the log.
fn report_left_behind(run: &Run<ResourceSet>, cause: &Cause, left: &[best_effort::LeftBehind]) {
    let message = best_effort::message(cause, left);
    let name = run.name.to_string();
    tracing::warn!(set = name, left = left.len(), message, "a set leaves objects behind");
    let about = match cause {
        // Nothing can be created in a namespace that is being deleted, so the event is about the namespace itself.
        Cause::NamespaceTerminating => ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Namespace".to_owned()),
            name: Some(run.name.namespace.clone()),
            ..ObjectReference::default()
        },
        Cause::AccountGone(_) => run.object.object_ref(&()),
    };
    let message = format!("ResourceSet/{name}: {message}");
    run.context.events.send(ObjectEvent {
        about,
        severity: Severity::Warning,
        reason: Reason::ObjectsLeft,
        message,
        audience: catalog::audience(Reason::ObjectsLeft, Severity::Warning),
        metadata: BTreeMap::new(),
        at: now(),
    });
}

/// Keeps everything as it is, and says so once.
async fn hold(run: &Run<ResourceSet>, ledger: &Ledger, message: String) -> Result<Action, ReconcileError> {
    let reason = Reason::DeletionHeld;
    let held = Abnormal { condition_type: ConditionType::DeletionHeld, reason, message: message.clone() };
    let conclusion = Conclusion::stalled(reason, message.clone()).with_abnormal(vec![held]);
    if publish(run, &conclusion).await? == Published::Changed {
        let (set, revision) =
            (&run.name, run.object.status.as_ref().and_then(|status| status.last_applied_revision.as_deref()));
        tracing::warn!(%set, revision, objects = ledger.len(), why = message, "the deletion of the set is held");
        run.context.metrics.count_objects("held", ledger.len());
        run.record_event(Severity::Warning, reason, message);
    }
    Ok(Action::await_change())
}

/// Publishes conditions and nothing else: the inventory is written by the ledger store.
async fn publish(run: &Run<ResourceSet>, conclusion: &Conclusion) -> Result<Published, ReconcileError> {
    let mut status = StatusChange::of(&run.object);
    status.conclude(&conclusion.outcome, conclusion.abnormal.as_deref(), run.generation());
    status.publish(run).await
}

/// The value of the annotation that approves the deletion of this very object.
fn approval(object: &ResourceSet) -> Option<&str> {
    object.annotations().get(keys::APPROVE_DELETION).map(|value| value.trim())
}
