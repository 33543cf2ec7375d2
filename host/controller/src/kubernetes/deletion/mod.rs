//! Deleting a set: what it owns goes first, and the finalizer leaves when nothing is left (law 5).
//!
//! ```text
//! suspended, or owns nothing? ──▶ released, nothing is deleted
//! an accident? (decide)        ──▶ held: everything stays, until it is approved or suspended
//! the namespace goes too, or the account is gone? (leave) ──▶ what may be deleted is, the rest is reported, released
//! else                        ──▶ everything is deleted, then released
//! ```

mod best_effort;
mod protection;

pub(super) use protection::DeletionProtection;

use super::context::{Context, now, timestamp};
use super::finalizer;
use super::rights;
use super::sets::{KIND, SetError, StatusLedger, record_event};
use super::status::publish;
use crate::kubernetes::events::{ObjectEvent, Severity};
use crate::kubernetes::metrics::ActionLabels;
use crate::pipeline::converge::adoption::Consent;
use crate::pipeline::set;
use crate::pipeline::set::outcome;
use best_effort::Cause;
use k8s_openapi::api::core::v1::{Namespace, ObjectReference, ServiceAccount};
use kube::api::Api;
use kube::runtime::controller::Action;
use kube::{Resource, ResourceExt};
use orangery_api::{ResourceSet, ResourceSetStatus};
use orangery_core::conditions::{Abnormal, ConditionType, Conditions, Outcome, Stamp, conclude};
use orangery_core::{Ledger, NamespacedName, Owner, Reason, keys};
use protection::Decision;
use std::sync::Arc;
use std::time::Duration;

/// A deletion that failed is tried again at least this often: a namespace that goes waits for it.
const LONGEST_RETRY: Duration = Duration::from_secs(20);
/// For this long an object that cannot be deleted is tried again although its set is about to leave.
const GRACE: Duration = Duration::from_secs(10);
/// Between those tries, and between two looks at objects that are being deleted.
const AGAIN: Duration = Duration::from_secs(2);

/// Deletes what the set owns, and lets it go when nothing is left. A suspended set leaves everything behind: that is the
/// documented way to hand objects over.
pub(super) async fn delete(
    object: &Arc<ResourceSet>,
    context: &Arc<Context>,
    deletions: &DeletionProtection,
    ledger: &Ledger,
    ledger_store: &StatusLedger<'_>,
) -> Result<Action, SetError> {
    if !finalizer::has(object.as_ref()) {
        deletions.is_gone(object);
        return Ok(Action::await_change());
    }
    if protection::is_suspended(object) || ledger.is_empty() {
        release(object, context).await?;
        deletions.is_gone(object);
        return Ok(Action::await_change());
    }
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let ending = namespace_ends(context, &name.namespace).await?;
    match deletions.decide(context, object, ending, ledger.len()).await {
        Decision::Proceed => {}
        Decision::Settle(wait) => return Ok(Action::requeue(wait)),
        Decision::Hold(message) => return hold(object, context, ledger, message).await,
        Decision::Unknown(message) => {
            let outcome = Outcome::Failed { reason: Reason::ReconciliationFailed, message: message.clone() };
            show(object, context, &outcome, &[outcome::deletion_failed(message)]).await?;
            return Ok(Action::requeue(context.back_off(KIND, &name).min(LONGEST_RETRY)));
        }
    }
    let owner = rights::owner(object, &context.options.rights);
    if ending == Lifecycle::Terminating {
        return leave(object, context, deletions, owner.ok(), ledger, Cause::NamespaceEnds).await;
    }
    let owner = match owner {
        Ok(owner) => owner,
        Err(error) => {
            let outcome = Outcome::Stalled { reason: Reason::InvalidSpec, message: error.to_string() };
            show(object, context, &outcome, &[outcome::deletion_failed(error.to_string())]).await?;
            return Ok(Action::requeue(LONGEST_RETRY));
        }
    };
    let consent = Consent::of(object.annotations());
    let dismantled = set::dismantle(&owner, ledger, context.target.as_ref(), ledger_store, consent).await?;
    if let Some(message) = dismantled.message() {
        record_event(object, context, Severity::Warning, Reason::Adopted, message);
    }
    let Some(report) = dismantled.report else {
        release(object, context).await?;
        deletions.is_gone(object);
        return Ok(Action::await_change());
    };
    if report.retry.is_some()
        && let Some(account) = &owner.service_account
        && is_gone(context, &name.namespace, account).await?
    {
        let why = Cause::AccountGone(account.clone());
        return leave(object, context, deletions, Some(owner), ledger, why).await;
    }
    show(object, context, &report.outcome, report.abnormal.as_deref().unwrap_or_default()).await?;
    Ok(Action::requeue(match report.retry {
        Some(_) => context.back_off(KIND, &name).min(LONGEST_RETRY),
        // Everything was asked to go, and goes.
        None => context.options.requeue_dependency.min(AGAIN),
    }))
}

/// Whether a namespace stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// As far as we know.
    Active,
    /// It is being deleted, with everything in it.
    Terminating,
}

