//! Objects that existed before a set applied them, and that nobody owns: refused, adopted, and deleted only if approved.
//!
//! | its kind, namespace and name | the set says `orangery.dev/adopt: "true"`, or the object `orangery.dev/take-ownership: "true"` | otherwise |
//! |---|---|---|
//! | hold text that an outsider chose | applied and owned | refused |
//! | are fixed, or made of numeric ids or of the user's own words | applied and owned | applied and adopted |
//!
//! # Guarantees
//! Nothing is written to such an object before it is decided, and before the decision is in the ledger (law 2). An adopted
//! object is deleted only when exactly that is approved. Of a set that is deleted it stays, without the labels of the set.

use crate::pipeline::converge::trusted_names::TrustedNames;
use crate::pipeline::converge::{LedgerError, LedgerStore};
use orangery_cluster::Target;
use orangery_core::guard::{self, Hold};
use orangery_core::{
    ApplyReport, GroupVersionKind, LedgerEntry, Mark, ObjectKey, Owner, Plan, Planned, PruneReport, Scopes, keys,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the annotations of a set allow with objects that it has not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consent<'a> {
    /// Which objects that nobody owns are the set's own as soon as it applies them.
    pub owns: Owns,
    /// The value of `orangery.dev/approve-prune`.
    pub approved: Option<&'a str>,
}

/// Which objects that nobody owns are a set's own as soon as it applies them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owns {
    /// Those that it has created.
    #[default]
    Created,
    /// Also those that were there before.
    Everything,
}

impl<'a> Consent<'a> {
    /// Reads the annotations of a set.
    #[must_use]
    pub fn of(annotations: &'a BTreeMap<String, String>) -> Self {
        let says = |key: &str| annotations.get(key).map(|value| value.trim());
        Self {
            owns: if says(keys::ADOPT) == Some("true") { Owns::Everything } else { Owns::Created },
            approved: annotations.get(keys::APPROVE_PRUNE).map(String::as_str),
        }
    }
}

/// Applies a plan, and adopts or refuses the existing objects without an owner that it meets. Answers the report and what was
/// adopted.
///
/// # Errors
/// The decision could not be written to the ledger; nothing more was applied.
pub(crate) async fn apply(
    target: &dyn Target,
    ledger_store: &dyn LedgerStore,
    plan: &mut Plan,
    trusted_names: &TrustedNames<'_>,
    owns: Owns,
    scopes: &Scopes,
) -> Result<(ApplyReport, Vec<ObjectKey>), LedgerError> {
    let mut applied = target.apply(plan).await;
    let mut taken = Vec::new();
    let mut refused = BTreeSet::new();
    // A failed stage stops the later ones, so each stage may need a round of its own.
    let rounds = plan.steps.iter().map(|step| step.stages.len()).sum::<usize>();
    for _ in 0..rounds {
        let found = found(&applied, &refused);
        let allowed = match owns {
            _ if found.is_empty() => break,
            Owns::Everything => found.keys().cloned().collect(),
            Owns::Created => {
                let objects: Vec<&Planned> =
                    plan.objects().filter(|planned| found.contains_key(&planned.object.key())).collect();
                trusted_names.trusted(&objects, scopes).await
            }
        };
        refused.extend(found.keys().filter(|key| !allowed.contains(*key)).cloned());
        if allowed.is_empty() {
            break;
        }
        for key in &allowed {
            if let Some(uid) = found.get(key) {
                let mark = if owns == Owns::Everything { Mark::Owned } else { Mark::Adopted };
                plan.adopt(key, uid, mark);
            }
        }
        ledger_store.record(&plan.owner.name, &plan.ledger).await?;
        taken.extend(allowed);
        applied = applied.followed_by(target.apply(plan).await);
    }
    explain(&mut applied, &refused);
    taken.retain(|key| applied.changes.iter().any(|change| change.key == *key));
    Ok((applied, taken))
}

/// Existing objects without an owner that the apply met, with their UIDs, but for those that were refused before.
fn found(applied: &ApplyReport, refused: &BTreeSet<ObjectKey>) -> BTreeMap<ObjectKey, String> {
    let unowned = applied.failed.iter().filter_map(|failed| Some((failed.key.clone(), failed.unowned.clone()?)));
    unowned.filter(|(key, _)| !refused.contains(key)).collect()
}

