//! The table of verdicts, and the stories behind it.

mod answers;
mod approvals;
mod renames;
mod water;

use super::*;
use crate::environment::{EnvironmentStates, PruneEligibility, StaleEntries};
use crate::keys;
use crate::ledger::SourceRef;
use crate::ledger::{GuardMemory, HIGH_WATER};
use std::collections::BTreeMap;
use std::ops::Range;

fn input(source: &str, id: usize) -> InputRef {
    let digest = crate::digest::uid(source, &id.to_string());
    InputRef { source: SourceRef::provider(source).into(), uid: digest }
}

fn entry(name: &str, input: Option<InputRef>) -> LedgerEntry {
    of_kind("", "ConfigMap", name, input)
}

fn of_kind(group: &str, kind: &str, name: &str, input: Option<InputRef>) -> LedgerEntry {
    let key = ObjectKey { group: group.into(), kind: kind.into(), namespace: "apps".into(), name: name.into() };
    let uid = Some(format!("uid-of-{name}"));
    LedgerEntry { input, uid, template: Some("resources[0]".into()), ..LedgerEntry::about_to_be(key, "v1") }
}

/// A set as it was, and what has become of it.
#[derive(Clone)]
struct World {
    ledger: Ledger,
    inputs: BTreeSet<InputRef>,
    rendered: BTreeMap<ObjectKey, LedgerEntry>,
    sources: Vec<SourceState>,
    standing: EnvironmentStates,
    approved: Option<String>,
    policy: GuardPolicy,
    now: Timestamp,
}

impl World {
    fn empty() -> Self {
        Self {
            ledger: Ledger::default(),
            inputs: BTreeSet::new(),
            rendered: BTreeMap::new(),
            sources: vec![],
            standing: EnvironmentStates::default(),
            approved: None,
            policy: GuardPolicy::default(),
            now: Timestamp::from_millis(1_764_000_000_000),
        }
    }

    /// One object for each of these inputs, all of them there.
    fn with(inputs: &[(&str, usize)]) -> Self {
        let mut world = Self::empty();
        for (source, count) in inputs {
            world.sources.push(SourceState::new(*source, Freshness::Fresh));
            for id in 0..*count {
                world.has(entry(&format!("{source}-{id}"), Some(input(source, id))));
            }
        }
        world
    }

    /// This object is rendered, and was before.
    fn has(&mut self, entry: LedgerEntry) {
        self.ledger.insert(entry.clone());
        self.renders(entry);
    }

    /// This object is rendered now.
    fn renders(&mut self, entry: LedgerEntry) {
        self.inputs.extend(entry.input.clone());
        self.rendered.insert(entry.key.clone(), entry);
    }

    fn appears(&mut self, source: &str, id: usize) {
        self.renders(entry(&format!("{source}-{id}"), Some(input(source, id))));
    }

    /// These inputs are gone, with everything that was rendered from them.
    fn loses(mut self, source: &str, ids: Range<usize>) -> Self {
        for id in ids {
            let gone = input(source, id);
            self.inputs.remove(&gone);
            self.rendered.retain(|_, entry| entry.input.as_ref() != Some(&gone));
        }
        self
    }

    /// Nothing of this name is rendered any more, whatever its input.
    fn drops(&mut self, names: impl Fn(&str) -> bool) {
        self.rendered.retain(|key, _| !names(&key.name));
    }

    fn intended(&self) -> Ledger {
        let mut intended = self.ledger.clone();
        self.rendered.values().for_each(|entry| intended.insert(entry.clone()));
        intended
    }

    fn judgement(&self) -> Judgement {
        let stale: Vec<_> =
            self.ledger.iter().filter(|entry| !self.rendered.contains_key(&entry.key)).cloned().collect();
        let eligibility =
            PruneEligibility { present: &self.inputs, sources: &self.sources, standing: &self.standing, unnamed: &[] };
        let StaleEntries { known: stale, unknown } = eligibility.partition(stale);
        judge(
            self.policy,
            &Evidence {
                stale: &stale,
                ledger: &self.ledger,
                intended: &self.intended(),
                nothing_desired: self.rendered.is_empty(),
                inputs: &self.inputs,
                unknown,
                approved: self.approved.as_deref(),
                now: self.now,
            },
        )
    }

    fn judged(&self) -> Verdict {
        self.judgement().verdict
    }

    fn hold(&self) -> Hold {
        match self.judged() {
            Verdict::Held(hold) => hold,
            other => panic!("not held: {other:?}"),
        }
    }

