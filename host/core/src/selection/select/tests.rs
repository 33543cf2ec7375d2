//! What users may rely on between an answer and what is exported.

use super::*;
use crate::digest;
use crate::input::UnreadableItem;
use crate::selection::{Filter, FilterSpec, NameKind, ServedType};
use serde_json::{Map, Value, json};

fn pull(id: u32, branch: &str, labels: &[&str]) -> Input {
    Input {
        id: id.to_string(),
        attributes: json!({"branch": branch, "sha": format!("s{id}"), "labels": labels}).as_object().cloned().unwrap(),
        facts: Facts::default(),
    }
}

fn pulls(ids: impl IntoIterator<Item = u32>) -> Vec<Input> {
    ids.into_iter().map(|id| pull(id, "b", &[])).collect()
}

fn tag(name: &str) -> Input {
    Input {
        id: digest::adler32_id(name),
        attributes: json!({"tag": name}).as_object().cloned().unwrap(),
        facts: Facts::default(),
    }
}

fn served(kind: NameKind) -> ServedType {
    let tags = kind == NameKind::Tag;
    ServedType {
        name: "T".into(),
        name_kind: kind,
        name_attribute: if tags { "tag" } else { "branch" }.into(),
        labelled: !tags,
        limit_rule: if tags { LimitRule::Best } else { LimitRule::Admit },
    }
}

/// A provider over time.
struct Provider {
    served: ServedType,
    spec: FilterSpec,
    skip: Vec<String>,
    defaults: Map<String, Value>,
    now: Selected,
}

impl Provider {
    fn of(kind: NameKind, limit: i64) -> Self {
        let spec = FilterSpec { limit: Some(limit), ..FilterSpec::default() };
        Self { served: served(kind), spec, skip: vec![], defaults: Map::new(), now: Selected::default() }
    }

    fn try_answer(&self, inputs: impl Into<Found>, coverage: Coverage) -> Result<Selected, SelectError> {
        let filter = Filter::parse(&self.spec, &self.served).unwrap();
        select(
            inputs,
            coverage,
            &Question {
                served: &self.served,
                filter: &filter,
                skip: &self.skip,
                defaults: &self.defaults,
                exported: &self.now.exported,
                waiting: &self.now.waiting,
            },
        )
    }

    fn answers(&mut self, inputs: impl Into<Found>) -> Vec<String> {
        self.now = self.try_answer(inputs, Coverage::Complete).unwrap();
        self.seen("id")
    }

