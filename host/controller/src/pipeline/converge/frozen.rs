//! Frozen objects in a Namespace, or of a definition, that is about to be deleted: Kubernetes would delete them with it, so it stays.

use orangery_cluster::Target;
use orangery_core::{GroupVersionKind, LedgerEntry, ObjectKey, Owner, PruneReport, RetainedObject, plan};

/// Takes the frozen objects out of `stale` that the deletion of a container in it would take along. What cannot be read is not taken
/// out; then its own deletion fails too, and says why.
pub(crate) async fn take_frozen(target: &dyn Target, owner: &Owner, stale: &mut Vec<LedgerEntry>) -> Vec<LedgerEntry> {
    let contained = plan::contained(stale);
    let mut frozen = Vec::new();
    for key in contained {
        let Some(at) = stale.iter().position(|entry| entry.key == key) else { continue };
        let Some(entry) = stale.get(at) else { continue };
        if is_frozen(target, owner, entry).await {
            frozen.push(stale.remove(at));
        }
    }
    frozen
}

/// Reports them as a prune does.
pub(crate) fn report(frozen: &[LedgerEntry]) -> PruneReport {
    PruneReport { retained: frozen.iter().map(RetainedObject::frozen).collect(), ..PruneReport::default() }
}

async fn is_frozen(target: &dyn Target, owner: &Owner, entry: &LedgerEntry) -> bool {
    let ObjectKey { group, kind, .. } = &entry.key;
    let version = GroupVersionKind { group: group.clone(), version: entry.version.clone(), kind: kind.clone() };
    let live = target.read(owner, &version.api_version(), &entry.key).await;
    live.is_ok_and(|live| live.is_some_and(|live| live.is_frozen() && entry.is_about(live.uid())))
}
