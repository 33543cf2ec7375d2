//! The filter as a plugin may ask it in the midst of a poll, once for each candidate: `selection.wants`.
//!
//! # Guarantees
//! - A question costs milliseconds at most, whatever the plugin asks about and whatever the user's expressions are. All questions of
//!   one poll cost as much as filtering one answer.
//! - What would cost more is answered with yes: the filter is applied to the answer again, so nothing is let through by it.

use super::filter::Filter;
use super::select::MAX_FILTER_WORK;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Work of one question: about ten milliseconds.
const QUESTION: usize = 64 << 20;
/// Comparisons of labels in one question.
const LABELS: usize = 1 << 16;

/// The filter of one poll.
#[derive(Debug)]
pub struct BudgetedFilter {
    filter: Filter,
    left: AtomicUsize,
}

impl BudgetedFilter {
    /// The filter, with the work of one answer.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self { filter, left: AtomicUsize::new(MAX_FILTER_WORK) }
    }

    /// Whether the filter may want this candidate.
    #[must_use]
    pub fn wants(&self, name: &str, labels: &[String]) -> bool {
        let work = self.filter.work(name.len());
        let comparisons = self.filter.labels().len().saturating_mul(labels.len());
        if work > QUESTION || comparisons > LABELS {
            return true;
        }
        let paid = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(work));
        paid.is_err() || self.filter.wants(name, labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::{FilterSpec, LimitRule, NameKind, ServedType};

    fn asked(include: &str) -> BudgetedFilter {
        let served = ServedType {
            name: "T".into(),
            name_kind: NameKind::Branch,
            name_attribute: "branch".into(),
            labelled: true,
            limit_rule: LimitRule::Admit,
        };
        let spec = FilterSpec {
            include_branch: Some(include.into()),
            labels: vec!["preview".into()],
            ..FilterSpec::default()
        };
        BudgetedFilter::new(Filter::parse(&spec, &served).unwrap())
    }

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("label-{n}")).chain(["preview".to_owned()]).collect()
    }

    #[test]
    fn an_ordinary_question_is_answered_by_the_filter() {
        let asked = asked("^feat/");
        assert!(asked.wants("feat/x", &labels(3)));
        assert!(!asked.wants("main", &labels(3)) && !asked.wants("feat/x", &["other".to_owned()]));
        for _ in 0..10_000 {
            assert!(!asked.wants("main-with-a-name-of-sixty-characters-as-people-have-them-often", &labels(0)));
        }
    }

    #[test]
    fn a_question_that_costs_too_much_is_answered_with_yes() {
        let asked = asked(r"^\pL{20}$");
        assert!(!asked.wants("1", &labels(0)));
        assert!(asked.wants(&"1".repeat(1 << 20), &labels(0)), "a name of a mebibyte");
        assert!(asked.wants("1", &labels(1 << 16)), "labels without end");
        let answers = (0..10_000).map(|_| asked.wants(&"1".repeat(50), &labels(0)));
        let answered = answers.filter(|wants| !wants).count();
        assert!((100..1_000).contains(&answered), "until the work is spent: {answered}");
    }
}
