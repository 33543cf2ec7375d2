//! `orangery notify`: a notice reaches the outside where it is granted, and nowhere else.

use crate::bench::{Ran, orangery};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// A server that answers every request with 204 and remembers it.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        // Ends with the test program.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let mut request = String::new();
                let mut buffer = [0; 4096];
                while !is_whole(&request) {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => break,
                        Ok(read) => request.push_str(&String::from_utf8_lossy(&buffer[..read])),
                    }
                }
                kept.lock().unwrap().push(request);
                stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

const READY: &str = "environment: {id: \"42\", state: ready, summary: 3 objects ready, revision: abc}\n";

/// A folder with the notifier `announces`, a provider of the type `Lists` at the server, its Secret, and a notice.
fn folder(server: &Server, notice: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let provider = format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: items, namespace: apps}}\nspec:\n  type: Lists\n  url: {}\n  secretRef: {{name: forge}}\n",
        server.url
    );
    std::fs::write(folder.path().join("provider.yaml"), provider).unwrap();
    std::fs::write(folder.path().join("notice.yaml"), notice).unwrap();
    std::fs::write(folder.path().join("announces.wasm"), orangery_test_guests::bytes("announces").unwrap()).unwrap();
    folder
}

fn notify(folder: &TempDir, more: &[&str]) -> Ran {
    let words = ["notify", "-f", "provider.yaml", "--notice", "notice.yaml", "--plugin", "announces.wasm"];
    let secret = ["--secret-from-env", "apps/forge=FORGE_TOKEN", "--allow-loopback", "--verbose"];
    let call = orangery(words.iter().chain(&secret).chain(more)).inside(folder.path());
    call.with("FORGE_TOKEN", "hunter2-canary").run()
}

#[test]
fn a_granted_notice_arrives_with_the_credential_of_the_provider() {
    let server = Server::start();
    let folder = folder(&server, READY);
    let grant = format!("POST {}/environments", server.url);
    let ran = notify(&folder, &["--grant", &grant]).exits(0);
    let ran =
        ran.prints("✔ announces 0.1.0 told that the environment of \"42\" is ready").warns("POST http://127.0.0.1");
    assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"));
    let [request] = server.seen().try_into().unwrap();
    assert!(request.starts_with("POST /environments/42 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer hunter2-canary\r\n"), "{request}");
    assert!(
        request.ends_with(r#"{"commit":"abc","seen":null,"state":"ready","summary":"3 objects ready"}"#),
        "{request}"
    );
}

#[test]
fn a_notice_that_nobody_granted_is_refused_with_the_grant_that_is_missing() {
    let server = Server::start();
    let folder = folder(&server, READY);
    let elsewhere = format!("POST {}/events", server.url);
    for more in [&[][..], &["--grant", &elsewhere]] {
        let ran = notify(&folder, more).exits(1).warns("apps/items: plugin announces 0.1.0 says: ");
        let ran = ran.warns(&format!("needs the grant `POST {}`", server.url));
        assert!(ran.out.is_empty() && !ran.err.contains("hunter2"), "{}", ran.err);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn an_event_goes_its_own_way() {
    let server = Server::start();
    let event = "event: {object: {kind: ResourceSet, name: previews}, severity: info, reason: Ready, message: done}\n";
    let folder = folder(&server, event);
    let ran = notify(&folder, &["--grant", &format!("POST {}", server.url)]).exits(0);
    ran.prints("told the event \"Ready\" of ResourceSet/previews");
    assert!(server.seen()[0].starts_with("POST /events HTTP/1.1"));
}

#[test]
fn a_notice_that_is_none_is_refused_with_its_place() {
    let server = Server::start();
    for (notice, said) in [
        ("environment: {id: \"42\", state: asleep}\n", "notice.yaml:1: environment.state: unknown variant `asleep`"),
        ("environment: {state: ready}\n", "missing field `id`"),
        ("event: {reason: Ready}\n", "notice.yaml:1: event: missing field `object`"),
        ("{}\n", "a notice has either the key environment or the key event"),
        ("state: ready\n", "unknown field `state`"),
        ("- a\n", "notice.yaml:1"),
        (
            "environment: {id: \"1\", state: ready}\n---\nenvironment: {id: \"2\", state: ready}\n",
            "holds 2 documents; a notice is one",
        ),
    ] {
        let folder = folder(&server, notice);
        notify(&folder, &[]).fails_with(said);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_type_without_a_notifier_is_told_which_have_one() {
    let server = Server::start();
    let folder = folder(&server, READY);
    let provider = std::fs::read_to_string(folder.path().join("provider.yaml")).unwrap();
    std::fs::write(folder.path().join("provider.yaml"), provider.replace("Lists", "GitHubTag")).unwrap();
    let ran = notify(&folder, &[]);
    ran.fails_with("no loaded plugin serves notices of the type 'GitHubTag'; loaded plugins tell those of: Lists");
    orangery(["notify", "-f", "provider.yaml"]).inside(folder.path()).run().exits(2).warns("--notice");
}
