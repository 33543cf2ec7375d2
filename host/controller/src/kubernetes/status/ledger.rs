//! The ledger in the status of a set: the inventory, and what the guard remembers.
//!
//! # Guarantees
//! What was written is read back as it was. A time that cannot be read counts as now: the guard rather remembers too long.

use crate::kubernetes::context::now;
use crate::kubernetes::object::{Run, size};
use crate::pipeline::converge::{LedgerError, LedgerStore};
use async_trait::async_trait;
use kube::api::{Api, Patch, PatchParams};
use orangery_api::{HighWaterMark, Inventory as WireInventory, ResourceSet, ResourceSetStatus};
use orangery_core::inventory::{Inventory, InventoryEntry};
use orangery_core::ledger::HighWaterLevel;
use orangery_core::{GuardMemory, Ledger, NamespacedName, Reason};
use serde_json::{Value, json};

/// The ledger that a status holds.
pub(crate) fn read(status: &ResourceSetStatus) -> Inventory {
    let mut inventory = status.inventory.as_ref().map(WireInventory::read).unwrap_or_default();
    let level = |mark: &HighWaterMark| HighWaterLevel {
        inputs: usize::try_from(mark.inputs).unwrap_or_default(),
        until: mark.until.parse().unwrap_or_else(|_| now()),
    };
    inventory.ledger.set_guard(GuardMemory {
        last_approval: status.last_handled_approval.clone(),
        levels: status.high_water_marks.iter().map(level).collect(),
        held_under: status.pending_prune.as_ref().and_then(|pending| pending.policy.clone()),
    });
    inventory
}

/// The ledger as it is kept in `status.inventory`.
pub(in crate::kubernetes) struct StatusLedger<'a> {
    run: &'a Run<ResourceSet>,
    unreadable: &'a [InventoryEntry],
}

impl<'a> StatusLedger<'a> {
    /// Keeps the ledger of this set, with the entries that this version cannot read.
    pub(in crate::kubernetes) fn of(run: &'a Run<ResourceSet>, unreadable: &'a [InventoryEntry]) -> Self {
        Self { run, unreadable }
    }
}

#[async_trait]
impl LedgerStore for StatusLedger<'_> {
    async fn record(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError> {
        let run = self.run;
        let status = patch(ledger, self.unreadable);
        let before = run.object.status.as_ref().and_then(|status| status.inventory.as_ref());
        if let Some(bytes) = run.size.excess_of_inventory(before, &status.get("inventory")) {
            return Err(size::ledger_does_not_fit(set, ledger.len(), bytes));
        }
        let patch = json!({"metadata": {"uid": run.uid}, "status": status});
        let api: Api<ResourceSet> = Api::namespaced(run.context.client.clone(), &set.namespace);
        match api.patch_status(&set.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(LedgerError { set: set.clone(), reason: Reason::ReconciliationFailed, message: error.to_string() })
            }
        }
    }
}

/// The ledger's part of a merge patch. The policy of a hold stands with the list that is held, and is published with the outcome.
fn patch(ledger: &Ledger, unreadable: &[InventoryEntry]) -> Value {
    let guard = ledger.guard();
    let marks = marks(guard);
    json!({
        "inventory": WireInventory::write(ledger, unreadable),
        "highWaterMarks": if marks.is_empty() { Value::Null } else { json!(marks) },
        "lastHandledApproval": guard.last_approval,
    })
}

/// Puts a ledger into a status. A status without an inventory gets none for an empty ledger.
pub(in crate::kubernetes) fn show(status: &mut ResourceSetStatus, ledger: &Ledger, unreadable: &[InventoryEntry]) {
    let written = WireInventory::write(ledger, unreadable);
    status.inventory = Some(written).filter(|_| status.inventory.is_some() || !ledger.is_empty());
    status.high_water_marks = marks(ledger.guard());
    status.last_handled_approval.clone_from(&ledger.guard().last_approval);
}

fn marks(guard: &GuardMemory) -> Vec<HighWaterMark> {
    let mark = |level: &HighWaterLevel| HighWaterMark {
        inputs: i64::try_from(level.inputs).unwrap_or(i64::MAX),
        until: level.until.to_string(),
    };
    guard.levels.iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_core::Timestamp;

    #[test]
    fn what_the_guard_remembers_is_read_back_and_an_old_status_has_nothing_of_it() {
        let memory = GuardMemory {
            last_approval: Some("sha256:0123456789abcdef".into()),
            levels: vec![
                HighWaterLevel { inputs: 100, until: Timestamp::from_millis(1_764_000_000_000) },
                HighWaterLevel { inputs: 60, until: Timestamp::from_millis(1_764_000_060_000) },
            ],
            held_under: None,
        };
        let mut ledger = Ledger::default();
        ledger.set_guard(memory.clone());
        let mut status = ResourceSetStatus::default();
        show(&mut status, &ledger, &[]);
        assert_eq!(*read(&status).ledger.guard(), memory);
        assert_eq!(status.inventory, None);
        let patched: ResourceSetStatus = serde_json::from_value(patch(&ledger, &[])).unwrap();
        assert_eq!(*read(&patched).ledger.guard(), memory);
        assert_eq!(*read(&ResourceSetStatus::default()).ledger.guard(), GuardMemory::default());
        assert!(patch(&Ledger::default(), &[]).get("highWaterMarks").unwrap().is_null());
    }

    #[test]
    fn a_time_that_cannot_be_read_counts_as_now() {
        let mark = HighWaterMark { inputs: 10, until: "yesterday".into() };
        let status = ResourceSetStatus { high_water_marks: vec![mark], ..ResourceSetStatus::default() };
        assert_eq!(read(&status).ledger.guard().high_water(now()), 10);
    }
}
