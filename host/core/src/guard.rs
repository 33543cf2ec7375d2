//! The prune guard: whether what is stale may be deleted now (laws 1 and 3).
//!
//! Two questions, in this order.
//!
//! **Do we know enough?** Every object must have been applied and every source must be fresh; else nothing is deleted
//! ([`Verdict::Blocked`]) and the next reconciliation asks again.
//!
//! **Could this be a mistake?** Then the whole list is held ([`Verdict::Held`]) until its digest is approved:
//!
//! | rule | held when | why not otherwise |
//! |---|---|---|
//! | empty | nothing at all is rendered any more | |
//! | source emptied | none of the inputs of a source remain; one input that was replaced by others is everyday | a wrong label, token, filter or id scheme looks like this |
//! | many inputs | more than half of the inputs and more than five are gone | closing a few change requests is everyday |
//! | many objects | of the objects whose inputs are still there (or unknown), more than half and more than five are stale | removing a template is everyday |
//! | renamed | all objects of at least two inputs that are still there are stale | the name in a template was changed |
//!
//! Objects of a vanished input are judged by the input, so that a preview of twenty objects counts once. Objects kept by
//! `prune: disabled` do not count. Deleting the set itself is an explicit wish and never comes here.

use crate::digest;
use crate::explain::Reason;
use crate::keys;
use crate::ledger::{InputRef, Ledger, LedgerEntry, Mark};
use crate::object::ObjectKey;
use crate::snapshot::{Freshness, OddInputs};
use std::collections::{BTreeMap, BTreeSet};

/// When to hold. The operator sets the defaults, annotations of one set refine them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardPolicy {
    /// Whether the guard holds anything at all.
    pub on: bool,
    /// Whether everything, or everything of one source, may vanish.
    pub allow_empty: bool,
    /// Up to this many are never too many.
    pub tolerated: usize,
    /// Up to this share is never too much, in percent.
    pub percent: usize,
}

impl Default for GuardPolicy {
    fn default() -> Self {
        Self { on: true, allow_empty: false, tolerated: 5, percent: 50 }
    }
}

impl GuardPolicy {
    /// The policy for a set with these annotations.
    #[must_use]
    pub fn with_annotations(self, annotations: &BTreeMap<String, String>) -> Self {
        let is =
            |key: &str, word: &str| annotations.get(key).is_some_and(|value| value.trim().eq_ignore_ascii_case(word));
        Self {
            on: if is(keys::PRUNE_GUARD, "off") { false } else { self.on || is(keys::PRUNE_GUARD, "on") },
            allow_empty: if is(keys::ALLOW_EMPTY, "false") {
                false
            } else {
                self.allow_empty || is(keys::ALLOW_EMPTY, "true")
            },
            ..self
        }
    }

    fn too_many(self, gone: usize, of: usize) -> bool {
        gone > self.tolerated && gone.saturating_mul(100) > of.saturating_mul(self.percent)
    }
}

/// What is known of one source at the time of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// Name of the provider.
    pub name: String,
    /// How much its inputs can be trusted. A provider that was not found is [`Freshness::Never`].
    pub freshness: Freshness,
    /// Its items that could not be read in its last answer.
    pub odd: OddInputs,
}

impl SourceState {
    /// A source all of whose items could be read.
    #[must_use]
    pub fn new(name: impl Into<String>, freshness: Freshness) -> Self {
        Self { name: name.into(), freshness, odd: OddInputs::default() }
    }
}

/// Everything the decision rests on.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// What nothing renders any more.
    pub stale: &'a [LedgerEntry],
    /// The ledger before this reconciliation.
    pub ledger: &'a Ledger,
    /// Whether nothing at all is rendered.
    pub nothing_desired: bool,
    /// The inputs of this reconciliation.
    pub inputs: &'a BTreeSet<InputRef>,
    /// The providers of this reconciliation.
    pub sources: &'a [SourceState],
    /// Whether every object of every step was applied.
    pub applied: bool,
    /// The value of `orangery.dev/approve-prune`.
    pub approved: Option<&'a str>,
}

/// A list of deletions that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What `orangery.dev/approve-prune` must say to release exactly this list.
    pub digest: String,
    /// The list.
    pub objects: Vec<ObjectKey>,
    /// Which rule holds it, with numbers.
    pub why: String,
}

impl Hold {
    /// The message of the condition `PruneHeld`.
    #[must_use]
    pub fn message(&self) -> String {
        let list: Vec<String> = self.objects.iter().map(ToString::to_string).collect();
        format!(
            "{} deletions are held: {}. If they are meant, set the annotation {}: {} to delete exactly these: {}",
            self.objects.len(),
            self.why,
            keys::APPROVE_PRUNE,
            self.digest,
            list.join(", ")
        )
    }
}

/// Whether what is stale may be deleted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Delete it.
    Allowed,
    /// Could be a mistake: wait for approval.
    Held(Hold),
    /// Not enough is known: decide next time.
    Blocked {
        /// For conditions and metrics.
        reason: Reason,
        /// For people.
        why: String,
    },
}

/// The digest of a list of deletions: `sha256:` and 16 hexadecimal characters, the same whatever the order.
#[must_use]
pub fn list_digest<'a>(objects: impl IntoIterator<Item = &'a ObjectKey>) -> String {
    let ids: BTreeSet<String> = objects.into_iter().map(crate::inventory::id).collect();
    let mut digest = digest::sha256_hex(ids.into_iter().collect::<Vec<_>>().join("\n").as_bytes());
    digest.truncate(16);
    // The prefix keeps YAML from taking it for a number.
    format!("sha256:{digest}")
}

