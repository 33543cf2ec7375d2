//! Reports of apply and prune. They are returned also on failure, with the errors inside.

use crate::conditions::Reason;
use crate::ledger::{LedgerEntry, Mark, Seal};
use crate::object::{ObjectKey, keys};
use crate::time::Timestamp;

/// What happened to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The object did not exist.
    Created,
    /// The object was different.
    Configured,
    /// It was deleted and created again, because a field is immutable.
    Recreated,
    /// The object was already as desired.
    Unchanged,
    /// The live object says `reconcile: disabled`: it is left as it is.
    Frozen,
    /// The object was deleted, or was already gone.
    Deleted,
}

impl Action {
    /// The word of Flux Operator's messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Recreated => "recreated",
            Self::Unchanged => "unchanged",
            Self::Frozen => "frozen",
            Self::Deleted => "deleted",
        }
    }

    /// Whether the object was written or deleted.
    #[must_use]
    pub fn is_change(self) -> bool {
        match self {
            Self::Created | Self::Configured | Self::Recreated | Self::Deleted => true,
            Self::Unchanged | Self::Frozen => false,
        }
    }
}

/// One object and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The object that was handled.
    pub key: ObjectKey,
    /// API version used.
    pub version: String,
    /// UID of the live object after the change; `None` for deletions and for targets without UIDs.
    pub uid: Option<String>,
    /// What happened to the object.
    pub action: Action,
}

/// One object that could not be applied or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedObject {
    /// The object that failed.
    pub key: ObjectKey,
    /// What was tried, what the target said, and what to do. Secrets already removed.
    pub message: String,
    /// The object belongs to another owner.
    pub owned_by_another: bool,
    /// The account lacks a right without which nothing was written, and whether the object exists may not be known.
    pub unseen: bool,
    /// The account lacks a right. It may be granted at any time, and nothing notifies the operator of that.
    pub denied: bool,
    /// The UID of the live object, if that carries no owner labels and the ledger does not know it: nothing was written.
    pub unowned: Option<String>,
}

impl FailedObject {
    /// A failure that is not about the object's owner.
    #[must_use]
    pub fn new(key: ObjectKey, message: impl Into<String>) -> Self {
        Self { key, message: message.into(), owned_by_another: false, unseen: false, denied: false, unowned: None }
    }

    /// The reason for conditions and metrics.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match (self.owned_by_another, &self.unowned) {
            (true, _) => Reason::OwnedByAnother,
            (false, Some(_)) => Reason::AdoptionRefused,
            (false, None) => Reason::ReconciliationFailed,
        }
    }

    /// A failure of the apply as a whole, before any object. Its key is empty.
    #[must_use]
    pub fn of_the_whole(message: impl Into<String>) -> Self {
        let nothing = String::new;
        Self::new(ObjectKey { group: nothing(), kind: nothing(), namespace: nothing(), name: nothing() }, message)
    }
}

/// An object that is applied and not ready. What comes after it in its environment is applied when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadyObject {
    /// The object that is not ready.
    pub key: ObjectKey,
    /// Its status in one word, for example `InProgress`.
    pub status: String,
    /// What it says about that; empty if it says nothing.
    pub message: String,
    /// When the wait began.
    pub since: Timestamp,
    /// When it becomes a failure.
    pub until: Timestamp,
}

/// An object that somebody else changes or deletes again after each repair. It alone is left as it is for a while each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestedObject {
    /// Which object.
    pub key: ObjectKey,
    /// Who does it, how often it was repaired, and what to do; for people.
    pub message: String,
    /// When it is looked at again.
    pub until: Timestamp,
}

/// The result of an apply, also of one that failed midway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplyReport {
    /// Objects that are now as desired, and frozen ones, in the order of the plan.
    pub changes: Vec<Change>,
    /// Objects that could not be applied. A failed object ends the apply of its environment; one that no single input gave ends all of it.
    pub failed: Vec<FailedObject>,
    /// Objects that are applied and not ready yet. The apply does not wait for them: the next one checks again.
    pub waiting: Vec<UnreadyObject>,
    /// Objects that are being deleted: they are applied when they are gone, and what comes after them in their environment waits.
    pub terminating: Vec<TerminatingObject>,
    /// Objects that somebody else changes or deletes again after each repair. What is left as it is counts as unchanged.
    pub contested: Vec<ContestedObject>,
    /// The rights that the account lacks for objects in `failed`, each once: verbs, resource, namespace and account, and what to do.
    pub missing_rights: Vec<String>,
    /// Warnings of the target, for example those of the API server; for status.
    pub warnings: Vec<String>,
    /// How the objects of the plan were left, where that has been found out anew.
    pub seal: Option<Seal>,
    /// Requests made to the target, for metrics and tests of cost.
    pub requests: u64,
}

