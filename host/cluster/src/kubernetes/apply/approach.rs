//! Decides, from what is known of a live object, how much has to be asked about it before it is written.
//!
//! | the object | requests |
//! |---|---|
//! | is as we left it, and so is its rendering | none |
//! | is ours, we have applied it before, and nobody else has a hand in it | the apply |
//! | does not exist | the apply, which creates and nothing else |
//! | is ours and frozen | none; it is not applied |
//! | anything else, or an apply that is refused | a full inspection first: read, dry run, compare |

use crate::kubernetes::apply::observe::Sighting;
use crate::kubernetes::live::memory::Left;
use crate::kubernetes::live::seen::Seen;
use crate::kubernetes::live::view::View;
use orangery_core::{LedgerEntry, Mark, Owner, Planned, keys};
use std::time::Duration;

/// How long a watch may take to show our own write.
const LAG: Duration = Duration::from_secs(5);

/// How one object is applied.
#[derive(Debug)]
pub(crate) enum Approach {
    /// Not at all.
    Unchanged(Box<Left>),
    /// Not now: somebody else changes it back after each repair.
    LeftAlone(Box<Left>),
    /// Not at all, because the object says so.
    Frozen(Box<Seen>),
    /// With one request, bound to the object of this UID.
    Apply(Box<Seen>),
    /// With one request that fails if the object exists.
    Create,
    /// After a full inspection.
    Inspect,
}

/// What is known of an object besides its rendering.
pub(crate) struct Known<'a> {
    pub(crate) owner: &'a Owner,
    /// Its entry in the ledger.
    pub(crate) entry: Option<&'a LedgerEntry>,
    /// The object as we left it.
    pub(crate) left: Option<Left>,
    /// Digest of its rendering.
    pub(crate) rendered: u64,
    pub(crate) verify_every: Duration,
    /// It is left as it is for now.
    pub(crate) left_alone: bool,
}

impl Known<'_> {
    /// How the object is applied.
    pub(crate) fn approach(self, planned: &Planned, sighting: Sighting) -> Approach {
        if let Sighting::Seen(seen) = &sighting
            && seen.frozen
            // A template that says so itself does not keep its own object from being applied.
            && !planned.object.is_frozen()
            && is_ours(seen, self.owner, self.entry)
        {
            return Approach::Frozen(Box::new(seen.clone()));
        }
        // A Job fails without any change of its spec.
        if planned.object.annotation(keys::RECREATE_ON_FAILURE).is_some() {
            return Approach::Inspect;
        }
        // After a restart nothing is known of what was applied, and an unchanged object is not worth a write.
        let is_known = self.left.is_some();
        let left = self.left.filter(|left| left.rendered == self.rendered);
        match sighting {
            Sighting::Unknown => Approach::Inspect,
            Sighting::Absent(view) => match left {
                Some(left) if is_late(view.as_deref(), &left) => Approach::Unchanged(Box::new(left)),
                Some(left) if self.left_alone => Approach::LeftAlone(Box::new(left)),
                _ => Approach::Create,
            },
            Sighting::Seen(seen) => match left {
                Some(left) if seen.holds_what(&left.seen) || (seen.is_older_than(&left.seen) && is_fresh(&left)) => {
                    if left.is_good_for(self.rendered, self.verify_every) {
                        Approach::Unchanged(Box::new(left))
                    } else {
                        Approach::Inspect
                    }
                }
                Some(left) if self.left_alone && !seen.terminating => Approach::LeftAlone(Box::new(left)),
                _ if is_known && is_plainly_ours(&seen, self.owner, self.entry) => Approach::Apply(Box::new(seen)),
                _ => Approach::Inspect,
            },
        }
    }
}

/// Ours by ledger, owner labels and UID, with nothing to take over and nothing in its way.
fn is_plainly_ours(seen: &Seen, owner: &Owner, entry: Option<&LedgerEntry>) -> bool {
    is_ours(seen, owner, entry) && !seen.foreign
}

/// Ours by ledger, owner labels and UID, and not on its way out.
fn is_ours(seen: &Seen, owner: &Owner, entry: Option<&LedgerEntry>) -> bool {
    let entry = entry.filter(|entry| entry.uid.as_deref() == Some(&seen.uid) && entry.mark != Mark::Intended);
    entry.is_some() && seen.owner.as_ref() == Some(&owner.name) && !seen.terminating
}

fn is_fresh(left: &Left) -> bool {
    left.checked.elapsed() < LAG
}

