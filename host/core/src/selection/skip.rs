//! `spec.skip.labels`: a change request with such a label is frozen as it was last exported, or left out if it never was.

use super::served::ServedType;
use crate::conditions::{Notice, Reason};
use crate::input::Input;
use serde_json::{Map, Value};

/// The keys that are frozen even where the fresh answer lacks them.
const STANDARD: [&str; 8] = ["id", "sha", "branch", "tag", "author", "title", "slug", "labels"];

/// Whether an input with these labels is to be skipped. `x` skips what has the label, `!x` skips what lacks it.
#[must_use]
pub(super) fn is_skipped(rules: &[String], labels: &[&str]) -> bool {
    rules.iter().any(|rule| match rule.strip_prefix('!') {
        Some(absent) => !labels.contains(&absent),
        None => labels.contains(&rule.as_str()),
    })
}

/// The fresh input with what was exported before laid over it. Keys that came from default values are not frozen: the present
/// defaults are merged again afterwards.
#[must_use]
pub(super) fn frozen(fresh: &Input, exported: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = fresh.attributes.clone();
    for (key, value) in exported {
        if merged.contains_key(key) || STANDARD.contains(&key.as_str()) {
            merged.insert(key.clone(), value.clone());
        }
    }
    merged
}

/// A warning that the rules cannot work on a type without labels.
pub(super) fn without_labels(served: &ServedType) -> Notice {
    Notice::warning(
        Reason::Warning,
        format!("spec.skip.labels has no effect on type {}, whose inputs have no labels; remove it", served.name),
    )
}

/// The labels of an input, as far as they are text.
#[must_use]
pub(super) fn labels(attributes: &Map<String, Value>) -> Vec<&str> {
    attributes
        .get("labels")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_skips_what_has_the_label_and_a_negated_rule_what_lacks_it() {
        let rules = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(is_skipped(&rules(&["wip"]), &["wip"]));
        assert!(!is_skipped(&rules(&["wip"]), &["ready"]));
        assert!(is_skipped(&rules(&["!ready"]), &["wip"]));
        assert!(!is_skipped(&rules(&["!ready"]), &["ready"]));
        assert!(is_skipped(&rules(&["wip", "!ready"]), &["ready", "wip"]));
        assert!(!is_skipped(&[], &["wip"]));
    }
}
