//! What the provider for services of the user's own asks for and exports, against scripted answers.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use orangery_plugin_external_service::ExternalService;
use orangery_plugin_sdk::testing::{Answer, Script, answer, poll};
use orangery_plugin_sdk::{Error, Found, HttpError, NoConfig, Outcome, Provider};
use serde_json::{Value, json};

const URL: &str = "https://previews.example.com/inputs";

fn ask(answered: Answer) -> Result<Outcome, Error> {
    ExternalService::poll(&poll("ExternalService", URL, &Script::new().get(URL, answered)), NoConfig {})
}

fn error(answered: Answer) -> Error {
    ask(answered).unwrap_err()
}

fn exported(answered: Answer) -> Value {
    let outcome = ask(answered).unwrap();
    let Outcome::Complete(Found { inputs, .. }) = outcome else {
        panic!("expected a complete answer, got {outcome:?}")
    };
    inputs.into_iter().map(|input| json!([input.id, input.attributes])).collect()
}

#[test]
fn inputs_come_in_their_order_with_all_their_values() {
    let body = json!({"inputs": [
        {"id": "b", "tenant": "shop", "replicas": 3, "tags": ["x", {"y": 1.0}]},
        {"id": "a", "nothing": null},
    ], "next": "ignored"});
    assert_eq!(
        exported(answer(200).json(body)),
        json!([["b", {"tenant": "shop", "replicas": 3, "tags": ["x", {"y": 1}]}], ["a", {"nothing": null}]])
    );
}

#[test]
fn no_inputs_are_an_answer_and_a_missing_list_is_none() {
    assert_eq!(exported(answer(200).json(json!({"inputs": []}))), json!([]));
    for body in [json!({}), json!({"inputs": null})] {
        let error = error(answer(200).json(body));
        assert_eq!(error.kind(), "malformed-answer");
        assert_eq!(error.to_string(), format!("external service '{URL}' response does not contain an 'inputs' field"));
    }
    let error = error(answer(200).json(json!({"inputs": {"id": "a"}})));
    assert!(error.to_string().ends_with("response has an 'inputs' field that is not a list"), "{error}");
}

#[test]
fn a_wrong_input_refuses_the_answer_and_is_named() {
    for (item, why) in [
        (json!({"id": "a"}), "has a duplicate 'id' value 'a'"),
        (json!({"name": "b"}), "is missing the required 'id' field"),
        (json!({"id": ""}), "is missing the required 'id' field"),
        (json!({"id": 7}), "has a non-string 'id' field"),
        (json!("b"), "is not an object"),
    ] {
        let error = error(answer(200).json(json!({"inputs": [{"id": "a"}, item]})));
        assert_eq!(error.to_string(), format!("external service '{URL}' response input at index 1 {why}"));
    }
}

#[test]
fn a_failure_is_never_an_empty_list() {
    let refused = error(answer(503).text("down"));
    assert_eq!(refused.kind(), "unavailable");
    assert!(refused.to_string().starts_with(&format!("external service '{URL}' returned HTTP 503: ")), "{refused}");
    assert_eq!(error(answer(401).text("who?")).kind(), "unauthorized");
    assert_eq!(error(answer(302).text("")).kind(), "other");
    let html = error(answer(200).header("content-type", "text/html").text("<html>maintenance</html>"));
    assert_eq!(html.kind(), "malformed-answer");
    assert!(html.to_string().starts_with("failed to parse JSON response from external service"), "{html}");
    let truncated = error(answer(200).header("content-type", "application/json").text("{\"inputs\": [{\"id\":"));
    assert_eq!(truncated.failure().code, "TruncatedBody");
}

#[test]
fn an_answer_that_would_not_fit_into_a_status_is_refused() {
    let padding = "x".repeat(921_600);
    let error = error(answer(200).json(json!({"inputs": [{"id": "a", "padding": padding}]})));
    assert_eq!(
        error.to_string(),
        format!("external service '{URL}' response body exceeds the maximum allowed size of 921600 bytes")
    );
}

#[test]
fn a_service_that_cannot_be_reached_is_unavailable() {
    let http = Script::new().fail(URL, HttpError::Transport("connection refused".to_owned()));
    let error = ExternalService::poll(&poll("ExternalService", URL, &http), NoConfig {}).unwrap_err();
    assert_eq!(error.kind(), "unavailable");
}
