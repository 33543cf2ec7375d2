//! Which environments count, with how many requests, against a scripted project.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use orangery_plugin_gitlab::{GitLab, MergeRequestConfig};
use orangery_plugin_sdk::testing::{Answer, Named, Script, answer, poll};
use orangery_plugin_sdk::{Error, Found, HttpError, Outcome, Provider};
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
    let Outcome::Complete(Found { inputs, .. }) = ask(http).unwrap() else { panic!("expected a complete answer") };
    inputs.iter().map(|input| format!("{}:{}", input.id, input.attributes["sha"].as_str().unwrap())).collect()
}

#[test]
fn an_environment_becomes_an_input() {
    let http = project(vec![(7, "available", vec!["success"])]);
    let Outcome::Complete(Found { inputs, .. }) = ask(&http).unwrap() else { panic!("expected a complete answer") };
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
fn l07_piled_up_stopped_environments() {
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
    let Outcome::Complete(Found { inputs, .. }) = GitLab::poll(&question, MergeRequestConfig::default()).unwrap()
    else {
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
    let Outcome::Complete(Found { inputs, .. }) = ask(&http).unwrap() else { panic!("expected a complete answer") };
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
    let Outcome::Partial(Found { inputs, .. }) = ask(&http).unwrap() else { panic!("expected a partial answer") };
    assert_eq!(inputs.len(), 2);
}

#[test]
fn environments_that_nobody_ever_deployed_to_cost_no_request_of_their_own() {
    let http =
        project((1..=250_u64).map(|id| (id, "available", if id <= 3 { vec!["success"] } else { vec![] })).collect());
    assert_eq!(found(&http), ["1:sha-1-0", "2:sha-2-0", "3:sha-3-0"]);
    // Running deployments, three pages of environments, one page of deployments.
    assert_eq!(http.sent().len(), 5, "{:?}", http.urls());
}

/// The project, with the deployments (or environments) that `change` alters, on whichever list they stand.
fn altered(environments: Vec<Environment>, change: impl Fn(&mut Value) + 'static) -> Script {
    let honest = project(environments);
    Script::answering(move |request| {
        let response = orangery_plugin_sdk::Http::send(&honest, request).unwrap();
        let mut list: Vec<Value> = serde_json::from_slice(&response.body).unwrap();
        list.iter_mut().for_each(&change);
        let mut altered = answer(200).json(Value::Array(list));
        for (name, value) in response.headers.iter().filter(|(name, _)| name.starts_with("x-")) {
            altered = altered.header(name, value);
        }
        altered
    })
}

/// The ids of the inputs and of the unreadable items.
fn told(http: &Script) -> (Vec<String>, Vec<String>) {
    let Outcome::Complete(found) = ask(http).unwrap() else { panic!("expected a complete answer") };
    let unreadable = found.unreadable.iter().map(|item| item.id.clone().unwrap_or_default()).collect();
    (found.inputs.into_iter().map(|input| input.id).collect(), unreadable)
}

#[test]
fn an_unreadable_deployment_makes_its_environment_unreadable_and_no_other() {
    // Few environments are asked one by one, many from the project's list: the answer is the same.
    for count in [3_u64, 40] {
        let all = || (1..=count).map(|id| (id, "available", vec!["success"])).collect::<Vec<_>>();
        let others: Vec<String> = (1..=count).filter(|id| *id != 2).map(|id| id.to_string()).collect();
        let everybody: Vec<String> = (1..=count).map(|id| id.to_string()).collect();
        let wrong = [Value::Null, json!({"x": []})];
        for (pointers, expected) in [
            (&["/id", "/status"][..], (others.clone(), vec!["2".to_owned()])),
            // What a deployment was made by does not decide whether it counts.
            (
                &["/user", "/user/username", "/deployable", "/deployable/commit", "/deployable/ref", "/sha", "/ref"][..],
                (everybody, vec![]),
            ),
        ] {
            for (pointer, value) in
                pointers.iter().flat_map(|pointer| wrong.iter().map(move |value| (*pointer, value.clone())))
            {
                let http = altered(all(), move |item| {
                    if item.pointer("/environment/id") == Some(&json!(2)) {
                        *item.pointer_mut(pointer).unwrap() = value.clone();
                    }
                });
                assert_eq!(told(&http), expected, "{count} {pointer}");
            }
        }
        let without_commit = altered(all(), |item| {
            if item.pointer("/environment/id") == Some(&json!(2)) {
                item["sha"] = Value::Null;
                item["deployable"] = Value::Null;
            }
        });
        assert_eq!(told(&without_commit), (others.clone(), vec!["2".to_owned()]), "{count}");
    }
}

#[test]
fn an_unreadable_environment_is_told_by_its_id_and_stops_no_other() {
    for pointer in ["/name", "/slug", "/state"] {
        let http = altered((1..=3).map(|id| (id, "available", vec!["success"])).collect(), move |item| {
            if item["id"] == json!(2) {
                item[pointer.trim_start_matches('/')] = Value::Null;
            }
        });
        assert_eq!(told(&http), (vec!["1".to_owned(), "3".to_owned()], vec!["2".to_owned()]), "{pointer}");
    }
}

#[test]
fn a_deployment_that_was_made_for_a_stopped_environment_and_cannot_be_read_keeps_it() {
    let http = altered(vec![(1, "available", vec!["success"]), (2, "stopping", vec!["running"])], |item| {
        if item.pointer("/environment/id") == Some(&json!(2)) {
            item["id"] = Value::Null;
        }
    });
    assert_eq!(told(&http), (vec!["1".to_owned()], vec!["2".to_owned()]));
}

#[test]
fn a_list_of_deployments_that_does_not_hold_still_is_not_believed() {
    // The server counts one deployment more than it lists, however often it is asked: it may be that of any environment.
    let environments: Vec<Environment> =
        (1..=140).map(|id| (id, "available", vec!["failed"])).chain([(141, "available", vec!["success"])]).collect();
    let honest = project(environments);
    let http = Script::answering(move |request| {
        let response = orangery_plugin_sdk::Http::send(&honest, request).unwrap();
        let list: Value = serde_json::from_slice(&response.body).unwrap();
        let sweep = request.url.contains("/deployments")
            && request.url.contains("per_page=100")
            && !request.url.contains("status=");
        // The newest deployment of the last environment slips through between two pages.
        let list: Value = list
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| !(sweep && one["environment"]["id"] == json!(141)))
            .cloned()
            .collect();
        let mut answer = answer(200).json(list);
        for (name, value) in response.headers.iter().filter(|(name, _)| name.starts_with("x-")) {
            answer = answer.header(name, value);
        }
        answer
    });
    assert_eq!(found(&http), ["141:sha-141-0"]);
}

#[test]
fn what_the_budget_does_not_allow_to_ask_stays_as_it_is() {
    let environments: Vec<Environment> = (1..=5).map(|id| (id, "available", vec!["success"])).collect();
    let honest = project(environments);
    let budget = std::cell::Cell::new(4);
    let http = Budgeted { honest, budget };
    let mut question = poll("GitLabEnvironment", URL, &http.honest);
    question.http = &http;
    let Outcome::Complete(found) = GitLab::poll(&question, MergeRequestConfig::default()).unwrap() else {
        panic!("expected a complete answer")
    };
    assert_eq!(found.inputs.iter().map(|input| input.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(found.unreadable.iter().filter_map(|item| item.id.as_deref()).collect::<Vec<_>>(), ["3", "4", "5"]);
}

/// A network that is closed after some requests.
struct Budgeted {
    honest: Script,
    budget: std::cell::Cell<u32>,
}

impl orangery_plugin_sdk::Http for Budgeted {
    fn send(&self, request: &orangery_plugin_sdk::Request) -> Result<orangery_plugin_sdk::Response, HttpError> {
        if self.budget.get() == 0 {
            return Err(HttpError::BudgetExhausted("4 requests".to_owned()));
        }
        self.budget.set(self.budget.get() - 1);
        self.honest.send(request)
    }
}

#[test]
fn an_environment_has_the_facts_that_the_list_answers() {
    let http = Script::answering(|request| {
        let mut one = environment(7, "available");
        one["auto_stop_at"] = json!("2026-12-01T10:00:00.000Z");
        let deployed = deployments(&(7, "available", vec!["success"]));
        let is_list = request.url.contains("/environments?");
        answer(200).json(if is_list { json!([one]) } else { json!(deployed) })
    });
    let Outcome::Complete(found) = ask(&http).unwrap() else { panic!("not complete") };
    assert_eq!(serde_json::to_value(&found.inputs[0].facts).unwrap(), json!({"autoStop": "2026-12-01T10:00:00.000Z"}));
}
