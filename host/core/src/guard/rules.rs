//! The rules by which deletions look like a mistake.
//!
//! | rule | held when | why not otherwise |
//! |---|---|---|
//! | empty | nothing at all is rendered any more | |
//! | source emptied | none of the inputs of a source remain; one input that was replaced by others is everyday | a wrong label, token, filter or id scheme looks like this |
//! | many inputs | at least half of the inputs and more than five are gone, at once or against the high-water mark of the last hour | closing a few change requests is everyday |
//! | renamed | objects of one template and kind, of at least two inputs that are still there, are replaced by others | the name in a template was changed |
//! | many objects | of the objects whose inputs are still there (or unknown), at least half and more than five are stale, or all of at least two inputs | removing a template is everyday |
//! | precious | a Namespace, a CustomResourceDefinition or a PersistentVolumeClaim whose input is still there (or unknown) | with it goes what others put into it |
//! | held before | it was held by the policy that is still in force | time alone approves nothing |
//!
//! Objects of a vanished input are judged by the input, so that a preview of twenty objects counts once. Objects kept by
//! `prune: disabled` and those that are approved do not count.

use super::policy::GuardPolicy;
use super::tally::Tally;
use super::{Evidence, counted};
use crate::ledger::{InputRef, InputSource, LedgerEntry, Mark};
use crate::object::ObjectKey;
use std::collections::{BTreeMap, BTreeSet};

/// Deletions that look like a mistake.
pub(super) struct Finding<'a> {
    /// The rule, with numbers.
    pub(super) why: String,
    /// The entries that are held.
    pub(super) entries: Vec<&'a LedgerEntry>,
}

/// Applies all rules.
pub(super) fn findings<'a>(policy: GuardPolicy, evidence: &Evidence<'a>, tally: &Tally<'a>) -> Vec<Finding<'a>> {
    let stale: Vec<&LedgerEntry> = counted(evidence.stale).collect();
    if stale.is_empty() {
        return Vec::new();
    }
    if evidence.nothing_desired && !policy.allow_empty {
        let why = format!("nothing is rendered any more, and {} objects exist", stale.len());
        return vec![Finding { why, entries: stale }];
    }
    let mut all = emptied(policy, tally);
    all.extend(many_inputs(policy, evidence, tally));
    all.extend(renamed(evidence, tally));
    all.extend(many_objects(policy, tally));
    all.extend(precious(tally));
    all.extend(held_before(policy, evidence));
    all
}

fn emptied<'a>(policy: GuardPolicy, tally: &Tally<'a>) -> Vec<Finding<'a>> {
    if policy.allow_empty {
        return Vec::new();
    }
    let mut by_source: BTreeMap<&InputSource, (usize, usize)> = BTreeMap::new();
    for input in tally.before.iter().copied() {
        let (before, gone) = by_source.entry(&input.source).or_default();
        *before += 1;
        *gone += usize::from(tally.gone.contains(input));
    }
    let mistakes = by_source.into_iter().filter(|(source, (before, gone))| {
        let replaced = *before == 1 && tally.alive.contains(source);
        gone == before && !replaced
    });
    mistakes
        .map(|(source, (before, _))| Finding {
            why: match before {
                1 => format!("the only input of {source} is gone"),
                _ => format!("all {before} inputs of {source} are gone"),
            },
            entries: of_gone(tally, |input| input.source == *source),
        })
        .collect()
}

fn many_inputs<'a>(policy: GuardPolicy, evidence: &Evidence<'_>, tally: &Tally<'a>) -> Option<Finding<'a>> {
    let matters = |input: &&&InputRef| tally.matters(policy, input);
    let gone = tally.gone.iter().filter(matters).count();
    let before = tally.before.iter().filter(matters).count();
    let mut why = policy.too_many(gone, before).then(|| format!("{gone} of {before} inputs are gone at once"));
    let high = evidence.ledger.guard().high_water(evidence.now);
    let drop = high.saturating_sub(tally.remaining);
    if why.is_none() && gone > 0 && gone == tally.gone.len() && policy.too_many(drop, high) {
        why = Some(format!(
            "{gone} more inputs are gone, which makes {drop} of the {high} that there were within the last hour"
        ));
    }
    why.map(|why| Finding { why, entries: of_gone(tally, |input| tally.matters(policy, input)) })
}

fn of_gone<'a>(tally: &Tally<'a>, which: impl Fn(&InputRef) -> bool) -> Vec<&'a LedgerEntry> {
    tally.of_gone.iter().filter(|(input, _)| which(input)).map(|(_, entry)| *entry).collect()
}

