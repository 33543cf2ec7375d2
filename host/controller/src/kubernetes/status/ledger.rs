//! The ledger in the status of a set: the inventory, and what the guard remembers.
//!
//! # Guarantees
//! What was written is read back as it was. A time that cannot be read counts as now: the guard rather remembers too long. Where
//! what stands beside the inventory cannot be read, every entry counts as adopted: nothing of it is deleted without an approval.

use super::packed;
use crate::kubernetes::context::now;
use crate::kubernetes::object::{Run, size};
use crate::pipeline::converge::{LedgerError, LedgerStore};
use async_trait::async_trait;
use kube::api::{Api, Patch, PatchParams};
use orangery_api::{HighWaterMark, Inventory as WireInventory, ResourceSet, ResourceSetStatus};
use orangery_core::inventory::{self, Inventory, InventoryEntry};
use orangery_core::ledger::HighWaterLevel;
use orangery_core::{Details, GuardMemory, Ledger, LedgerEntry, Mark, NamespacedName, Reason};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// The ledger that a status holds.
pub(crate) fn read(status: &ResourceSetStatus) -> Inventory {
    let mut inventory = entries(status);
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

fn entries(status: &ResourceSetStatus) -> Inventory {
    let entries = status.inventory.as_ref().map(WireInventory::to_core).unwrap_or_default();
    match status.inventory_details.as_deref().map(packed::unpack).transpose() {
        Ok(details) => inventory::read_with(&entries, &details.unwrap_or_default()),
        Err(error) => {
            tracing::warn!(%error, "status.inventoryDetails cannot be read: nothing of the inventory is deleted without approval");
            let mut inventory = inventory::read_with(&entries, &Details::default());
            let adopted = |entry: &LedgerEntry| LedgerEntry { mark: Mark::Adopted, ..entry.clone() };
            inventory.ledger = inventory.ledger.iter().map(adopted).collect();
            inventory
        }
    }
}

/// The ledger as it is kept in `status.inventory` and `status.inventoryDetails`.
pub(in crate::kubernetes) struct StatusLedger<'a> {
    run: &'a Run<ResourceSet>,
    unreadable: &'a [InventoryEntry],
    recorded: Mutex<Option<Ledger>>,
}

impl<'a> StatusLedger<'a> {
    /// Keeps the ledger of this set, with the entries that this version cannot read.
    pub(in crate::kubernetes) fn of(run: &'a Run<ResourceSet>, unreadable: &'a [InventoryEntry]) -> Self {
        Self { run, unreadable, recorded: Mutex::default() }
    }

    /// The ledger that was written last; `None` if none was.
    pub(in crate::kubernetes) fn recorded(self) -> Option<Ledger> {
        self.recorded.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LedgerStore for StatusLedger<'_> {
    async fn record(&self, set: &NamespacedName, ledger: &Ledger) -> Result<(), LedgerError> {
        let run = self.run;
        let written = Written::of(ledger, self.unreadable);
        let before = run.object.status.as_ref().map(|status| (&status.inventory, &status.inventory_details));
        if let Some(bytes) = run.size.excess_of_inventory(before.as_ref(), &(&written.inventory, &written.when_applied))
        {
            return Err(size::ledger_does_not_fit(set, ledger.len(), bytes));
        }
        let entries = before.and_then(|(inventory, _)| inventory.as_ref()).map_or(0, |before| before.entries.len());
        if let Some(error) = size::too_many_objects(set, ledger.len(), entries) {
            return Err(error);
        }
        let patch = json!({"metadata": {"uid": run.uid}, "status": patch(ledger, &written)});
        let api: Api<ResourceSet> = Api::namespaced(run.context.client.clone(), &set.namespace);
        match api.patch_status(&set.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
            Ok(patched) => {
                run.context.own_writes.note(&patched);
                *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(ledger.clone());
                Ok(())
            }
            Err(error) => {
                Err(LedgerError { set: set.clone(), reason: Reason::ReconciliationFailed, message: error.to_string() })
            }
        }
    }

    /// It is published with the outcome, in the same request.
    async fn settle(&self, _: &NamespacedName, _: &Ledger) -> Result<(), LedgerError> {
        Ok(())
    }
}

/// The wire form of a ledger.
struct Written {
    inventory: WireInventory,
    details: Option<String>,
    /// What the details will be when every object has its UID.
    when_applied: Option<String>,
}

impl Written {
    fn of(ledger: &Ledger, unreadable: &[InventoryEntry]) -> Self {
        let (entries, details) = inventory::write_with_details(ledger, unreadable);
        Self {
            inventory: WireInventory::of_core(entries),
            details: packed::pack(&details),
            when_applied: packed::pack(&details.with_all_uids()),
        }
    }
}

/// The ledger's part of a merge patch. The policy of a hold stands with the list that is held, and is published with the outcome.
fn patch(ledger: &Ledger, written: &Written) -> Value {
    let guard = ledger.guard();
    let marks = marks(guard);
    json!({
        "inventory": written.inventory,
        "inventoryDetails": written.details,
        "highWaterMarks": if marks.is_empty() { Value::Null } else { json!(marks) },
        "lastHandledApproval": guard.last_approval,
    })
}

/// Puts a ledger into a status. A status without an inventory gets none for an empty ledger.
pub(in crate::kubernetes) fn show(status: &mut ResourceSetStatus, ledger: &Ledger, unreadable: &[InventoryEntry]) {
    let (entries, details) = inventory::write_with_details(ledger, unreadable);
    let written = WireInventory::of_core(entries);
    status.inventory = Some(written).filter(|_| status.inventory.is_some() || !ledger.is_empty());
    status.inventory_details = packed::pack(&details);
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
    use orangery_api::InventoryEntry as WireEntry;
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
        let patched: ResourceSetStatus = serde_json::from_value(patch(&ledger, &Written::of(&ledger, &[]))).unwrap();
        assert_eq!(*read(&patched).ledger.guard(), memory);
        assert_eq!(*read(&ResourceSetStatus::default()).ledger.guard(), GuardMemory::default());
        assert!(
            patch(&Ledger::default(), &Written::of(&Ledger::default(), &[])).get("highWaterMarks").unwrap().is_null()
        );
    }

    #[test]
    fn an_inventory_whose_details_cannot_be_read_is_deleted_only_with_approval() {
        let entry = WireEntry { id: "n_a__ConfigMap".into(), v: "v1".into(), ..Default::default() };
        let status = ResourceSetStatus {
            inventory: Some(WireInventory { entries: vec![entry] }),
            inventory_details: Some("something else".into()),
            ..ResourceSetStatus::default()
        };
        let marks = |status: &ResourceSetStatus| read(status).ledger.iter().map(|entry| entry.mark).collect::<Vec<_>>();
        assert_eq!(marks(&status), [Mark::Adopted]);
        assert_eq!(marks(&ResourceSetStatus { inventory_details: None, ..status }), [Mark::Owned]);
    }

    #[test]
    fn a_time_that_cannot_be_read_counts_as_now() {
        let mark = HighWaterMark { inputs: 10, until: "yesterday".into() };
        let status = ResourceSetStatus { high_water_marks: vec![mark], ..ResourceSetStatus::default() };
        assert_eq!(read(&status).ledger.guard().high_water(now()), 10);
    }
}
