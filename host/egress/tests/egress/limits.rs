//! Step 8 and the budget: sizes, times, counts.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::BoxFuture;
use orangery_egress::{Egress, HttpError, HttpLimits, Method, Policy, Request, Resolver, SessionSpec};

use crate::world::{Reply, Server, answer, egress, granted, ok, policy, soon};

fn limited(server: &Server, limits: HttpLimits) -> SessionSpec {
    SessionSpec { limits, ..granted(&[format!("GET,POST {}", server.url(""))]) }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(bytes: &[u8]) -> Reply {
    Reply::Answer(200, vec![("content-encoding".to_owned(), "gzip".to_owned())], gzip(bytes))
}

#[tokio::test]
async fn an_answer_is_decompressed() {
    let server = Server::start(|_| zipped(b"hello")).await;
    let answer = soon(egress().session(granted(&[server.url("")])).send(Request::get(server.url("/")))).await.unwrap();
    assert_eq!(answer.body, b"hello");
    assert_eq!((answer.header("content-encoding"), answer.header("content-length")), (None, None));
    assert_eq!(server.seen()[0].header("accept-encoding").as_deref(), Some("gzip"));
}

#[tokio::test]
async fn an_empty_answer_may_still_be_called_compressed() {
    let server = Server::start(|_| answer(304, &[("content-encoding", "gzip")], "")).await;
    let session = egress().session(granted(&[server.url("")]));
    assert_eq!(soon(session.send(Request::get(server.url("/")))).await.unwrap().status, 304);

    let server = Server::start(|_| zipped(b"hello")).await;
    let session = egress().session(granted(&[server.url("")]));
    let head = Request { method: Method::Head, ..Request::get(server.url("/")) };
    let answer = soon(session.send(head)).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

#[tokio::test]
async fn a_bomb_is_cut_off_by_its_decompressed_size() {
    let server = Server::start(|_| zipped(&vec![0; 16 << 20])).await;
    let session = egress().session(granted(&[server.url("")]));
    assert_eq!(soon(session.send(Request::get(server.url("/")))).await, Err(HttpError::TooLarge(8 << 20)));
}

#[tokio::test]
async fn an_announced_and_an_unannounced_length_are_bounded_alike() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/announced" => ok(&"x".repeat(11)),
        "/unannounced" => Reply::Raw(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nxxxxxxxxxxx".to_vec()),
        _ => ok(&"x".repeat(10)),
    })
    .await;
    let limits = HttpLimits { response_bytes: 10, ..HttpLimits::default() };
    let session = egress().session(limited(&server, limits));
    for path in ["/announced", "/unannounced"] {
        assert_eq!(soon(session.send(Request::get(server.url(path)))).await, Err(HttpError::TooLarge(10)), "{path}");
    }
    assert_eq!(soon(session.send(Request::get(server.url("/fits")))).await.unwrap().body.len(), 10);
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_refused() {
    let server = Server::start(|_| answer(200, &[("content-encoding", "br")], "????")).await;
    let error =
        soon(egress().session(granted(&[server.url("")])).send(Request::get(server.url("/")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Transport(why) if why.contains("'br'")), "{error}");
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let server = Server::start(|seen| {
        let count = if seen.path == "/many" { 10_000 } else { 1 };
        let size = if seen.path == "/large" { 100_000 } else { 1 };
        let fields: Vec<_> = (0..count).map(|n| (format!("x-{n}"), "v".repeat(size))).collect();
        Reply::Answer(200, fields, Vec::new())
    })
    .await;
    let session = egress().session(granted(&[server.url("")]));
    for path in ["/many", "/large"] {
        let error = soon(session.send(Request::get(server.url(path)))).await.unwrap_err();
        assert!(matches!(error, HttpError::Transport(_)), "{path}: {error}");
    }
    assert!(soon(session.send(Request::get(server.url("/fine")))).await.is_ok());
}

#[tokio::test]
async fn cookies_of_an_answer_are_dropped() {
    let server = Server::start(|_| answer(200, &[("set-cookie", "a=b"), ("x-kept", "1")], "")).await;
    let answer = soon(egress().session(granted(&[server.url("")])).send(Request::get(server.url("/")))).await.unwrap();
    assert_eq!((answer.header("set-cookie"), answer.header("x-kept")), (None, Some("1")));
}

#[tokio::test]
async fn a_call_has_so_many_requests_and_so_many_bytes() {
    let server = Server::start(|_| ok("12345")).await;
    let session = egress().session(limited(&server, HttpLimits { requests: 2, ..HttpLimits::default() }));
    let ask = || Request::get(server.url("/"));
    assert!(soon(session.send(ask())).await.is_ok() && soon(session.send(ask())).await.is_ok());
    assert!(
        matches!(soon(session.send(ask())).await, Err(HttpError::BudgetExhausted(why)) if why.contains("2 requests"))
    );
    assert_eq!(server.seen().len(), 2);

    let session = egress().session(limited(&server, HttpLimits { total_bytes: 8, ..HttpLimits::default() }));
    assert!(soon(session.send(ask())).await.is_ok());
    assert!(matches!(soon(session.send(ask())).await, Err(HttpError::BudgetExhausted(why)) if why.contains("8 bytes")));
}

#[tokio::test]
async fn no_session_exceeds_the_ceilings_of_the_policy() {
    let server = Server::start(|_| ok("12345")).await;
    let ceilings = HttpLimits { response_bytes: 4, ..HttpLimits::CEILING };
    let egress = Egress::new(Policy { ceilings, ..policy() }).unwrap();
    let session = egress.session(limited(&server, HttpLimits { response_bytes: 1000, ..HttpLimits::default() }));
    assert_eq!(soon(session.send(Request::get(server.url("/")))).await, Err(HttpError::TooLarge(4)));
}

#[tokio::test]
async fn a_large_request_body_is_denied() {
    let server = Server::start(|_| ok("")).await;
    let session = egress().session(limited(&server, HttpLimits { request_bytes: 3, ..HttpLimits::default() }));
    let post = |size| Request { method: Method::Post, body: vec![b'x'; size], ..Request::get(server.url("/")) };
    assert!(soon(session.send(post(3))).await.is_ok());
    assert!(matches!(soon(session.send(post(4))).await, Err(HttpError::Denied(_))));
}

#[tokio::test]
async fn a_name_that_takes_too_long_is_a_timeout_and_a_refused_connection_a_failure() {
    let slow = hasty(|policy| {
        policy.timeouts.connect = Duration::from_millis(200);
        policy.resolver = std::sync::Arc::new(NeverAnswers);
    });
    let session = slow.session(granted(&["http://slow.test".to_owned()]));
    let error = soon(session.send(Request::get("http://slow.test/"))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Timeout(why) if why.contains("no connection within")), "{error}");

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let session = egress().session(granted(&[format!("http://{closed}")]));
    let error = soon(session.send(Request::get(format!("http://{closed}/?token=hunter2")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Transport(why) if !why.contains("hunter2")), "{error}");
}

#[derive(Debug)]
struct NeverAnswers;

impl Resolver for NeverAnswers {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

fn hasty(change: impl FnOnce(&mut Policy)) -> Egress {
    let mut policy = policy();
    change(&mut policy);
    Egress::new(policy).unwrap()
}

#[tokio::test]
async fn a_silent_server_a_stalled_body_and_an_endless_one_are_left() {
    let short = Duration::from_millis(200);
    let server = Server::start(|seen| match seen.path.as_str() {
        "/silent" => Reply::Stall(Vec::new()),
        _ => Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123".to_vec()),
    })
    .await;
    let cases = [
        ("/silent", hasty(|policy| policy.timeouts.first_byte = short), "no answer within"),
        ("/stalled", hasty(|policy| policy.timeouts.idle = short), "no more of the answer"),
        ("/stalled", hasty(|policy| policy.timeouts.total = short), "no complete answer"),
    ];
    for (path, egress, expected) in cases {
        let session = egress.session(granted(&[server.url("")]));
        let error = soon(session.send(Request::get(server.url(path)))).await.unwrap_err();
        assert!(matches!(&error, HttpError::Timeout(why) if why.contains(expected)), "{path}: {error}");
        assert!(session.trace().iter().any(|hop| hop.failed.is_some()));
    }
}

#[tokio::test]
async fn a_deadline_of_the_call_replaces_the_time_to_the_first_byte_and_is_shared_by_all_requests() {
    // Answers after the time to the first byte that everybody else gets, well before the deadline.
    let slow = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(600));
        ok("late")
    })
    .await;
    let strict = || hasty(|policy| (policy.timeouts.first_byte, policy.timeouts.total) = (SHORT, SHORT));
    const SHORT: Duration = Duration::from_millis(200);
    let error = soon(strict().session(granted(&[slow.url("")])).send(Request::get(slow.url("/")))).await.unwrap_err();
    assert!(matches!(error, HttpError::Timeout(_)), "{error}");
    let patient = SessionSpec { deadline: Some(Duration::from_secs(60)), ..granted(&[slow.url("")]) };
    assert_eq!(soon(strict().session(patient).send(Request::get(slow.url("/")))).await.unwrap().body, b"late");

    let silent = Server::start(|_| Reply::Stall(Vec::new())).await;
    let limit = Duration::from_millis(400);
    let session = egress().session(SessionSpec { deadline: Some(limit), ..granted(&[silent.url("")]) });
    let begun = std::time::Instant::now();
    for _ in 0..5 {
        let error = soon(session.send(Request::get(silent.url("/")))).await.unwrap_err();
        assert!(matches!(&error, HttpError::Timeout(why) if why.contains("0.4 s for all requests")), "{error}");
    }
    let took = begun.elapsed();
    assert!(took >= limit && took < 4 * limit, "five requests share one deadline: {took:?}");
}