impl ApplyReport {
    /// The objects that are left as they are because they are frozen.
    pub fn frozen(&self) -> impl Iterator<Item = &ObjectKey> {
        self.changes.iter().filter(|change| change.action == Action::Frozen).map(|change| &change.key)
    }

    /// The report of this apply and of another one of the same plan that followed it: what both left unchanged in the end
    /// but the first one changed was changed.
    #[must_use]
    pub fn followed_by(self, later: Self) -> Self {
        let mut merged = later;
        for change in self.changes {
            match merged.changes.iter_mut().find(|known| known.key == change.key) {
                Some(known) if known.action == Action::Unchanged => known.action = change.action,
                Some(_) => {}
                None => merged.changes.push(change),
            }
        }
        for warning in self.warnings {
            if !merged.warnings.contains(&warning) {
                merged.warnings.push(warning);
            }
        }
        merged.seal = merged.seal.or(self.seal);
        merged.requests = merged.requests.saturating_add(self.requests);
        merged
    }

    /// Whether every object of the plan is now as desired, and ready where the plan says so.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.waiting.is_empty() && self.terminating.is_empty()
    }
}

/// An object that was to be deleted and still exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedObject {
    /// The object that stays.
    pub key: ObjectKey,
    /// The mark it now has in the ledger.
    pub mark: Mark,
    /// It stays because it is frozen.
    pub frozen: bool,
    /// Why, for people.
    pub message: String,
}

impl RetainedObject {
    /// An object that stays because it says `prune: disabled`.
    #[must_use]
    pub fn prune_disabled(entry: &LedgerEntry) -> Self {
        let message = format!("{} stays: it says {}: disabled", entry.key, keys::PRUNE);
        Self { key: entry.key.clone(), mark: adopted_or(entry, Mark::PruneDisabled), frozen: false, message }
    }

    /// An object that stays because it is frozen.
    #[must_use]
    pub fn frozen(entry: &LedgerEntry) -> Self {
        let message = format!("{} is frozen: it says {}: disabled", entry.key, keys::RECONCILE);
        Self { key: entry.key.clone(), mark: adopted_or(entry, Mark::Frozen), frozen: true, message }
    }
}

/// An adopted object stays one: deleting it needs an approval, whatever else is known of it.
fn adopted_or(entry: &LedgerEntry, mark: Mark) -> Mark {
    if entry.mark == Mark::Adopted { Mark::Adopted } else { mark }
}

/// An object whose deletion has begun, and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminatingObject {
    /// The object that is being deleted.
    pub key: ObjectKey,
    /// What it waits for, for people.
    pub message: String,
    /// Since when it is being deleted; `None` if its deletion has not been asked for, because others have to go first.
    pub since: Option<Timestamp>,
    /// When it should be gone.
    pub deadline: Deadline,
}

/// When a deleted object should be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// The deletion has until then.
    At(Timestamp),
    /// The time is over: somebody has to look at the object.
    Passed,
    /// The time starts with the deletion.
    NotBegun,
}

/// The result of a prune.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PruneReport {
    /// Objects that are gone.
    pub deleted: Vec<Change>,
    /// Objects that the set does not own any more (other UID or owner): removed from the ledger, not touched.
    pub released: Vec<ObjectKey>,
    /// Objects that stay on purpose.
    pub retained: Vec<RetainedObject>,
    /// Adopted objects that still exist: they stay until their deletion is approved.
    pub adopted: Vec<LedgerEntry>,
    /// Objects that are being deleted, and those that have to be deleted after them: still in the ledger.
    pub terminating: Vec<TerminatingObject>,
    /// Objects that could not be deleted: still in the ledger.
    pub failed: Vec<FailedObject>,
}

impl PruneReport {
    /// The objects that nothing renders any more and that stay because they are frozen.
    pub fn frozen(&self) -> impl Iterator<Item = &ObjectKey> {
        self.retained.iter().filter(|retained| retained.frozen).map(|retained| &retained.key)
    }

    /// The objects that are being deleted and should be gone already.
    pub fn overdue(&self) -> impl Iterator<Item = &TerminatingObject> {
        self.terminating.iter().filter(|terminating| terminating.deadline == Deadline::Passed)
    }

    /// Adds the report of another prune of the same set.
    pub fn extend(&mut self, more: Self) {
        self.deleted.extend(more.deleted);
        self.released.extend(more.released);
        self.retained.extend(more.retained);
        self.adopted.extend(more.adopted);
        self.terminating.extend(more.terminating);
        self.failed.extend(more.failed);
    }
}
