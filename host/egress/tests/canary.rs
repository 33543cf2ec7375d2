//! The canary: a token that is looked for in everything that leaves the door but the granted request.
//!
//! A program of its own: what `tracing` knows of a place in the code is kept for the whole process, so that a place
//! that another test meets first, without a subscriber, would stay silent here.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking, also in their fixtures")]

#[path = "egress/world.rs"]
#[expect(dead_code, reason = "the canary needs a part of the world only")]
mod world;

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orangery_egress::{CredentialKind, Request, SessionSpec};
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{Names, Reply, Server, answer, api, egress_with, get_with_api, granted, ok, redirect, secret, soon};

const CANARY: &str = "canary-7f3a/91c+d2e4";

/// Every log line of every crate, on every thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn s02_token_in_errors_and_logs() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let evil = Server::start(|seen| ok(&seen.raw)).await;
    let away = evil.url("/");
    let forge = Server::start(move |seen| match seen.path.split('?').next().unwrap() {
        "/reflect" => ok(&seen.raw),
        "/away" => redirect(302, &away),
        "/reset" => Reply::Reset,
        "/broken" => Reply::Raw(format!("HTTP/1.1 nonsense {CANARY}\r\n\r\n").into_bytes()),
        "/short" => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
        "/tagged" => answer(200, &[("etag", "\"1\"")], "fine"),
        "/silence" => answer(429, &[("retry-after", "60")], ""),
        _ => ok("fine"),
    })
    .await;
    let egress = egress_with(Names::default().with("gone.test", &[&[]]));
    let credentials = api(CredentialKind::Bearer(secret(CANARY)), forge.origin());
    let mut spec =
        SessionSpec { credentials, ..granted(&[forge.url(""), evil.url(""), "http://gone.test".to_owned()]) };
    spec.credentials[0].origins.push("http://gone.test".parse().unwrap());
    let session = egress.session(spec.clone());

    let mut outside = String::new();
    for path in
        ["/fine", "/reflect", "/away", "/reset", "/broken", "/short", "/tagged", "/nope#x", "/silence", "/silenced"]
    {
        let request = Request { conditional: true, ..get_with_api(forge.url(path)) };
        outside += &format!("{:?}\n", soon(session.send(request)).await);
    }
    // The canary in a URL that the plugin made up, for example out of its configuration.
    for url in [
        format!("http://gone.test/?k={CANARY}"),
        evil.url(&format!("/?k={CANARY}")),
        format!("http://x:{CANARY}@gone.test/"),
    ] {
        let outcome = soon(session.send(get_with_api(url))).await;
        outside += &outcome.map_or_else(|error| error.to_string(), |answer| answer.status.to_string());
    }
    outside +=
        &format!("{:?}{session:?}{spec:?}{egress:?}{:?}{:?}", session.trace(), session.redactor(), egress.quotas());
    outside += &evil.seen().iter().map(|seen| seen.raw.as_str()).collect::<String>();
    outside += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();

    assert!(forge.seen().iter().all(|seen| seen.header("authorization") == Some(format!("Bearer {CANARY}"))));
    assert!(forge.seen().len() >= 8);
    assert!(outside.contains("starting new connection") || outside.contains("connecting to"), "the log is not empty");
    let encoded = STANDARD.encode(CANARY);
    for spelling in [CANARY, encoded.trim_end_matches('='), "canary-7f3a%2F91c%2Bd2e4"] {
        let found = outside.lines().find(|line| line.contains(spelling));
        assert_eq!(found, None, "{spelling}");
    }
}
