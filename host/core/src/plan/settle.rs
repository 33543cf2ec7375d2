//! The ledger after an apply and a prune, also when they failed midway.

use super::Plan;
use crate::guard::Verdict;
use crate::ledger::{Ledger, Mark};
use crate::plan::{Action, ApplyReport, PruneReport};

/// The ledger after an apply and a prune. An entry is removed only if its object is known to be gone, known to belong to another
/// owner, or known never to have been written. `before` is the ledger as it was before the plan.
#[must_use]
pub fn settle(plan: &Plan, before: &Ledger, applied: &ApplyReport, verdict: &Verdict, pruned: &PruneReport) -> Ledger {
    let mut ledger = plan.ledger.clone();
    if let Some(seal) = &applied.seal {
        ledger.set_seal(seal.clone());
    }
    for change in &applied.changes {
        if let Some(entry) = ledger.get_mut(&change.key) {
            // An object with another UID was created by the set in the place of the adopted one.
            let same = entry.mark == Mark::Adopted && entry.uid == change.uid;
            entry.mark = match change.action {
                _ if same => Mark::Adopted,
                Action::Frozen => Mark::Frozen,
                _ => Mark::Owned,
            };
            entry.uid = change.uid.clone().or_else(|| entry.uid.take());
            entry.version.clone_from(&change.version);
        }
    }
    for stale in &plan.stale {
        if let Some(entry) = ledger.get_mut(&stale.key) {
            entry.mark = match (verdict, entry.mark) {
                (Verdict::Held(hold), Mark::Owned) if hold.holds(&stale.key) => Mark::Held,
                (Verdict::Held(hold), Mark::Held) if !hold.holds(&stale.key) => Mark::Owned,
                // Its deletion was allowed and failed, which does not call for an approval.
                (Verdict::Allowed, Mark::Held) => Mark::Owned,
                (_, mark) => mark,
            };
        }
    }
    for retained in &pruned.retained {
        if let Some(entry) = ledger.get_mut(&retained.key) {
            entry.mark = retained.mark;
        }
    }
    mark_terminating(&mut ledger, pruned);
    for change in &pruned.deleted {
        ledger.remove(&change.key);
    }
    for key in &pruned.released {
        ledger.remove(key);
    }
    // An object that the set may not read cannot be deleted either: the entry of one that was only intended would keep the set from
    // ever being ready, or deleted, again.
    for failed in applied.failed.iter().filter(|failed| failed.unseen && !before.contains(&failed.key)) {
        ledger.remove(&failed.key);
    }
    // An object that no set owns was not written, so its entry goes, unless the set owned another object of this name before.
    for failed in applied.failed.iter().filter(|failed| failed.unowned.is_some()) {
        if ledger.get(&failed.key).is_some_and(|entry| entry.mark == Mark::Intended) {
            ledger.remove(&failed.key);
        }
    }
    ledger
}

/// Marks what is being deleted. The guard has nothing more to say about it, also after a restart. Without a UID the entry could stand for
/// another object of that name later.
pub fn mark_terminating(ledger: &mut Ledger, pruned: &PruneReport) {
    for terminating in pruned.terminating.iter().filter(|terminating| terminating.since.is_some()) {
        if let Some(entry) = ledger.get_mut(&terminating.key).filter(|entry| entry.uid.is_some()) {
            entry.mark = Mark::Terminating;
        }
    }
}
