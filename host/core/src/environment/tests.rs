//! Who is left out, who goes on, and what may be pruned.

use super::*;
use crate::conditions::Reason;
use crate::desired::FailedEnvironment;
use crate::desired::{DesiredSet, DesiredStep, Wanted};
use crate::guard::SourceState;
use crate::input::NamespacedName;
use crate::ledger::InputRef;
use crate::ledger::{InputSource, Ledger, LedgerEntry, SourceRef};
use crate::object::{Object, ObjectKey, PackedObject};
use crate::plan::Halted;
use crate::plan::{Action, ApplyReport, Change, FailedObject, Owner, Plan, UnreadyObject, plan};
use crate::selection::{Freshness, UnreadableInputs};
use crate::time::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

fn input(source: &str, id: &str) -> InputRef {
    InputRef { source: of(source), uid: id.into() }
}

/// `set` is the set itself, everything else a provider; several are joined by `+`.
fn of(source: &str) -> InputSource {
    let one = |name| if name == "set" { SourceRef::set(name) } else { SourceRef::provider(name) };
    InputSource::new(source.split('+').map(one).collect())
}

fn key(name: &str) -> ObjectKey {
    ObjectKey { group: String::new(), kind: "ConfigMap".into(), namespace: "apps".into(), name: name.into() }
}

fn wanted(name: &str, inputs: &[&InputRef]) -> Wanted {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "apps"}});
    let mut makers = inputs.iter().map(|input| Arc::new((*input).clone()));
    Wanted {
        object: PackedObject::new(&Object(object.as_object().cloned().unwrap())),
        origin: "spec.resources[0]".into(),
        input: makers.next(),
        sharers: makers.collect(),
        template: "resources[0]".into(),
    }
}

fn planned(objects: Vec<Wanted>, ledger: &Ledger) -> Plan {
    let owner = Owner { name: NamespacedName::new("apps", "set"), service_account: None, force: false };
    let steps = vec![DesiredStep { name: None, wait: None, objects }];
    plan(owner, DesiredSet { steps, ..DesiredSet::default() }, ledger).unwrap()
}

fn entry(name: &str, input: Option<&InputRef>) -> LedgerEntry {
    LedgerEntry { input: input.cloned(), ..LedgerEntry::about_to_be(key(name), "v1") }
}

fn applied(names: &[&str]) -> ApplyReport {
    let change = |name: &&str| Change { key: key(name), version: "v1".into(), uid: None, action: Action::Unchanged };
    ApplyReport { changes: names.iter().map(change).collect(), ..ApplyReport::default() }
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.objects().map(|planned| planned.object.name()).collect()
}

#[test]
fn an_impossible_name_leaves_out_its_own_environment_and_nothing_of_it_is_stale() {
    let (good, bad) = (input("p", "1"), input("p", "2"));
    let ledger: Ledger = [entry("bad-config", Some(&bad)), entry("gone", Some(&input("p", "3")))].into_iter().collect();
    let objects = vec![wanted("good", &[&good]), wanted("bad-config", &[&bad]), wanted("feat/x", &[&bad])];
    let plan = planned(objects, &ledger);
    assert_eq!(names(&plan), ["good"]);
    let stale: Vec<&str> = plan.stale.iter().map(|entry| entry.key.name.as_str()).collect();
    assert_eq!(stale, ["gone"]);
    assert!(!plan.ledger.contains(&key("feat/x")) && plan.ledger.contains(&key("bad-config")));
    let [failed] = plan.failed.as_slice() else { panic!("{:?}", plan.failed) };
    assert_eq!(failed.input, bad);
    assert!(failed.message.contains("feat/x") && failed.message.contains("metadata.name"), "{}", failed.message);
}

