//! GitHub Apps: what is signed, what is asked for, how long a token is kept.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use orangery_egress::credential::from_secret;
use orangery_egress::{Egress, HttpError, Response, SessionSpec};
use orangery_plugin_documents::manifest::{Scheme, Shape};
use serde_json::{Value, json};

use crate::world::{Reply, Seen, Server, answer, api, egress, get_with_api, granted, ok, soon};

/// The app's key pair: signing takes a private key in PEM form, checking the public one.
static KEY: LazyLock<rcgen::KeyPair> =
    LazyLock::new(|| rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap());

fn at(seconds_from_now: u64) -> String {
    jiff::Timestamp::try_from(SystemTime::now() + Duration::from_secs(seconds_from_now)).unwrap().to_string()
}

/// A GitHub that mints `ghs_minted_0`, `ghs_minted_1`, … good for an hour, for the installation 42 of the user `jane`.
fn github(lifetime: u64) -> impl Fn(&Seen) -> Reply + Send + Sync {
    let minted = std::sync::atomic::AtomicUsize::new(0);
    move |seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/users/jane/installation") => ok(r#"{"id": 42, "account": {"login": "jane"}}"#),
        ("POST", "/app/installations/42/access_tokens") => {
            let number = minted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let body =
                json!({ "token": format!("ghs_minted_{number}"), "expires_at": at(lifetime), "permissions": {} });
            answer(201, &[], &body.to_string())
        }
        ("GET", "/repos/jane/app/pulls") if seen.header("authorization").as_deref() == Some("Bearer ghs_minted_0") => {
            ok("[]")
        }
        ("GET", "/repos/jane/app/pulls") => answer(401, &[], "Bad credentials"),
        _ => answer(404, &[], "Not Found"),
    }
}

fn app(server: &Server, installation: (&str, &str)) -> SessionSpec {
    let base = server.url("");
    let key = KEY.serialize_pem();
    let keys = [("githubAppID", "7"), ("githubAppPrivateKey", key.as_str()), ("githubAppBaseURL", &base), installation];
    let data: BTreeMap<_, _> = keys.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    let kind = from_secret(&[Shape::new(Scheme::GitHubApp)], Some("app"), "previews/app", &data).unwrap();
    SessionSpec { credentials: api(kind, server.origin()), ..granted(&[server.url("/repos")]) }
}

async fn pulls(egress: &Egress, server: &Server, spec: SessionSpec) -> Result<Response, HttpError> {
    soon(egress.session(spec).send(get_with_api(server.url("/repos/jane/app/pulls")))).await
}

const BY_ID: (&str, &str) = ("githubAppInstallationID", "42");
const BY_OWNER: (&str, &str) = ("githubAppInstallationOwner", "jane");

#[tokio::test]
async fn a_token_is_minted_for_one_repository_with_read_rights_and_kept() {
    let server = Server::start(github(3600)).await;
    let egress = egress();
    for _ in 0..3 {
        assert_eq!(pulls(&egress, &server, app(&server, BY_ID)).await.unwrap().status, 200);
    }
    let seen = server.seen();
    let mints: Vec<_> = seen.iter().filter(|seen| seen.method == "POST").collect();
    assert_eq!((mints.len(), seen.len()), (1, 4));
    let wish: Value = serde_json::from_str(&mints[0].body).unwrap();
    assert_eq!(
        wish,
        json!({ "repositories": ["app"], "permissions": { "contents": "read", "metadata": "read", "pull_requests": "read" } })
    );
}

#[tokio::test]
async fn the_assertion_is_signed_by_the_app_and_good_for_two_minutes() {
    let server = Server::start(github(3600)).await;
    pulls(&egress(), &server, app(&server, BY_ID)).await.unwrap();
    let authorization = server.seen()[0].header("authorization").unwrap();
    let token = authorization.strip_prefix("Bearer ").unwrap();
    let [header, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let public = KEY.public_key_pem();
    let public = jsonwebtoken::DecodingKey::from_rsa_pem(public.as_bytes()).unwrap();
    let signed = format!("{header}.{claims}");
    assert!(
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &public, jsonwebtoken::Algorithm::RS256).unwrap()
    );
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(claims["iss"], "7");
    assert!((now - 40..=now - 30).contains(&claims["iat"].as_u64().unwrap()));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 150);
}

#[tokio::test]
async fn the_owner_is_looked_up_as_organisation_and_then_as_user() {
    let server = Server::start(github(3600)).await;
    assert_eq!(pulls(&egress(), &server, app(&server, BY_OWNER)).await.unwrap().status, 200);
    let paths: Vec<_> = server.seen().iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(
        paths[..3],
        ["/orgs/jane/installation", "/users/jane/installation", "/app/installations/42/access_tokens"]
    );

    let error = pulls(&egress(), &server, app(&server, ("githubAppInstallationOwner", "joe"))).await.unwrap_err();
    assert!(error.to_string().contains("not installed for 'joe'"), "{error}");
}

