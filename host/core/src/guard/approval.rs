//! A list of deletions that waits for approval, and the digest that approves exactly this list, once.

use super::policy::GuardPolicy;
use super::rules::Finding;
use super::{Evidence, counted};
use crate::ledger::LedgerEntry;
use crate::object::ObjectKey;
use crate::{digest, keys};
use std::collections::{BTreeMap, BTreeSet};

/// A list of deletions that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hold {
    /// The value of `orangery.dev/approve-prune` that releases exactly this list.
    pub digest: String,
    /// The objects to delete, sorted.
    pub objects: Vec<ObjectKey>,
    /// The rules that hold the list, with numbers.
    pub why: String,
    /// The problem with the set's approval, if it has one that does not fit.
    pub remark: Option<String>,
    /// The policy that held the list.
    pub policy: String,
}

impl Hold {
    /// Whether an object is on the list.
    #[must_use]
    pub fn holds(&self, key: &ObjectKey) -> bool {
        self.objects.binary_search(key).is_ok()
    }

    /// The message of the condition `PruneHeld`.
    #[must_use]
    pub fn message(&self) -> String {
        let list: Vec<String> = self.objects.iter().map(ToString::to_string).collect();
        let remark = self.remark.as_deref().map(|remark| format!("; {remark}")).unwrap_or_default();
        format!(
            "{} deletions are held: {}{remark}. If they are meant, set the annotation {}: {} to delete exactly these: {}",
            self.objects.len(),
            self.why,
            keys::APPROVE_PRUNE,
            self.digest,
            list.join(", ")
        )
    }

    pub(super) fn is_approved_by(&self, approval: Option<&str>) -> bool {
        approval.map(str::trim) == Some(self.digest.as_str())
    }
}

/// The digest of a list of deletions: `sha256:` and 16 hexadecimal characters, the same whatever the order. It covers the UIDs,
/// so that objects which come back under the same names are another list, and the approval that was used last, so that the
/// same objects are another list once they have been approved.
#[must_use]
pub fn list_digest<'a>(objects: impl IntoIterator<Item = &'a LedgerEntry>, last_approval: Option<&str>) -> String {
    let lines: BTreeSet<String> = objects
        .into_iter()
        .map(|entry| format!("{} {}", crate::inventory::id(&entry.key), entry.uid.as_deref().unwrap_or_default()))
        .collect();
    let mut text = lines.into_iter().collect::<Vec<_>>().join("\n");
    if let Some(last) = last_approval {
        text.push_str(&format!("\nafter {last}"));
    }
    let mut digest = digest::sha256_hex(text.as_bytes());
    digest.truncate(16);
    // The prefix keeps YAML from reading the digest as a number.
    format!("sha256:{digest}")
}

/// The list that the findings hold; `None` if they hold nothing.
pub(super) fn hold(policy: GuardPolicy, evidence: &Evidence<'_>, findings: Vec<Finding<'_>>) -> Option<Hold> {
    let last = evidence.ledger.guard().last_approval.as_deref();
    let mut held: BTreeMap<&ObjectKey, &LedgerEntry> = BTreeMap::new();
    let mut why = Vec::new();
    for finding in findings {
        let before = held.len();
        held.extend(counted(finding.entries).map(|entry| (&entry.key, entry)));
        // A rule that holds nothing in addition to the rules before it would only repeat them.
        if held.len() > before {
            why.push(finding.why);
        }
    }
    if held.is_empty() {
        return None;
    }
    let digest = list_digest(held.values().copied(), last);
    let remark = match evidence.approved.map(str::trim) {
        None | Some("") => None,
        Some(approval) if approval == digest => None,
        Some(approval) if Some(approval) == last => {
            Some(format!("the approval {} has been used already", shown(approval)))
        }
        Some(approval) => Some(format!("the approval {} is of another list", shown(approval))),
    };
    Some(Hold {
        digest,
        objects: held.into_keys().cloned().collect(),
        why: why.join("; "),
        remark,
        policy: policy.to_string(),
    })
}

/// The value of an annotation for a message, which may be anything: at most as much of it as a digest has.
fn shown(approval: &str) -> String {
    let digest = "sha256:0123456789abcdef".len();
    approval.chars().map(|c| if c.is_control() { ' ' } else { c }).take(digest).collect()
}
