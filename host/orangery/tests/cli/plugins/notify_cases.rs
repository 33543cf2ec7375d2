//! `orangery plugin test` with cases of notifiers: a real notifier, a scripted network, and what is granted.

use crate::bench::{Ran, orangery};

const CASE: &str = "name: a state becomes a request
type: Lists
url: https://forge.example
grants: ['POST https://forge.example/environments']
notice: {environment: {id: '42', state: ready, summary: 3 objects ready, revision: abc}}
http:
  - request: {method: POST, url: /environments/42, credential: api, body: '{\"commit\":\"abc\",\"seen\":null,\"state\":\"ready\",\"summary\":\"3 objects ready\"}'}
    response: {status: 204}
expect: {outcome: told}
";

fn test(case: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.yaml"), case).unwrap();
    std::fs::write(folder.path().join("announces.wasm"), orangery_test_guests::bytes("announces").unwrap()).unwrap();
    orangery(["plugin", "test", "case.yaml", "--plugin", "announces.wasm"]).inside(folder.path()).run()
}

#[test]
fn a_notice_that_is_told_as_expected_passes() {
    test(CASE).exits(0).prints("1 passed, 0 failed");
}

#[test]
fn a_notice_without_its_grant_is_refused() {
    let ran = test(&CASE.replace("grants: ['POST https://forge.example/environments']\n", ""));
    ran.exits(1).prints("expected the notice to be told, got the error: ").prints("never asked for: POST");
    let elsewhere = CASE.replace("POST https://forge.example/environments", "POST https://other.example/environments");
    test(&elsewhere).exits(1).prints("expected the notice to be told, got the error: ");
}

#[test]
fn a_failure_is_told_apart_from_what_is_expected() {
    let fails = CASE.replace("status: 204", "status: 502");
    test(&fails).exits(1).prints("expected the notice to be told, got the error: ");
    let expected = fails.replace("outcome: told", "error: {kind: unavailable}");
    test(&expected).exits(0).prints("1 passed");
    test(&fails.replace("outcome: told", "error: {kind: not-found}")).exits(1).prints("-kind: not-found");
    test(&CASE.replace("outcome: told", "error: {kind: unavailable}")).exits(1).prints("but the notice is told");
}

#[test]
fn a_mistake_in_a_case_is_an_error_with_its_place() {
    for (from, to, place, said) in [
        ("grants:", "grant:", "case.yaml:4", "unknown field `grant`"),
        ("POST https", "POSTS https", "case.yaml:4", "the methods are GET"),
        ("notice: {environment", "notice: {enviroment", "case.yaml:5", "unknown field `enviroment`"),
        ("outcome: told", "outcome: complete", "case.yaml:9", "must be told"),
        ("outcome: told", "error: {code: X}", "case.yaml:9", "missing field `kind`"),
        ("expect: {outcome: told}", "expect: {}", "case.yaml:9", "must have either outcome or error"),
    ] {
        test(&CASE.replace(from, to)).fails_with(place).warns(said);
    }
}