    /// Applies, deletes what may be deleted, and remembers: what a reconciliation does with the ledger.
    fn passes(&mut self) -> Verdict {
        let Judgement { verdict, memory } = self.judgement();
        let mut after = self.intended();
        for entry in self.ledger.iter().filter(|entry| !self.rendered.contains_key(&entry.key)) {
            if verdict.releases(&entry.key) {
                after.remove(&entry.key);
            } else if let (Verdict::Held(_), Some(entry)) = (&verdict, after.get_mut(&entry.key)) {
                entry.mark = Mark::Held;
            }
        }
        after.set_guard(memory);
        self.ledger = after;
        verdict
    }

    #[track_caller]
    fn is_held(&self, why: &str) {
        assert_eq!(self.hold().why, why);
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
    World::with(&[("p", 20)]).loses("p", 0..9).is_allowed();
    World::with(&[("p", 10)]).loses("p", 0..5).is_allowed();
    World::with(&[("p", 2)]).loses("p", 0..1).is_allowed();
}

#[test]
fn losing_half_and_more_than_five_is_held() {
    World::with(&[("p", 100)]).loses("p", 0..50).is_held("50 of 100 inputs are gone at once");
    World::with(&[("p", 12)]).loses("p", 0..6).is_held("6 of 12 inputs are gone at once");
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
    World::with(&[("p", 3), ("q", 3)]).loses("q", 0..3).is_held("all 3 inputs of provider q are gone");
    World::with(&[("p", 3), ("q", 1)]).loses("q", 0..1).is_held("the only input of provider q is gone");
}

#[test]
fn one_input_that_is_replaced_by_another_is_everyday_but_all_of_several_are_not() {
    let mut one = World::with(&[("p", 1)]).loses("p", 0..1);
    one.appears("p", 7);
    one.is_allowed();
    let mut scheme = World::with(&[("p", 3)]).loses("p", 0..3);
    scheme.appears("p", 7);
    scheme.is_held("all 3 inputs of provider p are gone");
}

#[test]
fn a_preview_of_many_objects_counts_once() {
    let mut world = World::with(&[("p", 3)]);
    for n in 0..30 {
        world.has(entry(&format!("more-{n}"), Some(input("p", 0))));
    }
    world.loses("p", 0..1).is_allowed();
}

#[test]
fn an_inventory_that_was_taken_over_is_judged_by_its_objects() {
    let mut world = World::with(&[("p", 1)]);
    for n in 0..12 {
        world.has(entry(&format!("old-{n}"), None));
    }
    world.drops(|name| ["old-0", "old-1", "old-2", "old-3", "old-4"].contains(&name));
    world.is_allowed();
    world.drops(|name| name.starts_with("old-"));
    world.is_held("12 of 13 objects are not rendered any more although their inputs are still there");
}

#[test]
fn a_set_and_a_provider_of_one_name_are_two_sources() {
    let inline =
        |id: usize| InputRef { source: SourceRef::set("p").into(), uid: crate::digest::uid("set", &id.to_string()) };
    let mut world = World::with(&[("p", 3)]);
    for id in 0..3 {
        world.has(entry(&format!("inline-{id}"), Some(inline(id))));
    }
    world.clone().loses("p", 0..3).is_held("all 3 inputs of provider p are gone");
    world.clone().loses("p", 0..2).is_allowed();
    for id in 0..3 {
        world.inputs.remove(&inline(id));
    }
    world.drops(|name| name.starts_with("inline-"));
    world.is_held("all 3 inputs of the set itself are gone");
}

#[test]
fn a_ledger_of_an_older_version_is_judged_by_the_sources_that_its_names_can_only_mean() {
    let untyped = |entry: &LedgerEntry| {
        let input = entry.input.as_ref().unwrap();
        let name = if entry.key.name.starts_with('p') { "p" } else { "q" };
        LedgerEntry { input: InputRef::parse(&format!("{name}/{}", input.uid)), ..entry.clone() }
    };
    let old = |world: World| {
        let ledger: Ledger = world.ledger.iter().map(untyped).collect();
        let ledger = ledger.typed(&world.inputs, world.sources.iter().map(|source| source.name.as_str())).into_owned();
        World { ledger, ..world }
    };
    old(World::with(&[("p", 3), ("q", 3)])).is_allowed();
    old(World::with(&[("p", 3), ("q", 3)]).loses("q", 0..1)).is_allowed();
    old(World::with(&[("p", 3), ("q", 3)]).loses("q", 0..3)).is_held("all 3 inputs of provider q are gone");
    // A set that has the name of the provider: whose the vanished ones were cannot be told, and then it is held.
    let mut both = World::with(&[("p", 3)]);
    let set = InputRef { source: SourceRef::set("p").into(), uid: "0123456789abcdef".into() };
    both.has(entry("p-inline", Some(set)));
    let hold = old(both.loses("p", 0..3)).hold();
    assert_eq!((hold.why.as_str(), hold.objects.len()), ("all 3 inputs of p are gone", 3));
}

#[test]
fn what_is_suspicious_is_held_and_the_rest_goes() {
    let world = World::with(&[("p", 10), ("q", 3)]).loses("p", 0..1).loses("q", 0..3);
    let hold = world.hold();
    let names: Vec<&str> = hold.objects.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["q-0", "q-1", "q-2"]);
    let released = |name: &str| world.judged().releases(&entry(name, None).key);
    assert!(released("p-0") && !released("q-0"));
}

