//! Deleting everything that a ResourceSet owns, because the set itself is deleted.

use super::outcome;
use crate::pipeline::conclusion::Conclusion;
use crate::pipeline::converge::adoption::{self, Consent};
use crate::pipeline::converge::{LedgerError, LedgerStore, frozen, leaves};
use crate::pipeline::requeue::{Requeue, Wait};
use orangery_cluster::Target;
use orangery_core::conditions::Outcome;
use orangery_core::{Ledger, LedgerEntry, ObjectKey, Owner, PruneReport, Reason, Timestamp, plan};

/// The result of deleting what a set owns, for the reconciliation.
#[derive(Debug)]
pub struct Teardown {
    /// Why the set still owns objects; `None` when its ledger is empty.
    pub unfinished: Option<Conclusion>,
    /// Objects that are gone since.
    pub deleted: Vec<ObjectKey>,
    /// Adopted objects that stay, and belong to no set any more.
    pub left: Vec<ObjectKey>,
    /// The wait for objects that are being deleted.
    pub wait: Option<Wait>,
}

impl Teardown {
    /// Names the objects that stay; `None` if there are none.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let names: Vec<String> = self.left.iter().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| {
            format!(
                "{} objects stay, without the labels of this ResourceSet, because they existed before it and nobody approved their deletion, or because they contain an object that stays: {}",
                names.len(),
                names.join(", ")
            )
        })
    }
}

/// Deletes everything that a set owns. Objects that are still terminating are asked about again later.
///
/// # Errors
/// The ledger could not be written.
pub async fn tear_down(
    owner: &Owner,
    ledger: &Ledger,
    target: &dyn Target,
    ledger_store: &dyn LedgerStore,
    consent: Consent<'_>,
    now: Timestamp,
) -> Result<Teardown, LedgerError> {
    let Deleted { pruned, ledger, left } = delete_all(target, ledger_store, owner, ledger, consent).await?;
    let deleted = pruned.deleted.iter().map(|change| change.key.clone()).collect();
    if ledger.is_empty() {
        return Ok(Teardown { unfinished: None, deleted, left, wait: None });
    }
    let unfinished = if pruned.failed.is_empty() && !pruned.terminating.is_empty() {
        let message = format!("deletion in progress: {}", outcome::terminating_message(&pruned));
        let abnormal = outcome::overdue(&pruned).into_iter().collect();
        Conclusion { outcome: Outcome::Waiting { message }, abnormal: Some(abnormal), requeue: Requeue::Dependency }
    } else {
        let message = outcome::deletion_message(&pruned);
        Conclusion::failed(Reason::ReconciliationFailed, message.clone(), Requeue::BackOff)
            .with_abnormal(vec![outcome::deletion_failed(message)])
    };
    let wait = super::wait::wait_until_gone(&pruned, now);
    Ok(Teardown { unfinished: Some(unfinished), deleted, left, wait })
}

/// The result of deleting everything that a set owns.
#[derive(Debug)]
pub(crate) struct Deleted {
    /// What was deleted, and what could not be.
    pub(crate) pruned: PruneReport,
    /// What the set still owns.
    pub(crate) ledger: Ledger,
    /// Adopted objects that stay, and belong to no set any more.
    pub(crate) left: Vec<ObjectKey>,
}

/// Deletes everything that a set owns. The guard does not hold this, because deleting the set asks for it. Adopted objects whose
/// deletion nobody has approved stay without an owner, and the set does not wait for them.
///
/// # Errors
/// The ledger could not be written; what was deleted is deleted, and the next attempt finds it gone.
pub(crate) async fn delete_all(
    target: &dyn Target,
    ledger_store: &dyn LedgerStore,
    owner: &Owner,
    ledger: &Ledger,
    consent: Consent<'_>,
) -> Result<Deleted, LedgerError> {
    let mut stale = plan::deletion_order(ledger.iter().cloned().collect());
    let adopted = adoption::take_adopted(target, owner, &mut stale, consent.owns).await;
    let (mut pruned, waiting) = adoption::prune(target, owner, adopted, consent.approved).await;
    let frozen = frozen::take_frozen(target, owner, &mut stale).await;
    pruned.extend(frozen::report(&frozen));
    // A namespace is left with what it contains.
    let occupied = plan::take_occupied(&mut stale, ledger, &leaves(&pruned, &[]));
    let containers: Vec<LedgerEntry> = occupied.into_iter().map(|occupied| occupied.entry).collect();
    if !stale.is_empty() {
        pruned.extend(target.prune(owner, &stale).await);
    }
    let mut left = Vec::new();
    if !waiting.is_empty() || pruned.frozen().next().is_some() {
        let mut disowned = target.disown(owner, &containers).await;
        // Containers first: once its content has left the ledger, nothing would keep one that is still ours.
        if disowned.failed.iter().all(|failed| failed.unseen) {
            disowned.extend(target.disown(owner, &waiting).await);
        }
        let invisible: Vec<ObjectKey> =
            disowned.failed.extract_if(.., |failed| failed.unseen).map(|failed| failed.key).collect();
        disowned.released.extend(invisible);
        left.clone_from(&disowned.released);
        pruned.extend(disowned);
    }
    let mut rest = ledger.clone();
    for key in pruned.deleted.iter().map(|change| &change.key).chain(&pruned.released) {
        rest.remove(key);
    }
    // Objects that ask to be kept outlive the set: that is what the annotation is for. A frozen one stays in the ledger while a
    // container of it is still ours, because nothing else would keep that.
    let unheld = containers.iter().all(|container| pruned.released.contains(&container.key));
    for retained in pruned.retained.iter().filter(|retained| unheld || !retained.frozen) {
        rest.remove(&retained.key);
    }
    plan::mark_terminating(&mut rest, &pruned);
    if rest != *ledger {
        ledger_store.record(&owner.name, &rest).await?;
    }
    Ok(Deleted { pruned, ledger: rest, left })
}
