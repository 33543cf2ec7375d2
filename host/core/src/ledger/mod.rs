//! The ledger: what a set owns or is about to own. On the wire it is Flux Operator's `status.inventory`, so that an
//! existing installation is taken over in place.

mod details;
mod entry;
pub mod inventory;
mod memory;
mod seal;
mod source;
mod typed;

pub use details::Details;
pub use memory::{GuardMemory, HIGH_WATER, HighWaterLevel, MAX_LEVELS};
pub use seal::{ObjectStates, Seal};
pub use source::{InputRef, InputSource, SourceKind, SourceRef};

use crate::object::ObjectKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of an entry: that it is owned, or why it is in the ledger otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Mark {
    /// Rendered and applied by us, or taken over from Flux Operator.
    #[default]
    Owned,
    /// Rendered and about to be applied for the first time: the set is not known to own an object of this name yet.
    Intended,
    /// Rendered and applied, but the object existed before and no set owned it. Deleting it needs an approval.
    Adopted,
    /// Frozen: the live object says `reconcile: disabled`, so it is neither applied nor deleted, whether it is rendered or not.
    Frozen,
    /// No longer rendered; kept because the object says `prune: disabled`.
    PruneDisabled,
    /// No longer rendered; deletion is held by the guard.
    Held,
    /// No longer rendered; deletion was held and has been approved. Being rendered again ends that.
    Approved,
    /// No longer rendered; the object with this UID is being deleted, and is not gone yet.
    Terminating,
}

/// One object of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The object that is owned.
    pub key: ObjectKey,
    /// API version it was applied with.
    pub version: String,
    /// UID of the live object, once known: the set does not own an object of the same name with another UID.
    pub uid: Option<String>,
    /// Why it is here.
    pub mark: Mark,
    /// The input it came from; `None` in input-less sets and in inventories taken over from Flux Operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<InputRef>,
    /// The template it came from, for example `resources[2]`; `None` in inventories of older versions and of Flux Operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// All objects of one set, in the order of their keys, and what the guard remembers of the set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    entries: BTreeMap<ObjectKey, LedgerEntry>,
    #[serde(default)]
    guard: GuardMemory,
    #[serde(default, skip_serializing_if = "Seal::is_empty")]
    seal: Seal,
}

impl LedgerEntry {
    /// An entry for an object that is about to be applied for the first time.
    #[must_use]
    pub fn about_to_be(key: ObjectKey, version: impl Into<String>) -> Self {
        Self { key, version: version.into(), uid: None, mark: Mark::Intended, input: None, template: None }
    }

    /// Whether a live object with this UID is the one that the entry is about. An entry that was taken over from Flux
    /// Operator has no UID and stands for whatever has its name; one that is only intended stands for nothing yet.
    #[must_use]
    pub fn is_about(&self, uid: Option<&str>) -> bool {
        match &self.uid {
            Some(known) => uid == Some(known),
            None => self.mark != Mark::Intended,
        }
    }
}

impl FromIterator<LedgerEntry> for Ledger {
    fn from_iter<T: IntoIterator<Item = LedgerEntry>>(iter: T) -> Self {
        Self {
            entries: iter.into_iter().map(|entry| (entry.key.clone(), entry)).collect(),
            guard: GuardMemory::default(),
            seal: Seal::default(),
        }
    }
}

impl Ledger {
    /// Adds or replaces an entry.
    pub fn insert(&mut self, entry: LedgerEntry) {
        self.entries.insert(entry.key.clone(), entry);
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<LedgerEntry> {
        self.entries.remove(key)
    }

    /// Looks an entry up.
    #[must_use]
    pub fn get(&self, key: &ObjectKey) -> Option<&LedgerEntry> {
        self.entries.get(key)
    }

    /// Looks an entry up, to change it.
    pub fn get_mut(&mut self, key: &ObjectKey) -> Option<&mut LedgerEntry> {
        self.entries.get_mut(key)
    }

    /// What the guard remembers: written and read together with the entries.
    #[must_use]
    pub fn guard(&self) -> &GuardMemory {
        &self.guard
    }

    /// Replaces what the guard remembers.
    pub fn set_guard(&mut self, memory: GuardMemory) {
        self.guard = memory;
    }

    /// How the objects were left: written and read together with the entries.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Replaces what is known of how the objects were left.
    pub fn set_seal(&mut self, seal: Seal) {
        self.seal = seal;
    }

    /// Marks the objects that may be deleted without another approval.
    pub fn approve(&mut self, objects: &[ObjectKey]) {
        for key in objects {
            if let Some(entry) = self.entries.get_mut(key) {
                entry.mark = Mark::Approved;
            }
        }
    }

    /// Whether an object is owned.
    #[must_use]
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.entries.contains_key(key)
    }

    /// All entries in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.entries.values()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is owned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
