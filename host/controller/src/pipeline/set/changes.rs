//! What a reconciliation changed, as Flux Operator words it.

use crate::pipeline::converge::Converged;
use orangery_core::ObjectKey;
use std::collections::BTreeMap;

/// What was changed, as Flux Operator words it: for each step that others follow `step "name": …`, and then the rest, each with a line
/// for every object.
#[must_use]
pub(crate) fn changes_by_step(converged: &Converged) -> Vec<String> {
    let mut steps: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut rest = Vec::new();
    for (key, line) in changed(converged) {
        let place = converged.steps.place(key).filter(|place| converged.steps.before_last(*place).is_some());
        place.map_or(&mut rest, |place| steps.entry(place).or_default()).push(line);
    }
    let named = steps.into_iter().filter_map(|(place, lines)| {
        Some(format!("step \"{}\": {}", converged.steps.before_last(place)?, lines.join("\n")))
    });
    let rest = (!rest.is_empty()).then(|| rest.join("\n"));
    named.chain(rest).collect()
}

/// The changes as Flux Operator words them, a line each: `Kind/ns/name created`.
#[must_use]
pub(crate) fn changes(converged: &Converged) -> Vec<String> {
    changed(converged).map(|(_, line)| line).collect()
}

fn changed(converged: &Converged) -> impl Iterator<Item = (&ObjectKey, String)> {
    let applied = converged.applied.changes.iter().filter(|change| change.action.is_change());
    let all = applied.chain(&converged.pruned.deleted);
    all.map(|change| (&change.key, format!("{} {}", change.key, change.action.as_str())))
}
