//! The ledger: what a set owns or is about to own. On the wire it is `status.inventory` of the reference, so that an
//! existing installation is taken over in place.

use crate::object::ObjectKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why an entry is still in the ledger although no template renders it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Mark {
    /// Rendered and applied, or about to be.
    #[default]
    Owned,
    /// No longer rendered; kept because the object says `prune: disabled`.
    PruneDisabled,
    /// No longer rendered; deletion is held by the guard.
    Held,
}

/// Which input an object was rendered from: lets the guard count vanished inputs instead of objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputRef {
    /// Name of the provider; the name of the set itself for inline inputs; joined with `+` where several are permuted.
    pub source: String,
    /// The input's `uid`: 16 hexadecimal characters.
    pub uid: String,
}

/// One object of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Which object.
    pub key: ObjectKey,
    /// API version it was applied with.
    pub version: String,
    /// UID of the live object, once known: an object of the same name with another UID is not ours.
    pub uid: Option<String>,
    /// Why it is here.
    pub mark: Mark,
    /// The input it came from; `None` in input-less sets and in inventories taken over from the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<InputRef>,
}

/// All objects of one set, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    entries: BTreeMap<ObjectKey, LedgerEntry>,
}

impl LedgerEntry {
    /// An entry for an object that is about to be applied for the first time.
    #[must_use]
    pub fn about_to_be(key: ObjectKey, version: impl Into<String>) -> Self {
        Self { key, version: version.into(), uid: None, mark: Mark::Owned, input: None }
    }
}

impl FromIterator<LedgerEntry> for Ledger {
    fn from_iter<T: IntoIterator<Item = LedgerEntry>>(iter: T) -> Self {
        Self { entries: iter.into_iter().map(|entry| (entry.key.clone(), entry)).collect() }
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
