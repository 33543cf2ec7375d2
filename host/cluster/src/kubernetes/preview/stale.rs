//! What a prune would do, object by object.

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::live::deletion::{Ending, terminating};
use crate::kubernetes::object::ownership::is_owned_by;
use crate::kubernetes::target::KubernetesTarget;
use futures::FutureExt;
use orangery_core::{
    Action, Change, FailedObject, GroupVersionKind, LedgerEntry, Mark, Owner, PruneReport, RetainedObject,
    TerminatingObject, keys,
};

/// What a prune would do to one object.
enum PruneEffect {
    Deleted,
    Released,
    Frozen,
    PruneDisabled,
    Adopted,
    Terminating(Ending),
}

/// Reads every stale object and reports what a prune would do to it.
pub(super) async fn look(target: &KubernetesTarget, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport {
    let mut report = PruneReport::default();
    let failed = |entry: &LedgerEntry, refusal: &Refusal| {
        FailedObject::new(entry.key.clone(), format!("{} cannot be read: {refusal}", entry.key))
    };
    let session = match target.session(owner) {
        Ok(session) => session,
        Err(refusal) => {
            report.failed = stale.iter().map(|entry| failed(entry, &refusal)).collect();
            return report;
        }
    };
    let looks = stale.iter().map(|entry| {
        let effect = effect(&session, owner, entry);
        async move { (entry, effect.await) }.boxed()
    });
    for (entry, effect) in bounded(looks.collect()).await {
        let key = entry.key.clone();
        match effect {
            Ok(PruneEffect::Deleted) => {
                report.deleted.push(Change { key, version: entry.version.clone(), uid: None, action: Action::Deleted })
            }
            Ok(PruneEffect::Released) => report.released.push(key),
            Ok(PruneEffect::Frozen) => report.retained.push(RetainedObject::frozen(entry)),
            Ok(PruneEffect::PruneDisabled) => report.retained.push(RetainedObject::prune_disabled(entry)),
            Ok(PruneEffect::Adopted) => report.adopted.push(entry.clone()),
            Ok(PruneEffect::Terminating(ending)) => {
                let deadline = ending.deadline(target.options.patience.terminating);
                let message = format!("{key} {}", ending.waiting);
                report.terminating.push(TerminatingObject { key, message, since: ending.since, deadline });
            }
            Err(refusal) => report.failed.push(failed(entry, &refusal)),
        }
    }
    report
}

/// Decides as the prune does: by UID, owner labels and annotations of the live object.
async fn effect(session: &Session, owner: &Owner, entry: &LedgerEntry) -> Result<PruneEffect, Refusal> {
    let key = &entry.key;
    let gvk = GroupVersionKind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let Some(kind) = session.kind_in_any_version(&gvk).await? else { return Ok(PruneEffect::Released) };
    let Some(live) = session.metadata(&kind.path(&key.namespace, &key.name)).await? else {
        return Ok(PruneEffect::Released);
    };
    let Some(uid) = live.uid() else { return Ok(PruneEffect::Released) };
    if entry.uid.as_ref().is_some_and(|known| known != uid) || !is_owned_by(&live, owner) {
        return Ok(PruneEffect::Released);
    }
    if live.is_frozen() {
        return Ok(PruneEffect::Frozen);
    }
    if live.has_disabled(keys::PRUNE) {
        return Ok(PruneEffect::PruneDisabled);
    }
    if terminating(&live).is_some() {
        return Ok(PruneEffect::Terminating(Ending::of(&live)));
    }
    if entry.mark == Mark::Adopted {
        return Ok(PruneEffect::Adopted);
    }
    Ok(PruneEffect::Deleted)
}
