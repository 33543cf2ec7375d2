//! State that is kept between passes and between processes.

use crate::pipeline::converge::{LedgerError, LedgerStore};
use async_trait::async_trait;
use orangery_cluster::StateDirectory;
use orangery_cluster::directory::StateError;
use orangery_core::conditions::{Condition, Conditions};
use orangery_core::inventory::{self, InventoryEntry};
use orangery_core::{Freshness, GuardMemory, InputList, Ledger, NamespacedName, Reason, Snapshot, Timestamp};
use serde::{Deserialize, Serialize};

/// Saved state cannot be read or written. It never counts as empty, because that would delete environments.
#[derive(Debug, thiserror::Error)]
pub enum SavedStateError {
    /// The state file cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A ledger has entries that this version cannot read.
    #[error(
        "the ledger of {set} has {count} entries that cannot be read, the first is {first:?}; a newer version may have written it"
    )]
    Ledger {
        /// The set with the broken ledger.
        set: NamespacedName,
        /// The number of problems.
        count: usize,
        /// The first of them.
        first: String,
    },
}

/// The last good inputs of one provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedProvider {
    /// The inputs, as in `status.exportedInputs`.
    pub exported_inputs: InputList,
    /// Ids that wait because the limit is reached.
    #[serde(default)]
    pub waiting: Vec<String>,
    /// Items of the last answer that could not be read.
    #[serde(default)]
    pub unreadable: Vec<String>,
    /// `status.lastExportedRevision`; empty if it never answered.
    #[serde(default)]
    pub revision: String,
    /// Why the last poll gave no complete answer, and since when.
    #[serde(default)]
    pub stale: Option<(Reason, Timestamp)>,
    /// The conditions, as in the status.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

impl SavedProvider {
    /// The saved snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let freshness = self.stale.map_or(Freshness::Fresh, |(reason, since)| Freshness::Stale { reason, since });
        Snapshot::restored(self.exported_inputs.clone(), self.waiting.clone(), self.revision.clone(), freshness)
            .with_unreadable(self.unreadable.clone())
    }

    /// Saves a snapshot and its conditions.
    #[must_use]
    pub fn of(snapshot: &Snapshot, conditions: Conditions) -> Self {
        Self {
            exported_inputs: snapshot.inputs().clone(),
            waiting: snapshot.waiting().to_vec(),
            unreadable: snapshot.unreadable().to_vec(),
            revision: snapshot.revision().to_owned(),
            stale: match snapshot.freshness() {
                Freshness::Stale { reason, since } => Some((*reason, *since)),
                Freshness::Fresh | Freshness::Never => None,
            },
            conditions: conditions.into_vec(),
        }
    }
}

/// The ledger and conditions of one set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedSet {
    /// The name of the set.
    #[serde(default)]
    pub name: Option<NamespacedName>,
    /// The objects, as in `status.inventory.entries`.
    pub inventory: Vec<InventoryEntry>,
    /// What the guard remembers.
    #[serde(default)]
    pub guard: GuardMemory,
    /// The conditions, as in the status.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// The revision, as in `status.lastAppliedRevision`.
    #[serde(default)]
    pub last_applied_revision: String,
}

impl SavedSet {
    /// The ledger.
    ///
    /// # Errors
    /// An entry cannot be read: acting on the others might leave or delete the wrong thing.
    pub fn ledger(&self, set: &NamespacedName) -> Result<Ledger, SavedStateError> {
        let mut read = inventory::read(&self.inventory);
        read.ledger.set_guard(self.guard.clone());
        match read.unreadable.first() {
            None => Ok(read.ledger),
            Some(first) => {
                Err(SavedStateError::Ledger { set: set.clone(), count: read.unreadable.len(), first: first.id.clone() })
            }
        }
    }
}

/// The document of a provider or set: `provider.<namespace>.<name>`, `set.<namespace>.<name>`. A name that would be too long
/// for a file is replaced by its digest: the document itself says whose it is.
pub(super) fn document(kind: &str, name: &NamespacedName) -> String {
    let plain = format!("{kind}.{}.{}", name.namespace, name.name);
    if plain.len() <= 200 { plain } else { format!("{kind}.{}", orangery_core::digest::sha256_hex(plain.as_bytes())) }
}

/// The ledgers of all sets, one document each.
pub(super) struct DirectoryLedgers<'a>(pub(super) &'a StateDirectory);

#[async_trait]
impl LedgerStore for DirectoryLedgers<'_> {
    async fn record(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError> {
        let failed = |error: StateError| LedgerError {
            set: set.clone(),
            reason: Reason::ReconciliationFailed,
            message: error.to_string(),
        };
        let document = document("set", set);
        let mut saved_state: SavedSet = self.0.load(&document).map_err(failed)?.unwrap_or_default();
        saved_state.name = Some(set.clone());
        saved_state.inventory = inventory::write(ledger, &[]);
        saved_state.guard = ledger.guard().clone();
        self.0.store(&document, &saved_state).map_err(failed)
    }
}
