//! The server, over real sockets: codes, limits, floods.

use async_trait::async_trait;
use orangery_hooks::{Answer, BODY_BYTES, Delivery, ListenError, Receiver, serve};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Knows `/hook/<answer>`, and counts.
#[derive(Default)]
struct Known {
    taken: AtomicUsize,
}

#[async_trait]
impl Receiver for Known {
    fn knows(&self, target: &str) -> bool {
        ["/hook/taken", "/hook/refused", "/hook/failed", "/hook/unavailable", "/hook/gone"].contains(&target)
    }

    async fn deliver(&self, target: &str, _: Delivery) -> Answer {
        match target {
            "/hook/taken" => {
                self.taken.fetch_add(1, Ordering::SeqCst);
                Answer::Taken
            }
            "/hook/refused" => Answer::Refused,
            "/hook/failed" => Answer::Failed,
            "/hook/gone" => Answer::Unknown,
            _ => Answer::Unavailable,
        }
    }
}

async fn served() -> Result<(SocketAddr, Arc<Known>), ListenError> {
    let known = Arc::new(Known::default());
    let receiver: Arc<dyn Receiver> = known.clone();
    Ok((serve(SocketAddr::from(([127, 0, 0, 1], 0)), receiver).await?, known))
}

/// Sends bytes as they are; answers the first line.
async fn send(address: SocketAddr, request: &[u8]) -> String {
    let Ok(mut stream) = TcpStream::connect(address).await else { return "no connection".to_owned() };
    // The server may answer and close before it has taken everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

fn post(target: &str, body: usize) -> Vec<u8> {
    let head = format!("POST {target} HTTP/1.1\r\nHost: hooks\r\nConnection: close\r\nContent-Length: {body}\r\n\r\n");
    [head.into_bytes(), vec![b'x'; body]].concat()
}

#[tokio::test]
async fn row_e9_each_outcome_has_its_code() {
    let (address, _) = served().await.unwrap();
    for (target, code) in [
        ("/hook/taken", "200 OK"),
        ("/hook/refused", "400 Bad Request"),
        ("/hook/gone", "404 Not Found"),
        ("/hook/failed", "500 Internal Server Error"),
        ("/hook/unavailable", "503 Service Unavailable"),
        ("/hook/unknown", "404 Not Found"),
        ("/hook/taken?again", "404 Not Found"),
        ("/", "404 Not Found"),
    ] {
        assert_eq!(send(address, &post(target, 2)).await, format!("HTTP/1.1 {code}"), "{target}");
    }
    let get = b"GET /hook/taken HTTP/1.1\r\nHost: hooks\r\nConnection: close\r\n\r\n";
    assert_eq!(send(address, get).await, "HTTP/1.1 200 OK", "every method is served");
}

#[tokio::test]
async fn row_e9_a_body_of_three_mebibytes_is_taken_and_one_byte_more_is_not() {
    let (address, known) = served().await.unwrap();
    assert_eq!(send(address, &post("/hook/taken", BODY_BYTES)).await, "HTTP/1.1 200 OK");
    assert_eq!(send(address, &post("/hook/taken", BODY_BYTES + 1)).await, "HTTP/1.1 413 Payload Too Large");
    // Without a length it is cut off where it passes the limit.
    let mut chunked =
        b"POST /hook/taken HTTP/1.1\r\nHost: hooks\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n".to_vec();
    chunked.extend(vec![b'x'; 0x0040_0000]);
    assert_eq!(send(address, &chunked).await, "HTTP/1.1 413 Payload Too Large");
    assert_eq!(known.taken.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_unknown_path_is_answered_without_its_body() {
    let (address, _) = served().await.unwrap();
    let announced = b"POST /hook/unknown HTTP/1.1\r\nHost: hooks\r\nContent-Length: 3000000\r\n\r\n";
    let begun = Instant::now();
    assert_eq!(send(address, announced).await, "HTTP/1.1 404 Not Found");
    assert!(begun.elapsed() < Duration::from_secs(5), "the body was waited for");
}

#[tokio::test]
async fn slow_senders_do_not_keep_others_out() {
    let (address, _) = served().await.unwrap();
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The headers never end.
        stream.write_all(b"POST /hook/taken HTTP/1.1\r\nHost: hooks\r\n").await.unwrap();
        slow.push(stream);
    }
    let answer = tokio::time::timeout(Duration::from_secs(5), send(address, &post("/hook/taken", 2))).await;
    assert_eq!(answer.unwrap(), "HTTP/1.1 200 OK");
    // They are cut off.
    let mut first = slow.remove(0);
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(30), first.read_to_end(&mut rest)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_flood_is_answered() {
    let (address, known) = served().await.unwrap();
    let senders: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn(async move {
                for _ in 0..20 {
                    assert_eq!(send(address, &post("/hook/taken", 100)).await, "HTTP/1.1 200 OK");
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(known.taken.load(Ordering::SeqCst), 1000);
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let (address, known) = served().await.unwrap();
    let error = serve(address, known).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen on {address} for hooks: ")), "{error}");
    assert!(error.ends_with("choose another address or `none`"), "{error}");
}
