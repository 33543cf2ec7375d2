//! Inspects one object before anything of its stage is written: whether it is ours, valid, and different from the live one.

mod other_owner;
mod undone;

pub(crate) use undone::Undone;

use crate::kubernetes::client::connection::{Mode, Session};
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::live::deletion::{Ending, terminating};
use crate::kubernetes::object::drift;
use crate::kubernetes::object::immutable::{asks_for_force, is_immutable_field};
use crate::kubernetes::object::normal::normal;
use crate::kubernetes::object::ownership::{replaceable, unowned};
use crate::kubernetes::object::secrecy::explain;
use crate::kubernetes::object::takeover;
use crate::kubernetes::object::unknown::drop_undeclared;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{FailedObject, Object, Plan, Planned, keys};
use other_owner::other_owner;
use serde_json::Value;

/// The result of an inspection.
pub(crate) struct Inspected {
    /// How its kind is served.
    pub(crate) kind: Kind,
    /// What to send.
    pub(crate) body: Object,
    /// What to do.
    pub(crate) action: ApplyAction,
    /// The server's warnings.
    pub(crate) warnings: Vec<String>,
}

/// What to do with one object.
pub(crate) enum ApplyAction {
    /// Nothing: the live object is as desired.
    Nothing(Box<Object>),
    /// Nothing: the live object is frozen.
    Frozen(Box<Object>),
    /// It does not exist.
    Create,
    /// The object with this UID is different; with the patch that cleans up after other tools first, if one is needed.
    Configure(String, Option<Value>),
    /// Delete the object with this UID and create it again.
    Recreate(String),
}

/// A failure about one object.
pub(crate) fn failed(planned: &Planned, message: String) -> FailedObject {
    FailedObject::new(planned.object.key(), message)
}

/// The failure for a live object with this UID that no set owns.
pub(crate) fn exists(planned: &Planned, uid: String) -> FailedObject {
    let key = planned.object.key();
    let message = format!("{key} exists and was not created by this ResourceSet ({})", planned.origin);
    FailedObject { unowned: Some(uid), ..failed(planned, message) }
}

/// `Kind/ns/name dry-run failed (Reason): …`, as in Flux Operator.
fn dry_run_failed(planned: &Planned, refusal: &Refusal) -> FailedObject {
    let key = planned.object.key();
    let text = explain(refusal, &planned.object);
    let message = if refusal.is_not_found() && !refusal.message.starts_with("no matches for kind") {
        format!("{key} not found: {text}")
    } else if refusal.reason.is_empty() {
        format!("{key} dry-run failed: {text}")
    } else {
        format!("{key} dry-run failed ({}): {text}", refusal.reason)
    };
    FailedObject { denied: refusal.is_forbidden(), ..failed(planned, message) }
}

/// Reads the live object, dry-runs the apply and compares the two.
pub(crate) async fn inspect(
    target: &KubernetesTarget,
    session: &Session,
    plan: &Plan,
    planned: &Planned,
) -> Result<Inspected, Undone> {
    let refused = |refusal: Refusal| dry_run_failed(planned, &refusal);
    let key = planned.object.key();
    let gvk = planned.object.gvk();
    let kind = session.kind(&gvk).await.map_err(refused)?.ok_or_else(|| refused(Refusal::no_such_kind(&gvk)))?;
    if key.name.is_empty() {
        let message = format!("{} has no metadata.name ({})", gvk.kind, planned.origin);
        return Err(failed(planned, message).into());
    }
    let mut body = normal(&planned.object);
    let mut warnings = Vec::new();
    if kind.namespaced && key.namespace.is_empty() {
        let message = format!("{key} namespace not specified: set metadata.namespace in {}", planned.origin);
        return Err(failed(planned, message).into());
    }
    if !kind.namespaced && !key.namespace.is_empty() {
        warnings.push(format!("{key}: {} is cluster-scoped, metadata.namespace is ignored", gvk.kind));
        if let Some(Value::Object(metadata)) = body.0.get_mut("metadata") {
            metadata.remove("namespace");
        }
    }
    let path = kind.path(&key.namespace, &key.name);
    let unseen = |refusal: Refusal| FailedObject { unseen: refusal.is_forbidden(), ..refused(refusal) };
    let live: Option<Object> = session.get(&path).await.map_err(unseen)?;
    if let Some(live) = &live {
        check_live(target, plan, planned, live).await?;
    }
    if let Some(live) = live.as_ref().filter(|live| live.is_frozen() && !planned.object.is_frozen()) {
        return Ok(Inspected { kind, body, action: ApplyAction::Frozen(Box::new(live.clone())), warnings });
    }
    let tried = try_apply(session, planned, &path, &mut body, &mut warnings).await;
    let action = match (tried, live) {
        (Ok(_), None) => ApplyAction::Create,
        (Ok(desired), Some(live)) => {
            let patch = takeover::clean(&live, &planned.object, &target.options.override_managers);
            if patch.is_some() || drift::differs(&live, &desired) {
                ApplyAction::Configure(live.uid().unwrap_or_default().to_owned(), patch)
            } else {
                ApplyAction::Nothing(Box::new(live))
            }
        }
        (Err(refusal), Some(live)) if is_immutable_field(&refusal) => {
            may_recreate(session, plan, planned, &kind, &body, &live, &refusal).await?
        }
        (Err(refusal), _) => {
            if refusal.is_not_found() {
                session.connection.discovered.forget(&gvk);
            }
            return Err(refused(refusal).into());
        }
    };
    Ok(Inspected { kind, body, action, warnings })
}

