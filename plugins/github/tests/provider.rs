//! What the GitHub provider asks for and exports, against scripted answers in the shape of GitHub's documentation.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use orangery_plugin_github::{GitHub, PullRequestConfig};
use orangery_plugin_sdk::testing::{Answer, Script, answer, poll};
use orangery_plugin_sdk::{Error, Found, HttpError, Outcome, Provider, Retry, UnreadableItem, json};
use serde_json::{Value, json};

const URL: &str = "https://github.com/acme/shop";
const PULLS: &str = "https://api.github.com/repos/acme/shop/pulls?state=open&per_page=100";
const BRANCHES: &str = "https://api.github.com/repos/acme/shop/branches?per_page=100";
const TAGS: &str = "https://api.github.com/repos/acme/shop/tags?per_page=100";

fn ask(kind: &str, http: &Script) -> Result<Outcome, Error> {
    GitHub::poll(&poll(kind, URL, http), PullRequestConfig::default())
}

fn ask_with(config: &str, http: &Script) -> Result<Outcome, Error> {
    GitHub::poll(&poll("GitHubPullRequest", URL, http), json::decode_config("spec.config", config)?)
}

fn complete(outcome: Outcome) -> Value {
    let Outcome::Complete(Found { inputs, .. }) = outcome else {
        panic!("expected a complete answer, got {outcome:?}")
    };
    inputs
        .into_iter()
        .map(|input| {
            let mut all = input.attributes;
            all.insert("id".into(), input.id.into());
            Value::Object(all)
        })
        .collect()
}

fn ids(outcome: Outcome) -> Vec<String> {
    let inputs = match outcome {
        Outcome::Complete(found) | Outcome::Partial(found) => found.inputs,
    };
    inputs.into_iter().map(|input| input.id).collect()
}

fn pull(number: u64) -> Value {
    json!({
        "number": number, "title": format!("Change {number}"), "state": "open", "draft": false,
        "user": {"login": "ada"}, "labels": [],
        "head": {"ref": format!("feat/{number}"), "sha": format!("{number:040x}"), "repo": {"id": 1}},
        "base": {"ref": "main", "repo": {"id": 1}},
    })
}

fn pulls(numbers: impl IntoIterator<Item = u64>) -> Answer {
    answer(200).json(numbers.into_iter().map(pull).collect::<Value>())
}

#[test]
fn an_open_pull_request_becomes_an_input() {
    let mut labelled = pull(42);
    labelled["labels"] = json!([{"name": "deploy/preview"}, {"name": "bug"}]);
    let http = Script::new().get(PULLS, answer(200).json(json!([labelled, pull(41)])));
    assert_eq!(
        complete(ask("GitHubPullRequest", &http).unwrap()),
        json!([
            {"id": "42", "sha": "000000000000000000000000000000000000002a", "branch": "feat/42", "title": "Change 42",
             "author": "ada", "labels": ["deploy/preview", "bug"]},
            {"id": "41", "sha": "0000000000000000000000000000000000000029", "branch": "feat/41", "title": "Change 41",
             "author": "ada"},
        ])
    );
}

#[test]
fn a_deleted_account_and_an_empty_title_are_left_out() {
    let mut unreadable = pull(7);
    unreadable["user"] = Value::Null;
    unreadable["title"] = json!("");
    unreadable["head"]["repo"] = Value::Null;
    let http = Script::new().get(PULLS, answer(200).json(json!([unreadable])));
    assert_eq!(
        complete(ask("GitHubPullRequest", &http).unwrap()),
        json!([{"id": "7", "sha": "0000000000000000000000000000000000000007", "branch": "feat/7"}])
    );
}

#[test]
fn branches_and_tags_have_checksum_ids() {
    let main = json!([{"name": "main", "commit": {"sha": "abc"}, "protected": true}]);
    let http = Script::new().get(BRANCHES, answer(200).json(main));
    assert_eq!(
        complete(ask("GitHubBranch", &http).unwrap()),
        json!([{"id": "68878758", "sha": "abc", "branch": "main"}])
    );
    let tag = json!([{"name": "6.0.4", "commit": {"sha": "11cf36d83818e64aaa60d523ab6438258ebb6009"}}]);
    let http = Script::new().get(TAGS, answer(200).json(tag));
    assert_eq!(
        complete(ask("GitHubTag", &http).unwrap()),
        json!([{"id": "48955639", "sha": "11cf36d83818e64aaa60d523ab6438258ebb6009", "tag": "6.0.4"}])
    );
}

