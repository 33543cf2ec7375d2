//! The inputs as they are exported: with default values, skipped ones frozen, spared ones in their old place.

use super::identity::Identities;
use super::limit::sort_best_first;
use super::question::{Coverage, Question};
use crate::input::Input;
use crate::selection::served::LimitRule;
use crate::selection::skip;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The exported inputs after an answer. A partial answer removes nothing.
pub(super) fn export(
    kept: Vec<Input>,
    spared: &[&Map<String, Value>],
    coverage: Coverage,
    identities: &Identities<'_>,
    question: &Question<'_>,
) -> Vec<Map<String, Value>> {
    let old: BTreeMap<String, &Map<String, Value>> =
        question.exported.iter().map(|map| (identities.exported(map), map)).collect();
    let mut fresh: Vec<(String, Map<String, Value>)> = Vec::new();
    for input in kept {
        let key = identities.fresh(&input);
        let skipped = question.served.labelled && skip::is_skipped(question.skip, &skip::labels(&input.attributes));
        let attributes = match (skipped, old.get(&key)) {
            (true, None) => continue,
            (true, Some(exported)) => skip::frozen(&input, exported),
            (false, _) => input.attributes,
        };
        fresh.push((key, with_defaults(input.id, attributes, question.defaults)));
    }
    match coverage {
        Coverage::Complete => whole(fresh, spared, identities, question),
        Coverage::Partial => added(fresh, identities, question),
    }
}

/// The fresh inputs, and each spared one behind the input that it followed before.
fn whole(
    fresh: Vec<(String, Map<String, Value>)>,
    spared: &[&Map<String, Value>],
    identities: &Identities<'_>,
    question: &Question<'_>,
) -> Vec<Map<String, Value>> {
    if spared.is_empty() {
        return fresh.into_iter().map(|(_, map)| map).collect();
    }
    let spared: BTreeMap<String, &Map<String, Value>> =
        spared.iter().map(|map| (identities.exported(map), *map)).collect();
    let present: BTreeSet<&String> = fresh.iter().map(|(key, _)| key).collect();
    let mut behind: BTreeMap<Option<String>, Vec<Map<String, Value>>> = BTreeMap::new();
    let mut anchor = None;
    for key in question.exported.iter().map(|map| identities.exported(map)) {
        if let Some(map) = spared.get(&key) {
            behind.entry(anchor.clone()).or_default().push((*map).clone());
        } else if present.contains(&key) {
            anchor = Some(key);
        }
    }
    let mut all = behind.remove(&None).unwrap_or_default();
    for (key, map) in fresh {
        all.push(map);
        all.extend(behind.remove(&Some(key)).unwrap_or_default());
    }
    if question.served.limit_rule == LimitRule::Best {
        sort_best_first(&mut all, |map| map, question);
    }
    all
}

/// What is exported, updated and added to.
fn added(
    fresh: Vec<(String, Map<String, Value>)>,
    identities: &Identities<'_>,
    question: &Question<'_>,
) -> Vec<Map<String, Value>> {
    let mut updates: BTreeMap<String, Map<String, Value>> = fresh.iter().cloned().collect();
    let mut result = Vec::new();
    for map in question.exported {
        let update = updates.remove(&identities.exported(map));
        result.push(update.unwrap_or_else(|| map.clone()));
    }
    result.extend(fresh.into_iter().filter(|(key, _)| updates.contains_key(key)).map(|(_, map)| map));
    result
}

/// The map that is exported: the item's own values win over the defaults, and nothing wins over the id.
#[must_use]
pub fn with_defaults(
    id: String,
    mut attributes: Map<String, Value>,
    defaults: &Map<String, Value>,
) -> Map<String, Value> {
    for (key, value) in defaults {
        if !attributes.contains_key(key) {
            attributes.insert(key.clone(), value.clone());
        }
    }
    attributes.insert("id".to_owned(), Value::String(id));
    attributes
}
