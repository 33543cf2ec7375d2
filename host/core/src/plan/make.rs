//! From the desired set and the ledger to the plan.

use super::{NotApplicable, Owner, Plan, Planned, Step, check, order};
use crate::desired::{DesiredSet, Wanted};
use crate::ledger::{Ledger, LedgerEntry, Mark};
use crate::object::{Object, ObjectKey};
use std::collections::BTreeMap;

/// Plans what to apply, what is stale and what the ledger must say before the first apply.
///
/// An entry is stale if its group, kind, namespace and name are not desired any more; the version does not matter.
///
/// # Errors
/// The first object that can never be applied.
pub fn plan(owner: Owner, desired: DesiredSet, ledger: &Ledger) -> Result<Plan, NotApplicable> {
    let mut union = ledger.clone();
    let mut wanted: BTreeMap<ObjectKey, ()> = BTreeMap::new();
    let mut steps = Vec::with_capacity(desired.steps.len());
    for step in desired.steps {
        let objects: Vec<Planned> = step.objects.into_iter().map(planned).collect();
        for planned in &objects {
            check::check(&planned.object, &planned.origin)?;
            let key = planned.object.key();
            union.insert(entry(&planned.object, planned, ledger.get(&key)));
            wanted.insert(key, ());
        }
        steps.push(Step { name: step.name, wait: step.wait, stages: order::stages(last_of_each(objects)) });
    }
    let stale = ledger.iter().filter(|entry| !wanted.contains_key(&entry.key)).cloned().collect();
    Ok(Plan { owner, steps, stale: order::deletion_order(stale), ledger: union })
}

fn planned(wanted: Wanted) -> Planned {
    Planned {
        object: wanted.object.unpack(),
        origin: wanted.origin.to_string(),
        input: wanted.input.map(|input| (*input).clone()),
    }
}

fn entry(object: &Object, planned: &Planned, known: Option<&LedgerEntry>) -> LedgerEntry {
    LedgerEntry {
        key: object.key(),
        version: object.gvk().version,
        uid: known.and_then(|known| known.uid.clone()),
        mark: Mark::Owned,
        input: planned.input.clone(),
    }
}

/// Input-less sets may hold one object twice; objects of a stage are applied concurrently, so only the one that would have been
/// applied last is.
fn last_of_each(objects: Vec<Planned>) -> Vec<Planned> {
    let last: BTreeMap<ObjectKey, usize> =
        objects.iter().enumerate().map(|(index, planned)| (planned.object.key(), index)).collect();
    objects
        .into_iter()
        .enumerate()
        .filter(|(index, planned)| last.get(&planned.object.key()) == Some(index))
        .map(|(_, planned)| planned)
        .collect()
}
