//! The ledger on the wire: `status.inventory.entries` as Flux Operator writes it, `{id, v}`, with further optional fields.
//!
//! # Guarantees
//! What was written is read back as it was, also names that Flux Operator's id cannot carry. An entry that cannot be read is
//! carried along untouched and reported, never forgotten: forgetting would leave its object behind.

pub use crate::ledger::entry::InventoryEntry;

use crate::ledger::entry::{from_word, word};
use crate::ledger::{Details, InputRef, Ledger, LedgerEntry};
use crate::object::ObjectKey;

/// What an inventory says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// The entries that could be read.
    pub ledger: Ledger,
    /// The entries that could not be read: written back as they are.
    pub unreadable: Vec<InventoryEntry>,
}

/// The id of an object in Flux Operator's form.
#[must_use]
pub fn id(key: &ObjectKey) -> String {
    format!("{}_{}_{}_{}", key.namespace, key.name.replace(':', "__"), key.group, key.kind)
}

/// Parses an id in Flux Operator's form.
#[must_use]
pub fn parse_id(id: &str) -> Option<ObjectKey> {
    let (rest, kind) = id.rsplit_once('_')?;
    let (rest, group) = rest.rsplit_once('_')?;
    let (namespace, name) = rest.split_once('_')?;
    if kind.is_empty() || name.is_empty() {
        return None;
    }
    Some(ObjectKey {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.replace("__", ":"),
    })
}

/// Reads the entries of a status and what stands beside them.
#[must_use]
pub fn read_with(entries: &[InventoryEntry], details: &Details) -> Inventory {
    let mut completed = entries.to_vec();
    let seal = details.complete(&mut completed);
    let mut inventory = Inventory::default();
    for (entry, completed) in entries.iter().zip(&completed) {
        match read_entry(completed) {
            Some(read) => inventory.ledger.insert(read),
            None => inventory.unreadable.push(entry.clone()),
        }
    }
    inventory.ledger.set_seal(seal);
    inventory
}

/// Reads entries that carry everything themselves, as older versions and Flux Operator write them.
#[must_use]
pub fn read(entries: &[InventoryEntry]) -> Inventory {
    let mut inventory = Inventory::default();
    for entry in entries {
        match read_entry(entry) {
            Some(read) => inventory.ledger.insert(read),
            None => inventory.unreadable.push(entry.clone()),
        }
    }
    inventory
}

fn read_entry(entry: &InventoryEntry) -> Option<LedgerEntry> {
    let mut key = parse_id(&entry.id).filter(|_| !entry.v.is_empty())?;
    if let Some(name) = &entry.name {
        key.name.clone_from(name);
    }
    Some(LedgerEntry {
        key,
        version: entry.v.clone(),
        uid: entry.uid.clone(),
        mark: entry.mark.as_deref().map(from_word).unwrap_or_default(),
        input: entry.input.as_deref().and_then(InputRef::parse),
        template: entry.template.clone(),
    })
}

/// Writes a ledger as Flux Operator does, `{id, v}` sorted by id, together with what could not be read; and what stands beside it.
#[must_use]
pub fn write_with_details(ledger: &Ledger, unreadable: &[InventoryEntry]) -> (Vec<InventoryEntry>, Details) {
    let known = ledger.iter().map(|entry| (write_entry(entry), Some(entry)));
    let mut entries: Vec<(InventoryEntry, Option<&LedgerEntry>)> =
        known.chain(unreadable.iter().map(|entry| (entry.clone(), None))).collect();
    entries.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let details = Details::of(ledger, &entries);
    let plain = |(entry, known): (InventoryEntry, Option<&LedgerEntry>)| match known {
        Some(_) => InventoryEntry { id: entry.id, v: entry.v, ..InventoryEntry::default() },
        None => entry,
    };
    (entries.into_iter().map(plain).collect(), details)
}

/// Writes a ledger whose entries carry everything themselves, sorted by id, together with what could not be read.
#[must_use]
pub fn write(ledger: &Ledger, unreadable: &[InventoryEntry]) -> Vec<InventoryEntry> {
    let mut entries: Vec<InventoryEntry> = ledger.iter().map(write_entry).collect();
    entries.extend(unreadable.iter().cloned());
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries
}

