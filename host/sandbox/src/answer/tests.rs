//! What a plugin may answer.

use super::*;

fn checked(list: &[(&str, &str)]) -> Result<Vec<Input>, Unfit> {
    let list = list.iter().map(|(id, attributes)| types::Input { id: (*id).into(), attributes: (*attributes).into() });
    inputs(list.collect(), &|text| text.contains("s3cret"), &Limits::default())
}

fn bad(list: &[(&str, &str)]) -> String {
    match checked(list) {
        Err(Unfit::Bad(bad)) => bad.to_string(),
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
fn ids_are_bounded_and_unique() {
    let long = "é".repeat(254);
    assert!(checked(&[(&"é".repeat(253), "{}")]).is_ok());
    assert!(bad(&[(&long, "{}")]).contains("is too long"));
    assert!(bad(&[("", "{}")]).contains("is empty"));
    assert!(bad(&[("a\nb", "{}")]).contains("control characters"));
    assert_eq!(bad(&[("7", "{}"), ("7", "{}")]), "two inputs have the id '7'; an id must be unique in one answer");
}

#[test]
fn attributes_are_a_json_object_of_bounded_size() {
    assert!(bad(&[("1", "[]")]).starts_with("input '1' is not a JSON object"));
    assert!(bad(&[("1", "{")]).starts_with("input '1' is not a JSON object: EOF"));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(32 * 1024));
    assert!(bad(&[("1", &large)]).starts_with("input '1' has 32777 bytes"));
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
    let leak = Err(Unfit::Leaks("an input".into()));
    assert_eq!(checked(&[("1", r#"{"a":"s3cret"}"#)]), leak);
    assert_eq!(checked(&[("1", r#"{"a":["s3cre\u0074"]}"#)]), leak);
    assert_eq!(checked(&[("1", r#"{"s3cre\u0074":1}"#)]), leak);
    assert_eq!(checked(&[("s3cret", "{}")]), leak);
}

#[test]
fn unchanged_needs_something_to_keep() {
    let no = |_: &str| false;
    let unchanged = || wit::PollOutcome::Unchanged;
    assert_eq!(poll_outcome(unchanged(), true, &no, &Limits::default()), Ok(PollOutcome::Unchanged));
    assert_eq!(poll_outcome(unchanged(), false, &no, &Limits::default()), Err(Unfit::Bad(BadAnswer::NothingToKeep)));
}
