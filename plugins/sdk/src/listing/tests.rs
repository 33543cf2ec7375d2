//! Listings over scripted pages: stable, shifting, repeated.

use serde::Deserialize;

use super::*;
use crate::names::checksum_id;
use crate::testing::{Answer, Script, answer};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Name {
    name: String,
    #[serde(default)]
    comment: String,
}

impl Item for Name {
    fn key(&self) -> String {
        self.name.clone()
    }

    fn identify(item: &Value) -> Option<Identity> {
        let name = item.get("name")?.as_str()?.to_owned();
        Some(Identity { key: name.clone(), id: Some(checksum_id(&name)), name: Some(name) })
    }
}

const FIRST: &str = "https://forge.example/names";
const SECOND: &str = "https://forge.example/names?page=2";
const THIRD: &str = "https://forge.example/names?page=3";

fn listing(paging: Paging<'static>) -> Listing<'static> {
    Listing::new("GitHub branches", Request::get(FIRST), paging)
}

fn page(names: &str) -> Answer {
    let items: Vec<_> = names.split_whitespace().map(|name| serde_json::json!({ "name": name })).collect();
    answer(200).json(Value::Array(items))
}

fn names(listed: &Listed<Name>) -> String {
    listed.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_single_page_is_stable_and_costs_one_request() {
    let script = Script::new().get(FIRST, page("a b"));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b", Completeness::Stable));
    assert_eq!(script.sent().len(), 1);
}

#[test]
fn pages_without_totals_are_asked_for_again_all_but_the_last() {
    let script = Script::new()
        .get(FIRST, page("a b").next_link(SECOND))
        .get(SECOND, page("c d").next_link(THIRD))
        .get(THIRD, page("e"))
        .get(FIRST, page("a b").next_link(SECOND))
        .get(SECOND, page("c d").next_link(THIRD));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b c d e", Completeness::Stable));
    script.assert_used_up();
    assert!(script.sent().iter().all(|request| request.conditional), "a re-check should cost a 304");
}

#[test]
fn totals_that_agree_spare_the_second_look() {
    let script = Script::new()
        .get(FIRST, page("a b").header("X-Total", "3").header("X-Next-Page", "2"))
        .get(SECOND, page("c").header("X-Total", "3").header("X-Next-Page", ""));
    let listed: Listed<Name> = list(&script, &listing(Paging::NextPage)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b c", Completeness::Stable));
    script.assert_used_up();
}

#[test]
fn an_item_that_slips_between_pages_makes_it_list_again() {
    // `a` closes after page 1: `c` moves to page 1 and would be lost.
    let script = Script::new()
        .get(FIRST, page("a b").next_link(SECOND))
        .get(SECOND, page("d"))
        .get(FIRST, page("b c").next_link(SECOND))
        .get(FIRST, page("b c").next_link(SECOND))
        .get(SECOND, page("d"))
        .get(FIRST, page("b c").next_link(SECOND));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("b c d", Completeness::Stable));
    script.assert_used_up();
}

#[test]
fn an_item_that_slips_behind_the_first_page_is_noticed_too() {
    // `c` closes after page 2: page 1 is the same, `e` moves to page 2 and would be lost.
    let script = Script::answering_in_turn([
        page("a b").next_link(SECOND),
        page("c d").next_link(THIRD),
        page("f"),
        page("a b").next_link(SECOND),
        page("d e").next_link(THIRD),
        page("a b").next_link(SECOND),
        page("d e").next_link(THIRD),
        page("f"),
        page("a b").next_link(SECOND),
        page("d e").next_link(THIRD),
    ]);
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b d e f", Completeness::Stable));
    script.assert_used_up();
}

#[test]
fn a_comment_on_the_first_page_is_not_a_shift() {
    let edited = answer(200).json(serde_json::json!([{"name": "a", "comment": "new"}, {"name": "b"}]));
    let script = Script::new()
        .get(FIRST, page("a b").next_link(SECOND))
        .get(SECOND, page("c"))
        .get(FIRST, edited.next_link(SECOND));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((listed.items.len(), listed.completeness), (3, Completeness::Stable));
    assert!(listed.items.iter().all(|item| item.comment.is_empty()));
}

#[test]
fn a_listing_that_never_holds_still_is_partial() {
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(page("a b").next_link(SECOND));
        answers.push(page("b c"));
    }
    let script = Script::answering_in_turn(answers);
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b c", Completeness::Shifting));
    let lines = crate::log::take();
    assert!(lines.iter().any(|(_, line)| line.contains(r#"GitHub branches listed "b" twice"#)), "{lines:?}");
}

#[test]
fn a_repeated_page_is_listed_again_and_then_partial() {
    let script = Script::answering(|_| page("a").next_link(FIRST));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a", Completeness::Shifting));
    assert_eq!(script.sent().len(), 2);
    let lines = crate::log::take();
    assert!(lines.iter().any(|(_, line)| line.contains("GitHub branches pagination returned a repeated page")));
}

#[test]
fn totals_that_change_make_it_list_again() {
    let script = Script::answering_in_turn([
        page("a b").header("X-Total", "4").header("X-Next-Page", "2"),
        page("d").header("X-Total", "3").header("X-Next-Page", ""),
        page("b c").header("X-Total", "3").header("X-Next-Page", "2"),
        page("d").header("X-Total", "3").header("X-Next-Page", ""),
    ]);
    let listed: Listed<Name> = list(&script, &listing(Paging::NextPage)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("b c d", Completeness::Stable));
    script.assert_used_up();
}

#[test]
fn a_failure_on_any_page_or_second_look_is_a_failure_of_the_listing() {
    let second = Script::answering_in_turn([page("a").next_link(SECOND), answer(500)]);
    assert_eq!(list::<Name>(&second, &listing(Paging::Link)).unwrap_err().kind(), "unavailable");
    let look = Script::answering_in_turn([page("a").next_link(SECOND), page("b"), answer(401)]);
    assert_eq!(list::<Name>(&look, &listing(Paging::Link)).unwrap_err().kind(), "unauthorized");
}

#[test]
fn a_partial_listing_gives_a_partial_outcome() {
    let items = vec![Name { name: "a".into(), comment: String::new() }];
    let shifting = Listed { items: items.clone(), unreadable: Vec::new(), completeness: Completeness::Shifting };
    assert!(matches!(shifting.outcome(|item| Input::new(item.name)), Outcome::Partial(_)));
    let stable = Listed { items, unreadable: Vec::new(), completeness: Completeness::Stable };
    assert!(matches!(stable.outcome(|item| Input::new(item.name)), Outcome::Complete(_)));
}

#[test]
fn an_item_of_another_shape_does_not_stop_the_others() {
    let body = serde_json::json!([{"name": "a"}, {"name": "b", "comment": null}, {"name": "c"}, {"name": 7}, null]);
    let script = Script::new().get(FIRST, answer(200).json(body));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a c", Completeness::Stable));
    let unreadable: Vec<_> =
        listed.unreadable.iter().map(|item| (item.name.as_deref(), item.problem.as_str())).collect();
    assert_eq!(
        unreadable,
        [
            (Some("b"), "unexpected shape at comment: invalid type: null, expected a string"),
            (None, "unexpected shape at name: invalid type: integer `7`, expected a string"),
            (None, "unexpected shape at the top level: invalid type: null, expected struct Name"),
        ]
    );
    assert_eq!(listed.unreadable[0].id.as_deref(), Some(checksum_id("b").as_str()));
    let Outcome::Complete(found) = listed.outcome(|item| Input::new(item.name)) else { panic!("it is complete") };
    assert_eq!((found.inputs.len(), found.unreadable.len()), (2, 3));
}

#[test]
fn a_page_without_one_recognised_item_is_an_error() {
    let body = serde_json::json!([{"title": "a"}, {"title": "b"}]);
    let script = Script::new().get(FIRST, answer(200).json(body));
    let error = list::<Name>(&script, &listing(Paging::Link)).unwrap_err();
    assert_eq!(error.kind(), "malformed-answer");
    assert!(error.to_string().contains("unexpected shape at [0]"), "{error}");
}

#[test]
fn unreadable_items_count_where_pages_are_compared() {
    let unreadable = |name: &str| serde_json::json!({"name": name, "comment": null});
    let script = Script::new()
        .get(
            FIRST,
            answer(200)
                .json(serde_json::json!([unreadable("a"), {"name": "b"}]))
                .header("X-Total", "3")
                .header("X-Next-Page", "2"),
        )
        .get(SECOND, page("c").header("X-Total", "3").header("X-Next-Page", ""));
    let listed: Listed<Name> = list(&script, &listing(Paging::NextPage)).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("b c", Completeness::Stable));
    script.assert_used_up();
}

#[test]
fn totals_are_read_under_any_header_name_and_in_the_body() {
    let header = |names, next: &str| page(names).header("X-Total-Count", "3").next_link(next);
    let script = Script::new().get(FIRST, header("a b", SECOND)).get(SECOND, page("c").header("x-total-count", "3"));
    let listing = Listing::new("Gitea branches", Request::get(FIRST), Paging::Link);
    let listed: Listed<Name> = list(&script, &listing.total(Total::Header("X-Total-Count"))).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b c", Completeness::Stable));
    script.assert_used_up();
    let body = |name: &str, next: Option<&str>| {
        answer(200).json(serde_json::json!({"values": [{"name": name}], "next": next, "size": 2}))
    };
    let script = Script::new().get(FIRST, body("a", Some(SECOND))).get(SECOND, body("b", None));
    let listing = Listing::new("Bitbucket branches", Request::get(FIRST), Paging::NextUrl("/next"));
    let listed: Listed<Name> = list(&script, &listing.items_at("/values").total(Total::Body("/size"))).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b", Completeness::Stable));
    script.assert_used_up();
}

#[test]
fn a_total_that_the_listing_does_not_name_is_not_believed() {
    let script = Script::new()
        .get(FIRST, page("a").header("X-Total-Count", "2").next_link(SECOND))
        .get(SECOND, page("b").header("X-Total-Count", "2"))
        .get(FIRST, page("a").next_link(SECOND));
    let listed: Listed<Name> = list(&script, &listing(Paging::Link)).unwrap();
    assert_eq!(listed.completeness, Completeness::Stable);
    script.assert_used_up();
}

#[test]
fn items_inside_of_a_document_are_read_as_those_of_a_list() {
    let numbered = Listing::new("branches", Request::get(FIRST), Paging::Numbered("page")).items_at("/data/branches");
    let body = |items: Value| answer(200).json(serde_json::json!({"data": {"branches": items}}));
    let script = Script::new()
        .get(FIRST, body(serde_json::json!([{"name": "a"}, {"name": "b", "comment": null}])))
        .get(SECOND, body(serde_json::json!([])))
        .get(FIRST, body(serde_json::json!([{"name": "a"}, {"name": "b", "comment": null}])));
    let listed: Listed<Name> = list(&script, &numbered).unwrap();
    assert_eq!((names(&listed).as_str(), listed.unreadable.len()), ("a", 1));
    assert_eq!(listed.completeness, Completeness::Stable);
    script.assert_used_up();
    let script = Script::new().get(FIRST, answer(200).json(serde_json::json!({"message": "moved"})));
    let error = list::<Name>(&script, &numbered).unwrap_err();
    assert!(error.to_string().contains("expected a list at /data/branches, found nothing"), "{error}");
}

#[test]
fn numbered_pages_of_a_server_that_ignores_the_number_are_partial() {
    let script = Script::answering(|_| page("a b"));
    let listed: Listed<Name> = list(&script, &listing(Paging::Numbered("page"))).unwrap();
    assert_eq!((names(&listed).as_str(), listed.completeness), ("a b", Completeness::Shifting));
}
