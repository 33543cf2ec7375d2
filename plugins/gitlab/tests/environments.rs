//! Which environments count, with how many requests, against a scripted project.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use orangery_plugin_gitlab::{GitLab, MergeRequestConfig};
use orangery_plugin_sdk::testing::{Answer, Named, Script, answer, poll};
use orangery_plugin_sdk::{Error, Outcome, Provider};
use serde_json::{Value, json};

const URL: &str = "https://gitlab.com/acme/shop";
const BASE: &str = "https://gitlab.com/api/v4/projects/acme%2Fshop";

/// One environment: id, state, and the statuses of its deployments, newest first.
type Environment = (u64, &'static str, Vec<&'static str>);

/// A project with these environments, as GitLab answers for it.
fn project(environments: Vec<Environment>) -> Script {
    Script::answering(move |request| {
        let path = request.url.strip_prefix(BASE).unwrap();
        if path.starts_with("/environments") {
            let all =
                environments.iter().filter(|(_, state, _)| !path.contains("states=available") || *state == "available");
            paged(path, all.map(|(id, state, _)| environment(*id, state)).collect())
        } else if let Some((_, name)) = path.split_once("environment=review%2F") {
            let of = |(id, ..): &&Environment| id.to_string() == name;
            let newest = environments.iter().find(of).map(deployments).unwrap_or_default();
            answer(200).json(newest.into_iter().take(20).collect::<Value>())
        } else {
            let running = path.contains("status=running");
            let all = environments.iter().flat_map(deployments).filter(|one| !running || one["status"] == "running");
            paged(path, all.collect())
        }
    })
}

fn paged(path: &str, all: Vec<Value>) -> Answer {
    let page: usize = path.split_once("&page=").map_or(1, |(_, page)| page.parse().unwrap());
    let next = if page * 100 < all.len() { (page + 1).to_string() } else { String::new() };
    let shown: Value = all.iter().skip((page - 1) * 100).take(100).cloned().collect();
    answer(200).json(shown).header("x-next-page", &next).header("x-total", &all.len().to_string())
}

fn environment(id: u64, state: &str) -> Value {
    json!({"id": id, "name": format!("review/{id}"), "slug": format!("review-{id}-x"), "state": state})
}

fn deployments((id, _, statuses): &Environment) -> Vec<Value> {
    let one = |(index, status): (usize, &&str)| {
        let index = u64::try_from(index).unwrap();
        json!({
            "id": id * 1000 - index, "status": status, "ref": "top", "sha": "top",
            "user": {"username": "ada"}, "environment": {"id": id, "name": format!("review/{id}"), "slug": format!("review-{id}-x")},
            "deployable": {"ref": format!("feat/{id}"), "commit": {"id": format!("sha-{id}-{index}")}},
        })
    };
    statuses.iter().enumerate().map(one).collect()
}

fn ask(http: &Script) -> Result<Outcome, Error> {
    GitLab::poll(&poll("GitLabEnvironment", URL, http), MergeRequestConfig::default())
}

/// `id:sha` of each input of a complete answer.
fn found(http: &Script) -> Vec<String> {
    let Outcome::Complete(inputs) = ask(http).unwrap() else { panic!("expected a complete answer") };
    inputs.iter().map(|input| format!("{}:{}", input.id, input.attributes["sha"].as_str().unwrap())).collect()
}

#[test]
fn an_environment_becomes_an_input() {
    let http = project(vec![(7, "available", vec!["success"])]);
    let Outcome::Complete(inputs) = ask(&http).unwrap() else { panic!("expected a complete answer") };
    assert_eq!(inputs[0].id, "7");
    assert_eq!(
        Value::Object(inputs[0].attributes.clone()),
        json!({"sha": "sha-7-0", "branch": "feat/7", "title": "review/7", "slug": "review-7-x", "author": "ada"})
    );
}

#[test]
fn success_counts_only_where_available_and_running_counts_in_any_state() {
    let http = project(vec![
        (1, "available", vec!["success"]),
        (2, "available", vec!["running"]),
        (3, "stopped", vec!["success"]),
        (4, "stopped", vec!["running"]),
        (5, "stopping", vec!["failed", "running", "success"]),
        (6, "available", vec!["failed", "canceled", "success", "running"]),
        (7, "available", vec!["failed", "created"]),
        (8, "available", vec![]),
    ]);
    assert_eq!(found(&http), ["1:sha-1-0", "2:sha-2-0", "6:sha-6-2", "4:sha-4-0", "5:sha-5-1"]);
}

#[test]
fn only_the_twenty_newest_deployments_are_looked_at() {
    let mut old = vec!["failed"; 20];
    old.push("success");
    let mut recent = vec!["failed"; 19];
    recent.push("success");
    assert_eq!(found(&project(vec![(1, "available", old.clone()), (2, "available", recent.clone())])), ["2:sha-2-19"]);
    // The same where the project's own list is read.
    let mut many: Vec<Environment> = (3..40).map(|id| (id, "available", vec!["success"])).collect();
    many.extend([(1, "available", old), (2, "available", recent)]);
    let found = found(&project(many));
    assert!(found.contains(&"2:sha-2-19".to_owned()) && !found.iter().any(|one| one.starts_with("1:")), "{found:?}");
}