#[test]
fn an_empty_repository_is_a_complete_answer() {
    for (kind, url) in [("GitHubPullRequest", PULLS), ("GitHubBranch", BRANCHES), ("GitHubTag", TAGS)] {
        let http = Script::new().get(url, answer(200).json(json!([])));
        assert_eq!(ask(kind, &http).unwrap(), Outcome::Complete(Found::default()), "{kind}");
    }
}

#[test]
fn none_of_two_hundred_and_fifty_pull_requests_is_lost() {
    let http = Script::answering(|request| match request.url.as_str() {
        PULLS => pulls((151..=250).rev()).next_link("https://api.github.com/repositories/1/pulls?state=open&page=2"),
        "https://api.github.com/repositories/1/pulls?state=open&page=2" => {
            pulls((51..=150).rev()).next_link("https://api.github.com/repositories/1/pulls?state=open&page=3")
        }
        _ => pulls((1..=50).rev()),
    });
    let found = ids(ask("GitHubPullRequest", &http).unwrap());
    assert_eq!(found.len(), 250);
    assert_eq!((found[0].as_str(), found[249].as_str()), ("250", "1"));
    assert!(http.sent().iter().all(|request| request.credential.as_deref() == Some("api")));
}

#[test]
fn a_pull_request_that_closes_while_paging_loses_no_other() {
    let second = "https://api.github.com/repos/acme/shop/pulls?page=2";
    let http = Script::answering_in_turn([
        pulls([5, 4]).next_link(second),
        pulls([2]),
        pulls([4, 3]).next_link(second),
        pulls([4, 3]).next_link(second),
        pulls([2]),
        pulls([4, 3]).next_link(second),
    ]);
    let outcome = ask("GitHubPullRequest", &http).unwrap();
    assert!(matches!(outcome, Outcome::Complete(_)));
    assert_eq!(ids(outcome), ["4", "3", "2"]);
    http.assert_used_up();
}

#[test]
fn a_listing_that_never_holds_still_or_repeats_is_partial() {
    let second = "https://api.github.com/repos/acme/shop/pulls?page=2";
    let shifting =
        Script::answering(
            move |request| {
                if request.url == second { pulls([4, 3]) } else { pulls([5, 4]).next_link(second) }
            },
        );
    let outcome = ask("GitHubPullRequest", &shifting).unwrap();
    assert!(matches!(outcome, Outcome::Partial(_)));
    assert_eq!(ids(outcome), ["5", "4", "3"]);
    let repeating = Script::answering(|_| pulls([1]).next_link(PULLS));
    assert!(matches!(ask("GitHubPullRequest", &repeating).unwrap(), Outcome::Partial(_)));
}

