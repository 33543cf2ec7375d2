//! Walks over scripted pages, for each rule that says where the next page is.

use super::next::next_target;
use super::*;
use crate::testing::{Script, answer};

fn walk(script: &Script, paging: Paging<'_>) -> Result<Vec<String>, Error> {
    walk_from("https://forge.example/tags?per_page=2", script, paging)
}

fn walk_from(first: &str, script: &Script, paging: Paging<'_>) -> Result<Vec<String>, Error> {
    let listing = Listing::new("GitHub tags", Request::get(first), paging).items_at("/values");
    let mut walk = Walk::new(script, &listing);
    let mut bodies = Vec::new();
    loop {
        match walk.step()? {
            Step::Page(_, response) => bodies.push(String::from_utf8(response.body).unwrap()),
            Step::Repeated => bodies.push("repeated".to_owned()),
            Step::End => return Ok(bodies),
        }
    }
}

#[test]
fn link_headers_are_read_as_rfc_8288_writes_them() {
    for (link, next) in [
        (r#"<https://f/x?page=2>; rel="next", <https://f/x?page=9>; rel="last""#, Some("https://f/x?page=2")),
        (r#"<https://f/x?page=1>; rel="prev", <https://f/x?page=3>; rel=next"#, Some("https://f/x?page=3")),
        (r#"<https://f/x?a=1,2;3>; title="q"; rel="last next""#, Some("https://f/x?a=1,2;3")),
        (r#"<https://f/x?page=1>; rel="first", <https://f/x?page=9>; rel="last""#, None),
        ("", None),
        ("<broken", None),
    ] {
        assert_eq!(next_target(link), next, "{link}");
    }
}

#[test]
fn pages_follow_link_headers_to_the_end() {
    let script = Script::new()
        .get("https://forge.example/tags?per_page=2", answer(200).next_link("/tags?per_page=2&page=2").text("one"))
        .get("https://forge.example/tags?per_page=2&page=2", answer(200).text("two"));
    assert_eq!(walk(&script, Paging::Link).unwrap(), ["one", "two"]);
}

#[test]
fn pages_follow_x_next_page_and_keep_the_query() {
    let script = Script::new()
        .get("https://forge.example/tags?per_page=2", answer(200).header("X-Next-Page", "2").text("one"))
        .get("https://forge.example/tags?per_page=2&page=2", answer(200).header("X-Next-Page", "3").text("two"))
        .get("https://forge.example/tags?per_page=2&page=3", answer(200).header("X-Next-Page", "").text("three"));
    assert_eq!(walk(&script, Paging::NextPage).unwrap(), ["one", "two", "three"]);
}

#[test]
fn a_page_that_points_back_is_noticed_and_not_asked_again() {
    let script = Script::new()
        .get("https://forge.example/tags?per_page=2", answer(200).next_link("/tags?per_page=2").text("one"));
    assert_eq!(walk(&script, Paging::Link).unwrap(), ["one", "repeated"]);
    assert_eq!(script.sent().len(), 1);
}

#[test]
fn a_listing_without_end_is_refused_at_a_thousand_pages() {
    let script = Script::answering(|request| {
        let page: usize = request.url.rsplit('=').next().unwrap().parse().unwrap();
        answer(200).header("X-Next-Page", &(page + 1).to_string()).text("[]")
    });
    let error = walk(&script, Paging::NextPage).unwrap_err();
    assert_eq!(error.to_string(), "GitHub tags pagination exceeds maximum of 1000 pages");
    assert_eq!(script.sent().len(), MAX_PAGES);
}

#[test]
fn a_next_page_at_another_origin_is_refused() {
    let script = Script::new().get(
        "https://forge.example/tags?per_page=2",
        answer(200).next_link("https://evil.example/tags?page=2").text("one"),
    );
    let error = walk(&script, Paging::Link).unwrap_err();
    assert_eq!(error.kind(), "malformed-answer");
    assert!(error.to_string().contains("https://evil.example"), "{error}");
}

#[test]
fn a_failed_page_fails_the_walk() {
    let script = Script::new()
        .get("https://forge.example/tags?per_page=2", answer(200).next_link("/tags?page=2").text("one"))
        .get("https://forge.example/tags?page=2", answer(500));
    assert_eq!(walk(&script, Paging::Link).unwrap_err().kind(), "unavailable");
}

const BASE: &str = "https://forge.example/tags";

#[test]
fn numbered_pages_are_counted_until_one_has_no_items() {
    let script = Script::new()
        .get(BASE, answer(200).text(r#"{"values": ["a"]}"#))
        .get("https://forge.example/tags?p=2", answer(200).text(r#"{"values": ["b"]}"#))
        .get("https://forge.example/tags?p=3", answer(200).text(r#"{"values": []}"#));
    assert_eq!(walk_from(BASE, &script, Paging::Numbered("p")).unwrap().len(), 3);
    script.assert_used_up();
}

#[test]
fn numbered_pages_begin_where_the_first_request_says() {
    let script = Script::new()
        .get("https://forge.example/tags?p=0&size=1", answer(200).text(r#"{"values": ["a"]}"#))
        .get("https://forge.example/tags?size=1&p=1", answer(200).text(r#"{"values": []}"#));
    assert!(walk_from("https://forge.example/tags?p=0&size=1", &script, Paging::Numbered("p")).is_ok());
    script.assert_used_up();
    let error = walk_from(
        "https://forge.example/tags?p=one",
        &Script::answering(|_| answer(200).text(r#"{"values": [1]}"#)),
        Paging::Numbered("p"),
    );
    assert!(error.unwrap_err().to_string().contains("p=one is not a number"));
}

#[test]
fn a_server_that_ignores_the_page_number_is_noticed_at_the_second_page() {
    let script = Script::answering(|_| answer(200).text(r#"{"values": ["a"]}"#));
    let bodies = walk_from(BASE, &script, Paging::Numbered("page")).unwrap();
    assert_eq!(bodies.last().map(String::as_str), Some("repeated"));
    assert_eq!(script.sent().len(), 2);
}

#[test]
fn pages_follow_a_url_in_the_body() {
    let script = Script::new()
        .get(BASE, answer(200).text(r#"{"values": [], "next": "https://forge.example/tags?after=7"}"#))
        .get("https://forge.example/tags?after=7", answer(200).text(r#"{"values": []}"#));
    assert_eq!(walk_from(BASE, &script, Paging::NextUrl("/next")).unwrap().len(), 2);
    script.assert_used_up();
}

#[test]
fn a_url_in_the_body_at_another_origin_is_refused() {
    let script = Script::new().get(BASE, answer(200).text(r#"{"next": "https://evil.example/tags"}"#));
    let error = walk_from(BASE, &script, Paging::NextUrl("/next")).unwrap_err();
    assert_eq!(error.kind(), "malformed-answer");
    assert!(error.to_string().contains("https://evil.example"), "{error}");
}

#[test]
fn pages_follow_a_token_in_the_body_whether_text_or_number() {
    let paging = Paging::Token { at: "/meta/next", parameter: "cursor" };
    let script = Script::new()
        .get("https://forge.example/tags?size=1", answer(200).text(r#"{"meta": {"next": "a+b/="}}"#))
        .get("https://forge.example/tags?size=1&cursor=a%2Bb%2F%3D", answer(200).text(r#"{"meta": {"next": 25}}"#))
        .get("https://forge.example/tags?size=1&cursor=25", answer(200).text(r#"{"meta": {"next": null}}"#));
    assert_eq!(walk_from("https://forge.example/tags?size=1", &script, paging).unwrap().len(), 3);
    script.assert_used_up();
    for end in [r#"{"meta": {"next": ""}}"#, r#"{"meta": {}}"#, "[]"] {
        let script = Script::new().get(BASE, answer(200).text(end));
        assert_eq!(walk_from(BASE, &script, paging).unwrap(), [end]);
    }
}

#[test]
fn a_token_that_comes_back_ends_the_walk() {
    let paging = Paging::Token { at: "/next", parameter: "cursor" };
    let script = Script::answering(|_| answer(200).text(r#"{"next": "same"}"#));
    assert_eq!(walk_from(BASE, &script, paging).unwrap().last().map(String::as_str), Some("repeated"));
    assert_eq!(script.sent().len(), 2);
}

#[test]
fn a_token_of_another_shape_is_an_error_and_not_the_end() {
    let paging = Paging::Token { at: "/next", parameter: "cursor" };
    let script = Script::new().get(BASE, answer(200).text(r#"{"next": {"cursor": "a"}}"#));
    let error = walk_from(BASE, &script, paging).unwrap_err();
    assert!(error.to_string().contains("/next is neither a text nor a number"), "{error}");
    let html = Script::new().get(BASE, answer(200).header("content-type", "text/html").text("<html>"));
    assert_eq!(walk_from(BASE, &html, paging).unwrap_err().kind(), "malformed-answer");
}
