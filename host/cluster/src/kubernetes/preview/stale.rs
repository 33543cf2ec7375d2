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

/// What would become of one object.
enum Fate {
    Deleted,
    Released,
    Kept(String),
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
        let fate = fate(&session, owner, entry);
        async move { (entry, fate.await) }.boxed()
    });
    for (entry, fate) in bounded(looks.collect()).await {
        let key = entry.key.clone();
        match fate {
            Ok(Fate::Deleted) => {
                report.deleted.push(Change { key, version: entry.version.clone(), uid: None, action: Action::Deleted })
            }
            Ok(Fate::Released) => report.released.push(key),
            Ok(Fate::Kept(message)) => report.retained.push(RetainedObject { key, mark: Mark::PruneDisabled, message }),
            Ok(Fate::Adopted) => report.adopted.push(entry.clone()),
            Ok(Fate::Terminating(ending)) => {
                let deadline = ending.deadline(target.options.patience.terminating);
                let message = format!("{key} {}", ending.waiting);
                report.terminating.push(TerminatingObject { key, message, since: ending.since, deadline });
            }
            Err(refusal) => report.failed.push(failed(entry, &refusal)),
        }
    }
    report
}

/// As the prune decides: by UID, owner labels and annotations of the live object.
async fn fate(session: &Session, owner: &Owner, entry: &LedgerEntry) -> Result<Fate, Refusal> {
    let key = &entry.key;
    let gvk = GroupVersionKind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let Some(kind) = session.kind_in_any_version(&gvk).await? else { return Ok(Fate::Released) };
    let Some(live) = session.metadata(&kind.path(&key.namespace, &key.name)).await? else { return Ok(Fate::Released) };
    let Some(uid) = live.uid() else { return Ok(Fate::Released) };
    if entry.uid.as_ref().is_some_and(|known| known != uid) || !is_owned_by(&live, owner) {
        return Ok(Fate::Released);
    }
    let disabled = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("disabled"));
    if disabled(live.annotation(keys::PRUNE)) || disabled(live.label(keys::PRUNE)) {
        return Ok(Fate::Kept(format!("{key} stays: it says {}: disabled", keys::PRUNE)));
    }
    if terminating(&live).is_some() {
        return Ok(Fate::Terminating(Ending::of(&live)));
    }
    if entry.mark == Mark::Adopted {
        return Ok(Fate::Adopted);
    }
    Ok(Fate::Deleted)
}