#[tokio::test]
async fn a_truncated_body_is_a_failure_and_never_a_short_answer() {
    let server = Server::start(|_| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123".to_vec())).await;
    let error =
        soon(egress().session(granted(&[server.url("")])).send(Request::get(server.url("/")))).await.unwrap_err();
    assert!(matches!(error, HttpError::Transport(_)), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_reset_before_the_answer_is_tried_once_more_where_twice_is_once() {
    let server = Server::start(|seen| if seen.before == 0 { Reply::Reset } else { ok("second") }).await;
    let session = egress().session(limited(&server, HttpLimits::default()));
    assert_eq!(soon(session.send(Request::get(server.url("/")))).await.unwrap().body, b"second");

    let server = Server::start(|_| Reply::Reset).await;
    let session = egress().session(limited(&server, HttpLimits::default()));
    assert!(matches!(soon(session.send(Request::get(server.url("/")))).await, Err(HttpError::Transport(_))));
    assert_eq!(server.seen().len(), 2);

    let server = Server::start(|_| Reply::Reset).await;
    let session = egress().session(limited(&server, HttpLimits::default()));
    let post = Request { method: Method::Post, body: b"x".to_vec(), ..Request::get(server.url("/")) };
    assert!(matches!(soon(session.send(post)).await, Err(HttpError::Transport(_))));
    assert_eq!(server.seen().len(), 1);
}
