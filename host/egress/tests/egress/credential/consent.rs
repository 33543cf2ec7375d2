//! Where a Secret lets its credential go, on real sockets: every rule with a server that gets the token and one that does not.

use std::collections::BTreeMap;

use orangery_egress::credential::consent::{
    self, ConsentError, OriginsRule, PlainHttp, SecretFacts, SecretRules, SourceFacts,
};
use orangery_egress::credential::from_secret;
use orangery_egress::{Credential, CredentialKind, HttpError, Origin, SessionSpec};
use orangery_plugin_documents::manifest::{Scheme, Shape};

use crate::world::{Server, egress, get_with_api, granted, ok, redirect, secret, soon};

const TOKEN: &str = "hunter2-token";

fn strict() -> SecretRules {
    SecretRules { origins: OriginsRule::Optional, plain_http: PlainHttp::Refused }
}

fn naming(origins: &str) -> SecretFacts {
    SecretFacts { origins: Some(origins.to_owned()), ..SecretFacts::default() }
}

fn bound(
    facts: &SecretFacts,
    rules: SecretRules,
    source: SourceFacts,
    to: &[Origin],
) -> Result<Credential, ConsentError> {
    consent::bind("api", CredentialKind::Bearer(secret(TOKEN)), "apps/auth", facts, rules, source, to)
}

/// Sends one request with the credential; whether the server saw the token.
async fn shows_the_token(server: &Server, credential: Credential) -> bool {
    let spec = SessionSpec { credentials: vec![credential], ..granted(&[server.url("")]) };
    let answer = soon(egress().session(spec).send(get_with_api(server.url("/")))).await;
    let shown = server.seen().iter().any(|seen| seen.raw.contains(TOKEN));
    assert_eq!(answer.is_ok(), shown, "{answer:?}");
    shown
}

#[tokio::test]
async fn a_token_travels_over_plain_http_only_where_somebody_consented() {
    let server = Server::start(|_| ok("")).await;
    let to = [server.origin()];
    let source = SourceFacts::default();
    let error = bound(&SecretFacts::default(), strict(), source, &to).unwrap_err();
    assert!(error.to_string().contains("orangery.dev/origins"), "{error}");
    let origin = server.origin().to_string();
    let consenting = [
        bound(&naming(&origin), strict(), source, &to),
        bound(&SecretFacts::default(), strict(), SourceFacts { insecure: true, ..source }, &to),
        bound(&SecretFacts::default(), SecretRules { plain_http: PlainHttp::Allowed, ..strict() }, source, &to),
        bound(&SecretFacts::default(), SecretRules { plain_http: PlainHttp::Loopback, ..strict() }, source, &to),
    ];
    for credential in consenting {
        let server = Server::start(|_| ok("")).await;
        let credential = credential.unwrap();
        let there = Credential { origins: vec![server.origin()], ..credential };
        assert!(shows_the_token(&server, there).await);
    }
}

