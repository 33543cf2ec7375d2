//! The status of a `ResourceSet`.

use crate::condition::Condition;
use crate::schema;
use orangery_core::{conditions, inventory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// ResourceSetStatus defines the observed state of a ResourceSet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSetStatus {
    /// Conditions, in the order Stalled, Reconciling, Ready, then those that need attention.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// ConfigMaps and Secrets outside the set whose checksums are used, as Kind/namespace/name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_checksum_refs: Vec<String>,
    /// The last distinct results, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<History>,
    /// Numbers of inputs within the last hour that deletions have lowered since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub high_water_marks: Vec<HighWaterMark>,
    /// The objects that the set owns or is about to own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// Details of the inventory's entries: UIDs, inputs, templates, marks. Compressed JSON in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory_details: Option<String>,
    /// Digest of the objects that were last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_applied_revision: Option<String>,
    /// The last value of the annotation orangery.dev/approve-prune that was used. It is never accepted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_approval: Option<String>,
    /// The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that was last acted on. An addition to what Flux Operator writes: tools that know no condition compare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Deletions that are held until they are approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_prune: Option<PendingPrune>,
}

/// History is one distinct result of reconciliations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Digest of what was reconciled.
    pub digest: String,
    /// Time of the first reconciliation with this result.
    #[schemars(extend("format" = "date-time"))]
    pub first_reconciled: String,
    /// Time of the last reconciliation with this result.
    #[schemars(extend("format" = "date-time"))]
    pub last_reconciled: String,
    /// Duration of the last reconciliation with this result.
    pub last_reconciled_duration: String,
    /// The reason of the condition Ready.
    pub last_reconciled_status: String,
    /// Numbers of inputs, resources and steps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::strings")]
    pub metadata: BTreeMap<String, String>,
    /// Number of reconciliations with this result.
    pub total_reconciliations: i64,
}

impl From<History> for conditions::HistoryEntry {
    fn from(entry: History) -> Self {
        Self {
            digest: entry.digest,
            first_reconciled: entry.first_reconciled,
            last_reconciled: entry.last_reconciled,
            last_reconciled_duration: entry.last_reconciled_duration,
            last_reconciled_status: entry.last_reconciled_status,
            total_reconciliations: entry.total_reconciliations,
            metadata: entry.metadata,
        }
    }
}

impl From<conditions::HistoryEntry> for History {
    fn from(entry: conditions::HistoryEntry) -> Self {
        Self {
            digest: entry.digest,
            first_reconciled: entry.first_reconciled,
            last_reconciled: entry.last_reconciled,
            last_reconciled_duration: entry.last_reconciled_duration,
            last_reconciled_status: entry.last_reconciled_status,
            total_reconciliations: entry.total_reconciliations,
            metadata: entry.metadata,
        }
    }
}

/// Inventory lists the objects that the set owns or is about to own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Inventory {
    /// One entry for each object, sorted by id.
    pub entries: Vec<InventoryEntry>,
}

impl Inventory {
    /// The entries as the core crate has them.
    #[must_use]
    pub fn to_core(&self) -> Vec<inventory::InventoryEntry> {
        self.entries.iter().cloned().map(Into::into).collect()
    }

    /// The inventory with these entries.
    #[must_use]
    pub fn of_core(entries: Vec<inventory::InventoryEntry>) -> Self {
        Self { entries: entries.into_iter().map(Into::into).collect() }
    }
}

/// InventoryEntry is an object of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct InventoryEntry {
    /// Namespace, name, group and kind, joined by underscores.
    pub id: String,
    /// Input that it came from, as rset/name/uid (the set itself) or rsip/name/uid (a provider).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// What else is known of it: Intended before it is first applied; Adopted if it existed before and had no owner; Frozen if the live
    /// object says that it is left alone; Held, Approved, Terminating or PruneDisabled if it still exists although nothing renders it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Name of the object, if the id cannot represent it exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Template that it came from, for example `resources[2]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// UID of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// API version of the object.
    pub v: String,
}

impl From<InventoryEntry> for inventory::InventoryEntry {
    fn from(entry: InventoryEntry) -> Self {
        let InventoryEntry { id, v, uid, mark, input, name, template } = entry;
        Self { id, v, uid, mark, input, name, template }
    }
}

impl From<inventory::InventoryEntry> for InventoryEntry {
    fn from(entry: inventory::InventoryEntry) -> Self {
        let inventory::InventoryEntry { id, v, uid, mark, input, name, template } = entry;
        Self { id, v, uid, mark, input, name, template }
    }
}

/// PendingPrune is a list of deletions that is held until it is approved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PendingPrune {
    /// Value of the annotation orangery.dev/approve-prune that releases exactly this list.
    pub digest: String,
    /// Objects to delete, as Kind/namespace/name.
    pub objects: Vec<String>,
    /// Thresholds of the guard that held the list, for example 50/5. With other thresholds it is checked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Rules of the guard that hold the list, with numbers.
    pub reason: String,
}

/// HighWaterMark is a number of inputs before deletions lowered it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct HighWaterMark {
    /// Number of inputs that owned objects.
    pub inputs: i64,
    /// Time of the deletions. The mark counts for an hour from then.
    #[schemars(extend("format" = "date-time"))]
    pub until: String,
}

impl From<&orangery_core::Hold> for PendingPrune {
    fn from(hold: &orangery_core::Hold) -> Self {
        Self {
            digest: hold.digest.clone(),
            objects: hold.objects.iter().map(ToString::to_string).collect(),
            policy: Some(hold.policy.clone()),
            reason: hold.why.clone(),
        }
    }
}