/// Whether the watch cannot have shown our own write yet.
fn is_late(view: Option<&View>, left: &Left) -> bool {
    is_fresh(left) && view.is_some_and(|view| view.is_behind(&left.seen.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_core::{NamespacedName, Object};
    use serde_json::{Value, json};
    use std::time::Instant;

    fn planned() -> Planned {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
        Planned {
            object: serde_json::from_value(object).unwrap(),
            origin: String::new(),
            input: None,
            sharers: Vec::new(),
            template: "resources[0]".into(),
            after: Vec::new(),
        }
    }

    fn seen(version: &str, metadata: Value) -> Seen {
        let mut live = json!({"metadata": {
            "uid": "u", "resourceVersion": version,
            "labels": {keys::OWNER_NAME: "set", keys::OWNER_NAMESPACE: "n"},
            "managedFields": [{"manager": keys::FIELD_MANAGER, "operation": "Apply", "time": "t", "fieldsV1": {}}],
        }});
        for (field, value) in metadata.as_object().unwrap() {
            live["metadata"][field] = value.clone();
        }
        Seen::of(&serde_json::from_value::<Object>(live).unwrap(), &[]).unwrap()
    }

    fn left(rendered: u64, age: Duration) -> Left {
        let checked = Instant::now().checked_sub(age).unwrap();
        Left { rendered, seen: seen("10", json!({})), warnings: Vec::new(), checked, ready: None }
    }

    fn approach(left: Option<Left>, uid: &str, sighting: Sighting) -> &'static str {
        approached(left, uid, sighting, false)
    }

    fn approached(left: Option<Left>, uid: &str, sighting: Sighting, left_alone: bool) -> &'static str {
        let owner = Owner { name: NamespacedName::new("n", "set"), service_account: None, force: false };
        let mut entry = LedgerEntry::about_to_be(planned().object.key(), "v1");
        (entry.uid, entry.mark) = (Some(uid.to_owned()), Mark::Owned);
        let verify_every = Duration::from_secs(3600);
        let known = Known { owner: &owner, entry: Some(&entry), left, rendered: 1, verify_every, left_alone };
        match known.approach(&planned(), sighting) {
            Approach::Unchanged(_) => "unchanged",
            Approach::LeftAlone(_) => "left alone",
            Approach::Frozen(_) => "frozen",
            Approach::Apply(_) => "apply",
            Approach::Create => "create",
            Approach::Inspect => "inspect",
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_is_as_we_left_it_costs_nothing_until_it_is_to_be_verified() {
        let now = |age| approach(Some(left(1, age)), "u", Sighting::Seen(seen("11", json!({}))));
        assert_eq!([now(MINUTE), now(MINUTE * 60)], ["unchanged", "inspect"]);
    }

    #[test]
    fn another_rendering_of_what_is_plainly_ours_costs_one_request() {
        let with =
            |uid: &str, metadata: Value| approach(Some(left(2, MINUTE)), uid, Sighting::Seen(seen("10", metadata)));
        assert_eq!(with("u", json!({})), "apply");
        assert_eq!(with("another", json!({})), "inspect", "the ledger knows another object");
        assert_eq!(with("u", json!({"labels": {}})), "inspect", "the labels are gone");
        assert_eq!(with("u", json!({"deletionTimestamp": "t"})), "inspect");
        let edited = json!({"managedFields": [{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {}}]});
        assert_eq!(with("u", edited), "inspect", "fields are taken over first");
        assert_eq!(approach(None, "u", Sighting::Unknown), "inspect");
        assert_eq!(approach(None, "u", Sighting::Seen(seen("10", json!({})))), "inspect", "it may be unchanged");
    }

    #[test]
    fn what_is_fought_over_is_left_alone_unless_it_is_rendered_anew_or_going() {
        let sighting = |metadata: Value| Sighting::Seen(seen("11", metadata));
        let taken = || json!({"managedFields": []});
        let now = |rendered, sighting| approached(Some(left(rendered, MINUTE)), "u", sighting, true);
        assert_eq!(now(1, sighting(taken())), "left alone");
        assert_eq!(now(1, Sighting::Absent(None)), "left alone");
        assert_eq!(now(2, sighting(taken())), "apply");
        assert_eq!(now(1, sighting(json!({}))), "unchanged", "the last repair has lasted");
        let going = json!({"managedFields": [], "deletionTimestamp": "t"});
        assert_eq!(now(1, sighting(going)), "inspect");
    }

    #[test]
    fn what_is_frozen_and_ours_is_left_alone() {
        let metadata = json!({"annotations": {keys::RECONCILE: "disabled"}});
        let at = |left, uid: &str| approach(left, uid, Sighting::Seen(seen("11", metadata.clone())));
        assert_eq!([at(None, "u"), at(Some(left(2, MINUTE)), "u")], ["frozen", "frozen"]);
        assert_eq!(at(None, "another"), "inspect", "the ledger knows another object");
        let thawed = Left::frozen(seen("11", metadata.clone()));
        assert_eq!(approach(Some(thawed), "u", Sighting::Seen(seen("12", json!({})))), "apply");
    }

    #[test]
    fn what_is_not_there_is_created_unless_the_watch_is_only_late() {
        let behind = || Sighting::Absent(Some(std::sync::Arc::default()));
        assert_eq!(approach(Some(left(1, Duration::ZERO)), "u", behind()), "unchanged");
        assert_eq!(approach(Some(left(1, MINUTE)), "u", behind()), "create", "it cannot be that late");
        assert_eq!(approach(Some(left(1, Duration::ZERO)), "u", Sighting::Absent(None)), "create");
        assert_eq!(approach(None, "u", behind()), "create");
    }
}
