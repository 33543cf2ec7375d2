//! The conditional-request cache: what is asked again, what is served, and to whom.

use orangery_egress::{CredentialKind, Egress, Policy, Request, SessionSpec};

use crate::world::{Reply, Seen, Server, answer, api, egress, granted, policy, secret, soon};

/// Answers `"v1"` with a body, and 304 to those who have it.
fn tagged(seen: &Seen) -> Reply {
    if seen.header("if-none-match").as_deref() == Some("\"v1\"") {
        return answer(304, &[("etag", "\"v1\""), ("x-age", "1")], "");
    }
    answer(200, &[("etag", "\"v1\""), ("x-age", "0")], "the body")
}

fn conditional(url: String, credential: Option<&str>) -> Request {
    Request { conditional: true, credential: credential.map(str::to_owned), ..Request::get(url) }
}

fn with_token(server: &Server, token: &str) -> SessionSpec {
    let credentials = api(CredentialKind::Bearer(secret(token)), server.origin());
    SessionSpec { credentials, ..granted(&[server.url("")]) }
}

#[tokio::test]
async fn an_unchanged_answer_is_served_from_the_cache_after_asking() {
    let server = Server::start(tagged).await;
    let egress = egress();
    for poll in 0..60 {
        let session = egress.session(granted(&[server.url("")]));
        let answer = soon(session.send(conditional(server.url("/"), None))).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice(), answer.from_cache), (200, b"the body".as_slice(), poll > 0));
        assert_eq!(answer.header("x-age"), Some(if poll > 0 { "1" } else { "0" }));
        assert_eq!(session.trace()[0].status, Some(if poll > 0 { 304 } else { 200 }));
    }
    let asked: Vec<_> = server.seen().iter().map(|seen| seen.header("if-none-match")).collect();
    assert_eq!(asked.iter().filter(|condition| condition.is_none()).count(), 1);
    assert_eq!(asked.len(), 60);
}

#[tokio::test]
async fn a_changed_answer_replaces_the_stored_one() {
    let server =
        Server::start(|seen| answer(200, &[("etag", &format!("\"{}\"", seen.before))], &seen.before.to_string())).await;
    let session = egress().session(granted(&[server.url("")]));
    for expected in ["0", "1", "2"] {
        let answer = soon(session.send(conditional(server.url("/"), None))).await.unwrap();
        assert_eq!((answer.body.as_slice(), answer.from_cache), (expected.as_bytes(), false));
    }
    assert_eq!(server.seen()[2].header("if-none-match").as_deref(), Some("\"1\""));
}

#[tokio::test]
async fn last_modified_serves_where_there_is_no_tag() {
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    let server = Server::start(move |seen| match seen.header("if-modified-since") {
        Some(since) if since == date => answer(304, &[], ""),
        _ => answer(200, &[("last-modified", date)], "the body"),
    })
    .await;
    let session = egress().session(granted(&[server.url("")]));
    soon(session.send(conditional(server.url("/"), None))).await.unwrap();
    assert!(soon(session.send(conditional(server.url("/"), None))).await.unwrap().from_cache);
}

#[tokio::test]
async fn an_unconditional_request_neither_asks_nor_stores() {
    let server = Server::start(tagged).await;
    let session = egress().session(granted(&[server.url("")]));
    for _ in 0..2 {
        assert!(!soon(session.send(Request::get(server.url("/")))).await.unwrap().from_cache);
    }
    soon(session.send(conditional(server.url("/"), None))).await.unwrap();
    assert!(server.seen().iter().all(|seen| seen.header("if-none-match").is_none()));
}

#[tokio::test]
async fn the_plugins_own_condition_does_not_reach_into_the_cache() {
    let server = Server::start(tagged).await;
    let session = egress().session(granted(&[server.url("")]));
    let headers = vec![("If-None-Match".to_owned(), "\"v1\"".to_owned())];
    let own = Request { headers: headers.clone(), ..Request::get(server.url("/")) };
    assert_eq!(soon(session.send(own)).await.unwrap().status, 304);
    let hosts = Request { headers, ..conditional(server.url("/"), None) };
    assert_eq!(soon(session.send(hosts)).await.unwrap().status, 200);
}

#[tokio::test]
async fn s05_cache_of_another_tenant() {
    let server = Server::start(|seen| match seen.header("authorization").as_deref() {
        Some("Bearer token-of-alice") => tagged(seen),
        _ => answer(404, &[], "not found"),
    })
    .await;
    let egress = egress();
    let ask = async |spec: SessionSpec, credential| {
        soon(egress.session(spec).send(conditional(server.url("/"), credential))).await
    };
    for expected in [false, true] {
        let alice = ask(with_token(&server, "token-of-alice"), Some("api")).await.unwrap();
        assert_eq!((alice.status, alice.from_cache), (200, expected));
    }
    assert_eq!(ask(with_token(&server, "token-of-bob"), Some("api")).await.unwrap().status, 404);
    assert_eq!(ask(granted(&[server.url("")]), None).await.unwrap().status, 404);
    let seen = server.seen();
    assert!(seen[2..].iter().all(|seen| seen.header("if-none-match").is_none()));
}

#[tokio::test]
async fn another_accept_header_is_another_answer() {
    let server = Server::start(tagged).await;
    let session = egress().session(granted(&[server.url("")]));
    for accept in ["application/json", "text/html"] {
        let headers = vec![("Accept".to_owned(), accept.to_owned())];
        let request = Request { headers, ..conditional(server.url("/"), None) };
        assert!(!soon(session.send(request)).await.unwrap().from_cache);
    }
}

#[tokio::test]
async fn the_cache_does_not_outgrow_the_policy() {
    let server = Server::start(tagged).await;
    let egress = Egress::new(Policy { cache_bytes: 100, ..policy() }).unwrap();
    let session = egress.session(granted(&[server.url("")]));
    for _ in 0..2 {
        assert!(!soon(session.send(conditional(server.url("/"), None))).await.unwrap().from_cache);
    }
}