/// The objects of one template and kind that were replaced.
#[derive(Default)]
struct Replaced<'a> {
    entries: Vec<&'a LedgerEntry>,
    inputs: BTreeSet<&'a str>,
}

/// A stale object is replaced if its input has a new one of the same kind, or from the same template where a template is one
/// object. Counted by template, so that one renamed template among many is seen.
fn renamed<'a>(evidence: &Evidence<'a>, tally: &Tally<'a>) -> Vec<Finding<'a>> {
    // By uid: an older version wrote the names of sources without their kinds.
    let mut new: BTreeMap<&str, Vec<&LedgerEntry>> = BTreeMap::new();
    for entry in evidence.intended.iter().filter(|entry| !evidence.ledger.contains(&entry.key)) {
        if let Some(input) = &entry.input {
            new.entry(&input.uid).or_default().push(entry);
        }
    }
    let mut by_template: BTreeMap<(Option<&str>, &str), Replaced<'a>> = BTreeMap::new();
    for entry in &tally.orphaned {
        let Some(input) = &entry.input else { continue };
        if new.get(input.uid.as_str()).into_iter().flatten().any(|new| replaces(new, entry)) {
            let key = (entry.template.as_deref(), entry.key.kind.as_str());
            let replaced = by_template.entry(key).or_default();
            replaced.entries.push(entry);
            replaced.inputs.insert(&input.uid);
        }
    }
    by_template
        .into_iter()
        .filter(|(_, replaced)| replaced.inputs.len() >= 2)
        .map(|((template, kind), Replaced { entries, inputs })| {
            let of = template.map(|template| format!(" from spec.{template}")).unwrap_or_default();
            let (count, inputs) = (entries.len(), inputs.len());
            let why = format!(
                "{count} {kind} objects{of} would be replaced by others although their {inputs} inputs are still there, as if renamed"
            );
            Finding { why, entries }
        })
        .collect()
}

fn replaces(new: &LedgerEntry, old: &LedgerEntry) -> bool {
    let is_one_object = |template: &str| template.ends_with(']');
    let same_template = new.template.is_some() && new.template == old.template;
    (new.key.group == old.key.group && new.key.kind == old.key.kind)
        || (same_template && new.template.as_deref().is_some_and(is_one_object))
}

fn many_objects<'a>(policy: GuardPolicy, tally: &Tally<'a>) -> Option<Finding<'a>> {
    let (stale, all) = (tally.orphaned.len(), tally.settled);
    let inputs: BTreeSet<&InputRef> = tally.orphaned.iter().filter_map(|entry| entry.input.as_ref()).collect();
    let why = if policy.too_many(stale, all) {
        format!("{stale} of {all} objects are not rendered any more although their inputs are still there")
    } else if stale == all && inputs.len() >= 2 {
        format!("all {all} objects of {} inputs that are still there would be replaced by others", inputs.len())
    } else {
        return None;
    };
    Some(Finding { why, entries: tally.orphaned.clone() })
}

fn precious<'a>(tally: &Tally<'a>) -> Option<Finding<'a>> {
    let entries: Vec<&LedgerEntry> = tally.orphaned.iter().filter(|entry| is_precious(&entry.key)).copied().collect();
    let why = match entries.as_slice() {
        [] => return None,
        [one] => format!("{} is not rendered any more although its input is still there", one.key),
        [first, rest @ ..] => format!(
            "{} and {} more Namespaces, CustomResourceDefinitions or PersistentVolumeClaims are not rendered any more although their inputs are still there",
            first.key,
            rest.len()
        ),
    };
    Some(Finding { why, entries })
}

fn is_precious(key: &ObjectKey) -> bool {
    matches!(
        (key.group.as_str(), key.kind.as_str()),
        ("", "Namespace" | "PersistentVolumeClaim") | ("apiextensions.k8s.io", "CustomResourceDefinition")
    )
}

fn held_before<'a>(policy: GuardPolicy, evidence: &Evidence<'a>) -> Option<Finding<'a>> {
    let under = evidence.ledger.guard().held_under.as_deref();
    if under.is_some_and(|under| under != policy.to_string()) {
        return None;
    }
    let entries: Vec<&LedgerEntry> = counted(evidence.stale).filter(|entry| entry.mark == Mark::Held).collect();
    if entries.is_empty() {
        return None;
    }
    Some(Finding { why: format!("held before and not approved: {}", entries.len()), entries })
}