fn write_entry(entry: &LedgerEntry) -> InventoryEntry {
    let id = id(&entry.key);
    let name = (parse_id(&id).as_ref() != Some(&entry.key)).then(|| entry.key.name.clone());
    InventoryEntry {
        id,
        v: entry.version.clone(),
        uid: entry.uid.clone(),
        mark: word(entry.mark).map(str::to_owned),
        input: entry.input.as_ref().map(InputRef::written),
        template: entry.template.clone(),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Mark;

    fn key(namespace: &str, name: &str, group: &str, kind: &str) -> ObjectKey {
        ObjectKey { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    #[test]
    fn ids_have_the_form_of_flux_operator() {
        assert_eq!(id(&key("apps", "web", "apps", "Deployment")), "apps_web_apps_Deployment");
        assert_eq!(id(&key("", "ns", "", "Namespace")), "_ns__Namespace");
        let role = key("", "system:auth", "rbac.authorization.k8s.io", "ClusterRole");
        assert_eq!(id(&role), "_system__auth_rbac.authorization.k8s.io_ClusterRole");
        assert_eq!(parse_id(&id(&role)), Some(role));
        assert_eq!(parse_id("_ns__Namespace"), Some(key("", "ns", "", "Namespace")));
    }

    #[test]
    fn everything_survives_a_round_trip_also_names_that_the_id_cannot_carry() {
        let marks = [
            Mark::Owned,
            Mark::Intended,
            Mark::Adopted,
            Mark::Frozen,
            Mark::PruneDisabled,
            Mark::Held,
            Mark::Approved,
            Mark::Terminating,
        ];
        for (name, mark) in
            ["web", "a_b", "a__b", "a:b", "a:_b", ":x:", "_", "a_"].into_iter().zip(marks.into_iter().cycle())
        {
            for group in ["", "rbac.authorization.k8s.io"] {
                let entry = LedgerEntry {
                    key: key("ns", name, group, "Role"),
                    version: "v1".into(),
                    uid: Some("u".into()),
                    mark,
                    input: InputRef::parse("rset/a+rsip/b/00ff"),
                    template: Some("steps[0].resources[1]".into()),
                };
                let ledger: Ledger = [entry].into_iter().collect();
                assert_eq!(read(&write(&ledger, &[])).ledger, ledger, "{name} {group}");
                let (entries, details) = write_with_details(&ledger, &[]);
                assert_eq!(read_with(&entries, &details).ledger, ledger, "{name} {group}");
                let text = serde_json::to_string(&entries).unwrap();
                assert_eq!(text, format!(r#"[{{"id":"{}","v":"v1"}}]"#, entries[0].id), "as Flux Operator writes it");
            }
        }
    }

    #[test]
    fn an_entry_of_flux_operator_is_taken_over() {
        let entry =
            InventoryEntry { id: "apps_web_apps_Deployment".into(), v: "v1".into(), ..InventoryEntry::default() };
        let inventory = read(std::slice::from_ref(&entry));
        assert_eq!(inventory.ledger.get(&key("apps", "web", "apps", "Deployment")).unwrap().mark, Mark::Owned);
        assert_eq!(write(&inventory.ledger, &[]), [entry]);
    }

    #[test]
    fn an_entry_of_an_older_version_is_read_and_not_changed_by_being_carried_along() {
        let id = "apps_web_apps_Deployment".to_owned();
        let input = Some("previews/00ff".to_owned());
        let entry = InventoryEntry { id, v: "v1".into(), input, ..InventoryEntry::default() };
        let inventory = read(std::slice::from_ref(&entry));
        let read = inventory.ledger.get(&key("apps", "web", "apps", "Deployment")).unwrap();
        assert!(!read.input.as_ref().unwrap().source.is_typed());
        assert_eq!(write(&inventory.ledger, &[]), [entry]);
    }

    #[test]
    fn details_of_other_entries_give_their_marks_and_nothing_else() {
        let entry = |name: &str, mark| LedgerEntry {
            uid: Some("42059442-3344-409d-bcd2-27709423a086".into()),
            mark,
            ..LedgerEntry::about_to_be(key("ns", name, "", "ConfigMap"), "v1")
        };
        let ledger: Ledger = [entry("a", Mark::Adopted), entry("b", Mark::Owned)].into_iter().collect();
        let (mut entries, details) = write_with_details(&ledger, &[]);
        assert_eq!(read_with(&entries, &details).ledger, ledger);
        // Flux Operator has added one.
        entries.insert(0, InventoryEntry { id: "ns_0__ConfigMap".into(), v: "v1".into(), ..InventoryEntry::default() });
        let read = read_with(&entries, &details).ledger;
        let said = |name| read.get(&key("ns", name, "", "ConfigMap")).map(|entry| (entry.mark, entry.uid.clone()));
        assert_eq!(said("a"), Some((Mark::Adopted, None)));
        assert_eq!([said("b"), said("0")], [Some((Mark::Owned, None)), Some((Mark::Owned, None))]);
        // An entry of an older version says itself what is known.
        let old = write(&ledger, &[]);
        assert_eq!(read_with(&old, &Details::default()).ledger, ledger);
    }

    #[test]
    fn an_unreadable_entry_is_carried_along() {
        let raw = |id: &str, v: &str| InventoryEntry { id: id.into(), v: v.into(), ..InventoryEntry::default() };
        let entries = [raw("nonsense", "v1"), raw("a_b_c_D", ""), raw("a__c_", "v1")];
        let inventory = read(&entries);
        assert_eq!(inventory.unreadable.len(), 3);
        assert!(inventory.ledger.is_empty());
        assert_eq!(write(&inventory.ledger, &inventory.unreadable).len(), 3);
        let (entries, details) = write_with_details(&inventory.ledger, &inventory.unreadable);
        assert_eq!(read_with(&entries, &details).unreadable.len(), 3);
    }
}