#[tokio::test]
async fn objects_that_start_together_mint_once() {
    let server = Server::start(github(3600)).await;
    let egress = egress();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (session, url) = (egress.session(app(&server, BY_ID)), server.url("/repos/jane/app/pulls"));
        calls.spawn(async move { session.send(get_with_api(url)).await.is_ok() });
    }
    assert!(soon(calls.join_all()).await.into_iter().all(|fine| fine));
    assert_eq!(server.seen().iter().filter(|seen| seen.method == "POST").count(), 1);
}

#[tokio::test]
async fn a_token_about_to_expire_is_replaced() {
    let server = Server::start(github(60)).await;
    let egress = egress();
    for _ in 0..2 {
        let _ = pulls(&egress, &server, app(&server, BY_ID)).await;
    }
    assert!(server.seen().iter().filter(|seen| seen.method == "POST").count() > 1);
}

#[tokio::test]
async fn a_revoked_token_is_minted_anew_once() {
    let revoked = std::sync::atomic::AtomicBool::new(false);
    let inner = github(3600);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/repos/jane/app/pulls" if !revoked.swap(true, std::sync::atomic::Ordering::Relaxed) => ok("[]"),
        "/repos/jane/app/pulls" if seen.header("authorization").as_deref() == Some("Bearer ghs_minted_1") => ok("[1]"),
        "/repos/jane/app/pulls" => answer(401, &[], "Bad credentials"),
        _ => inner(seen),
    })
    .await;
    let egress = egress();
    assert_eq!(pulls(&egress, &server, app(&server, BY_ID)).await.unwrap().body, b"[]");
    assert_eq!(pulls(&egress, &server, app(&server, BY_ID)).await.unwrap().body, b"[1]");

    // A second refusal is the answer.
    let inner = github(3600);
    let server =
        Server::start(move |seen| if seen.path.starts_with("/repos") { answer(401, &[], "") } else { inner(seen) })
            .await;
    assert_eq!(pulls(&egress, &server, app(&server, BY_ID)).await.unwrap().status, 401);
    assert_eq!(server.seen().iter().filter(|seen| seen.path.starts_with("/repos")).count(), 2);
}

#[tokio::test]
async fn what_github_says_against_minting_is_told() {
    for (status, expected) in
        [(401, "signature"), (404, "no installation 42"), (422, "cannot give read rights"), (500, "answered 500")]
    {
        let server = Server::start(move |_| answer(status, &[], "{\"message\": \"no\"}")).await;
        let error = pulls(&egress(), &server, app(&server, BY_ID)).await.unwrap_err();
        assert!(matches!(&error, HttpError::Other(why) if why.contains(expected)), "{status}: {error}");
    }
    let server = Server::start(|_| answer(201, &[], "<html>maintenance</html>")).await;
    let error = pulls(&egress(), &server, app(&server, BY_ID)).await.unwrap_err();
    assert!(matches!(&error, HttpError::Other(why) if why.contains("documentation")), "{error}");
}

#[tokio::test]
async fn a_rate_limit_on_minting_silences_the_credential() {
    let server = Server::start(|_| answer(403, &[("retry-after", "60")], "")).await;
    let egress = egress();
    for _ in 0..2 {
        let error = pulls(&egress, &server, app(&server, BY_ID)).await.unwrap_err();
        assert!(matches!(error, HttpError::BackingOff(59_000..=60_000)), "{error}");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn minting_obeys_the_address_rules() {
    let server = Server::start(github(3600)).await;
    let strict = Egress::new(orangery_egress::Policy::default()).unwrap();
    let mut spec = app(&server, BY_ID);
    spec.grants = vec!["https://forge.example".parse().unwrap()];
    spec.credentials[0].origins = vec!["https://forge.example".parse().unwrap()];
    // Another server than that of its API gets no token at all.
    let error = soon(strict.session(spec).send(get_with_api("https://forge.example/".to_owned()))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("only, not to https://forge.example")), "{error}");
    let error = pulls(&strict, &server, app(&server, BY_ID)).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("loopback")), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_answer_with_the_minted_token_is_refused_and_the_token_is_masked() {
    let inner = github(3600);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/repos/jane/app/pulls" => ok(&seen.raw),
        _ => inner(seen),
    })
    .await;
    let session = egress().session(app(&server, BY_ID));
    let error = soon(session.send(get_with_api(server.url("/repos/jane/app/pulls")))).await.unwrap_err();
    assert_eq!(error, HttpError::Denied("the answer contains the credential".to_owned()));
    assert_eq!(session.redactor().mask("ghs_minted_0"), "***");
}
