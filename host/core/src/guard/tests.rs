//! The table of verdicts, and the stories behind it.

use super::*;

fn input(source: &str, id: usize) -> InputRef {
    InputRef { source: source.into(), uid: format!("{id:016x}") }
}

fn entry(name: &str, input: Option<InputRef>) -> LedgerEntry {
    let key = ObjectKey { group: String::new(), kind: "ConfigMap".into(), namespace: "apps".into(), name: name.into() };
    LedgerEntry { input, ..LedgerEntry::about_to_be(key, "v1") }
}

/// A set as it was, and what has become of it.
struct World {
    ledger: Ledger,
    inputs: BTreeSet<InputRef>,
    rendered: BTreeSet<String>,
    sources: Vec<SourceState>,
    applied: bool,
    approved: Option<String>,
    policy: GuardPolicy,
}

impl World {
    /// One object for each of these inputs, all of them there.
    fn with(inputs: &[(&str, usize)]) -> Self {
        let mut world = Self {
            ledger: Ledger::default(),
            inputs: BTreeSet::new(),
            rendered: BTreeSet::new(),
            sources: vec![],
            applied: true,
            approved: None,
            policy: GuardPolicy::default(),
        };
        for (source, count) in inputs {
            world.sources.push(SourceState::new(*source, Freshness::Fresh));
            for id in 0..*count {
                world.ledger.insert(entry(&format!("{source}-{id}"), Some(input(source, id))));
                world.appears(source, id);
            }
        }
        world
    }

    fn appears(&mut self, source: &str, id: usize) {
        self.inputs.insert(input(source, id));
        self.rendered.insert(format!("{source}-{id}"));
    }

    fn loses(mut self, source: &str, ids: std::ops::Range<usize>) -> Self {
        for id in ids {
            self.inputs.remove(&input(source, id));
            self.rendered.remove(&format!("{source}-{id}"));
        }
        self
    }

    fn judged(&self) -> Verdict {
        let stale: Vec<_> =
            self.ledger.iter().filter(|entry| !self.rendered.contains(&entry.key.name)).cloned().collect();
        judge(
            self.policy,
            &Evidence {
                stale: &stale,
                ledger: &self.ledger,
                nothing_desired: self.rendered.is_empty(),
                inputs: &self.inputs,
                sources: &self.sources,
                applied: self.applied,
                approved: self.approved.as_deref(),
            },
        )
    }

    #[track_caller]
    fn is_held(&self, why: &str) {
        match self.judged() {
            Verdict::Held(hold) => assert_eq!(hold.why, why),
            other => panic!("not held: {other:?}"),
        }
    }

    #[track_caller]
    fn is_allowed(&self) {
        assert_eq!(self.judged(), Verdict::Allowed);
    }
}

#[test]
fn closing_a_few_is_everyday() {
    World::with(&[("p", 20)]).loses("p", 0..5).is_allowed();
    World::with(&[("p", 7)]).loses("p", 0..5).is_allowed();
    World::with(&[("p", 20)]).loses("p", 0..10).is_allowed();
    World::with(&[("p", 2)]).loses("p", 0..1).is_allowed();
}

#[test]
fn losing_more_than_half_and_more_than_five_is_held() {
    World::with(&[("p", 20)]).loses("p", 0..11).is_held("11 of 20 inputs are gone at once");
    World::with(&[("p", 11)]).loses("p", 0..6).is_held("6 of 11 inputs are gone at once");
}

#[test]
fn a_drop_to_zero_is_held_also_for_one() {
    World::with(&[("p", 20)]).loses("p", 0..20).is_held("nothing is rendered any more, and 20 objects exist");
    World::with(&[("p", 1)]).loses("p", 0..1).is_held("nothing is rendered any more, and 1 objects exist");
}

#[test]
fn a_provider_that_is_no_longer_selected_is_held_though_others_remain() {
    World::with(&[("p", 3), ("q", 3)]).loses("q", 0..3).is_held("all 3 inputs of q are gone");
    World::with(&[("p", 3), ("q", 1)]).loses("q", 0..1).is_held("the only input of q is gone");
}

#[test]
fn one_input_that_is_replaced_by_another_is_everyday_but_all_of_several_are_not() {
    let mut one = World::with(&[("p", 1)]).loses("p", 0..1);
    one.appears("p", 7);
    one.is_allowed();
    let mut scheme = World::with(&[("p", 3)]).loses("p", 0..3);
    scheme.appears("p", 7);
    scheme.is_held("all 3 inputs of p are gone");
}

#[test]
fn renaming_the_objects_of_several_inputs_is_held() {
    let mut world = World::with(&[("p", 3)]);
    world.rendered = ["new-0", "new-1", "new-2"].map(str::to_owned).into();
    world.is_held("all 3 objects of 3 inputs that are still there would be replaced by others");
    let mut many = World::with(&[("p", 20)]);
    many.rendered = ["new".to_owned()].into();
    many.is_held("20 of 20 objects are not rendered any more although their inputs are still there");
}

#[test]
fn a_preview_of_many_objects_counts_once() {
    let mut world = World::with(&[("p", 3)]);
    for n in 0..30 {
        world.ledger.insert(entry(&format!("more-{n}"), Some(input("p", 0))));
    }
    world.loses("p", 0..1).is_allowed();
}

#[test]
fn an_inventory_that_was_taken_over_is_judged_by_its_objects() {
    let mut world = World::with(&[("p", 1)]);
    for n in 0..12 {
        world.ledger.insert(entry(&format!("old-{n}"), None));
    }
    for n in 0..7 {
        world.rendered.insert(format!("old-{n}"));
    }
    world.is_allowed();
    world.rendered.retain(|name| !name.starts_with("old-"));
    world.is_held("12 of 13 objects are not rendered any more although their inputs are still there");
}

