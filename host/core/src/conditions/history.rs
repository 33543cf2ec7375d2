//! `status.history`: the last few distinct results, newest first.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many results are remembered.
pub const MAX_HISTORY: usize = 5;

/// One distinct result, and how often it occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Digest of what was reconciled.
    pub digest: String,
    /// When it first occurred, RFC 3339.
    pub first_reconciled: String,
    /// When it last occurred, RFC 3339.
    pub last_reconciled: String,
    /// The duration of the last reconciliation, as Go writes it.
    pub last_reconciled_duration: String,
    /// The reason of the condition Ready.
    pub last_reconciled_status: String,
    /// How often it occurred.
    pub total_reconciliations: i64,
    /// Counts of inputs, objects and steps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Puts a result first. One with the same digest and status is counted as the same result.
#[must_use]
pub fn remember(history: &[HistoryEntry], mut latest: HistoryEntry) -> Vec<HistoryEntry> {
    let is_same = |entry: &&HistoryEntry| {
        entry.digest == latest.digest && entry.last_reconciled_status == latest.last_reconciled_status
    };
    if let Some(known) = history.iter().find(is_same) {
        latest.first_reconciled.clone_from(&known.first_reconciled);
        latest.total_reconciliations = known.total_reconciliations.saturating_add(1);
    }
    let others: Vec<HistoryEntry> = history.iter().filter(|entry| !is_same(entry)).cloned().collect();
    std::iter::once(latest).chain(others).take(MAX_HISTORY).collect()
}
