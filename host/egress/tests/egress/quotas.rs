//! Silence and quotas, shared by all who use one credential.

use std::time::Duration;

use orangery_egress::{CredentialKind, Egress, HttpError, Request, Response, SessionSpec};

use crate::world::{Reply, Seen, Server, answer, api, egress, get_with_api, granted, ok, secret, soon};

/// The first request is answered as told, the others with 200.
fn first(reply: Reply) -> impl Fn(&Seen) -> Reply + Send + Sync {
    move |seen| if seen.before == 0 { reply.clone() } else { ok("open again") }
}

async fn ask(egress: &Egress, server: &Server, token: &str) -> Result<Response, HttpError> {
    let credentials = api(CredentialKind::Bearer(secret(token)), server.origin());
    let session = egress.session(SessionSpec { credentials, ..granted(&[server.url("")]) });
    soon(session.send(get_with_api(server.url("/")))).await
}

/// Moves tokio's clock without letting timers of the connections run wild.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn after_retry_after_nothing_is_dialled_until_the_time_is_over() {
    let server = Server::start(first(answer(429, &[("retry-after", "120")], "slow down"))).await;
    let egress = egress();
    assert!(matches!(ask(&egress, &server, "token-one").await, Err(HttpError::BackingOff(119_000..=120_000))));
    // Another object with the same Secret is another session with an equal value.
    assert!(matches!(ask(&egress, &server, "token-one").await, Err(HttpError::BackingOff(_))));
    assert_eq!(server.seen().len(), 1);
    pass(Duration::from_secs(121)).await;
    assert_eq!(ask(&egress, &server, "token-one").await.unwrap().body, b"open again");
}

#[tokio::test]
async fn another_credential_and_nobodys_are_not_silenced() {
    let server = Server::start(first(answer(403, &[("retry-after", "120")], ""))).await;
    let egress = egress();
    assert!(ask(&egress, &server, "token-one").await.is_err());
    assert!(ask(&egress, &server, "token-two").await.is_ok());
    let session = egress.session(granted(&[server.url("")]));
    assert!(soon(session.send(Request::get(server.url("/")))).await.is_ok());
}

#[tokio::test]
async fn anonymous_requests_are_silenced_together_by_origin() {
    let server = Server::start(first(answer(503, &[("retry-after", "120")], ""))).await;
    let egress = egress();
    for _ in 0..3 {
        let session = egress.session(granted(&[server.url("")]));
        assert!(matches!(soon(session.send(Request::get(server.url("/")))).await, Err(HttpError::BackingOff(_))));
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_primary_limit_is_obeyed_and_shown() {
    let date = httpdate::fmt_http_date(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let fields = [
        ("date", date.as_str()),
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1800000300"),
    ];
    let server = Server::start(first(answer(200, &fields, "the last one"))).await;
    let egress = egress();
    assert_eq!(ask(&egress, &server, "token-one").await.unwrap().body, b"the last one");
    assert!(matches!(ask(&egress, &server, "token-one").await, Err(HttpError::BackingOff(299_000..=300_000))));
    let quotas = egress.quotas();
    let [quota] = quotas.as_slice() else { panic!("{quotas:?}") };
    assert_eq!((quota.limit, quota.remaining, quota.credential.as_deref()), (5000, 0, Some("api")));
    assert_eq!((quota.origin.clone(), quota.consumer.as_str()), (server.origin(), "previews/x"));
    assert!(quota.backs_off_for.is_some() && quota.resets_in > Duration::from_secs(290));
    assert!(!format!("{quotas:?}").contains("token-one"));
}

#[tokio::test]
async fn a_forbidden_answer_with_quota_left_is_an_answer() {
    let server = Server::start(|_| answer(403, &[("x-ratelimit-remaining", "4000")], "no access")).await;
    let egress = egress();
    for _ in 0..2 {
        assert_eq!(ask(&egress, &server, "token-one").await.unwrap().status, 403);
    }
}

#[tokio::test]
async fn the_secondary_limit_without_a_time_is_a_minute() {
    let server = Server::start(first(answer(403, &[], "You have exceeded a secondary rate limit"))).await;
    let egress = egress();
    assert!(matches!(ask(&egress, &server, "token-one").await, Err(HttpError::BackingOff(59_000..=60_000))));
    pass(Duration::from_secs(61)).await;
    assert!(ask(&egress, &server, "token-one").await.is_ok());
}