#[test]
fn nothing_is_deleted_on_partial_knowledge() {
    let reason = |world: &World| match world.judged() {
        Verdict::Blocked { reason, .. } => reason,
        other => panic!("not blocked: {other:?}"),
    };
    let mut failed = World::with(&[("p", 5)]).loses("p", 0..1);
    failed.applied = false;
    assert_eq!(reason(&failed), Reason::ReconciliationFailed);
    let mut stale = World::with(&[("p", 5)]).loses("p", 0..1);
    stale.sources[0].freshness = Freshness::Stale { reason: Reason::SourceUnavailable, since: 1 };
    assert_eq!(reason(&stale), Reason::SourceStale);
    let mut never = World::with(&[("p", 5), ("q", 5)]).loses("q", 0..5);
    never.sources[1].freshness = Freshness::Never;
    assert_eq!(reason(&never), Reason::InputsNotReady);
    never.policy.on = false;
    assert_eq!(reason(&never), Reason::InputsNotReady);
}

#[test]
fn an_approval_releases_exactly_one_list() {
    let mut world = World::with(&[("p", 20)]).loses("p", 0..20);
    let Verdict::Held(hold) = world.judged() else { panic!("not held") };
    assert_eq!(hold.objects.len(), 20);
    assert!(hold.message().contains(&format!("orangery.dev/approve-prune: {}", hold.digest)));
    world.approved = Some(hold.digest);
    world.is_allowed();
    world.appears("p", 3);
    assert!(matches!(world.judged(), Verdict::Held(_)));
}

#[test]
fn annotations_turn_the_guard_off_or_allow_emptiness_only() {
    let annotated =
        |key: &str, value: &str| GuardPolicy::default().with_annotations(&[(key.to_owned(), value.to_owned())].into());
    let mut world = World::with(&[("p", 20), ("q", 2)]).loses("p", 0..20);
    world.policy = annotated(keys::PRUNE_GUARD, "off");
    world.is_allowed();
    world.policy = annotated(keys::ALLOW_EMPTY, "true");
    world.is_allowed();
    world.policy = annotated(keys::ALLOW_EMPTY, "yes");
    world.is_held("all 20 inputs of p are gone");
    let mut dropped = World::with(&[("p", 20)]).loses("p", 0..12);
    dropped.policy = annotated(keys::ALLOW_EMPTY, "true");
    dropped.is_held("12 of 20 inputs are gone at once");
    let off = GuardPolicy { on: false, ..GuardPolicy::default() };
    assert!(off.with_annotations(&[(keys::PRUNE_GUARD.to_owned(), "on".to_owned())].into()).on);
}

#[test]
fn objects_that_are_kept_on_purpose_do_not_count() {
    let mut world = World::with(&[("p", 2)]);
    for n in 0..20 {
        world.ledger.insert(LedgerEntry { mark: Mark::PruneDisabled, ..entry(&format!("kept-{n}"), None) });
    }
    world.is_allowed();
}

/// {complete, partial, unchanged, error} × {0, fewer, same, more}: law 1 from the answer to the verdict.
mod answers {
    use super::*;
    use crate::input::Input;
    use crate::selection::{Coverage, Filter, Question, ServedType, select};
    use crate::snapshot::Snapshot;
    use serde_json::Map;

    fn answer(count: usize) -> Vec<Input> {
        (0..count).map(|id| Input { id: format!("{id:016x}"), attributes: Map::new() }).collect()
    }

    fn after(before: &Snapshot, answer: Vec<Input>, coverage: Coverage) -> Snapshot {
        let (served, filter, defaults) = (ServedType::fixed(), Filter::everything(), Map::new());
        let question = Question {
            served: &served,
            filter: &filter,
            skip: &[],
            defaults: &defaults,
            exported: &before.inputs().to_maps(),
            waiting: before.waiting(),
        };
        before.after_answer(select(answer, coverage, &question).unwrap(), coverage, 1)
    }

    fn verdict(snapshot: &Snapshot) -> Verdict {
        let mut world = World::with(&[("p", 10)]);
        world.inputs = (0..snapshot.inputs().len()).map(|id| input("p", id)).collect();
        world.rendered = (0..snapshot.inputs().len()).map(|id| format!("p-{id}")).collect();
        world.sources[0].freshness = snapshot.freshness().clone();
        world.judged()
    }

    #[test]
    fn only_a_complete_answer_deletes_and_never_too_much() {
        let before = after(&Snapshot::never(), answer(10), Coverage::Complete);
        for (count, deletes) in [(0, false), (9, true), (10, false), (12, false)] {
            let complete = after(&before, answer(count), Coverage::Complete);
            assert_eq!(complete.inputs().len(), count);
            assert_eq!(matches!(verdict(&complete), Verdict::Held(_)), count == 0);
            assert_eq!(count < 10 && verdict(&complete) == Verdict::Allowed, deletes);

            let partial = after(&before, answer(count), Coverage::Partial);
            assert_eq!(partial.inputs().len(), count.max(10));
            let failed = before.after_failure(Reason::SourceUnavailable, 2);
            assert_eq!(failed.inputs().len(), 10);
            let unchanged = before.after_unchanged();
            assert_eq!(unchanged.inputs().len(), 10);
            for kept in [partial, failed, unchanged] {
                // Nothing is stale, so there is nothing to delete.
                assert_eq!(verdict(&kept), Verdict::Allowed);
            }
        }
    }
}