/// Read freshly: what becomes of a set depends on it. Without the right to know, a namespace stays.
async fn namespace_ends(context: &Context, namespace: &str) -> Result<Lifecycle, SetError> {
    let api: Api<Namespace> = Api::all(context.client.clone());
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
        Err(error) => Err(SetError::Surroundings { what: format!("namespace {namespace}"), source: Box::new(error) }),
    }
}

/// Whether a service account does not exist. Without the right to know, it exists.
async fn is_gone(context: &Context, namespace: &str, account: &str) -> Result<bool, SetError> {
    let api: Api<ServiceAccount> = Api::namespaced(context.client.clone(), namespace);
    match api.get_metadata_opt(account).await {
        Ok(found) => Ok(found.is_none()),
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(error) => {
            let what = format!("service account {namespace}/{account}");
            Err(SetError::Surroundings { what, source: Box::new(error) })
        }
    }
}

/// Lets the set go.
async fn release(object: &Arc<ResourceSet>, context: &Context) -> Result<(), SetError> {
    let name = NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any());
    let failed = |source| SetError::Finalizer { name: name.clone(), source: Box::new(source) };
    // Read again: the ledger may have been written since, and the removal would meet a conflict.
    let sets: Api<ResourceSet> = Api::namespaced(context.client.clone(), &name.namespace);
    let live = sets.get_opt(&name.name).await.map_err(failed)?.filter(|live| live.uid() == object.uid());
    if let Some(live) = live {
        finalizer::remove(&context.client, &live).await.map_err(failed)?;
    }
    context.metrics.forget_set(&object.uid().unwrap_or_default());
    context.gone(KIND, &name);
    Ok(())
}

/// Deletes what may be deleted, tells of the rest and lets the set go.
async fn leave(
    object: &Arc<ResourceSet>,
    context: &Context,
    deletions: &DeletionProtection,
    owner: Option<Owner>,
    ledger: &Ledger,
    why: Cause,
) -> Result<Action, SetError> {
    let left = best_effort::delete_what_may_be(context.target.as_ref(), owner.as_ref(), ledger, &why, object).await;
    if !left.is_empty() && deletions.known_for(object) < GRACE {
        return Ok(Action::requeue(AGAIN));
    }
    if !left.is_empty() {
        tell(object, context, &why, &left);
    }
    release(object, context).await?;
    deletions.is_gone(object);
    Ok(Action::await_change())
}

/// Tells what a set leaves behind, in an event and in the log.
fn tell(object: &ResourceSet, context: &Context, why: &Cause, left: &[best_effort::LeftBehind]) {
    let message = best_effort::message(why, left);
    let name = format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
    tracing::warn!(set = name, left = left.len(), message, "a set leaves objects behind");
    let about = match why {
        // Nothing can be created in a namespace that is being deleted, so the event stands with the namespace itself.
        Cause::NamespaceEnds => ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Namespace".to_owned()),
            name: object.namespace(),
            ..ObjectReference::default()
        },
        Cause::AccountGone(_) => object.object_ref(&()),
    };
    let message = format!("ResourceSet/{name}: {message}");
    context.events.send(ObjectEvent { about, severity: Severity::Warning, reason: Reason::ObjectsLeft, message });
}

/// Keeps everything as it is, and says so once.
async fn hold(
    object: &Arc<ResourceSet>,
    context: &Context,
    ledger: &Ledger,
    message: String,
) -> Result<Action, SetError> {
    let outcome = Outcome::Stalled { reason: Reason::DeletionHeld, message: message.clone() };
    let held = Abnormal { kind: ConditionType::DeletionHeld, reason: Reason::DeletionHeld, message: message.clone() };
    if show(object, context, &outcome, &[held]).await? {
        tracing::warn!(set = %object.name_any(), namespace = object.namespace().unwrap_or_default(), message, "a deletion is held");
        let action = ActionLabels { action: "held".to_owned() };
        context.metrics.objects.get_or_create(&action).inc_by(ledger.len() as u64);
        record_event(object, context, Severity::Warning, Reason::DeletionHeld, message);
    }
    Ok(Action::await_change())
}

/// Writes conditions and nothing else; says whether they changed.
async fn show(
    object: &Arc<ResourceSet>,
    context: &Context,
    outcome: &Outcome,
    abnormal: &[Abnormal],
) -> Result<bool, SetError> {
    // The inventory is written by the ledger_store.
    let known = ResourceSetStatus { inventory: None, ..object.status.clone().unwrap_or_default() };
    let mut after = known.clone();
    let at = timestamp(now());
    let conditions = Conditions::new(known.conditions.iter().cloned().map(Into::into).collect());
    let stamp = Stamp { generation: object.meta().generation.unwrap_or_default(), now: &at };
    after.conditions =
        conclude(&conditions, outcome, Some(abnormal), stamp).into_vec().into_iter().map(Into::into).collect();
    Ok(publish(&context.client, object.as_ref(), &known, &after).await?)
}

/// The value of the annotation that approves the deletion of this very object.
fn approval(object: &ResourceSet) -> Option<&str> {
    object.annotations().get(keys::APPROVE_DELETION).map(|value| value.trim())
}
