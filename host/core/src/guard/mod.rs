//! The prune guard: whether what is stale may be deleted now (laws 1 and 3).
//!
//! Two questions, in this order.
//!
//! **Is enough known?** [`crate::environment::PruneEligibility`] decides that for each stale entry before the guard is asked. If nothing
//! is left to judge, nothing is deleted ([`Verdict::Blocked`]) and the next reconciliation asks again.
//!
//! **Could this be a mistake?** Then exactly the suspicious part of the list is held ([`Verdict::Held`]) until its digest is
//! approved, and the rest is deleted. The rules stand in `rules.rs`. What is held stays held until it is approved, is rendered
//! again, or the policy of the set changes: time alone releases nothing.
//!
//! An approval is used once ([`Verdict::Approved`]): the digest covers the UIDs of the objects and the approval that was used
//! before, so no list ever has the digest of an earlier one, and [`GuardMemory`] remembers which approval was used.
//!
//! Deleting the set itself is judged by [`DeletionPolicy`].

mod approval;
mod deletion;
mod policy;
mod rules;
mod tally;

pub use approval::{Hold, list_digest};
pub use deletion::{DeletionHold, DeletionHoldReason, DeletionPolicy, MassDeletion};
pub use policy::{GuardPolicy, Thresholds};

use crate::conditions::Reason;
use crate::ledger::{GuardMemory, InputRef, Ledger, LedgerEntry, Mark};
use crate::object::ObjectKey;
use crate::selection::{Freshness, UnreadableInputs};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// What is known of one source at the time of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// Name of the provider.
    pub name: String,
    /// How much its inputs can be trusted. A provider that was not found is [`Freshness::Never`].
    pub freshness: Freshness,
    /// Its items that could not be read in its last answer.
    pub unreadable: UnreadableInputs,
}

impl SourceState {
    /// A source all of whose items could be read.
    #[must_use]
    pub fn new(name: impl Into<String>, freshness: Freshness) -> Self {
        Self { name: name.into(), freshness, unreadable: UnreadableInputs::default() }
    }
}

/// Everything the decision rests on.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The entries that nothing renders any more and about which enough is known.
    pub stale: &'a [LedgerEntry],
    /// The ledger before this reconciliation, and with it what the guard remembers.
    pub ledger: &'a Ledger,
    /// The ledger as the plan wants it: the one before, and everything that is rendered.
    pub intended: &'a Ledger,
    /// Whether nothing at all is rendered.
    pub nothing_desired: bool,
    /// The inputs of this reconciliation, also those that could not be rendered.
    pub inputs: &'a BTreeSet<InputRef>,
    /// Why further stale entries are not judged now: the first objection of [`crate::environment::PruneEligibility::partition`].
    pub unknown: Option<(Reason, String)>,
    /// The value of `orangery.dev/approve-prune`.
    pub approved: Option<&'a str>,
    /// The moment of the decision.
    pub now: Timestamp,
}

/// Whether what is stale may be deleted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The stale objects may be deleted.
    Allowed,
    /// The list was held, and the set has an approval of exactly this list. Deleting it uses up the approval.
    Approved(Hold),
    /// The list could be a mistake, so it waits for approval. The rest may be deleted.
    Held(Hold),
    /// Not enough is known; the next reconciliation decides.
    Blocked {
        /// The reason for conditions and metrics.
        reason: Reason,
        /// The message for the condition.
        why: String,
    },
}

impl Verdict {
    /// Whether an object that is stale may be deleted now.
    #[must_use]
    pub fn releases(&self, key: &ObjectKey) -> bool {
        match self {
            Self::Allowed | Self::Approved(_) => true,
            Self::Held(hold) => !hold.holds(key),
            Self::Blocked { .. } => false,
        }
    }
}

/// A verdict, and the guard's memory after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether what is stale may be deleted now.
    pub verdict: Verdict,
    /// The memory to write with the ledger: before the first deletion if an approval is used, otherwise at the end.
    pub memory: GuardMemory,
}

/// Decides whether what is stale may be deleted.
#[must_use]
pub fn judge(policy: GuardPolicy, evidence: &Evidence<'_>) -> Judgement {
    let before = evidence.ledger.guard();
    let (verdict, mut memory) = decide(policy, evidence);
    memory.held_under = match &verdict {
        Verdict::Held(_) => Some(policy.to_string()),
        // Objects of environments about which nothing is known now stay held.
        Verdict::Allowed | Verdict::Approved(_) | Verdict::Blocked { .. } => {
            before.held_under.clone().filter(|_| holds_what_is_unknown(evidence))
        }
    };
    Judgement { verdict, memory }
}

fn holds_what_is_unknown(evidence: &Evidence<'_>) -> bool {
    let judged: BTreeSet<&ObjectKey> = evidence.stale.iter().map(|entry| &entry.key).collect();
    evidence.intended.iter().any(|entry| entry.mark == Mark::Held && !judged.contains(&entry.key))
}

fn decide(policy: GuardPolicy, evidence: &Evidence<'_>) -> (Verdict, GuardMemory) {
    let before = evidence.ledger.guard();
    if evidence.stale.is_empty() {
        let verdict = match &evidence.unknown {
            Some((reason, why)) => Verdict::Blocked { reason: *reason, why: why.clone() },
            None => Verdict::Allowed,
        };
        return (verdict, before.clone());
    }
    if !policy.on {
        // The policy allows these deletions, so they must not count against later ones.
        return (Verdict::Allowed, before.after_intended_deletions());
    }
    let tally = tally::Tally::of(evidence);
    let findings = rules::findings(policy, evidence, &tally);
    let verdict = match approval::hold(policy, evidence, findings) {
        None => Verdict::Allowed,
        Some(hold) if hold.is_approved_by(evidence.approved) => {
            let memory = before.after_approval(&hold.digest);
            return (Verdict::Approved(hold), memory);
        }
        Some(hold) => Verdict::Held(hold),
    };
    let memory = tally.remembered(policy, evidence, &verdict);
    (verdict, memory)
}

/// The entries whose deletion has to be judged: neither those that are kept on purpose, nor those that are already
/// approved.
fn counted<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>) -> impl Iterator<Item = &'a LedgerEntry> {
    entries.into_iter().filter(|entry| match entry.mark {
        Mark::Owned | Mark::Intended | Mark::Adopted | Mark::Held => true,
        Mark::Frozen | Mark::PruneDisabled | Mark::Approved | Mark::Terminating => false,
    })
}

#[cfg(test)]
mod tests;