#[test]
fn an_object_that_two_of_three_need_is_applied_as_long_as_one_of_them_goes_on() {
    let inputs = ["1", "2", "3"].map(|id| input("p", id));
    let [first, second, third] = &inputs;
    let objects = vec![wanted("both", &[first, second]), wanted("a/b", &[first]), wanted("other", &[third])];
    let plan = planned(objects, &Ledger::default());
    assert_eq!(names(&plan), ["both", "other"]);
    assert_eq!(plan.ledger.get(&key("both")).unwrap().input, None, "it is of no single input");
    let mut halted = Halted::of(&plan.failed);
    let both = plan.objects().next().unwrap();
    assert!(!halted.stops(both));
    halted.halt(both);
    assert!(halted.stops(both) && !halted.is_everything());
}

#[test]
fn a_shared_object_that_fails_ends_everything() {
    let plan = planned(vec![wanted("shared", &[]), wanted("one", &[&input("p", "1")])], &Ledger::default());
    let mut halted = Halted::default();
    let shared = plan.objects().find(|planned| planned.input.is_none()).unwrap();
    halted.halt(shared);
    assert!(halted.is_everything() && plan.objects().all(|planned| halted.stops(planned)));
    let report = ApplyReport { failed: vec![FailedObject::new(key("shared"), "no")], ..applied(&[]) };
    let standing = EnvironmentStates::of(&plan, &report);
    assert_eq!((standing.shared.len(), standing.failed.len()), (1, 0));
    assert!(!standing.is_whole(&input("p", "1")));
}

#[test]
fn an_environment_is_whole_only_if_all_of_it_is_there_and_ready() {
    let inputs = ["1", "2", "3", "4"].map(|id| input("p", id));
    let [whole, failed, waiting, partial] = &inputs;
    let objects = inputs.iter().map(|input| wanted(&format!("of-{}", input.uid), &[input])).collect();
    let plan = planned(objects, &Ledger::default());
    let wait = UnreadyObject {
        key: key("of-3"),
        message: String::new(),
        status: "InProgress".into(),
        since: Timestamp::default(),
        until: Timestamp::from_millis(1),
    };
    let report = ApplyReport {
        failed: vec![FailedObject::new(key("of-2"), "no")],
        waiting: vec![wait],
        ..applied(&["of-1", "of-2", "of-3"])
    };
    let standing = EnvironmentStates::of(&plan, &report);
    assert!(standing.is_whole(whole));
    for input in [failed, waiting, partial] {
        assert!(!standing.is_whole(input), "{input:?}");
    }
    assert!(!standing.is_complete());
    assert_eq!(standing.failed.keys().collect::<Vec<_>>(), [failed]);
}

/// Three providers' inputs in the ledger, and what is known now.
struct Story {
    present: Vec<InputRef>,
    sources: Vec<SourceState>,
    standing: EnvironmentStates,
    unnamed: Vec<Unnamed>,
}

impl Story {
    fn new(present: &[&InputRef], sources: &[(&str, Freshness)]) -> Self {
        let sources = sources.iter().map(|(name, freshness)| SourceState::new(*name, freshness.clone()));
        Self {
            present: present.iter().map(|input| (*input).clone()).collect(),
            sources: sources.collect(),
            standing: EnvironmentStates::default(),
            unnamed: vec![],
        }
    }

    fn goes(&self, stale: &[LedgerEntry]) -> Vec<String> {
        let present: BTreeSet<InputRef> = self.present.iter().cloned().collect();
        let eligibility = PruneEligibility {
            present: &present,
            sources: &self.sources,
            standing: &self.standing,
            unnamed: &self.unnamed,
        };
        let entries = eligibility.partition(stale.to_vec());
        assert_eq!(entries.unknown.is_some(), entries.known.len() < stale.len());
        entries.known.into_iter().map(|entry| entry.key.name).collect()
    }
}

fn stale() -> Freshness {
    Freshness::Stale { reason: Reason::SourceUnavailable, since: Timestamp::from_millis(1) }
}