fn explain(applied: &mut ApplyReport, refused: &BTreeSet<ObjectKey>) {
    for failed in applied.failed.iter_mut().filter(|failed| failed.unowned.is_some()) {
        if refused.contains(&failed.key) {
            failed.message.push_str(&format!(
                "; its kind, namespace or name contains text that was chosen outside, so it is not adopted: use fixed text and \
                 numeric ids in the template, or set the annotation {}: \"true\" on the live object or {}: \"true\" on the \
                 ResourceSet",
                keys::TAKE_OWNERSHIP,
                keys::ADOPT
            ));
        } else {
            failed.message.push_str("; it appeared while the set was applied, and is looked at again");
        }
    }
}

/// Separates adopted entries from the stale ones. Where an annotation of the set or of the live object says that the object is the
/// set's own, the entry stays, and is judged by the guard and deleted like the rest.
pub(crate) async fn take_adopted(
    target: &dyn Target,
    owner: &Owner,
    stale: &mut Vec<LedgerEntry>,
    owns: Owns,
) -> Vec<LedgerEntry> {
    let mut adopted = Vec::new();
    let mut rest = Vec::with_capacity(stale.len());
    for mut entry in std::mem::take(stale) {
        if entry.mark != Mark::Adopted {
            rest.push(entry);
        } else if owns == Owns::Everything || asks_to_be_taken(target, owner, &entry).await {
            entry.mark = Mark::Owned;
            rest.push(entry);
        } else {
            adopted.push(entry);
        }
    }
    *stale = rest;
    adopted
}

/// Whether an annotation of the live object says so. An object that cannot be read does not.
async fn asks_to_be_taken(target: &dyn Target, owner: &Owner, entry: &LedgerEntry) -> bool {
    let version = GroupVersionKind {
        group: entry.key.group.clone(),
        version: entry.version.clone(),
        kind: entry.key.kind.clone(),
    };
    let live = target.read(owner, &version.api_version(), &entry.key).await;
    live.is_ok_and(|live| live.is_some_and(|live| live.annotation(keys::TAKE_OWNERSHIP) == Some("true")))
}

/// Deletes adopted objects if that is approved. Answers the report, and the objects that wait for approval.
pub(crate) async fn prune(
    target: &dyn Target,
    owner: &Owner,
    adopted: Vec<LedgerEntry>,
    approved: Option<&str>,
) -> (PruneReport, Vec<LedgerEntry>) {
    if adopted.is_empty() {
        return (PruneReport::default(), Vec::new());
    }
    // The target deletes no adopted object, but reports which are gone already or do not belong to us any more.
    let mut report = target.prune(owner, &adopted).await;
    let waiting = std::mem::take(&mut report.adopted);
    let is_approved = hold(&waiting).is_some_and(|hold| approved.map(str::trim) == Some(hold.digest.as_str()));
    if !is_approved {
        return (report, waiting);
    }
    report.extend(target.prune(owner, &owned(waiting)).await);
    (report, Vec::new())
}

fn owned(mut entries: Vec<LedgerEntry>) -> Vec<LedgerEntry> {
    for entry in &mut entries {
        entry.mark = Mark::Owned;
    }
    entries
}

/// The list of adopted objects that wait for approval; `None` if there are none.
pub(crate) fn hold(waiting: &[LedgerEntry]) -> Option<Hold> {
    let objects: Vec<ObjectKey> = waiting.iter().map(|entry| entry.key.clone()).collect();
    (!objects.is_empty()).then(|| Hold {
        digest: guard::list_digest(waiting, None),
        objects,
        why: "they were adopted: they existed before this ResourceSet applied them".to_owned(),
        ..Hold::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_give_consent_word_by_word() {
        let of = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        assert_eq!(Consent::of(&BTreeMap::new()), Consent::default());
        assert_eq!(Consent::of(&of(keys::ADOPT, "true")).owns, Owns::Everything);
        assert_eq!(Consent::of(&of(keys::ADOPT, "yes")).owns, Owns::Created);
        assert_eq!(Consent::of(&of(keys::APPROVE_PRUNE, "sha256:0")).approved, Some("sha256:0"));
    }
}
