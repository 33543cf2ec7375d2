//! Which custom resources this operator looks after: `--watch-namespace` and `--watch-label-selector`.

use kube::core::{Expression, Selector, SelectorExt};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Which ResourceSets and providers are reconciled.
#[derive(Debug, Clone, Default)]
pub struct WatchScope {
    /// `--watch-namespace`: only these namespaces; all if there are none.
    pub namespaces: BTreeSet<String>,
    /// `--watch-label-selector`: only objects with these labels; all if `None`. Inputs are read from every provider.
    pub labels: Option<LabelSelector>,
}

impl WatchScope {
    /// Only one namespace.
    #[must_use]
    pub fn namespace(name: impl Into<String>) -> Self {
        Self { namespaces: BTreeSet::from([name.into()]), labels: None }
    }

    pub(in crate::kubernetes) fn contains_namespace(&self, namespace: &str) -> bool {
        self.namespaces.is_empty() || self.namespaces.contains(namespace)
    }

    pub(in crate::kubernetes) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.as_ref().is_none_or(|selector| selector.0.matches(labels))
    }
}

/// A label selector as `kubectl -l` takes it.
#[derive(Debug, Clone)]
pub struct LabelSelector(Selector);

/// A text that is not a label selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{part:?} is not a requirement of a label selector: write key=value, key!=value, key, !key, key in (a,b) or key notin (a,b)"
)]
pub struct InvalidSelector {
    part: String,
}

impl FromStr for LabelSelector {
    type Err = InvalidSelector;

    fn from_str(text: &str) -> Result<Self, InvalidSelector> {
        parts(text).into_iter().map(|part| requirement(part.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Splits at the commas that stand outside of parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let is_separator = |character: char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' => return depth == 0,
            _ => {}
        }
        false
    };
    text.split(is_separator).collect()
}

fn requirement(part: &str) -> Result<Expression, InvalidSelector> {
    let refused = || InvalidSelector { part: part.to_owned() };
    let key = |text: &str| is_key(text.trim()).then(|| text.trim().to_owned()).ok_or_else(refused);
    let value = |text: &str| is_value(text.trim()).then(|| text.trim().to_owned()).ok_or_else(refused);
    if let Some(text) = part.strip_prefix('!') {
        return key(text).map(Expression::DoesNotExist);
    }
    if let Some(list) = part.strip_suffix(')') {
        let (head, list) = list.split_once('(').ok_or_else(refused)?;
        let values = list.split(',').map(value).collect::<Result<BTreeSet<_>, _>>()?;
        return match head.trim().split_once(char::is_whitespace).map(|(name, word)| (name, word.trim())) {
            Some((name, "in")) => Ok(Expression::In(key(name)?, values)),
            Some((name, "notin")) => Ok(Expression::NotIn(key(name)?, values)),
            _ => Err(refused()),
        };
    }
    if let Some((name, wanted)) = part.split_once("!=") {
        return Ok(Expression::NotEqual(key(name)?, value(wanted)?));
    }
    if let Some((name, wanted)) = part.split_once('=') {
        return Ok(Expression::Equal(key(name)?, value(wanted.strip_prefix('=').unwrap_or(wanted))?));
    }
    key(part).map(Expression::Exists)
}

/// Enough to keep mistakes out; the API server judges the rest.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

fn is_value(text: &str) -> bool {
    text.is_empty() || (is_key(text) && !text.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selector: &str, labels: &[(&str, &str)]) -> bool {
        let scope = WatchScope { namespaces: BTreeSet::new(), labels: Some(selector.parse().unwrap()) };
        scope.selects(&labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn each_form_of_kubectl_is_understood() {
        let shard = [("sharding.fluxcd.io/key", "shard1"), ("team", "a")];
        for selector in [
            "sharding.fluxcd.io/key=shard1",
            "sharding.fluxcd.io/key==shard1, team = a",
            "sharding.fluxcd.io/key in (shard1, shard2),team",
            "!absent,team!=b",
            "absent notin (x)",
            "team notin (b,c)",
        ] {
            assert!(selects(selector, &shard), "{selector}");
        }
        for selector in ["sharding.fluxcd.io/key=shard2", "!team", "team in (b)", "absent", "team=a,team=b"] {
            assert!(!selects(selector, &shard), "{selector}");
        }
        assert!(!selects("!sharding.fluxcd.io/key", &shard) && selects("!sharding.fluxcd.io/key", &[]));
    }

    #[test]
    fn what_is_no_selector_is_refused_with_its_part() {
        for (text, part) in [("a=b,", ""), ("a in b", "a in b"), ("a in (b", "a in (b"), ("a b", "a b"), ("=x", "=x")] {
            let error = text.parse::<LabelSelector>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("{part:?} is not")), "{error}");
        }
    }

    #[test]
    fn without_namespaces_all_are_watched() {
        assert!(WatchScope::default().contains_namespace("apps"));
        let one = WatchScope::namespace("apps");
        assert!(one.contains_namespace("apps") && !one.contains_namespace("other"));
    }
}
