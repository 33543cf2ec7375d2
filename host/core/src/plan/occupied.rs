//! What must not be deleted because of what is in it. Kubernetes deletes the content of a Namespace with the Namespace, and all
//! objects of a kind with its CustomResourceDefinition, whoever still renders them.

use crate::ledger::{Ledger, LedgerEntry};
use crate::object::ObjectKey;
use std::collections::BTreeSet;

/// Objects named in a message; the others are counted.
const SHOWN: usize = 3;

/// A Namespace or CustomResourceDefinition that stays because of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupied {
    /// Its entry in the ledger, which it does not leave.
    pub entry: LedgerEntry,
    /// The objects in it that stay, sorted; at least one.
    pub content: Vec<ObjectKey>,
}

impl Occupied {
    /// Why it is not deleted.
    #[must_use]
    pub fn message(&self) -> String {
        let mut shown: Vec<String> = self.content.iter().take(SHOWN).map(ToString::to_string).collect();
        if self.content.len() > SHOWN {
            shown.push(format!("{} more", self.content.len() - SHOWN));
        }
        format!("{} is not deleted while it contains objects that stay: {}", self.entry.key, shown.join(", "))
    }
}

/// The objects of `stale` that the deletion of a container in it would take along.
#[must_use]
pub fn contained(stale: &[LedgerEntry]) -> Vec<ObjectKey> {
    let containers: Vec<Container<'_>> = stale.iter().filter_map(|entry| Container::of(&entry.key)).collect();
    let taken = |key: &ObjectKey| containers.iter().any(|container| container.contains(key));
    stale.iter().map(|entry| &entry.key).filter(|key| taken(key)).cloned().collect()
}

/// Takes the containers out of `stale` that hold an object of the ledger which stays, in their order. An object stays if it is
/// neither in `stale` nor in `leaving`.
pub fn take_occupied(stale: &mut Vec<LedgerEntry>, ledger: &Ledger, leaving: &BTreeSet<&ObjectKey>) -> Vec<Occupied> {
    if !stale.iter().any(|entry| Container::of(&entry.key).is_some()) {
        return Vec::new();
    }
    let going: BTreeSet<&ObjectKey> = stale.iter().map(|entry| &entry.key).chain(leaving.iter().copied()).collect();
    let staying: Vec<&ObjectKey> = ledger.iter().map(|entry| &entry.key).filter(|key| !going.contains(*key)).collect();
    let content = |entry: &LedgerEntry| -> Vec<ObjectKey> {
        let Some(container) = Container::of(&entry.key) else { return Vec::new() };
        staying.iter().filter(|key| container.contains(key)).map(|key| (*key).clone()).collect()
    };
    let contents: Vec<Vec<ObjectKey>> = stale.iter().map(content).collect();
    let mut occupied = Vec::new();
    for (entry, content) in std::mem::take(stale).into_iter().zip(contents) {
        if content.is_empty() {
            stale.push(entry);
        } else {
            occupied.push(Occupied { entry, content });
        }
    }
    occupied
}

/// What takes other objects along when it is deleted.
enum Container<'a> {
    Namespace(&'a str),
    /// The API group of the definition. The ledger does not know which plural a kind has, so that a definition counts for its
    /// whole group: rather too much stays.
    Group(&'a str),
}

impl<'a> Container<'a> {
    fn of(key: &'a ObjectKey) -> Option<Self> {
        match (key.group.as_str(), key.kind.as_str()) {
            ("", "Namespace") => Some(Self::Namespace(&key.name)),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                key.name.split_once('.').map(|(_, group)| Self::Group(group))
            }
            _ => None,
        }
    }

    fn contains(&self, key: &ObjectKey) -> bool {
        match self {
            Self::Namespace(name) => key.namespace == *name,
            Self::Group(group) => key.group == *group,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectKey {
        ObjectKey { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    fn entry(key: &ObjectKey) -> LedgerEntry {
        LedgerEntry::about_to_be(key.clone(), "v1")
    }

    fn stays(stale: &[&ObjectKey], others: &[&ObjectKey], leaving: &[&ObjectKey]) -> Vec<String> {
        let ledger: Ledger = stale.iter().chain(others).map(|key| entry(key)).collect();
        let mut going: Vec<LedgerEntry> = stale.iter().map(|key| entry(key)).collect();
        let occupied = take_occupied(&mut going, &ledger, &leaving.iter().copied().collect());
        assert_eq!(going.len() + occupied.len(), stale.len());
        occupied.iter().map(Occupied::message).collect()
    }

    #[test]
    fn a_namespace_stays_while_anything_in_it_stays() {
        let (team, map) = (key("", "Namespace", "", "team"), key("", "ConfigMap", "team", "a"));
        let elsewhere = key("", "ConfigMap", "other", "team");
        assert_eq!(
            stays(&[&team], &[&map, &elsewhere], &[]),
            ["Namespace/team is not deleted while it contains objects that stay: ConfigMap/team/a"]
        );
        assert_eq!(stays(&[&team], &[&elsewhere], &[]), Vec::<String>::new());
        assert_eq!(stays(&[&team, &map], &[], &[]), Vec::<String>::new(), "what goes with it does not keep it");
        assert_eq!(stays(&[&team], &[&map], &[&map]), Vec::<String>::new(), "nor does what goes another way");
    }

    #[test]
    fn a_definition_stays_while_an_object_of_its_group_stays() {
        let definition = key("apiextensions.k8s.io", "CustomResourceDefinition", "", "things.example.com");
        let thing = key("example.com", "Thing", "a", "x");
        assert_eq!(stays(&[&definition], &[&thing], &[]).len(), 1);
        assert_eq!(stays(&[&definition], &[&key("other.com", "Thing", "a", "x")], &[]).len(), 0);
        assert_eq!(stays(&[&definition, &thing], &[], &[]).len(), 0);
    }

    #[test]
    fn what_a_container_would_take_along_is_known() {
        let (team, map) = (key("", "Namespace", "", "team"), key("", "ConfigMap", "team", "a"));
        let all = [&team, &map, &key("", "ConfigMap", "other", "a")].map(entry);
        assert_eq!(contained(&all), [map]);
        assert_eq!(contained(&all[1..]), Vec::<ObjectKey>::new(), "its namespace stays");
    }

    #[test]
    fn a_message_names_three_and_counts_the_rest() {
        let team = key("", "Namespace", "", "team");
        let maps: Vec<ObjectKey> = (0..5).map(|number| key("", "ConfigMap", "team", &format!("m{number}"))).collect();
        let message = stays(&[&team], &maps.iter().collect::<Vec<_>>(), &[]).remove(0);
        assert!(message.ends_with("ConfigMap/team/m0, ConfigMap/team/m1, ConfigMap/team/m2, 2 more"), "{message}");
    }
}
