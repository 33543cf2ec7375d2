//! The last good inputs of one provider, and how fresh they are. This module keeps law 1: a failure is never an empty list.

use crate::conditions::Reason;
use crate::input::{InputList, revision};
use crate::selection::{Coverage, Selected};
use crate::time::Timestamp;
use orangery_plugin_documents::Facts;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How fresh a snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// The last poll gave a complete answer.
    Fresh,
    /// The last poll failed or was partial; the inputs are the last good ones.
    Stale {
        /// The reason of the last failure.
        reason: Reason,
        /// When the inputs first could not be confirmed.
        since: Timestamp,
    },
    /// No poll has ever given an answer: zero inputs here mean nothing at all.
    Never,
}

impl Freshness {
    /// Whether objects may be pruned because of it (law 3).
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        matches!(self, Self::Fresh)
    }
}

/// The items of a provider's last answer that could not be read and are not exported, by the uid of their input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnreadableInputs {
    /// The inputs with these uids.
    These(BTreeSet<String>),
    /// It is not known which.
    Any,
}

impl Default for UnreadableInputs {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl UnreadableInputs {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether one of them may be the input with this uid.
    #[must_use]
    pub fn may_be(&self, uid: &str) -> bool {
        match self {
            Self::These(uids) => uids.contains(uid),
            Self::Any => true,
        }
    }
}

/// The last good inputs of one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    inputs: InputList,
    waiting: Vec<String>,
    unreadable: Vec<String>,
    facts: Arc<[Facts]>,
    revision: String,
    freshness: Freshness,
}

impl Snapshot {
    /// A provider that has not answered yet.
    #[must_use]
    pub fn never() -> Self {
        Self {
            inputs: InputList::default(),
            waiting: Vec::new(),
            unreadable: Vec::new(),
            facts: Arc::default(),
            revision: String::new(),
            freshness: Freshness::Never,
        }
    }

    /// A provider whose inputs were read back from its status. An empty `revision` means that it never answered.
    #[must_use]
    pub fn restored(inputs: InputList, waiting: Vec<String>, revision: String, freshness: Freshness) -> Self {
        if revision.is_empty() {
            return Self::never();
        }
        Self { inputs, waiting, unreadable: Vec::new(), facts: Arc::default(), revision, freshness }
    }

    /// The snapshot with the items of the last answer that could not be read, from [`Selected::unreadable`].
    #[must_use]
    pub fn with_unreadable(self, unreadable: Vec<String>) -> Self {
        if self.freshness == Freshness::Never { self } else { Self { unreadable, ..self } }
    }

    /// After an answer that was selected from: [`crate::selection::select()`] has already kept what a partial answer may not remove.
    #[must_use]
    pub fn after_answer(&self, selected: Selected, coverage: Coverage, now: Timestamp) -> Self {
        let freshness = match coverage {
            Coverage::Complete => Freshness::Fresh,
            // Part of an answer to a provider that never gave a whole one is not an answer yet.
            Coverage::Partial if self.freshness == Freshness::Never && selected.exported.is_empty() => {
                return self.clone();
            }
            Coverage::Partial => self.stale(Reason::PartialAnswer, now),
        };
        let revision = revision(&selected.exported);
        let inputs = InputList::from(selected.exported.as_slice());
        Self {
            inputs,
            waiting: selected.waiting,
            unreadable: selected.unreadable,
            facts: selected.facts.into(),
            revision,
            freshness,
        }
    }

    /// After a failure: the inputs stay, and become stale.
    #[must_use]
    pub fn after_failure(&self, reason: Reason, now: Timestamp) -> Self {
        match self.freshness {
            Freshness::Never => self.clone(),
            Freshness::Fresh | Freshness::Stale { .. } => Self { freshness: self.stale(reason, now), ..self.clone() },
        }
    }

    fn stale(&self, reason: Reason, now: Timestamp) -> Freshness {
        let since = match self.freshness {
            Freshness::Stale { since, .. } => since,
            Freshness::Fresh | Freshness::Never => now,
        };
        Freshness::Stale { reason, since }
    }

    /// The inputs, in order, with their ids and defaults.
    #[must_use]
    pub fn inputs(&self) -> &InputList {
        &self.inputs
    }

    /// What is known of the input at this position of [`Snapshot::inputs`] beyond its values. A snapshot that was read back from
    /// a status knows nothing: facts come with the next answer.
    #[must_use]
    pub fn facts(&self, position: usize) -> Facts {
        self.facts.get(position).cloned().unwrap_or_default()
    }

    /// The ids that wait because the limit is reached.
    #[must_use]
    pub fn waiting(&self) -> &[String] {
        &self.waiting
    }

    /// The items of the last answer that could not be read: identities as in [`Snapshot::waiting`], or `ANY`.
    #[must_use]
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// The revision of the inputs; empty if there was never an answer.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// How fresh the inputs are.
    #[must_use]
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn inputs(ids: &[&str]) -> Vec<Map<String, Value>> {
        ids.iter().map(|id| json!({ "id": id }).as_object().cloned().unwrap()).collect()
    }

    fn answered(ids: &[&str]) -> Snapshot {
        let selected = Selected { exported: inputs(ids), ..Selected::default() };
        Snapshot::never().after_answer(selected, Coverage::Complete, at(1))
    }

    #[test]
    fn a_failure_keeps_the_inputs_and_remembers_since_when() {
        let failed = answered(&["1", "2"])
            .after_failure(Reason::SourceUnavailable, at(5))
            .after_failure(Reason::RateLimited, at(9));
        assert_eq!(failed.inputs().len(), 2);
        assert_eq!(failed.freshness(), &Freshness::Stale { reason: Reason::RateLimited, since: at(5) });
        assert_eq!(failed.revision(), answered(&["1", "2"]).revision());
    }

    #[test]
    fn a_provider_that_never_answered_stays_so_through_failures() {
        assert_eq!(Snapshot::never().after_failure(Reason::Unauthorized, at(1)), Snapshot::never());
        assert_eq!(
            Snapshot::restored(inputs(&["1"]).as_slice().into(), vec![], String::new(), Freshness::Fresh),
            Snapshot::never()
        );
    }

    #[test]
    fn a_complete_answer_may_shrink_to_nothing_and_is_fresh() {
        let empty = answered(&["1"]).after_answer(Selected::default(), Coverage::Complete, at(2));
        assert!(empty.inputs().is_empty() && empty.freshness().is_fresh());
        assert!(!empty.revision().is_empty());
    }

    #[test]
    fn a_partial_answer_is_not_fresh() {
        let selected = Selected { exported: inputs(&["1", "2"]), ..Selected::default() };
        let partial = answered(&["1"]).after_answer(selected, Coverage::Partial, at(7));
        assert_eq!(partial.freshness(), &Freshness::Stale { reason: Reason::PartialAnswer, since: at(7) });
    }
}