#[test]
fn what_is_gone_from_its_own_provider_goes_though_another_is_stale() {
    let all = [
        entry("of-p", Some(&input("p", "1"))),
        entry("of-q", Some(&input("q", "1"))),
        entry("of-both", Some(&input("p+q", "1"))),
        entry("inline", Some(&input("set", "1"))),
        entry("of-former", Some(&input("former", "1"))),
        entry("unknown", None),
    ];
    let goes = |q: Freshness| Story::new(&[], &[("p", Freshness::Fresh), ("q", q)]).goes(&all);
    assert_eq!(goes(Freshness::Fresh), ["of-p", "of-q", "of-both", "inline", "of-former", "unknown"]);
    assert_eq!(goes(stale()), ["of-p", "inline"]);
    assert_eq!(goes(Freshness::Never), ["of-p", "inline"]);
}

#[test]
fn an_environment_that_failed_keeps_what_it_has_and_the_others_do_not_wait_for_it() {
    let (good, bad, gone) = (input("p", "1"), input("p", "2"), input("p", "3"));
    let all = [
        entry("old-of-good", Some(&good)),
        entry("old-of-bad", Some(&bad)),
        entry("of-gone", Some(&gone)),
        entry("unknown", None),
    ];
    let mut story = Story::new(&[&good, &bad], &[("p", Freshness::Fresh)]);
    assert_eq!(story.goes(&all).len(), 4);
    story.standing.fail(FailedEnvironment { input: bad, reason: Reason::BuildFailed, message: "no".into() });
    assert_eq!(story.goes(&all), ["old-of-good", "of-gone"]);
    story.standing.shared.push(FailedObject::new(key("shared"), "no"));
    assert_eq!(story.goes(&all), ["of-gone"]);
}

#[test]
fn what_may_have_been_an_unnamed_input_before_it_changed_stays() {
    let before = [entry("env-login", Some(&input("set", "1"))), entry("env-search", Some(&input("set", "2")))];
    let now = input("set", "3");
    let mut story = Story::new(&[&now], &[]);
    story.standing.fail(FailedEnvironment { input: now, reason: Reason::BuildFailed, message: "no".into() });
    story.unnamed = vec![Unnamed { source: of("set"), values: vec!["Login".into(), "x: [".into()] }];
    assert_eq!(story.goes(&before), ["env-search"]);
    story.unnamed[0].source = of("other");
    assert_eq!(story.goes(&before).len(), 2);
}

#[test]
fn what_cannot_be_read_may_be_what_the_ledger_knows() {
    let (unreadable, gone, other) = (input("p", "1"), input("p", "2"), input("q", "1"));
    let stale = [entry("unreadable", Some(&unreadable)), entry("gone", Some(&gone)), entry("other", Some(&other))];
    let mut story = Story::new(&[], &[("p", Freshness::Fresh), ("q", Freshness::Fresh)]);
    assert_eq!(story.goes(&stale), ["unreadable", "gone", "other"]);
    story.sources[0].unreadable = UnreadableInputs::These(["1".to_owned()].into());
    assert_eq!(story.goes(&stale), ["gone", "other"]);
    story.sources[0].unreadable = UnreadableInputs::Any;
    assert_eq!(story.goes(&stale), ["other"]);
}

#[test]
fn a_part_that_cannot_be_read_and_is_not_exported_keeps_every_permutation() {
    let stale = [entry("of-both", Some(&input("p+q", "1"))), entry("of-p", Some(&input("p", "1")))];
    let mut story = Story::new(&[], &[("p", Freshness::Fresh), ("q", Freshness::Fresh)]);
    assert_eq!(story.goes(&stale), ["of-both", "of-p"]);
    for unreadable in [UnreadableInputs::These(["7".to_owned()].into()), UnreadableInputs::Any] {
        story.sources[1].unreadable = unreadable;
        assert_eq!(story.goes(&stale), ["of-p"]);
    }
}