    fn seen(&self, key: &str) -> Vec<String> {
        self.now.exported.iter().map(|map| map[key].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn expressions_too_large_for_the_names_of_an_answer_are_refused_and_ordinary_ones_never() {
    let mut provider = Provider::of(NameKind::Branch, 5_000);
    let name = "feat/SHOP-1234-make-the-checkout-of-the-shop-faster-than-before";
    let many = || (0..5_000).map(|id| pull(id, name, &[])).collect::<Vec<_>>();
    for ordinary in ["^feat/", "^(main|feat/SHOP-[0-9]+-.*)$", r"(?i)^[a-z]+/\w+-\d+"] {
        provider.spec.include_branch = Some(ordinary.into());
        assert_eq!(provider.try_answer(many(), Coverage::Complete).unwrap().exported.len(), 5_000, "{ordinary}");
    }
    provider.spec.include_branch = Some(r"\pL{20}".into());
    assert_eq!(provider.try_answer(many(), Coverage::Complete), Err(SelectError::FilterTooLarge(5_000)));
    assert!(provider.try_answer(many().into_iter().take(100).collect::<Vec<_>>(), Coverage::Complete).is_ok());
}

#[test]
fn those_already_exported_stay_and_new_ones_wait_in_turn() {
    let mut provider = Provider::of(NameKind::Branch, 3);
    assert_eq!(provider.answers(pulls([3, 2, 1])), ["3", "2", "1"]);
    assert_eq!(provider.answers(pulls([5, 4, 3, 2, 1])), ["3", "2", "1"]);
    assert_eq!(provider.now.waiting, ["5", "4"]);
    assert!(provider.now.notices[0].message.starts_with("2 inputs wait because the limit of 3 is reached: 5, 4"));
    // 6 is newer than those that wait, and 2 has gone.
    assert_eq!(provider.answers(pulls([6, 5, 4, 3, 1])), ["5", "3", "1"]);
    assert_eq!(provider.now.waiting, ["4", "6"]);
    provider.spec.limit = Some(1);
    assert_eq!(provider.answers(pulls([6, 5, 4, 3, 1])), ["5", "3", "1"]);
}

#[test]
fn of_tags_the_best_win() {
    let mut provider = Provider::of(NameKind::Tag, 2);
    provider.answers(["v1.9.0", "v1.10.0", "latest"].map(tag).to_vec());
    assert_eq!(provider.seen("tag"), ["v1.9.0", "v1.10.0"]);
    provider.spec.semver = Some(">=1.0.0".into());
    provider.answers(["v1.9.0", "v1.10.0", "1.10.0", "latest"].map(tag).to_vec());
    assert_eq!(provider.seen("tag"), ["v1.10.0", "1.10.0"]);
    assert!(provider.now.waiting.is_empty());
}

#[test]
fn a_skipped_input_is_frozen_if_known_and_left_out_if_not() {
    let mut provider = Provider::of(NameKind::Branch, 10);
    provider.skip = vec!["wip".into()];
    provider.defaults = json!({"team": "a"}).as_object().cloned().unwrap();
    provider.answers(vec![pull(1, "one", &[])]);
    provider.defaults = json!({"team": "b"}).as_object().cloned().unwrap();
    let mut moved = pull(1, "moved", &["wip"]);
    moved.attributes.insert("sha".into(), json!("new"));
    assert_eq!(provider.answers(vec![moved, pull(2, "two", &["wip"])]), ["1"]);
    assert_eq!(
        provider.now.exported[0],
        json!({"id": "1", "branch": "one", "sha": "s1", "labels": [], "team": "b"}).as_object().cloned().unwrap()
    );
    assert!(provider.answers(vec![]).is_empty());
}

#[test]
fn own_values_win_over_defaults_and_nothing_wins_over_the_id() {
    let mut provider = Provider::of(NameKind::Branch, 10);
    provider.defaults = json!({"id": "x", "branch": "x", "team": {"a": 1}}).as_object().cloned().unwrap();
    provider.answers(vec![pull(7, "own", &[])]);
    let exported = &provider.now.exported[0];
    assert_eq!(
        (&exported["id"], &exported["branch"], &exported["team"]),
        (&json!("7"), &json!("own"), &json!({"a": 1}))
    );
}

#[test]
fn a_partial_answer_adds_and_updates_and_removes_nothing() {
    let mut provider = Provider::of(NameKind::Branch, 3);
    provider.answers(pulls([2, 1]));
    provider.now = provider
        .try_answer(vec![pull(4, "new", &[]), pull(3, "new", &[]), pull(1, "changed", &[])], Coverage::Partial)
        .unwrap();
    assert_eq!(provider.seen("id"), ["2", "1", "4"]);
    assert_eq!(provider.seen("branch"), ["b", "changed", "new"]);
    assert_eq!(provider.now.waiting, ["3"]);
}

#[test]
fn two_inputs_of_one_id_and_name_reject_the_whole_answer() {
    let provider = Provider::of(NameKind::Branch, 10);
    let twice = provider.try_answer(pulls([1, 2, 1]), Coverage::Complete);
    assert_eq!(twice, Err(SelectError::DuplicateId { first: 0, second: 2, id: "1".into(), name: "b".into() }));
    let twice = Provider::of(NameKind::Tag, 10).try_answer(vec![tag("v1"), tag("v1")], Coverage::Complete);
    assert!(matches!(twice, Err(SelectError::DuplicateId { .. })));
}

#[test]
fn ids_that_collide_as_flux_operators_do_are_a_warning_and_keep_both() {
    let mut provider = Provider::of(NameKind::Tag, 10);
    provider.answers(vec![tag("v0.0.40"), tag("v0.1.12")]);
    assert_eq!(provider.seen("tag"), ["v0.1.12", "v0.0.40"]);
    assert_eq!(provider.now.notices[0].reason, Reason::DuplicateObjects);
    let said = &provider.now.notices[0].message;
    assert!(said.contains(r#""v0.1.12" and "v0.0.40" have the id"#) && said.contains("inputs.tag"), "{said}");
    // Nobody needs to know of collisions among what is not exported.
    let mut one = Provider::of(NameKind::Tag, 1);
    one.answers(vec![tag("v0.0.40"), tag("v0.1.12"), tag("v0.2.0")]);
    assert_eq!((one.seen("tag"), one.now.notices.len()), (vec!["v0.2.0".to_owned()], 0));
}

#[test]
fn ids_of_a_plugins_own_making_may_collide_too() {
    let named = |name: &str, sha: &str| Input {
        id: "7".into(),
        attributes: json!({"branch": name, "sha": sha}).as_object().cloned().unwrap(),
        facts: Facts::default(),
    };
    let mut provider = Provider::of(NameKind::Branch, 2);
    provider.answers(vec![named("a", "1")]);
    assert_eq!(provider.answers(vec![named("b", "1"), named("a", "2"), named("c", "1")]), ["7", "7"]);
    assert_eq!(
        (provider.seen("branch"), provider.now.waiting.clone()),
        (vec!["b".into(), "a".into()], vec!["7/c".to_owned()])
    );
    provider.answers(vec![named("c", "1"), named("d", "1"), named("a", "3")]);
    assert_eq!(
        (provider.seen("branch"), provider.seen("sha")),
        (vec!["c".into(), "a".into()], vec!["1".into(), "3".into()])
    );
    assert_eq!(provider.now.waiting, ["7/d"]);
}

#[test]
fn branches_that_share_a_checksum_wait_and_are_admitted_each_on_its_own() {
    let branch = |name: &str| Input {
        id: digest::adler32_id(name),
        attributes: json!({"branch": name}).as_object().cloned().unwrap(),
        facts: Facts::default(),
    };
    assert_eq!(digest::adler32_id("SHOP-131"), digest::adler32_id("SHOP-212"));
    let mut provider = Provider::of(NameKind::Branch, 2);
    provider.answers(vec![branch("main"), branch("SHOP-131")]);
    provider.answers(vec![branch("SHOP-212"), branch("main"), branch("SHOP-131")]);
    assert_eq!(provider.seen("branch"), ["main", "SHOP-131"]);
    assert_eq!(provider.now.waiting, [format!("{}/SHOP-212", digest::adler32_id("SHOP-212"))]);
    provider.answers(vec![branch("SHOP-212"), branch("main")]);
    assert_eq!(provider.seen("branch"), ["SHOP-212", "main"]);
}

#[test]
fn every_bound_is_refused_with_its_size() {
    let provider = Provider::of(NameKind::Branch, 10_000);
    let reject = |inputs| provider.try_answer(inputs, Coverage::Complete).unwrap_err();
    let sized = |id: u32, bytes: usize| Input {
        id: id.to_string(),
        attributes: json!({"branch": "b", "x": "y".repeat(bytes)}).as_object().cloned().unwrap(),
        facts: Facts::default(),
    };
    assert_eq!(reject(pulls(0..10_001)), SelectError::TooMany(10_001));
    assert!(matches!(reject((0..200).map(|id| sized(id, 30_000)).collect()), SelectError::TooBig(_)));
    assert!(matches!(
        reject((0..50).map(|id| sized(id, 30_000)).collect()),
        SelectError::StatusTooBig { count: 50, .. }
    ));
}

fn unreadable(id: Option<&str>, name: Option<&str>) -> UnreadableItem {
    UnreadableItem { id: id.map(Into::into), name: name.map(Into::into), problem: "commit is null".into() }
}

#[test]
fn an_unreadable_item_keeps_its_last_inputs_and_the_others_change() {
    let mut provider = Provider::of(NameKind::Branch, 10);
    provider.answers(vec![pull(3, "three", &[]), pull(2, "two", &[]), pull(1, "one", &[])]);
    let two = provider.now.exported[1].clone();
    let answer = || Found {
        inputs: vec![pull(4, "new", &[]), pull(1, "changed", &[])],
        unreadable: vec![unreadable(Some("2"), Some("two"))],
    };
    assert_eq!(provider.answers(answer()), ["2", "4", "1"], "3 is gone, 2 stays");
    assert_eq!(provider.now.exported[0], two);
    let said = &provider.now.notices[0];
    assert_eq!(said.reason, Reason::MalformedResponse);
    assert_eq!(
        said.message,
        "1 item of the answer cannot be read, the others are exported: branch \"two\" (id \"2\"): commit is null; its last inputs stay"
    );
    assert_eq!(provider.now.unreadable, ["2"]);
    assert_eq!(provider.answers(answer()), ["2", "4", "1"], "and again");
    assert_eq!(provider.answers(vec![pull(4, "new", &[])]), ["4"], "it is gone once the answer says so");
}

#[test]
fn an_unreadable_item_that_was_never_exported_is_left_out() {
    let mut provider = Provider::of(NameKind::Tag, 5);
    let answer = Found {
        inputs: vec![tag("v1"), tag("v2")],
        unreadable: vec![unreadable(Some(&digest::adler32_id("v3")), Some("v3"))],
    };
    provider.answers(answer);
    assert_eq!(provider.now.unreadable, [format!("{}/v3", digest::adler32_id("v3"))]);
    assert_eq!(provider.seen("tag"), ["v2", "v1"]);
    assert!(provider.now.notices[0].message.ends_with("it is left out"), "{:?}", provider.now.notices);
}

#[test]
fn an_unreadable_tag_stays_beside_the_best_and_takes_no_place() {
    let mut provider = Provider::of(NameKind::Tag, 2);
    provider.answers(["v1", "v2"].map(tag).to_vec());
    let answer = Found { inputs: ["v2", "v3", "v4"].map(tag).to_vec(), unreadable: vec![unreadable(None, Some("v1"))] };
    provider.answers(answer);
    assert_eq!(provider.seen("tag"), ["v4", "v3", "v1"]);
}

#[test]
fn an_unreadable_item_without_identity_may_be_any_that_is_missing() {
    let mut provider = Provider::of(NameKind::Branch, 2);
    provider.answers(pulls([3, 2]));
    let answer = Found { inputs: pulls([4, 3]), unreadable: vec![unreadable(None, None)] };
    assert_eq!(provider.answers(answer), ["3", "2"]);
    assert_eq!(provider.now.waiting, ["4"], "what stays takes its place");
    assert_eq!(provider.now.unreadable, ["*"]);
}

#[test]
fn a_filter_that_excludes_an_unreadable_item_by_name_is_obeyed() {
    let mut provider = Provider::of(NameKind::Branch, 10);
    provider.answers(vec![pull(2, "two", &[]), pull(1, "one", &[])]);
    provider.spec.exclude_branch = Some("^two$".into());
    assert_eq!(
        provider.answers(Found { inputs: vec![pull(1, "one", &[])], unreadable: vec![unreadable(Some("2"), None)] }),
        ["1"]
    );
}

#[test]
fn an_input_without_name_bad_id_or_too_large_is_unreadable_and_named() {
    let with = |id: &str, attributes: Value| Input {
        id: id.into(),
        attributes: attributes.as_object().cloned().unwrap(),
        facts: Facts::default(),
    };
    for (bad, problem) in [
        (with("1", json!({"sha": "x"})), "it has no attribute branch, which holds its name"),
        (with("1", json!({"branch": ""})), "it has no attribute branch, which holds its name"),
        (with("1", json!({"branch": 7})), "its attribute branch, which holds its name, is not text"),
        (with("1", json!({"branch": "one", "x": "y".repeat(MAX_INPUT_BYTES)})), "more than the maximum of 32768"),
        (with("", json!({"branch": "one"})), "its id \"\" is not 1 to 253 printable characters"),
        (with(&"x".repeat(254), json!({"branch": "one"})), "is not 1 to 253 printable characters"),
        (with("a\nb", json!({"branch": "one"})), "its id \"a\\nb\" is not"),
    ] {
        let mut provider = Provider::of(NameKind::Branch, 10);
        provider.answers(vec![pull(2, "two", &[]), pull(1, "one", &[])]);
        provider.spec.include_branch = Some(".".into());
        assert_eq!(provider.answers(vec![pull(3, "three", &[]), bad]).len(), 2, "{problem}");
        assert_eq!(provider.seen("branch"), ["one", "three"], "{problem}");
        assert!(provider.now.notices[0].message.contains(problem), "{:?}", provider.now.notices);
    }
    assert_eq!(
        Provider::of(NameKind::Branch, 10).answers(vec![with(&"ü".repeat(253), json!({"branch": "b"}))]).len(),
        1
    );
}

#[test]
fn skip_labels_on_a_type_without_labels_are_a_warning() {
    let mut provider = Provider::of(NameKind::Tag, 10);
    provider.skip = vec!["!x".into()];
    assert_eq!(provider.answers(vec![tag("v1")]).len(), 1);
    assert!(provider.now.notices[0].message.starts_with("spec.skip.labels has no effect on type T"));
}

mod properties {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn what_is_exported_and_still_listed_is_never_dropped(
            answers in proptest::collection::vec((proptest::collection::btree_set(0u32..30, 0..20), any::<bool>()), 1..8),
            limits in proptest::collection::vec(1i64..12, 8),
        ) {
            let mut provider = Provider::of(NameKind::Branch, 5);
            for ((listed, partial), limit) in answers.into_iter().zip(limits) {
                provider.spec.limit = Some(limit);
                let before: BTreeSet<String> = provider.seen("id").into_iter().collect();
                let coverage = if partial { Coverage::Partial } else { Coverage::Complete };
                provider.now = provider.try_answer(pulls(listed.clone()), coverage).unwrap();
                let after: BTreeSet<String> = provider.seen("id").into_iter().collect();
                let listed: BTreeSet<String> = listed.iter().map(u32::to_string).collect();
                let must_stay: BTreeSet<String> = before.iter().filter(|id| partial || listed.contains(*id)).cloned().collect();
                prop_assert!(must_stay.is_subset(&after));
                prop_assert!(after.len() <= must_stay.len().max(usize::try_from(limit).unwrap()));
                let waiting: BTreeSet<String> = provider.now.waiting.iter().cloned().collect();
                prop_assert!(waiting.is_disjoint(&after));
                // Nothing that is listed is lost: it is exported or waits.
                prop_assert!(listed.is_subset(&after.union(&waiting).cloned().collect()));
            }
        }
    }
}

#[test]
fn facts_follow_their_inputs_and_are_in_no_export() {
    let fact = |branch: &str| Facts { target_branch: Some(branch.into()), ..Facts::default() };
    let provider = Provider::of(NameKind::Branch, 2);
    let with = |id: u32, branch: &str| Input { facts: fact(branch), ..pull(id, &format!("b{id}"), &[]) };
    let selected =
        provider.try_answer(vec![with(1, "main"), with(2, "next"), with(3, "last")], Coverage::Complete).unwrap();
    assert_eq!(selected.facts, [fact("main"), fact("next")]);
    assert!(selected.exported.iter().all(|map| !map.contains_key("facts") && !map.contains_key("targetBranch")));
    let snapshot = crate::selection::Snapshot::never().after_answer(
        selected,
        Coverage::Complete,
        crate::time::Timestamp::from_millis(1),
    );
    assert_eq!((snapshot.facts(1), snapshot.facts(2)), (fact("next"), Facts::default()));
}