/// Decides whether what is stale may be deleted.
#[must_use]
pub fn judge(policy: GuardPolicy, evidence: &Evidence<'_>) -> Verdict {
    if evidence.stale.is_empty() {
        return Verdict::Allowed;
    }
    if let Some(blocked) = lacks_knowledge(evidence) {
        return blocked;
    }
    let Some(why) = suspicion(policy, evidence).filter(|_| policy.on) else { return Verdict::Allowed };
    let objects: Vec<ObjectKey> = counted(evidence.stale).map(|entry| entry.key.clone()).collect();
    let digest = list_digest(&objects);
    if evidence.approved.map(str::trim) == Some(digest.as_str()) {
        return Verdict::Allowed;
    }
    Verdict::Held(Hold { digest, objects, why })
}

fn lacks_knowledge(evidence: &Evidence<'_>) -> Option<Verdict> {
    if !evidence.applied {
        let why = "nothing is deleted until every object has been applied".to_owned();
        return Some(Verdict::Blocked { reason: Reason::ReconciliationFailed, why });
    }
    let never = evidence.sources.iter().find(|source| source.freshness == Freshness::Never);
    if let Some(source) = never {
        let why = format!("nothing is deleted until provider {} has answered once", source.name);
        return Some(Verdict::Blocked { reason: Reason::InputsNotReady, why });
    }
    evidence.sources.iter().find_map(|source| match &source.freshness {
        Freshness::Stale { reason, .. } => Some(Verdict::Blocked {
            reason: Reason::SourceStale,
            why: format!("nothing is deleted until provider {} answers completely again ({reason})", source.name),
        }),
        Freshness::Fresh | Freshness::Never => None,
    })
}

/// Entries that a prune would touch: those kept on purpose are no loss.
fn counted<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>) -> impl Iterator<Item = &'a LedgerEntry> {
    entries.into_iter().filter(|entry| entry.mark != Mark::PruneDisabled)
}

fn suspicion(policy: GuardPolicy, evidence: &Evidence<'_>) -> Option<String> {
    let stale = counted(evidence.stale).count();
    if stale == 0 {
        return None;
    }
    if evidence.nothing_desired && !policy.allow_empty {
        return Some(format!("nothing is rendered any more, and {stale} objects exist"));
    }
    let tally = Tally::of(evidence);
    tally.emptied(policy).or_else(|| tally.many_inputs(policy)).or_else(|| tally.objects_of_present_inputs(policy))
}

/// Inputs before and now, as the ledger knows them.
struct Tally<'a> {
    /// Inputs that owned something.
    before: BTreeSet<&'a InputRef>,
    /// Those that are gone and leave something stale.
    gone: BTreeSet<&'a InputRef>,
    /// Sources that have inputs now.
    alive: BTreeSet<&'a str>,
    /// Objects whose input is not gone: stale, and all.
    orphaned: Vec<&'a LedgerEntry>,
    settled: usize,
}

impl<'a> Tally<'a> {
    fn of(evidence: &Evidence<'a>) -> Self {
        let is_gone = |entry: &&LedgerEntry| entry.input.as_ref().is_some_and(|input| !evidence.inputs.contains(input));
        Self {
            before: counted(evidence.ledger.iter()).filter_map(|entry| entry.input.as_ref()).collect(),
            gone: counted(evidence.stale).filter(is_gone).filter_map(|entry| entry.input.as_ref()).collect(),
            alive: evidence.inputs.iter().map(|input| input.source.as_str()).collect(),
            orphaned: counted(evidence.stale).filter(|entry| !is_gone(entry)).collect(),
            settled: counted(evidence.ledger.iter()).filter(|entry| !is_gone(entry)).count(),
        }
    }

    fn emptied(&self, policy: GuardPolicy) -> Option<String> {
        if policy.allow_empty {
            return None;
        }
        let mut by_source: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for input in &self.before {
            let (before, gone) = by_source.entry(&input.source).or_default();
            *before += 1;
            *gone += usize::from(self.gone.contains(*input));
        }
        by_source.into_iter().find_map(|(source, (before, gone))| {
            let replaced = before == 1 && self.alive.contains(source);
            (gone == before && !replaced).then(|| match before {
                1 => format!("the only input of {source} is gone"),
                _ => format!("all {before} inputs of {source} are gone"),
            })
        })
    }

    fn many_inputs(&self, policy: GuardPolicy) -> Option<String> {
        // Where emptiness is allowed, an emptied source is no loss to be counted.
        let matters = |input: &&&InputRef| !policy.allow_empty || self.alive.contains(input.source.as_str());
        let gone = self.gone.iter().filter(matters).count();
        let before = self.before.iter().filter(matters).count();
        policy.too_many(gone, before).then(|| format!("{gone} of {before} inputs are gone at once"))
    }

    fn objects_of_present_inputs(&self, policy: GuardPolicy) -> Option<String> {
        let (stale, all) = (self.orphaned.len(), self.settled);
        if policy.too_many(stale, all) {
            return Some(format!(
                "{stale} of {all} objects are not rendered any more although their inputs are still there"
            ));
        }
        let renamed: BTreeSet<&InputRef> = self.orphaned.iter().filter_map(|entry| entry.input.as_ref()).collect();
        (stale == all && renamed.len() >= 2).then(|| {
            format!("all {all} objects of {} inputs that are still there would be replaced by others", renamed.len())
        })
    }
}

#[cfg(test)]
mod tests;
