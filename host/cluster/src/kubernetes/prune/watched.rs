//! Deletes what a watch shows, without reading it first.
//!
//! # Guarantees
//! The deletion names the UID and the resource version that were seen: an object that has changed since, in its labels or in
//! anything else, is not deleted here.

use crate::kubernetes::client::connection::{Deletion, Propagation, Session};
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{LedgerEntry, Mark, Owner};

/// Deletes the object of an entry if the watch shows that it is ours by ledger, owner labels and UID, and nothing speaks against
/// it. Answers the UID if the object is still there afterwards, and `None` if it has to be read before it can be decided.
///
/// # Errors
/// The deletion is refused.
pub(crate) async fn delete_as_seen(
    target: &KubernetesTarget,
    session: &Session,
    owner: &Owner,
    entry: &LedgerEntry,
    kind: &Kind,
) -> Result<Option<Option<String>>, Refusal> {
    let key = &entry.key;
    let view = target.watches.view(&session.connection.identity, kind, &key.namespace);
    let seen = view.and_then(|view| view.get(&(key.namespace.clone(), key.name.clone())));
    let Some(seen) = seen.filter(|seen| {
        entry.uid.as_deref() == Some(&seen.uid)
            && entry.mark != Mark::Adopted
            && seen.owner.as_ref() == Some(&owner.name)
            && !seen.prune_disabled
            && !seen.frozen
            && !seen.terminating
    }) else {
        return Ok(None);
    };
    let path = kind.path(&key.namespace, &key.name);
    match session.delete(&path, &seen.uid, Some(&seen.version), Propagation::Background).await {
        Ok(Deletion::Done) => Ok(Some(None)),
        Ok(Deletion::Begun) => Ok(Some(Some(seen.uid))),
        Err(refusal) if refusal.is_not_found() => Ok(Some(None)),
        // Changed in between: it is looked at closely.
        Err(refusal) if refusal.is_conflict() => Ok(None),
        Err(refusal) => Err(refusal),
    }
}
