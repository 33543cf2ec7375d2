//! Law 3: which stale entries may be pruned, judged by what is known. The guard decides whether that could be a
//! mistake.
//!
//! | an entry that nothing renders any more, of | goes when |
//! |---|---|
//! | an input that is still there | its environment was applied whole |
//! | an input that is gone | its own provider has answered completely, and has no item that cannot be read and may be it; with `Permute`, all providers have answered completely, without such an item |
//! | no known input | nothing failed or waits, and all providers have answered completely |

use super::EnvironmentStates;
use crate::conditions::Reason;
use crate::guard::SourceState;
use crate::ledger::{InputRef, InputSource, LedgerEntry, SourceRef};
use crate::selection::Freshness;
use std::collections::BTreeSet;

/// Decides which stale entries may be pruned, by what is known after an apply.
#[derive(Debug)]
pub struct PruneEligibility<'a> {
    /// The inputs of this reconciliation, also those that failed.
    pub present: &'a BTreeSet<InputRef>,
    /// The providers of this reconciliation.
    pub sources: &'a [SourceState],
    /// How the environments stand.
    pub standing: &'a EnvironmentStates,
    /// Inputs without an `id` that could not be rendered.
    pub unnamed: &'a [Unnamed],
}

/// An input without an `id` that could not be rendered. It is known by its content alone, so that a changed one looks like
/// another: an environment that seems to be gone may be what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    /// Which source it is of.
    pub source: InputSource,
    /// Its values, as far as they are texts or numbers.
    pub values: Vec<String>,
}

/// The stale entries that may be pruned, and why the others may not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaleEntries {
    /// The entries that may be pruned, in their order.
    pub known: Vec<LedgerEntry>,
    /// The first reason why the others stay; `None` if there are none.
    pub unknown: Option<(Reason, String)>,
}

impl PruneEligibility<'_> {
    /// Splits the stale entries into those that may be pruned and those that have to stay for now.
    #[must_use]
    pub fn partition(&self, stale: Vec<LedgerEntry>) -> StaleEntries {
        let mut entries = StaleEntries::default();
        for entry in stale {
            match self.objection(&entry) {
                None => entries.known.push(entry),
                Some(objection) => {
                    entries.unknown.get_or_insert(objection);
                }
            }
        }
        entries
    }

    fn objection(&self, entry: &LedgerEntry) -> Option<(Reason, String)> {
        let Some(input) = &entry.input else {
            return self.incomplete().or_else(|| self.sources.iter().find_map(doubt));
        };
        // A permutation is gone when one of its parts is, and it is not known which part that was.
        if input.source.is_product()
            && let Some(doubt) = self.sources.iter().find_map(doubt).or_else(|| self.unreadable_part())
        {
            return Some(doubt);
        }
        if self.present.contains(input) {
            let why = || "nothing of an environment is deleted until all of it is applied and ready".to_owned();
            return (!self.standing.is_whole(input)).then(|| (Reason::ReconciliationFailed, why()));
        }
        self.doubt_of_source(&input.source).or_else(|| self.doubt_of_unreadable_item(input)).or_else(|| {
            let relative = self.unnamed.iter().find(|unnamed| unnamed.may_have_been(entry))?;
            let why = format!(
                "{} is not deleted until all inputs of {} can be rendered: they have no id, and it may be of one of them",
                entry.key, relative.source
            );
            Some((Reason::BuildFailed, why))
        })
    }

    /// An item that exists and cannot be read is exported if it was before. Where the provider was made anew it never was,
    /// and only the ledger knows of it.
    fn doubt_of_unreadable_item(&self, input: &InputRef) -> Option<(Reason, String)> {
        let is_own = |state: &&SourceState| input.source == SourceRef::provider(&state.name).into();
        let own = self.sources.iter().filter(is_own).find(|state| state.unreadable.may_be(&input.uid))?;
        let why = format!(
            "nothing of an environment is deleted while its item in the answer of provider {} cannot be read",
            own.name
        );
        Some((Reason::MalformedResponse, why))
    }

    /// A permutation with an item that exists, cannot be read and is not exported is missing like one whose item is gone.
    fn unreadable_part(&self) -> Option<(Reason, String)> {
        let state = self.sources.iter().find(|state| !state.unreadable.is_empty())?;
        let why = format!(
            "nothing of a permutation is deleted while provider {} answers with an item that cannot be read and has never been exported",
            state.name
        );
        Some((Reason::MalformedResponse, why))
    }

    fn incomplete(&self) -> Option<(Reason, String)> {
        let why = || "nothing is deleted until every object has been applied".to_owned();
        (!self.standing.is_complete()).then(|| (Reason::ReconciliationFailed, why()))
    }

    fn doubt_of_source(&self, source: &InputSource) -> Option<(Reason, String)> {
        if source.is_the_set() {
            return None;
        }
        match self.sources.iter().find(|state| *source == SourceRef::provider(&state.name).into()) {
            Some(own) => doubt(own),
            // A provider that is not read any more, or that has another name now: all providers must be fresh.
            None => self.sources.iter().find_map(doubt),
        }
    }
}

fn doubt(source: &SourceState) -> Option<(Reason, String)> {
    match &source.freshness {
        Freshness::Fresh => None,
        Freshness::Never => Some((
            Reason::InputsNotReady,
            format!("nothing is deleted until provider {} has answered once", source.name),
        )),
        Freshness::Stale { reason, .. } => Some((
            Reason::SourceStale,
            format!("nothing is deleted until provider {} answers completely again ({reason})", source.name),
        )),
    }
}

impl Unnamed {
    /// Whether the object may be of this input as it was before: its name or namespace holds a value of it.
    fn may_have_been(&self, entry: &LedgerEntry) -> bool {
        let source = entry.input.as_ref().map(|input| &input.source);
        let (name, namespace) = (plain(&entry.key.name), plain(&entry.key.namespace));
        let is_in = |value: &String| {
            let value = plain(value);
            !value.is_empty() && (name.contains(&value) || namespace.contains(&value))
        };
        source == Some(&self.source) && self.values.iter().any(is_in)
    }
}

/// The letters and digits of a text, because templates write values into names in many ways.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
