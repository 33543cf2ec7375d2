//! Flux is told by a hook, or not at all.

use crate::world::{World, foreign};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Takes one request and answers with a status; what was sent.
fn receiver(status: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook/abc", listener.local_addr().unwrap());
    let taken = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        let mut piece = [0; 4096];
        // The body is small and ends with a brace.
        while !text.ends_with('}') {
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "{text}");
            text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        }
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        text
    });
    (url, taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d11_a_hook_is_signed_and_nothing_is_annotated() {
    let world = World::new().await;
    world.source().await;
    let digest = world.push().await;
    world.fetched(&foreign(), "t0").await;
    let (url, taken) = receiver("200 OK");
    let mut sync = world.sync(&[&world.address(), "--hook-url", &url, "--hook-token", "mytoken", "--timeout", "60s"]);
    let sent = tokio::task::spawn_blocking(|| taken.join().unwrap()).await.unwrap();
    assert!(sent.starts_with("POST /hook/abc HTTP/1.1"), "{sent}");
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"mytoken").unwrap();
    mac.update(body.as_bytes());
    let expected = mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    assert!(head.to_lowercase().contains(&format!("x-signature: sha256={expected}")), "{head}");
    assert!(body.contains(&digest), "{body}");
    sync.still_waits();
    assert_eq!(world.requested().await, None);
    world.fetched(&digest, "what the receiver wrote").await;
    sync.ended().await.exits(0).says("hook notified");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d11_a_hook_that_is_refused_says_so_and_has_no_secret_in_its_words() {
    let world = World::new().await;
    world.source().await;
    world.push().await;
    let (url, taken) = receiver("400 Bad Request");
    let sync = world.sync(&[&world.address(), "--hook-url", &url, "--hook-token", "mytoken"]);
    let ended = sync.ended().await.exits(2).says("HTTP status 400").says("--hook-url");
    assert!(!ended.err.contains("mytoken"), "{}", ended.err);
    drop(taken);
    world.sync(&[&world.address(), "--hook-url", "http://127.0.0.1:1"]).ended().await.exits(2).says("--hook-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_d11_nobody_is_asked_where_that_is_wanted() {
    let world = World::new().await;
    world.source().await;
    let digest = world.push().await;
    let mut sync = world.sync(&[&world.address(), "--no-request", "--timeout", "60s"]);
    sync.still_waits();
    assert_eq!(world.requested().await, None);
    world.fetched(&digest, "").await;
    sync.ended().await.exits(0);
}
