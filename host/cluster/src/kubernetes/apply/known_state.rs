//! What was applied, over a restart: the ledger's seal stands for the memory of the process before.

use crate::kubernetes::apply::observe::{Observed, Sighting};
use crate::kubernetes::live::memory::Left;
use crate::kubernetes::live::seen::{Seen, short_digest};
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{ObjectKey, ObjectStates, Plan, Seal};
use std::collections::HashMap;
use std::time::Instant;

/// Digests of what was rendered.
pub(crate) type Renderings = HashMap<ObjectKey, u64>;

/// Remembers the objects that the seal of the ledger confirms, if nothing of the set is remembered.
pub(crate) fn recall(target: &KubernetesTarget, plan: &Plan, renderings: &Renderings, observed: &Observed) {
    if plan.ledger.seal().is_empty() || target.memory.knows(&plan.owner.name) {
        return;
    }
    let mut sightings: HashMap<ObjectKey, (u64, Seen)> = HashMap::new();
    let mut states = ObjectStates::new();
    for planned in plan.objects() {
        let key = planned.object.key();
        let entry = plan.ledger.get(&key);
        let seen = match observed.of(&planned.object) {
            Sighting::Seen(seen) => Some(seen).filter(|seen| {
                seen.owner.as_ref() == Some(&plan.owner.name)
                    && !seen.terminating
                    && !seen.frozen
                    && entry.is_some_and(|entry| entry.uid.as_deref() == Some(&seen.uid))
            }),
            Sighting::Absent(_) | Sighting::Unknown => None,
        };
        let rendered = renderings.get(&key).copied();
        states.insert(key.clone(), rendered.zip(seen.as_ref()).and_then(|(rendered, seen)| state(rendered, seen)));
        sightings.extend(rendered.zip(seen).map(|found| (key, found)));
    }
    for key in plan.ledger.seal().confirms(&states) {
        if let Some((rendered, seen)) = sightings.remove(key) {
            let left = Left { rendered, seen, warnings: Vec::new(), checked: Instant::now(), ready: None };
            target.memory.keep(&plan.owner, key.clone(), left);
        }
    }
}

/// The state in which the objects of the plan were left. One with warnings of the server is asked about again after a restart,
/// because nothing else knows them.
pub(crate) fn seal(target: &KubernetesTarget, plan: &Plan, renderings: &Renderings) -> Seal {
    let states = renderings.iter().map(|(key, rendered)| {
        let left = target.memory.left(&plan.owner.name, key);
        let left = left.filter(|left| left.rendered == *rendered && left.warnings.is_empty() && !left.seen.frozen);
        (key.clone(), left.and_then(|left| state(*rendered, &left.seen)))
    });
    Seal::of(&states.collect())
}

fn state(rendered: u64, seen: &Seen) -> Option<u64> {
    let (applied, foreign) = (seen.applied?, seen.foreign);
    Some(short_digest(&format!("{rendered:x} {applied:x} {foreign}")))
}
