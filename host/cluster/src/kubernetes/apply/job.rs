//! Jobs with `recreateOnFailure: enabled`: a failed one is deleted before the new one is applied.

use crate::kubernetes::apply::inspect::{Undone, failed};
use crate::kubernetes::apply::write::MOMENT;
use crate::kubernetes::client::connection::{Propagation, Session};
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::live::deletion::until_gone;
use crate::kubernetes::object::ownership::replaceable;
use crate::kubernetes::object::secrecy::explain;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::readiness::{Purpose, Readiness, readiness};
use orangery_core::{Object, Plan, Planned, Timestamp, keys};

/// Deletes the live Job of `planned` if it failed, is ours and not frozen, and the rendered one says `recreateOnFailure: enabled`.
pub(crate) async fn remove_failed(
    target: &KubernetesTarget,
    session: &Session,
    plan: &Plan,
    planned: &Planned,
) -> Result<(), Undone> {
    let gvk = planned.object.gvk();
    let asked = gvk.group == "batch"
        && gvk.kind == "Job"
        && planned.object.annotation(keys::RECREATE_ON_FAILURE) == Some("enabled");
    if !asked {
        return Ok(());
    }
    let key = planned.object.key();
    let refused = |refusal: Refusal| {
        failed(planned, format!("{key} cannot be re-created after its failure: {}", explain(&refusal, &planned.object)))
    };
    let Some(kind) = session.kind(&gvk).await.map_err(refused)? else { return Ok(()) };
    let path = kind.path(&key.namespace, &key.name);
    let Some(live) = session.get::<Object>(&path).await.map_err(refused)? else { return Ok(()) };
    if live.is_frozen() {
        return Ok(());
    }
    let has_failed = matches!(readiness(Some(&live), Purpose::Wait, Timestamp::default()), Readiness::Failed(_));
    let Some(uid) = replaceable(plan, &key, &live).filter(|_| has_failed) else { return Ok(()) };
    match session.delete(&path, uid, None, Propagation::Foreground).await {
        Err(refusal) if !refusal.is_not_found() => return Err(refused(refusal).into()),
        _ => {}
    }
    let limit = MOMENT.min(target.options.patience.gate);
    match until_gone(session, &path, uid, limit).await.map_err(refused)? {
        None => Ok(()),
        Some(ending) => Err(Undone::ending(target, planned, "failed, was deleted to run again", &ending)),
    }
}
