//! Objects that must not be deleted although their key is stale, because they are still wanted under another key.

use super::Plan;
use crate::ledger::LedgerEntry;
use crate::plan::ApplyReport;
use std::collections::BTreeSet;

/// The known UIDs of all wanted objects: from the apply report, and from the ledger for objects that could not be applied.
#[must_use]
pub fn wanted_uids(plan: &Plan, applied: &ApplyReport) -> BTreeSet<String> {
    let known = plan.objects().filter_map(|planned| plan.ledger.get(&planned.object.key())?.uid.clone());
    applied.changes.iter().filter_map(|change| change.uid.clone()).chain(known).collect()
}

/// Removes from the stale entries those whose object is wanted under another key: with the namespace of a cluster-scoped kind, or in
/// another API group for the same storage. The caller removes them from the ledger and keeps the objects.
pub fn remove_still_wanted(stale: &mut Vec<LedgerEntry>, wanted: &BTreeSet<String>) -> Vec<LedgerEntry> {
    let (living, dead) =
        std::mem::take(stale).into_iter().partition(|entry| entry.uid.as_ref().is_some_and(|uid| wanted.contains(uid)));
    *stale = dead;
    living
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::{DesiredSet, DesiredStep, Wanted};
    use crate::desired::{Scope, Scopes};
    use crate::input::NamespacedName;
    use crate::ledger::{Ledger, Mark};
    use crate::object::{Object, ObjectKey, PackedObject};
    use crate::plan::{Action, Change, Owner, plan};
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    /// Who knows the scopes of the kinds in a round.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Known {
        Nothing,
        All,
    }

    /// `Thing` is stored once under two groups, as events are; `Role` and `Thing` have no namespaces.
    fn server_key(key: &ObjectKey) -> String {
        let kind = if key.kind == "Thing" { "Thing".to_owned() } else { format!("{}/{}", key.group, key.kind) };
        let namespace = if key.kind == "Map" { key.namespace.as_str() } else { "" };
        format!("{kind}/{namespace}/{}", key.name)
    }

    fn object() -> impl Strategy<Value = Object> {
        ("one|two", "Map|Role|Thing", "[ab]?", "[xy]").prop_map(|(group, kind, namespace, name)| {
            let object = json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": name, "namespace": namespace}});
            Object(object.as_object().cloned().unwrap())
        })
    }

    fn known() -> impl Strategy<Value = Known> {
        prop_oneof![Just(Known::Nothing), Just(Known::All)]
    }

    fn scopes(known: Known) -> Scopes {
        let mut scopes = Scopes::default();
        for (kind, scope) in [("Map", Scope::Namespaced), ("Role", Scope::Cluster), ("Thing", Scope::Cluster)] {
            for group in ["one", "two"].into_iter().filter(|_| known == Known::All) {
                scopes.learn(&crate::object::GroupVersionKind::new(&format!("{group}/v1"), kind), scope);
            }
        }
        scopes
    }

    proptest! {
        /// A server in memory, and rounds of apply and prune with any sets; the scopes are known in some of them only.
        #[test]
        fn nothing_is_pruned_whose_uid_belongs_to_a_wanted_object(
            rounds in proptest::collection::vec((known(), proptest::collection::vec(object(), 0..8)), 1..6)
        ) {
            let mut server: BTreeMap<String, String> = BTreeMap::new();
            let mut ledger = Ledger::default();
            let mut born = 0;
            for (known, objects) in rounds {
                let scopes = scopes(known);
                let wanted = objects.iter().map(|object| Wanted { object: PackedObject::new(object), origin: "t".into(), template: "t".into(), input: None, sharers: vec![] }).collect();
                let desired = DesiredSet { steps: vec![DesiredStep { name: None, wait: None, objects: wanted }], ..DesiredSet::default() };
                let desired = desired.normalised(&scopes, crate::desired::OnDuplicate::Warn).unwrap();
                let owner = Owner { name: NamespacedName::new("apps", "set"), service_account: None, force: false };
                let mut plan = plan(owner, desired, &scopes.ledger(&ledger)).unwrap();
                let mut applied = ApplyReport::default();
                for planned in plan.objects() {
                    let key = planned.object.key();
                    let uid = server.entry(server_key(&key)).or_insert_with(|| { born += 1; format!("uid-{born}") }).clone();
                    applied.changes.push(Change { key, version: "v1".into(), uid: Some(uid), action: Action::Unchanged });
                }
                let wanted = wanted_uids(&plan, &applied);
                let living = remove_still_wanted(&mut plan.stale, &wanted);
                let mut after: Ledger = plan.ledger.clone();
                for entry in living {
                    after.remove(&entry.key);
                }
                for entry in &plan.stale {
                    let place = server_key(&entry.key);
                    if server.get(&place) == entry.uid.as_ref() {
                        server.remove(&place);
                    }
                    after.remove(&entry.key);
                }
                for change in &applied.changes {
                    prop_assert!(server.contains_key(&server_key(&change.key)), "{} was deleted", change.key);
                    let entry = after.get_mut(&change.key).unwrap();
                    entry.uid.clone_from(&change.uid);
                    entry.mark = Mark::Owned;
                }
                // Nothing is forgotten either: what the server has is in the ledger.
                let remembered: BTreeSet<String> = after.iter().map(|entry| server_key(&entry.key)).collect();
                prop_assert_eq!(remembered, server.keys().cloned().collect());
                ledger = after;
            }
        }
    }
}
