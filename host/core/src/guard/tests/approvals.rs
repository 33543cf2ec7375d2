//! An approval is for one list, and is used once.

use super::*;

#[test]
fn an_approval_releases_exactly_one_list() {
    let mut world = World::with(&[("p", 20)]).loses("p", 0..20);
    let hold = world.hold();
    assert_eq!(hold.objects.len(), 20);
    assert!(hold.message().contains(&format!("orangery.dev/approve-prune: {}", hold.digest)));
    world.approved = Some(format!(" {} ", hold.digest));
    assert_eq!(world.judged(), Verdict::Approved(hold.clone()));
    world.appears("p", 3);
    let other = world.hold();
    assert_eq!(other.remark, Some(format!("the approval {} is of another list", hold.digest)));
    assert!(other.message().contains("is of another list. If they are meant"), "{}", other.message());
}

/// Three deletions are approved, the same three objects come back, and an answer is empty.
#[test]
fn an_approval_is_used_once() {
    let mut world = World::with(&[("p", 3)]).loses("p", 0..3);
    let first = world.hold();
    world.approved = Some(first.digest.clone());
    assert!(matches!(world.passes(), Verdict::Approved(_)));
    assert!(world.ledger.is_empty());
    assert_eq!(world.ledger.guard().last_approval.as_ref(), Some(&first.digest));
    for again in 0..3 {
        // Also with the very same UIDs, or none: no digest comes twice.
        for id in 0..3 {
            let uid = (again == 0).then(|| format!("uid-of-p-{id}"));
            world.has(LedgerEntry { uid, ..entry(&format!("p-{id}"), Some(input("p", id))) });
        }
        let mut emptied = world.clone().loses("p", 0..3);
        let hold = emptied.hold();
        assert_ne!(hold.digest, first.digest);
        assert_eq!(hold.remark, Some(format!("the approval {} has been used already", first.digest)));
        assert_eq!(hold.objects, first.objects);
        emptied.approved = Some(hold.digest.clone());
        assert!(matches!(emptied.passes(), Verdict::Approved(_)));
    }
}

#[test]
fn objects_that_were_made_again_are_another_list() {
    let with_uid = |uid: &str| {
        let mut world = World::empty();
        world.has(LedgerEntry { uid: Some(uid.into()), ..entry("a", Some(input("p", 0))) });
        world.loses("p", 0..1).hold().digest
    };
    assert_eq!(with_uid("1"), with_uid("1"));
    assert_ne!(with_uid("1"), with_uid("2"));
}

#[test]
fn what_was_approved_and_could_not_go_needs_no_second_approval() {
    let mut world = World::with(&[("p", 3)]).loses("p", 0..3);
    for id in 0..2 {
        let key = entry(&format!("p-{id}"), None).key;
        world.ledger.get_mut(&key).unwrap().mark = Mark::Approved;
    }
    let hold = world.hold();
    assert_eq!(hold.objects.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["p-2"]);
    assert!(world.judged().releases(&entry("p-0", None).key));
    world.ledger.get_mut(&entry("p-2", None).key).unwrap().mark = Mark::Approved;
    world.is_allowed();
}

#[test]
fn a_digest_is_the_same_whatever_the_order() {
    let entries = [entry("a", None), entry("b", None)];
    assert_eq!(list_digest(&entries, None), list_digest(entries.iter().rev(), None));
    assert_ne!(list_digest(&entries, None), list_digest(&entries, Some("sha256:0")));
    assert_ne!(list_digest(&entries, None), list_digest(&entries[..1], None));
    assert_eq!(list_digest(&entries, None).len(), "sha256:0123456789abcdef".len());
}