#[test]
fn what_is_held_stays_held_until_it_is_approved_or_comes_back_or_the_policy_changes() {
    let mut world = World::with(&[("p", 3)]).loses("p", 0..3);
    world.appears("other", 0);
    assert!(matches!(world.passes(), Verdict::Held(_)));
    // One new input, and the three are no longer all that the source ever had.
    world.appears("p", 7);
    for _ in 0..3 {
        world.now += 2 * HIGH_WATER;
        assert!(matches!(world.passes(), Verdict::Held(_)));
        world.is_held("held before and not approved: 3");
    }
    let mut allowed = world.clone();
    allowed.policy.allow_empty = true;
    allowed.is_allowed();
    world.appears("p", 0);
    world.is_held("held before and not approved: 2");
    world.appears("p", 1);
    world.appears("p", 2);
    assert_eq!(world.passes(), Verdict::Allowed);
    assert_eq!(*world.ledger.guard(), GuardMemory::default());
}

#[test]
fn nothing_is_deleted_on_partial_knowledge() {
    let reason = |world: &World| match world.judged() {
        Verdict::Blocked { reason, .. } => reason,
        other => panic!("not blocked: {other:?}"),
    };
    let mut failed = World::with(&[("p", 5)]);
    failed.has(entry("of-no-input", None));
    failed.drops(|name| name == "of-no-input");
    failed.standing.unrendered = Some("a template failed".into());
    assert_eq!(reason(&failed), Reason::ReconciliationFailed);
    let mut stale = World::with(&[("p", 5)]).loses("p", 0..1);
    stale.sources[0].freshness =
        Freshness::Stale { reason: Reason::SourceUnavailable, since: Timestamp::from_millis(1) };
    assert_eq!(reason(&stale), Reason::SourceStale);
    let mut never = World::with(&[("p", 5), ("q", 5)]).loses("q", 0..5);
    never.sources[1].freshness = Freshness::Never;
    assert_eq!(reason(&never), Reason::InputsNotReady);
    never.policy.on = false;
    assert_eq!(reason(&never), Reason::InputsNotReady);
}

#[test]
fn annotations_turn_the_guard_off_or_allow_emptiness_only() {
    let annotated = |key: &str, value: &str| {
        GuardPolicy::default().with_annotations(&[(key.to_owned(), value.to_owned())].into()).0
    };
    let mut world = World::with(&[("p", 20), ("q", 2)]).loses("p", 0..20);
    world.policy = annotated(keys::PRUNE_GUARD, "off");
    world.is_allowed();
    world.policy = annotated(keys::ALLOW_EMPTY, "true");
    world.is_allowed();
    world.policy = annotated(keys::ALLOW_EMPTY, "yes");
    world.is_held("all 20 inputs of provider p are gone");
    let mut dropped = World::with(&[("p", 20)]).loses("p", 0..12);
    dropped.policy = annotated(keys::ALLOW_EMPTY, "true");
    dropped.is_held("12 of 20 inputs are gone at once");
    dropped.policy = annotated(keys::PRUNE_GUARD, "61/5");
    dropped.is_allowed();
}

#[test]
fn objects_that_are_kept_on_purpose_or_approved_do_not_count() {
    let mut world = World::with(&[("p", 2)]);
    for n in 0..20 {
        let mark = if n % 2 == 0 { Mark::PruneDisabled } else { Mark::Approved };
        world.ledger.insert(LedgerEntry { mark, ..entry(&format!("kept-{n}"), None) });
    }
    world.is_allowed();
}
