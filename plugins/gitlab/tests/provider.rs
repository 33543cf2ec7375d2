//! What the GitLab provider asks for and exports, against scripted answers in the shape of GitLab's documentation.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use orangery_plugin_gitlab::{GitLab, MergeRequestConfig};
use orangery_plugin_sdk::testing::{Answer, Script, answer, poll};
use orangery_plugin_sdk::{Error, Found, HttpError, Outcome, Provider, Retry, UnreadableItem, json};
use serde_json::{Value, json};

const URL: &str = "https://gitlab.com/acme/team/shop";
const REQUESTS: &str = "https://gitlab.com/api/v4/projects/acme%2Fteam%2Fshop/merge_requests?state=opened&per_page=100";
const BRANCHES: &str = "https://gitlab.com/api/v4/projects/acme%2Fteam%2Fshop/repository/branches?per_page=100";
const TAGS: &str = "https://gitlab.com/api/v4/projects/acme%2Fteam%2Fshop/repository/tags?per_page=100";

fn ask(kind: &str, http: &Script) -> Result<Outcome, Error> {
    GitLab::poll(&poll(kind, URL, http), MergeRequestConfig::default())
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

fn request(iid: u64) -> Value {
    json!({
        "id": 9000 + iid, "iid": iid, "title": format!("Change {iid}"), "state": "opened", "draft": false,
        "source_branch": format!("Feat/{iid}_x"), "target_branch": "main", "sha": format!("{iid:040x}"),
        "source_project_id": 1, "target_project_id": 1, "author": {"username": "ada"}, "labels": [],
    })
}

fn requests(iids: impl IntoIterator<Item = u64>) -> Answer {
    answer(200).json(iids.into_iter().map(request).collect::<Value>())
}

#[test]
fn an_open_merge_request_becomes_an_input() {
    let mut labelled = request(42);
    labelled["labels"] = json!(["deploy::preview", "bug"]);
    let mut bare = request(41);
    bare["author"] = Value::Null;
    bare["title"] = json!("");
    let http = Script::new().get(REQUESTS, answer(200).json(json!([labelled, bare])));
    assert_eq!(
        complete(ask("GitLabMergeRequest", &http).unwrap()),
        json!([
            {"id": "42", "sha": "000000000000000000000000000000000000002a", "branch": "Feat/42_x", "slug": "feat-42-x",
             "title": "Change 42", "author": "ada", "labels": ["deploy::preview", "bug"]},
            {"id": "41", "sha": "0000000000000000000000000000000000000029", "branch": "Feat/41_x", "slug": "feat-41-x"},
        ])
    );
}

#[test]
fn branches_and_tags_have_checksum_ids_and_slugs() {
    let http = Script::new().get(BRANCHES, answer(200).json(json!([{"name": "main", "commit": {"id": "abc"}}])));
    assert_eq!(
        complete(ask("GitLabBranch", &http).unwrap()),
        json!([{"id": "68878758", "sha": "abc", "branch": "main", "slug": "main"}])
    );
    let sha = "11cf36d83818e64aaa60d523ab6438258ebb6009";
    let http = Script::new().get(TAGS, answer(200).json(json!([{"name": "6.0.4", "commit": {"id": sha}}])));
    assert_eq!(
        complete(ask("GitLabTag", &http).unwrap()),
        json!([{"id": "48955639", "sha": sha, "tag": "6.0.4", "slug": "6-0-4"}])
    );
}

#[test]
fn labels_and_the_include_expression_are_pushed_down() {
    let labelled =
        format!("{}&labels=deploy%3A%3Apreview,a%20b&per_page=100", REQUESTS.trim_end_matches("&per_page=100"));
    let http = Script::new().get(&labelled, requests([1]));
    let mut question = poll("GitLabMergeRequest", URL, &http);
    question.filter.labels = vec!["deploy::preview".into(), "a b".into()];
    assert_eq!(ids(GitLab::poll(&question, MergeRequestConfig::default()).unwrap()), ["1"]);

    let narrowed = format!("{BRANCHES}&regex=%5Efeat%2F.%2A");
    let http = Script::new().get(&narrowed, answer(200).json(json!([])));
    let mut question = poll("GitLabBranch", URL, &http);
    question.filter.include = Some("^feat/.*".into());
    assert!(GitLab::poll(&question, MergeRequestConfig::default()).is_ok());
}

#[test]
fn none_of_two_hundred_and_fifty_merge_requests_is_lost() {
    let http = Script::answering(|asked| {
        let (from, next) = match asked.url.rsplit("&page=").next().unwrap() {
            "2" => (51, "3"),
            "3" => (1, ""),
            _ => (151, "2"),
        };
        let last = if from == 1 { 50 } else { from + 99 };
        requests((from..=last).rev()).header("x-next-page", next).header("x-total", "250")
    });
    let found = ids(ask("GitLabMergeRequest", &http).unwrap());
    assert_eq!(found.len(), 250);
    assert_eq!(http.sent().len(), 3, "totals that agree spare the second look");
    assert!(http.sent().iter().all(|request| request.credential.as_deref() == Some("api")));
}

#[test]
fn a_listing_that_never_holds_still_or_repeats_is_partial() {
    let shifting = Script::answering(|asked| {
        if asked.url.contains("&page=2") {
            requests([4, 3]).header("x-next-page", "").header("x-total", "4")
        } else {
            requests([6, 5]).header("x-next-page", "2").header("x-total", "5")
        }
    });
    let outcome = ask("GitLabMergeRequest", &shifting).unwrap();
    assert!(matches!(outcome, Outcome::Partial(_)));
    assert_eq!(ids(outcome), ["6", "5", "4", "3"]);
    let repeating = Script::answering(|_| requests([1]).header("x-next-page", "2"));
    assert!(matches!(ask("GitLabMergeRequest", &repeating).unwrap(), Outcome::Partial(_)));
}

#[test]
fn drafts_and_forks_count_unless_the_configuration_excludes_them() {
    let found = |config: &str| {
        let (mut draft, mut fork) = (request(2), request(3));
        draft["draft"] = json!(true);
        fork["source_project_id"] = json!(9);
        let http = Script::new().get(REQUESTS, answer(200).json(json!([request(1), draft, fork])));
        let config = json::decode_config("spec.config", config).unwrap();
        ids(GitLab::poll(&poll("GitLabMergeRequest", URL, &http), config).unwrap())
    };
    assert_eq!(found("{}"), ["1", "2", "3"]);
    assert_eq!(found(r#"{"drafts": "exclude"}"#), ["1", "3"]);
    assert_eq!(found(r#"{"forks": "exclude"}"#), ["1", "2"]);
    assert!(json::decode_config::<MergeRequestConfig>("spec.config", r#"{"fork": "exclude"}"#).is_err());
}

#[test]
fn every_failure_is_an_error_of_its_kind_and_never_an_empty_list() {
    let html = answer(200).header("content-type", "text/html").text("<html>maintenance</html>");
    let limited = answer(429).header("retry-after", "9").text("Retry later");
    for (given, kind, code) in [
        (answer(401).text(r#"{"message": "401 Unauthorized"}"#), "unauthorized", "Unauthorized"),
        (answer(403).text(r#"{"error": "insufficient_scope"}"#), "unauthorized", "Forbidden"),
        (answer(403).header("ratelimit-remaining", "0"), "rate-limited", "RateLimited"),
        (answer(404).text(r#"{"message": "404 Project Not Found"}"#), "not-found", "NotFound"),
        (limited, "rate-limited", "RateLimited"),
        (answer(502).text("<html>404 not found</html>"), "unavailable", "ServerError"),
        (html, "malformed-answer", "MalformedResponse"),
        (answer(200).text(r#"[{"iid": 1, "#), "unavailable", "TruncatedBody"),
        (answer(200).json(json!([{"iid": "1"}])), "malformed-answer", "MalformedResponse"),
        (answer(200).json(json!({"message": "ok"})), "malformed-answer", "MalformedResponse"),
    ] {
        for (kind_asked, url, doing) in [
            ("GitLabMergeRequest", REQUESTS, "failed to list requests: could not list merge requests: "),
            ("GitLabBranch", BRANCHES, "failed to list branches: could not list branches: "),
            ("GitLabTag", TAGS, "failed to list tags: could not list tags: "),
        ] {
            let http = Script::new().get(url, given.clone());
            let error = ask(kind_asked, &http).unwrap_err();
            assert_eq!((error.kind(), error.failure().code.as_str()), (kind, code), "{given:?}");
            assert!(error.to_string().starts_with(doing), "{error}");
        }
        // The same on the second page.
        let http = Script::new()
            .get(REQUESTS, requests([1]).header("x-next-page", "2"))
            .get(&format!("{REQUESTS}&page=2"), given);
        let error = ask("GitLabMergeRequest", &http).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
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
    for pointer in
        ["/title", "/draft", "/source_branch", "/sha", "/source_project_id", "/author", "/author/username", "/labels"]
    {
        for value in &wrong {
            let (ids, unreadable) =
                with_one_unreadable("GitLabMergeRequest", REQUESTS, request(1), request(2), pointer, value.clone());
            let known: Vec<&str> =
                ids.iter().map(String::as_str).chain(unreadable.iter().filter_map(|item| item.id.as_deref())).collect();
            assert_eq!(known, ["1", "2"], "{pointer} {value}");
        }
    }
    let reference = |name: &str| json!({"name": name, "commit": {"id": "abc"}});
    for (kind, url) in [("GitLabBranch", BRANCHES), ("GitLabTag", TAGS)] {
        for pointer in ["/commit", "/commit/id", "/name"] {
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
fn a_tag_of_a_tree_is_named_and_the_others_are_exported() {
    let (ids, unreadable) = with_one_unreadable(
        "GitLabTag",
        TAGS,
        json!({"name": "v2.6.13", "commit": {"id": "3"}}),
        json!({"name": "v2.6.11-tree", "message": "tree", "commit": {"id": "c"}}),
        "/commit",
        Value::Null,
    );
    assert_eq!((ids.len(), unreadable[0].name.as_deref()), (1, Some("v2.6.11-tree")));
    assert_eq!(unreadable[0].problem, "unexpected shape at commit: invalid type: null, expected struct Commit");
}

#[test]
fn a_dead_connection_is_unavailable_and_silence_is_obeyed() {
    let http = Script::new().fail(TAGS, HttpError::Timeout("no first byte in 15 s".into()));
    assert_eq!(ask("GitLabTag", &http).unwrap_err().kind(), "unavailable");
    let http = Script::new().fail(BRANCHES, HttpError::BackingOff(5000));
    assert_eq!(ask("GitLabBranch", &http).unwrap_err().failure().retry, Retry::AfterMs(5000));
}

#[test]
fn an_unknown_type_is_refused_with_those_that_are_served() {
    let error = ask("GitLabIssue", &Script::new()).unwrap_err();
    assert_eq!(error.failure().field.as_deref(), Some("spec.type"));
    assert!(error.to_string().contains("GitLabEnvironment"), "{error}");
}

#[test]
fn it_describes_its_types() {
    let types = GitLab::types();
    let names: Vec<&str> = types.iter().map(|served| served.name.as_str()).collect();
    assert_eq!(names, ["GitLabMergeRequest", "GitLabEnvironment", "GitLabBranch", "GitLabTag"]);
    assert_eq!(types[1].name_attribute, "title");
    assert!(GitLab::wants().is_empty());
}

#[test]
fn a_merge_request_a_branch_and_a_tag_have_the_facts_that_the_listing_answers() {
    let facts = |kind: &str, http: &Script| -> Vec<Value> {
        let Outcome::Complete(found) = ask(kind, http).unwrap() else { panic!("not complete") };
        found.inputs.iter().map(|input| serde_json::to_value(&input.facts).unwrap()).collect()
    };
    let mut full = request(42);
    full["web_url"] = json!("https://gitlab.com/acme/team/shop/-/merge_requests/42");
    full["source_project_id"] = json!(2);
    full["draft"] = json!(true);
    full["created_at"] = json!("2026-11-01T10:00:00.000Z");
    full["updated_at"] = json!(["not", "a", "time"]);
    let http = Script::new().get(REQUESTS, answer(200).json(json!([full, request(41)])));
    assert_eq!(
        json!(facts("GitLabMergeRequest", &http)),
        json!([
            {"webUrl": "https://gitlab.com/acme/team/shop/-/merge_requests/42", "changeRequest": "42", "draft": true,
             "fromFork": true, "targetBranch": "main", "created": "2026-11-01T10:00:00.000Z"},
            {"changeRequest": "41", "draft": false, "fromFork": false, "targetBranch": "main"},
        ])
    );
    assert_eq!(http.sent().len(), 1, "no request for the sake of facts");
    let branch = json!([{"name": "main", "web_url": "https://gitlab.com/acme/team/shop/-/tree/main",
        "commit": {"id": "abc", "committed_date": "2026-11-26T10:00:00.000Z"}}]);
    let http = Script::new().get(BRANCHES, answer(200).json(branch));
    assert_eq!(
        json!(facts("GitLabBranch", &http)),
        json!([{"webUrl": "https://gitlab.com/acme/team/shop/-/tree/main", "updated": "2026-11-26T10:00:00.000Z"}])
    );
    let http = Script::new().get(TAGS, answer(200).json(json!([{"name": "v1", "commit": {"id": "abc"}}])));
    assert_eq!(json!(facts("GitLabTag", &http)), json!([{}]));
}