#[test]
fn drafts_and_forks_count_unless_the_configuration_excludes_them() {
    let answers = || {
        let (mut draft, mut fork, mut gone) = (pull(2), pull(3), pull(4));
        draft["draft"] = json!(true);
        fork["head"]["repo"] = json!({"id": 9});
        gone["head"]["repo"] = Value::Null;
        Script::new().get(PULLS, answer(200).json(json!([pull(1), draft, fork, gone])))
    };
    assert_eq!(ids(ask_with("{}", &answers()).unwrap()), ["1", "2", "3", "4"]);
    assert_eq!(ids(ask_with(r#"{"drafts": "exclude"}"#, &answers()).unwrap()), ["1", "3", "4"]);
    assert_eq!(ids(ask_with(r#"{"forks": "exclude"}"#, &answers()).unwrap()), ["1", "2"]);
    let error = ask_with(r#"{"fork": "exclude"}"#, &answers()).unwrap_err();
    assert!(error.to_string().contains("unknown field `fork`, expected `drafts` or `forks`"), "{error}");
    let error = ask_with(r#"{"forks": "no"}"#, &answers()).unwrap_err();
    assert_eq!(error.failure().field.as_deref(), Some("spec.config.forks"));
}

#[test]
fn every_failure_is_an_error_of_its_kind_and_never_an_empty_list() {
    let html = answer(200).header("content-type", "text/html").text("<html>maintenance</html>");
    let exhausted = answer(403).header("x-ratelimit-remaining", "0").text(r#"{"message": "API rate limit exceeded"}"#);
    for (given, kind, code) in [
        (answer(401).text(r#"{"message": "Bad credentials"}"#), "unauthorized", "Unauthorized"),
        (answer(403).text(r#"{"message": "Resource not accessible"}"#), "unauthorized", "Forbidden"),
        (exhausted, "rate-limited", "RateLimited"),
        (answer(404).text(r#"{"message": "Not Found"}"#), "not-found", "NotFound"),
        (answer(429).header("retry-after", "9"), "rate-limited", "RateLimited"),
        (answer(500).text("404 not found"), "unavailable", "ServerError"),
        (html, "malformed-answer", "MalformedResponse"),
        (answer(200).text(r#"[{"number": 1, "#), "unavailable", "TruncatedBody"),
        (answer(200).json(json!([{"number": "1"}])), "malformed-answer", "MalformedResponse"),
        (answer(200).json(json!({"message": "ok"})), "malformed-answer", "MalformedResponse"),
    ] {
        let http = Script::new().get(PULLS, given.clone());
        let error = ask("GitHubPullRequest", &http).unwrap_err();
        assert_eq!((error.kind(), error.failure().code.as_str()), (kind, code), "{given:?}");
        let text = error.to_string();
        assert!(text.starts_with("failed to list requests: could not list pull requests: GET https://api."), "{text}");
        // The same on the second page.
        let second = "https://api.github.com/repos/acme/shop/pulls?page=2";
        let http = Script::new().get(PULLS, pulls([1]).next_link(second)).get(second, given);
        assert_eq!(ask("GitHubPullRequest", &http).unwrap_err().kind(), kind);
    }
}

#[test]
fn a_dead_connection_is_unavailable_and_silence_is_obeyed() {
    let http = Script::new().fail(TAGS, HttpError::Transport("connection reset".into()));
    let error = ask("GitHubTag", &http).unwrap_err();
    assert_eq!(error.kind(), "unavailable");
    assert!(error.to_string().starts_with("failed to list tags: could not list tags: GET"), "{error}");
    let http = Script::new().fail(BRANCHES, HttpError::BackingOff(5000));
    let error = ask("GitHubBranch", &http).unwrap_err();
    assert_eq!((error.kind(), error.failure().retry), ("rate-limited", Retry::AfterMs(5000)));
}

/// What becomes of a listing in which one of two items has `value` at `pointer`: the readable ids, and the unreadable items.
fn with_one_unreadable(
    kind: &str,
    url: &str,
    good: Value,
    mut unreadable: Value,
    pointer: &str,
    value: Value,
) -> (Vec<String>, Vec<UnreadableItem>) {
    *unreadable.pointer_mut(pointer).unwrap() = value;
    let http = Script::new().get(url, answer(200).json(json!([good, unreadable])));
    let Outcome::Complete(found) = ask(kind, &http).unwrap() else {
        panic!("{kind}{pointer}: expected a complete answer")
    };
    (found.inputs.into_iter().map(|input| input.id).collect(), found.unreadable)
}

#[test]
fn one_unreadable_item_stops_no_listing_whatever_field_is_unreadable() {
    let wrong = [Value::Null, json!(7), json!({"x": []})];
    for value in wrong.iter().filter(|value| !value.is_u64()) {
        let (ids, unreadable) =
            with_one_unreadable("GitHubPullRequest", PULLS, pull(1), pull(2), "/number", value.clone());
        assert_eq!((ids, unreadable.len(), &unreadable[0].id), (vec!["1".to_owned()], 1, &None), "number {value}");
    }
    for pointer in [
        "/title",
        "/draft",
        "/user",
        "/user/login",
        "/labels",
        "/head",
        "/head/ref",
        "/head/sha",
        "/head/repo",
        "/head/repo/id",
        "/base",
        "/base/repo",
    ] {
        for value in &wrong {
            let (ids, unreadable) =
                with_one_unreadable("GitHubPullRequest", PULLS, pull(1), pull(2), pointer, value.clone());
            // It is an input or an unreadable item, by its number, and never lost.
            let known: Vec<&str> =
                ids.iter().map(String::as_str).chain(unreadable.iter().filter_map(|item| item.id.as_deref())).collect();
            assert_eq!(known, ["1", "2"], "{pointer} {value}");
        }
    }
    let reference = |name: &str| json!({"name": name, "commit": {"sha": "abc"}});
    for (kind, url) in [("GitHubBranch", BRANCHES), ("GitHubTag", TAGS)] {
        for pointer in ["/commit", "/commit/sha", "/name"] {
            for value in &wrong {
                let (ids, unreadable) =
                    with_one_unreadable(kind, url, reference("main"), reference("v1"), pointer, value.clone());
                assert_eq!((ids.len(), unreadable.len()), (1, 1), "{kind} {pointer} {value}");
                let name = if pointer == "/name" { None } else { Some("v1") };
                assert_eq!(unreadable[0].name.as_deref(), name, "{kind} {pointer} {value}");
            }
        }
    }
}

#[test]
fn a_wrong_shape_names_the_item_and_the_path_in_it() {
    let (ids, unreadable) = with_one_unreadable("GitHubPullRequest", PULLS, pull(1), pull(2), "/head/sha", json!(7));
    assert_eq!(ids, ["1"]);
    assert_eq!((unreadable[0].id.as_deref(), unreadable[0].name.as_deref()), (Some("2"), Some("feat/2")));
    assert_eq!(unreadable[0].problem, "unexpected shape at head.sha: invalid type: integer `7`, expected a string");
}

#[test]
fn an_unknown_type_is_refused_with_those_that_are_served() {
    let error = ask("GitHubIssue", &Script::new()).unwrap_err();
    assert_eq!(error.failure().field.as_deref(), Some("spec.type"));
    assert!(error.to_string().contains("GitHubPullRequest"), "{error}");
}

#[test]
fn it_describes_its_types_and_the_origin_it_wants() {
    let types = GitHub::types();
    let names: Vec<&str> = types.iter().map(|served| served.name.as_str()).collect();
    assert_eq!(names, ["GitHubPullRequest", "GitHubBranch", "GitHubTag"]);
    assert!(types[0].labelled && !types[1].labelled && !types[2].labelled);
    assert_eq!(types[2].name_attribute, "tag");
    assert_eq!(GitHub::wants()[0].origin, "https://api.github.com");
    let [api] = GitHub::credentials().try_into().unwrap();
    assert_eq!(api.shapes.iter().map(|shape| shape.scheme.to_string()).collect::<Vec<_>>(), ["github-app", "bearer"]);
}

#[test]
fn a_pull_request_has_the_facts_that_the_listing_answers_and_no_attribute_more() {
    let mut full = pull(42);
    full["html_url"] = json!("https://github.com/acme/shop/pull/42");
    full["draft"] = json!(true);
    full["head"]["repo"] = json!({"id": 2, "full_name": "eve/shop"});
    full["author_association"] = json!("CONTRIBUTOR");
    full["created_at"] = json!("2026-11-01T10:00:00Z");
    full["updated_at"] = json!("2026-11-26T10:00:00Z");
    // Of another shape: the item is none the worse.
    let mut unreadable = pull(41);
    unreadable["html_url"] = json!(7);
    unreadable["head"]["repo"] = Value::Null;
    let http = Script::new().get(PULLS, answer(200).json(json!([full, unreadable])));
    let Outcome::Complete(found) = ask("GitHubPullRequest", &http).unwrap() else { panic!("not complete") };
    let facts: Vec<Value> = found.inputs.iter().map(|input| serde_json::to_value(&input.facts).unwrap()).collect();
    assert_eq!(
        json!(facts),
        json!([
            {"webUrl": "https://github.com/acme/shop/pull/42", "changeRequest": "42", "draft": true, "fromFork": true,
             "headRepository": "eve/shop", "targetBranch": "main", "authorAssociation": "CONTRIBUTOR",
             "created": "2026-11-01T10:00:00Z", "updated": "2026-11-26T10:00:00Z"},
            {"changeRequest": "41", "draft": false, "fromFork": true, "targetBranch": "main"},
        ])
    );
    let named: Vec<&String> = found.inputs[0].attributes.keys().collect();
    assert_eq!(named, ["author", "branch", "sha", "title"]);
    assert_eq!(http.sent().len(), 1, "no request for the sake of facts");
}

#[test]
fn the_manifest_names_the_attributes_and_facts_that_the_listing_fills() {
    let manifest = orangery_plugin_sdk::describe::provider::<GitHub>();
    let pulls = &manifest.types[0];
    let attributes: Vec<&str> = pulls.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(attributes, ["sha", "branch", "title", "author", "labels"]);
    assert!(manifest.types.iter().all(|served| served.example.is_some() && !served.cost.is_empty()));
    assert!(manifest.description.contains("GitHub") && manifest.license == "Apache-2.0");
}
