//! Inputs and objects before and now, as the ledger knows them, and what the guard remembers of them.

use super::policy::GuardPolicy;
use super::{Evidence, Verdict, counted};
use crate::ledger::GuardMemory;
use crate::ledger::{InputRef, InputSource, LedgerEntry};
use crate::object::ObjectKey;
use std::collections::BTreeSet;

/// What the rules count.
pub(super) struct Tally<'a> {
    /// Inputs that owned something.
    pub(super) before: BTreeSet<&'a InputRef>,
    /// Those that are gone and leave something stale.
    pub(super) gone: BTreeSet<&'a InputRef>,
    /// Sources that have inputs now.
    pub(super) alive: BTreeSet<&'a InputSource>,
    /// How many inputs own something once the work is done.
    pub(super) remaining: usize,
    /// Stale objects of inputs that are gone.
    pub(super) of_gone: Vec<(&'a InputRef, &'a LedgerEntry)>,
    /// Stale objects whose input is still there, or that never had one.
    pub(super) orphaned: Vec<&'a LedgerEntry>,
    /// How many objects there were whose input is still there, or that never had one.
    pub(super) settled: usize,
}

impl<'a> Tally<'a> {
    pub(super) fn of(evidence: &Evidence<'a>) -> Self {
        let gone_input =
            |entry: &'a LedgerEntry| entry.input.as_ref().filter(|input| !evidence.inputs.contains(*input));
        let mut tally = Self {
            before: counted(evidence.ledger.iter()).filter_map(|entry| entry.input.as_ref()).collect(),
            gone: BTreeSet::new(),
            alive: evidence.inputs.iter().map(|input| &input.source).collect(),
            remaining: 0,
            of_gone: Vec::new(),
            orphaned: Vec::new(),
            settled: counted(evidence.ledger.iter()).filter(|entry| gone_input(entry).is_none()).count(),
        };
        for entry in counted(evidence.stale) {
            match gone_input(entry) {
                Some(input) => {
                    tally.gone.insert(input);
                    tally.of_gone.push((input, entry));
                }
                None => tally.orphaned.push(entry),
            }
        }
        // An entry of an input that nothing is known of stays, and its input with it.
        let stale: BTreeSet<&ObjectKey> = evidence.stale.iter().map(|entry| &entry.key).collect();
        let staying = evidence.intended.iter().filter(|entry| !stale.contains(&entry.key));
        let present = tally.before.iter().copied().filter(|input| evidence.inputs.contains(*input));
        let remaining: BTreeSet<&InputRef> = staying.filter_map(|entry| entry.input.as_ref()).chain(present).collect();
        tally.remaining = remaining.len();
        tally
    }

    /// Inputs whose loss counts: where emptiness is allowed, those of a source that is empty do not.
    pub(super) fn matters(&self, policy: GuardPolicy, input: &InputRef) -> bool {
        !policy.allow_empty || self.alive.contains(&input.source)
    }

    /// What the guard remembers once everything that the verdict releases is deleted.
    pub(super) fn remembered(&self, policy: GuardPolicy, evidence: &Evidence<'_>, verdict: &Verdict) -> GuardMemory {
        let memory = evidence.ledger.guard();
        let going = || self.of_gone.iter().filter(|(_, entry)| verdict.releases(&entry.key)).map(|(input, _)| *input);
        if going().any(|input| !self.matters(policy, input)) {
            // A source may be empty here: that it is says nothing of what closes later.
            return memory.after_intended_deletions();
        }
        if going().next().is_none() {
            return memory.clone();
        }
        memory.after_a_drop(self.before.len(), evidence.now)
    }
}