#[tokio::test]
async fn a_secret_that_names_one_server_is_not_sent_to_another() {
    let (forge, other) = (Server::start(|_| ok("")).await, Server::start(|_| ok("")).await);
    let facts = naming(&forge.origin().to_string());
    let credential = bound(&facts, strict(), SourceFacts::default(), &[other.origin(), forge.origin()]).unwrap();
    assert!(shows_the_token(&forge, credential.clone()).await);

    let spec = SessionSpec { credentials: vec![credential], ..granted(&[other.url("")]) };
    let error = soon(egress().session(spec).send(get_with_api(other.url("/")))).await.unwrap_err();
    let HttpError::Denied(why) = &error else { panic!("{error}") };
    for part in ["apps/auth", &other.origin().to_string(), "orangery.dev/origins"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(other.seen().is_empty(), "it is not even dialled");
    assert!(bound(&facts, strict(), SourceFacts::default(), &[other.origin()]).is_err());
}

#[tokio::test]
async fn a_redirect_from_a_named_server_takes_nothing_along() {
    let other = Server::start(|_| ok("other")).await;
    let away = other.url("/");
    let forge = Server::start(move |_| redirect(302, &away)).await;
    let facts = naming(&format!("{}, {}", forge.origin(), other.origin()));
    let both = [forge.origin(), other.origin()];
    let credential = bound(&facts, strict(), SourceFacts::default(), &both).unwrap();
    let spec = SessionSpec { credentials: vec![credential], ..granted(&[forge.url(""), other.url("")]) };
    assert_eq!(soon(egress().session(spec).send(get_with_api(forge.url("/")))).await.unwrap().body, b"other");
    assert!(forge.seen()[0].raw.contains(TOKEN));
    assert!(!other.seen()[0].raw.contains(TOKEN));
}

#[tokio::test]
async fn a_secret_of_another_use_goes_only_where_it_says() {
    let server = Server::start(|_| ok("")).await;
    let of_type = |origins: Option<String>| SecretFacts { kind: "kubernetes.io/service-account-token".into(), origins };
    let lenient = SecretRules { plain_http: PlainHttp::Allowed, ..strict() };
    let to = [server.origin()];
    let error = bound(&of_type(None), lenient, SourceFacts::default(), &to).unwrap_err();
    assert!(error.to_string().contains("service-account-token"), "{error}");
    let named = of_type(Some(server.origin().to_string()));
    assert!(shows_the_token(&server, bound(&named, lenient, SourceFacts::default(), &to).unwrap()).await);
}

#[tokio::test]
async fn where_the_annotation_is_demanded_an_unannotated_secret_goes_nowhere() {
    let server = Server::start(|_| ok("")).await;
    let demand = SecretRules { origins: OriginsRule::Required, plain_http: PlainHttp::Allowed };
    let to = [server.origin()];
    let error = bound(&SecretFacts::default(), demand, SourceFacts::default(), &to).unwrap_err();
    assert!(error.to_string().contains("--require-secret-origins"), "{error}");
    let named = naming(&server.origin().to_string());
    assert!(shows_the_token(&server, bound(&named, demand, SourceFacts::default(), &to).unwrap()).await);
}

fn app(key: &rcgen::KeyPair, base: Option<&str>) -> CredentialKind {
    let pem = key.serialize_pem();
    let mut keys = vec![("githubAppID", "7"), ("githubAppInstallationID", "42"), ("githubAppPrivateKey", pem.as_str())];
    keys.extend(base.map(|base| ("githubAppBaseURL", base)));
    let data: BTreeMap<_, _> = keys.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    from_secret(&[Shape::new(Scheme::GitHubApp)], None, "apps/app", &data).unwrap()
}

#[tokio::test]
async fn the_token_of_an_app_goes_to_the_server_that_minted_it() {
    let minted = |_: &_| ok(r#"{"token": "ghs_minted", "expires_at": "2999-01-01T00:00:00Z"}"#);
    let (github, evil) = (Server::start(minted).await, Server::start(|_| ok("")).await);
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let kind = app(&key, Some(&github.url("")));
    let facts = naming(&format!("{}, {}", github.origin(), evil.origin()));
    let bind =
        |to: &[Origin]| consent::bind("api", kind.clone(), "apps/app", &facts, strict(), SourceFacts::default(), to);
    let error = bind(&[evil.origin()]).unwrap_err().to_string();
    for part in ["apps/app", &evil.origin().to_string(), &github.origin().to_string(), "githubAppBaseURL"] {
        assert!(error.contains(part), "{error}");
    }
    let credential = bind(&[evil.origin(), github.origin()]).unwrap();
    let spec = SessionSpec { credentials: vec![credential], ..granted(&[github.url(""), evil.url("")]) };
    let session = egress().session(spec);
    assert!(soon(session.send(get_with_api(evil.url("/")))).await.is_err());
    // Whoever binds it elsewhere is not obeyed either.
    let forced = Credential::new("api", kind.clone(), [evil.origin()]);
    let spec = SessionSpec { credentials: vec![forced], ..granted(&[evil.url("")]) };
    assert!(soon(egress().session(spec).send(get_with_api(evil.url("/")))).await.is_err());
    assert!(evil.seen().is_empty() && github.seen().is_empty(), "nothing was minted for another server");
    // Its own server minted it, and gets it: the answer that repeats it is not handed on.
    let answer = soon(session.send(get_with_api(github.url("/")))).await;
    assert!(matches!(&answer, Err(HttpError::Denied(why)) if why.contains("contains the credential")), "{answer:?}");
    assert_eq!(github.seen()[1].header("authorization").as_deref(), Some("Bearer ghs_minted"));
}

/// Users with an app on a server of their own forget the key; the message names the server that would have been asked.
#[tokio::test]
async fn an_app_without_base_url_names_the_server_it_belongs_to_and_the_key_that_changes_it() {
    let own = Server::start(|_| ok("")).await;
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let rules = SecretRules { plain_http: PlainHttp::Loopback, ..strict() };
    let to = [own.origin()];
    let error =
        consent::bind("api", app(&key, None), "apps/app", &SecretFacts::default(), rules, SourceFacts::default(), &to);
    let error = error.unwrap_err().to_string();
    let example = format!("{}/api/v3", own.origin());
    for part in ["https://api.github.com", "githubAppBaseURL", &example] {
        assert!(error.contains(part), "{error}");
    }
}
