//! A registry that is busy, that closes connections, that takes only images, or that never answers.

use super::{artifact, example, push};
use orangery_test_registry::{Answer, Gate, Registry};
use std::net::TcpListener;
use std::time::Instant;

fn answer(to: &'static str, times: usize, status: &'static str, body: &str) -> Answer {
    Answer { to, times, status, body: body.to_owned() }
}

#[test]
fn row_d7_busy_answers_and_broken_connections_are_tried_again() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let answers = vec![
        answer("PUT /v2/app/manifests/", 1, "503 Service Unavailable", ""),
        answer("POST /v2/app/blobs/uploads/", 1, "", ""),
        answer("HEAD /v2/app/blobs/", 1, "500 Internal Server Error", ""),
    ];
    let gate = Gate::before(&registry.address(), answers).unwrap();
    let address = format!("oci://{}/app:v1", gate.address());
    artifact(&push(&address, folder.path())).run().exits(0);
    let puts = gate.seen().iter().filter(|line| line.starts_with("PUT /v2/app/manifests/v1")).count();
    assert_eq!(puts, 2, "{:#?}", gate.seen());
}

#[test]
fn row_d7_a_refusal_is_not_tried_again() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let body = r#"{"errors": [{"code": "MANIFEST_INVALID", "message": "unknown media type"}]}"#;
    let gate =
        Gate::before(&registry.address(), vec![answer("PUT /v2/app/manifests/", 9, "400 Bad Request", body)]).unwrap();
    let address = format!("oci://{}/app:v1", gate.address());
    artifact(&push(&address, folder.path()))
        .run()
        .fails_with("MANIFEST_INVALID: unknown media type")
        .warns("add application/vnd.cncf.flux.config.v1+json and application/vnd.cncf.flux.content.v1.tar+gzip");
    assert_eq!(gate.seen().iter().filter(|line| line.starts_with("PUT /v2/app/manifests/")).count(), 1);
}

#[test]
fn row_d7_it_gives_up_after_three_repetitions_or_at_the_timeout() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let busy = || {
        let always = answer("PUT /v2/app/manifests/", 99, "503 Service Unavailable", "maintenance\u{1b}[2J");
        Gate::before(&registry.address(), vec![always]).unwrap()
    };
    let gate = busy();
    let address = format!("oci://{}/app:v1", gate.address());
    let begun = Instant::now();
    let told = artifact(&[&push(&address, folder.path())[..], &["--timeout", "3s"]].concat()).run();
    let told = told.fails_with("gave up after 3 s (--timeout)").warns("status 503 maintenance");
    assert!(!told.err.contains('\u{1b}'), "{:?}", told.err);
    assert!(begun.elapsed().as_secs() < 12, "{:?}", begun.elapsed());

    let gate = busy();
    let address = format!("oci://{}/app:v1", gate.address());
    artifact(&push(&address, folder.path())).run().fails_with("refuses it: status 503");
    let puts = gate.seen().iter().filter(|line| line.starts_with("PUT /v2/app/manifests/")).count();
    assert_eq!(puts, 1 + 3, "one attempt and three repetitions");

    // It accepts connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("oci://{}/app:v1", silent.local_addr().unwrap());
    artifact(&[&push(&address, folder.path())[..], &["--timeout", "1s"]].concat())
        .run()
        .fails_with("gave up after 1 s");
}

#[test]
fn row_d8_all_pages_of_tags_are_read() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let direct = format!("oci://{}/app:a", registry.address());
    artifact(&push(&direct, folder.path())).run().exits(0);
    artifact(&["tag", &direct, "--tag", "b", "--tag", "c"]).run().exits(0);
    let ok = "200 OK";
    let answers = vec![
        answer("GET /v2/app/tags/list?n=1000&last=c", 1, ok, r#"{"name": "app", "tags": []}"#),
        answer("GET /v2/app/tags/list?n=1000&last=b", 1, ok, r#"{"name": "app", "tags": ["c"]}"#),
        answer("GET /v2/app/tags/list?n=1000", 1, ok, r#"{"name": "app", "tags": ["a", "b"]}"#),
    ];
    let gate = Gate::before(&registry.address(), answers).unwrap();
    let told = artifact(&["list", &format!("oci://{}/app", gate.address())]).run().exits(0);
    for tag in ["app:a", "app:b", "app:c"] {
        assert_eq!(told.out.matches(tag).count(), 1, "{}", told.out);
    }
}
