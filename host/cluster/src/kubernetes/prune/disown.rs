//! Releases adopted objects: removes our labels, and nothing else. A frozen object keeps even those.

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::object::ownership::{is_owned_by, remove_labels};
use crate::kubernetes::target::KubernetesTarget;
use futures::FutureExt;
use orangery_core::{FailedObject, GroupVersionKind, LedgerEntry, Owner, PruneReport};

/// Removes the labels of `owner`.
pub(crate) async fn disown(target: &KubernetesTarget, owner: &Owner, adopted: &[LedgerEntry]) -> PruneReport {
    let mut report = PruneReport::default();
    let session = match target.session(owner) {
        Ok(session) => session,
        Err(refusal) => {
            let failure = |entry: &LedgerEntry| failed(entry, &refusal);
            report.failed = adopted.iter().map(failure).collect();
            return report;
        }
    };
    for entry in adopted {
        target.memory.forget(owner, &entry.key);
    }
    let session = &session;
    let work = adopted.iter().map(|entry| async move { (entry, release(session, owner, entry).await) }.boxed());
    for (entry, outcome) in bounded(work.collect()).await {
        match outcome {
            Ok(()) => report.released.push(entry.key.clone()),
            Err(refusal) => report.failed.push(failed(entry, &refusal)),
        }
    }
    report
}

fn failed(entry: &LedgerEntry, refusal: &Refusal) -> FailedObject {
    let message = format!("{} is left in place, but the labels of the set cannot be removed: {refusal}", entry.key);
    // A missing right will most likely stay missing, and the deletion of the set must not wait for it.
    FailedObject { unseen: refusal.is_forbidden(), ..FailedObject::new(entry.key.clone(), message) }
}

async fn release(session: &Session, owner: &Owner, entry: &LedgerEntry) -> Result<(), Refusal> {
    let key = &entry.key;
    let gvk = GroupVersionKind { group: key.group.clone(), version: entry.version.clone(), kind: key.kind.clone() };
    let Some(kind) = session.kind_in_any_version(&gvk).await? else { return Ok(()) };
    let path = kind.path(&key.namespace, &key.name);
    let Some(live) = session.metadata(&path).await? else { return Ok(()) };
    if !is_owned_by(&live, owner) || !entry.is_about(live.uid()) || live.is_frozen() {
        return Ok(());
    }
    remove_labels(session, &path, &live).await
}
