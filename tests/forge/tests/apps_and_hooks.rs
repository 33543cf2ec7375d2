//! GitHub Apps, webhooks, and the program driving a running forge.
#![expect(clippy::unwrap_used, reason = "a test client stops where the answer is not as it should be")]

use std::process::{Command as Process, Stdio};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use orangery_test_forge::{Command, Flavour, Forge, Webhook};
use serde_json::{Value, json};

const KEY: &str = include_str!("test-app.key");
const PUBLIC: &str = include_str!("test-app.pub");

fn jwt(issuer: &str, lifetime: i64) -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iss": issuer, "iat": now - 30, "exp": now + lifetime});
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
}

async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn an_app_finds_its_installation_and_mints_tokens_narrowed_to_repositories() {
    let forge = Forge::start().await.unwrap();
    forge.github("acme/shop").is_private();
    forge.github("acme/other").is_private();
    let app = json!({"do": "app", "id": "12", "public-key": PUBLIC, "installation": 34, "owner": "acme"});
    forge.run(serde_json::from_value::<Command>(app).unwrap()).unwrap();
    let (client, api) = (reqwest::Client::new(), format!("{}/api/v3", forge.url()));
    let (_, found) = send(client.get(format!("{api}/orgs/acme/installation")).bearer_auth(jwt("12", 120))).await;
    assert_eq!(found["id"], 34);
    let mint = format!("{api}/app/installations/34/access_tokens");
    let body = json!({"repositories": ["shop"]}).to_string();
    let (status, minted) = send(client.post(&mint).bearer_auth(jwt("12", 120)).body(body)).await;
    assert_eq!(status, 201);
    let token = minted["token"].as_str().unwrap();
    for (name, status) in [("shop", 200), ("other", 404)] {
        let pulls = client.get(format!("{api}/repos/acme/{name}/pulls")).bearer_auth(token);
        assert_eq!(send(pulls).await.0, status);
    }
    for bad in [jwt("13", 120), jwt("12", -60), jwt("12", 3600), "a.b.c".to_owned()] {
        assert_eq!(send(client.post(&mint).bearer_auth(bad)).await.0, 401);
    }
    let unknown = json!({"repositories": ["nowhere"]}).to_string();
    assert_eq!(send(client.post(&mint).bearer_auth(jwt("12", 120)).body(unknown)).await.0, 422);
}

#[tokio::test]
async fn events_reach_a_webhook_signed_or_with_the_token() {
    let (forge, receiver) = (Forge::start().await.unwrap(), Forge::start().await.unwrap());
    for flavour in [Flavour::Github, Flavour::Gitlab] {
        forge.notifies(Webhook { flavour, url: format!("{}/hook", receiver.url()), secret: Some("s3cret".into()) });
    }
    forge.github("acme/shop").opens("one");
    forge.gitlab("acme/shop").opens("one");
    forge.deliver_events().await;
    let log = receiver.requests();
    assert_eq!(log[0].header("x-github-event"), Some("pull_request"));
    assert!(log[0].header("x-hub-signature-256").unwrap().starts_with("sha256="));
    assert!(log[0].raw.contains(r#""action":"opened""#));
    assert_eq!(log[1].header("x-gitlab-event"), Some("Merge Request Hook"));
    assert_eq!(log[1].header("x-gitlab-token"), Some("s3cret"));
}

#[tokio::test]
async fn the_program_serves_the_demo_and_drives_it() {
    let folder = tempfile::tempdir().unwrap();
    let port_file = folder.path().join("port");
    let program = env!("CARGO_BIN_EXE_orangery-forge");
    let mut server = Process::new(program)
        .args(["serve", "--seed", "demo", "--port-file"])
        .arg(&port_file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut port = String::new();
    for _ in 0..200 {
        port = std::fs::read_to_string(&port_file).unwrap_or_default();
        if !port.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let url = format!("http://127.0.0.1:{port}");
    let run = |arguments: &[&str]| Process::new(program).args(["--url", &url]).args(arguments).output().unwrap();
    let opened = run(&["pr", "open", "github:acme/shop", "new", "--label", "preview"]);
    let closed = run(&["pr", "close", "github:acme/shop", "1"]);
    let refused = run(&["pr", "close", "github:acme/shop", "99"]);
    let pulls = reqwest::get(format!("{url}/repos/acme/shop/pulls")).await.unwrap().text().await.unwrap();
    let broken = run(&["fail", "maintenance", "--on", "/pulls", "--times", "1"]);
    let page = reqwest::get(format!("{url}/repos/acme/shop/pulls")).await.unwrap().text().await.unwrap();
    let log = run(&["requests"]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(opened.status.success() && closed.status.success() && broken.status.success());
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no change request \"99\""));
    let pulls: Vec<Value> = serde_json::from_str(&pulls).unwrap();
    let numbers: Vec<u64> = pulls.iter().map(|pull| pull["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [4, 3, 2]);
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(String::from_utf8_lossy(&log.stdout).contains("200 GET /repos/acme/shop/pulls"));
}
