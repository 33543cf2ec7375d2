//! What happens when there are more inputs than `spec.filter.limit`.

use super::identity::Identities;
use super::question::{Coverage, Question, name};
use crate::input::Input;
use crate::selection::served::NameKind;
use crate::selection::version::Version;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Best first: by version if a range is set, else by name, both descending; ties keep the order of the answer.
pub(super) fn best(mut wanted: Vec<Input>, question: &Question<'_>) -> Vec<Input> {
    sort_best_first(&mut wanted, |input| &input.attributes, question);
    wanted.truncate(question.filter.limit());
    wanted
}

/// Sorts fresh or exported inputs as [`best`] ranks them.
pub(super) fn sort_best_first<T>(
    list: &mut [T],
    attributes: impl Fn(&T) -> &Map<String, Value>,
    question: &Question<'_>,
) {
    if question.served.name_kind == NameKind::Unnamed {
        return;
    }
    let name = |item: &T| name(attributes(item), question.served).to_owned();
    if question.filter.semver().is_some() {
        list.sort_by_cached_key(|item| Reverse(Version::parse_tag(&name(item))));
    } else {
        list.sort_by_cached_key(|item| Reverse(name(item).into_bytes()));
    }
}

/// Those already exported stay whatever the limit says; the room that is left goes to those that waited, then to the others,
/// both in their order. `spared` exported inputs are not in the answer and stay as well. Returns what is kept, and the
/// identities of what waits.
pub(super) fn admit(
    wanted: Vec<Input>,
    coverage: Coverage,
    spared: usize,
    identities: &Identities<'_>,
    question: &Question<'_>,
) -> (Vec<Input>, Vec<String>) {
    let exported: BTreeSet<String> = question.exported.iter().map(|map| identities.exported(map)).collect();
    let keys: Vec<String> = wanted.iter().map(|input| identities.fresh(input)).collect();
    let stay = match coverage {
        Coverage::Complete => keys.iter().filter(|key| exported.contains(*key)).count().saturating_add(spared),
        Coverage::Partial => question.exported.len(),
    };
    let room = question.filter.limit().saturating_sub(stay);
    let rank: BTreeMap<&str, usize> =
        question.waiting.iter().enumerate().map(|(rank, key)| (key.as_str(), rank)).collect();
    let mut candidates: Vec<&String> = keys.iter().filter(|key| !exported.contains(*key)).collect();
    candidates.sort_by_key(|key| rank.get(key.as_str()).copied().unwrap_or(usize::MAX));
    let waiting: Vec<String> = candidates.split_off(room.min(candidates.len())).into_iter().cloned().collect();
    let late: BTreeSet<&String> = waiting.iter().collect();
    let kept = wanted.into_iter().zip(&keys).filter(|(_, key)| !late.contains(key)).map(|(input, _)| input).collect();
    (kept, waiting)
}
