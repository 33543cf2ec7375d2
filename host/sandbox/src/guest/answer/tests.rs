//! What a plugin may answer.

use super::*;
use orangery_egress::SecretText;

fn redactor() -> Redactor {
    Redactor::of([&SecretText::line(b"s3cret-token").unwrap()])
}

fn found(list: &[(&str, &str)], unreadable: Vec<types::UnreadableItem>) -> Result<Found, RejectedAnswer> {
    let list = list.iter().map(|(id, attributes)| types::Input {
        id: (*id).into(),
        attributes: (*attributes).into(),
        facts: String::new(),
    });
    contents(wit::Found { inputs: list.collect(), unreadable }, &redactor(), &Limits::default())
}

fn checked(list: &[(&str, &str)]) -> Result<Vec<Input>, RejectedAnswer> {
    found(list, Vec::new()).map(|found| found.inputs)
}

fn bad(list: &[(&str, &str)]) -> String {
    match checked(list) {
        Err(RejectedAnswer::Invalid(bad)) => bad.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn good_inputs_pass_without_the_names_that_belong_to_the_host() {
    let inputs = checked(&[("1", r#"{"id":"x","provider":"y","branch":"b"}"#), ("2", "{}")]).unwrap();
    assert_eq!(inputs[0].attributes.keys().collect::<Vec<_>>(), ["branch"]);
    assert_eq!(inputs[1].id, "2");
}

#[test]
fn inputs_may_share_an_id() {
    assert_eq!(checked(&[("7", r#"{"branch":"a"}"#), ("7", r#"{"branch":"b"}"#)]).unwrap().len(), 2);
}

#[test]
fn an_unreadable_item_is_passed_on_in_one_bounded_line() {
    let item =
        |id: &str, problem: &str| types::UnreadableItem { id: Some(id.into()), name: None, problem: problem.into() };
    let unreadable = found(&[("1", "{}")], vec![item("2", "no\ncommit s3cret-token"), item(&"x".repeat(2000), "?")])
        .unwrap()
        .unreadable;
    assert_eq!(unreadable[0], UnreadableItem { id: Some("2".into()), name: None, problem: "no commit ***".into() });
    assert_eq!(unreadable[1].id, None);
    assert_eq!(found(&[], vec![item("s3cret-token", "")]), Err(RejectedAnswer::LeaksSecret("an item".into())));
    assert!(found(&[], vec![item("1", ""); 10_001]).is_err());
}

#[test]
fn attributes_are_a_json_object_of_bounded_size() {
    assert!(bad(&[("1", "[]")]).starts_with("input '1' is not a JSON object"));
    assert!(bad(&[("1", "{")]).starts_with("input '1' is not a JSON object: EOF"));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(32 * 1024));
    let found = found(&[("1", &large), ("2", "{}")], Vec::new()).unwrap();
    assert_eq!(found.inputs.iter().map(|input| input.id.as_str()).collect::<Vec<_>>(), ["2"]);
    assert_eq!(found.unreadable[0].id.as_deref(), Some("1"));
    assert_eq!(found.unreadable[0].problem, "it has 32777 bytes; at most 32768 are allowed");
}

#[test]
fn objects_without_end_are_bounded_although_their_text_is_small() {
    let of = |count: usize| format!(r#"{{"a":[{}]}}"#, vec!["{}"; count - 1].join(","));
    let (many, most) = (of(maps::OF_INPUT + 1), of(maps::OF_INPUT));
    let found = found(&[("1", &many), ("2", &most)], Vec::new()).unwrap();
    assert_eq!(found.unreadable[0].problem, "it has 2001 JSON objects; at most 2000 are allowed");
    assert_eq!(found.inputs.len(), 1);
    let ids: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let list: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), most.as_str())).collect();
    assert!(checked(&list[..50]).is_ok());
    assert_eq!(bad(&list), "102000 JSON objects in the inputs; at most 100000 are allowed");
}

#[test]
fn one_answer_is_bounded_too() {
    let each = format!(r#"{{"a":"{}"}}"#, "x".repeat(30 * 1024));
    let ids: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let list: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), each.as_str())).collect();
    assert!(bad(&list).starts_with("the answer has"));
}

#[test]
fn an_answer_with_a_secret_is_refused_even_behind_json_escapes() {
    let leak = Err(RejectedAnswer::LeaksSecret("an input".into()));
    assert_eq!(checked(&[("1", r#"{"a":"s3cret-token"}"#)]), leak);
    assert_eq!(checked(&[("1", r#"{"a":["s3cre\u0074-token"]}"#)]), leak);
    assert_eq!(checked(&[("1", r#"{"s3cre\u0074-token":1}"#)]), leak);
    assert_eq!(checked(&[("s3cret-token", "{}")]), leak);
}

fn with_facts(facts: &str) -> Result<Found, RejectedAnswer> {
    let input = types::Input { id: "1".into(), attributes: "{}".into(), facts: facts.into() };
    contents(wit::Found { inputs: vec![input], unreadable: Vec::new() }, &redactor(), &Limits::default())
}

#[test]
fn facts_are_read_and_what_is_not_known_is_left_out() {
    let found = with_facts(r#"{"draft":true,"webUrl":"https://f.example/1","mood":"good"}"#).unwrap();
    let facts = &found.inputs[0].facts;
    assert_eq!(
        (facts.draft, facts.web_url.as_deref(), facts.from_fork),
        (Some(true), Some("https://f.example/1"), None)
    );
    assert!(with_facts("").unwrap().inputs[0].facts.is_empty());
}

#[test]
fn facts_of_another_shape_reject_the_answer_and_large_ones_the_input() {
    let bad = |facts: &str| match with_facts(facts) {
        Err(RejectedAnswer::Invalid(bad)) => bad.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(bad("[]").starts_with("the facts of input '1': it is not a JSON object"));
    assert_eq!(bad(r#"{"draft":1}"#), "the facts of input '1': draft: invalid type: integer `1`, expected a boolean");
    let large = format!(r#"{{"mood":"{}"}}"#, "x".repeat(32 * 1024));
    assert_eq!(with_facts(&large).unwrap().unreadable.len(), 1);
}

#[test]
fn facts_with_a_secret_are_refused_even_behind_json_escapes() {
    let leak = Err(RejectedAnswer::LeaksSecret("an input".into()));
    assert_eq!(with_facts(r#"{"targetBranch":"s3cret-token"}"#), leak);
    assert_eq!(with_facts(r#"{"targetBranch":"s3cre\u0074-token"}"#), leak);
}
