//! Writes one object that was inspected.

use crate::kubernetes::apply::create::{Created, create};
use crate::kubernetes::apply::inspect::{ApplyAction, Inspected, Undone, exists, failed};
use crate::kubernetes::client::connection::{Mode, Propagation, Session};
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::live::deletion::until_gone;
use crate::kubernetes::object::secrecy::explain;
use crate::kubernetes::object::takeover;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{Action, Change, FailedObject, Object, Owner, Planned};
use serde_json::Value;
use std::time::Duration;

/// How long a deleted object may take to be gone before the next apply creates it again.
pub(crate) const MOMENT: Duration = Duration::from_secs(3);

/// Carries out the action of an inspection, and remembers the result.
pub(crate) async fn write(
    target: &KubernetesTarget,
    session: &Session,
    owner: &Owner,
    planned: &Planned,
    inspected: &Inspected,
) -> Result<Change, Undone> {
    let key = planned.object.key();
    let refused = |refusal: Refusal| {
        let message = format!("{key} apply failed: {}", explain(&refusal, &planned.object));
        FailedObject { denied: refusal.is_forbidden(), ..failed(planned, message) }
    };
    let path = inspected.kind.path(&key.namespace, &key.name);
    let action = match &inspected.action {
        ApplyAction::Nothing(live) => {
            target.keep(owner, &planned.object, live, &inspected.warnings);
            return Ok(change(planned, live, Action::Unchanged));
        }
        ApplyAction::Frozen(live) => {
            target.keep_frozen(owner, &key, live);
            return Ok(change(planned, live, Action::Frozen));
        }
        ApplyAction::Create => Action::Created,
        ApplyAction::Configure(_, patch) => {
            if patch.is_some() {
                clean(target, session, planned, &path).await.map_err(refused)?;
            }
            Action::Configured
        }
        ApplyAction::Recreate(uid) => {
            match session.delete(&path, uid, None, Propagation::Background).await {
                Err(refusal) if !refusal.is_not_found() => return Err(refused(refusal).into()),
                _ => {}
            }
            let limit = MOMENT.min(target.options.patience.gate);
            if let Some(ending) = until_gone(session, &path, uid, limit).await.map_err(refused)? {
                return Err(Undone::ending(target, planned, "was deleted to be created again", &ending));
            }
            Action::Recreated
        }
    };
    let live = match &inspected.action {
        ApplyAction::Configure(uid, _) => {
            session.apply(&path, &bound(&inspected.body, uid), Mode::Real).await.map_err(refused)?.body
        }
        ApplyAction::Nothing(_) | ApplyAction::Frozen(_) | ApplyAction::Create | ApplyAction::Recreate(_) => {
            match create(session, &path, &inspected.body).await.map_err(refused)? {
                Created::New(answer) => answer.body,
                Created::WasThere(uid) => return Err(exists(planned, uid).into()),
            }
        }
    };
    target.keep(owner, &planned.object, &live, &inspected.warnings);
    Ok(change(planned, &live, action))
}

/// The body to send, bound to the UID that was inspected: the API server refuses an object that has taken the name since.
pub(crate) fn bound(body: &Object, uid: &str) -> Object {
    let mut body = body.clone();
    if let Some(Value::Object(metadata)) = body.0.get_mut("metadata").filter(|_| !uid.is_empty()) {
        metadata.insert("uid".to_owned(), Value::String(uid.to_owned()));
    }
    body
}

/// Removes the labels, annotations and field ownership of other tools. The patch is bound to a resource version. Because somebody
/// may have written since the inspection, it is made from the object as it is now, and once more after a conflict.
async fn clean(target: &KubernetesTarget, session: &Session, planned: &Planned, path: &str) -> Result<(), Refusal> {
    let mut last = Ok(());
    for _ in 0..3 {
        let Some(live) = session.get::<Object>(path).await? else { return Ok(()) };
        let Some(patch) = takeover::clean(&live, &planned.object, &target.options.override_managers) else {
            return Ok(());
        };
        last = session.patch(path, &patch).await.map(drop);
        if !last.as_ref().is_err_and(Refusal::is_conflict) {
            return last;
        }
    }
    last
}

/// What happened to one object.
pub(crate) fn change(planned: &Planned, live: &Object, action: Action) -> Change {
    Change {
        key: planned.object.key(),
        version: planned.object.gvk().version,
        uid: live.uid().map(str::to_owned),
        action,
    }
}