#[test]
fn five_thousand_stopped_environments_cost_nothing() {
    let mut all: Vec<Environment> = (1..=5).map(|id| (id, "available", vec!["success"])).collect();
    all.extend((6..=5005).map(|id| (id, "stopped", vec!["success"])));
    let http = project(all);
    assert_eq!(found(&http).len(), 5);
    assert_eq!(http.sent().len(), 2 + 5, "{:?}", http.urls());
}

#[test]
fn hundreds_of_environments_fit_into_the_budget_of_a_call_and_give_the_same_answer() {
    let statuses = |id: u64| if id.is_multiple_of(3) { vec!["failed", "success"] } else { vec!["success"] };
    let http = project((1..=250_u64).map(|id| (id, "available", statuses(id))).collect());
    let expected: Vec<String> =
        (1..=250_u64).map(|id| format!("{id}:sha-{id}-{}", u64::from(id.is_multiple_of(3)))).collect();
    assert_eq!(found(&http), expected);
    assert!(http.sent().len() < 30, "{} requests", http.sent().len());
}

#[test]
fn unwanted_environments_cost_no_request() {
    let http = project((1..=5).map(|id| (id, "available", vec!["success"])).collect());
    let only_three = Named(|name: &str| name == "review/3");
    let mut question = poll("GitLabEnvironment", URL, &http);
    question.selection = &only_three;
    let Outcome::Complete(inputs) = GitLab::poll(&question, MergeRequestConfig::default()).unwrap() else {
        panic!("expected a complete answer")
    };
    assert_eq!(inputs.len(), 1);
    assert_eq!(http.sent().len(), 3);
}

#[test]
fn a_server_that_ignores_the_state_filter_gives_the_same_answer() {
    let listed = json!([environment(1, "available"), environment(2, "stopped"), environment(3, "stopped")]);
    let http = Script::answering(move |request| {
        let all = |id: u64| deployments(&(id, "", vec![if id == 3 { "running" } else { "success" }]));
        match request.url.strip_prefix(BASE).unwrap() {
            path if path.starts_with("/environments") => answer(200).json(listed.clone()),
            path if path.contains("environment=") => {
                let id = path.rsplit("%2F").next().unwrap().parse().unwrap();
                answer(200).json(Value::Array(all(id)))
            }
            _ => answer(200).json((1..=3).flat_map(all).collect::<Value>()),
        }
    });
    assert_eq!(found(&http), ["1:sha-1-0", "3:sha-3-0"]);
}

#[test]
fn a_deployment_without_job_tells_its_own_commit() {
    let http = Script::answering(|request| {
        if request.url.contains("/environments") {
            answer(200).json(json!([environment(1, "available")]))
        } else if request.url.contains("status=running") {
            answer(200).json(json!([]))
        } else {
            answer(200).json(
                json!([{"id": 1, "status": "success", "ref": "main", "sha": "abc", "user": null, "deployable": null}]),
            )
        }
    });
    let Outcome::Complete(inputs) = ask(&http).unwrap() else { panic!("expected a complete answer") };
    assert_eq!(
        Value::Object(inputs[0].attributes.clone()),
        json!({"sha": "abc", "branch": "main", "title": "review/1", "slug": "review-1-x"})
    );
}

#[test]
fn a_failed_request_for_deployments_names_the_environment() {
    let http = Script::answering(|request| {
        if request.url.contains("/environments") {
            answer(200).json(json!([environment(1, "available")]))
        } else if request.url.contains("status=running") {
            answer(200).json(json!([]))
        } else {
            answer(500)
        }
    });
    let error = ask(&http).unwrap_err();
    assert_eq!(error.kind(), "unavailable");
    let expected = "failed to list environments: could not list deployments for environment \"review/1\": GET ";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn a_failed_listing_is_never_an_empty_one() {
    for part in ["/environments", "status=running"] {
        let http = Script::answering(move |request| {
            if request.url.contains(part) { answer(403).text("{}") } else { answer(200).json(json!([])) }
        });
        let error = ask(&http).unwrap_err();
        assert_eq!(error.kind(), "unauthorized", "{part}");
        assert!(error.to_string().starts_with("failed to list environments: could not list environments: "), "{error}");
    }
    let http = project((1..=40).map(|id| (id, "available", vec!["success"])).collect());
    let broken = Script::answering(move |request| {
        let is_sweep = request.url.contains("deployments") && !request.url.contains("status=running");
        if is_sweep {
            answer(502)
        } else {
            let sent = orangery_plugin_sdk::Http::send(&http, request).unwrap();
            let body: Value = serde_json::from_slice(&sent.body).unwrap();
            answer(200).json(body)
        }
    });
    let error = ask(&broken).unwrap_err();
    assert!(error.to_string().starts_with("failed to list environments: could not list deployments: GET"), "{error}");
}

#[test]
fn environments_that_shift_while_paging_are_partial() {
    let http = Script::answering(|request| {
        if request.url.contains("/environments") && request.url.contains("&page=2") {
            answer(200).json(json!([environment(2, "available")])).header("x-next-page", "")
        } else if request.url.contains("/environments") {
            answer(200)
                .json(json!([environment(1, "available"), environment(2, "available")]))
                .header("x-next-page", "2")
        } else if request.url.contains("environment=") {
            answer(200).json(json!([{"id": 1, "status": "success", "ref": "main", "sha": "abc"}]))
        } else {
            answer(200).json(json!([]))
        }
    });
    let Outcome::Partial(inputs) = ask(&http).unwrap() else { panic!("expected a partial answer") };
    assert_eq!(inputs.len(), 2);
}
