//! Makes the plan from the desired set and the ledger.

use super::Halted;
use super::{NotApplicable, Owner, Plan, Planned, Step, check, order, sources};
use crate::conditions::Explain;
use crate::desired::FailedEnvironment;
use crate::desired::{DesiredSet, Wanted};
use crate::ledger::{Ledger, LedgerEntry, Mark};
use crate::object::ObjectKey;
use std::collections::{BTreeMap, BTreeSet};

/// Plans what to apply, what is stale and what the ledger must say before the first apply.
///
/// An entry is stale if its group, kind, namespace and name are not desired any more; the version does not matter. What a failed
/// environment wants is not stale either.
///
/// # Errors
/// The first object that can never be applied and that no single input gave.
pub fn plan(owner: Owner, desired: DesiredSet, ledger: &Ledger) -> Result<Plan, NotApplicable> {
    let mut union = ledger.clone();
    let mut wanted: BTreeSet<ObjectKey> = BTreeSet::new();
    let mut steps = Vec::with_capacity(desired.steps.len());
    let mut failed = desired.failed;
    for step in desired.steps {
        let objects: Vec<Planned> = step.objects.into_iter().map(planned).collect();
        for planned in &objects {
            if let Err(error) = check::check(&planned.object, &planned.origin) {
                refuse(planned, error, &mut failed)?;
            }
            wanted.insert(planned.object.key());
        }
        steps.push((step.name, step.wait, objects));
    }
    let halted = Halted::of(&failed);
    let steps = steps.into_iter().map(|(name, wait, mut objects)| {
        objects.retain(|planned| !halted.stops(planned));
        for planned in &objects {
            union.insert(entry(planned, ledger.get(&planned.object.key())));
        }
        let mut objects = last_of_each(objects);
        if wait.is_some() {
            sources::link(&mut objects);
        }
        Step { name, wait, stages: order::stages(objects) }
    });
    let steps = steps.collect();
    let stale = ledger.iter().filter(|entry| !wanted.contains(&entry.key)).cloned().collect();
    Ok(Plan { owner, steps, stale: order::deletion_order(stale), ledger: union, failed })
}

/// Fails the environments of the object, or the whole set if the object belongs to none.
fn refuse(planned: &Planned, error: NotApplicable, failed: &mut Vec<FailedEnvironment>) -> Result<(), NotApplicable> {
    if planned.input.is_none() {
        return Err(error);
    }
    failed.extend(planned.environments().map(|input| FailedEnvironment {
        input: input.clone(),
        reason: error.reason(),
        message: error.to_string(),
    }));
    Ok(())
}

fn planned(wanted: Wanted) -> Planned {
    Planned {
        object: wanted.object.unpack(),
        origin: wanted.origin.to_string(),
        input: wanted.input.map(|input| (*input).clone()),
        sharers: wanted.sharers.iter().map(|input| (**input).clone()).collect(),
        template: wanted.template,
        after: Vec::new(),
    }
}

/// The ledger entry of an object. One that several inputs need belongs to no single input.
fn entry(planned: &Planned, known: Option<&LedgerEntry>) -> LedgerEntry {
    LedgerEntry {
        key: planned.object.key(),
        version: planned.object.gvk().version,
        uid: known.and_then(|known| known.uid.clone()),
        mark: known.map_or(Mark::Intended, rendered_again),
        input: planned.input.clone().filter(|_| planned.sharers.is_empty()),
        template: Some(planned.template.to_string()),
    }
}

/// The mark of an entry whose object is rendered again. An object that was kept for another reason is owned again; one that was
/// adopted, or that does not exist yet, stays so. A frozen one stays so until the apply finds that it no longer is.
fn rendered_again(known: &LedgerEntry) -> Mark {
    match known.mark {
        Mark::Owned | Mark::PruneDisabled | Mark::Held | Mark::Approved | Mark::Terminating => Mark::Owned,
        kept @ (Mark::Intended | Mark::Adopted | Mark::Frozen) => kept,
    }
}

/// The last of several equal keys. Sets without inputs may have an object twice; objects of a stage are applied
/// concurrently, so only the one that would have been applied last is kept.
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