/// Fails if the live object belongs to another set, belongs to no set, or is terminating.
async fn check_live(target: &KubernetesTarget, plan: &Plan, planned: &Planned, live: &Object) -> Result<(), Undone> {
    let key = planned.object.key();
    let other = other_owner(target, &plan.owner, live, &planned.object).await.map_err(|refusal| {
        failed(planned, format!("{key} carries the labels of another ResourceSet, and it cannot be found out whether that exists: {refusal}"))
    })?;
    if let Some(other) = other {
        let message = format!(
            "{key} belongs to ResourceSet/{other}: remove it there, or set the annotation {}: \"true\" on it in {}",
            keys::TAKE_OWNERSHIP,
            planned.origin
        );
        return Err(FailedObject { owned_by_another: true, ..failed(planned, message) }.into());
    }
    if let Some(uid) = unowned(plan, &key, live) {
        return Err(exists(planned, uid).into());
    }
    if terminating(live).is_some() {
        return Err(Undone::ending(target, planned, "is being deleted", &Ending::of(live)));
    }
    Ok(())
}

/// Dry-runs the apply. Fields that a built-in kind does not have are dropped with a warning, and the rest is tried again.
async fn try_apply(
    session: &Session,
    planned: &Planned,
    path: &str,
    body: &mut Object,
    warnings: &mut Vec<String>,
) -> Result<Object, Refusal> {
    let key = planned.object.key();
    let mut answer = session.apply(path, body, Mode::DryRun).await;
    if let Err(refusal) = &answer {
        let dropped = drop_undeclared(body, refusal);
        if !dropped.is_empty() {
            warnings.extend(
                dropped.iter().map(|field| format!("{key}: unknown field \"{}\"", field.trim_start_matches('.'))),
            );
            answer = session.apply(path, body, Mode::DryRun).await;
        }
    }
    let answer = answer?;
    warnings.extend(answer.warnings.into_iter().map(|text| format!("{key}: {text}")));
    Ok(answer.body)
}

/// Re-creating an object requires `force`, an object that is ours, and a dry run that shows that the new one would be accepted.
async fn may_recreate(
    session: &Session,
    plan: &Plan,
    planned: &Planned,
    kind: &Kind,
    body: &Object,
    live: &Object,
    refusal: &Refusal,
) -> Result<ApplyAction, FailedObject> {
    let key = planned.object.key();
    let with = |advice: &str| {
        let first = dry_run_failed(planned, refusal);
        FailedObject { message: format!("{}; {advice}", first.message), ..first }
    };
    if !(plan.owner.force || asks_for_force(&planned.object) || asks_for_force(live)) {
        return Err(with(&format!("to delete and create it again, set the annotation {}: enabled on it", keys::FORCE)));
    }
    let Some(uid) = replaceable(plan, &key, live) else {
        return Err(with("it was not created by this ResourceSet and is not deleted"));
    };
    let new = Value::Object(body.0.clone());
    match session.create(&kind.collection(&key.namespace), &new, Mode::DryRun).await {
        Ok(_) => Ok(ApplyAction::Recreate(uid.to_owned())),
        // The API server validates before it looks up the name: "already exists" means that everything else is valid.
        Err(refusal) if refusal.is_conflict() && refusal.reason == "AlreadyExists" => {
            Ok(ApplyAction::Recreate(uid.to_owned()))
        }
        Err(refusal) => Err(dry_run_failed(planned, &refusal)),
    }
}
