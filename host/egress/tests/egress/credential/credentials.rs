//! Step 6: what is attached, where, and what never comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orangery_egress::{Credential, CredentialKind, HttpError, Request, SessionSpec};

use crate::world::{Server, answer, api, egress, get_with_api, granted, ok, secret, soon};

fn spec(server: &Server, kind: CredentialKind) -> SessionSpec {
    SessionSpec { credentials: api(kind, server.origin()), ..granted(&[server.url("")]) }
}

#[tokio::test]
async fn each_kind_has_its_header() {
    let server = Server::start(|_| ok("")).await;
    let token = || secret("hunter2-token");
    let kinds = [
        (CredentialKind::Bearer(token()), "authorization", "Bearer hunter2-token".to_owned()),
        (
            CredentialKind::Basic { username: "git".to_owned(), password: token() },
            "authorization",
            format!("Basic {}", STANDARD.encode("git:hunter2-token")),
        ),
        (
            CredentialKind::Header { name: "x-api-key".parse().unwrap(), prefix: String::new(), value: token() },
            "x-api-key",
            "hunter2-token".to_owned(),
        ),
        (
            CredentialKind::Header { name: "authorization".parse().unwrap(), prefix: "token ".into(), value: token() },
            "authorization",
            "token hunter2-token".to_owned(),
        ),
        (CredentialKind::PrivateToken(token()), "private-token", "hunter2-token".to_owned()),
    ];
    for (index, (kind, name, value)) in kinds.into_iter().enumerate() {
        let session = egress().session(spec(&server, kind));
        let answer = soon(session.send(get_with_api(server.url("/")))).await.unwrap();
        assert_eq!(server.seen()[2 * index].header(name), Some(value));
        let schemes = ["bearer", "basic", "header x-api-key", "header authorization", "private-token"];
        assert_eq!(answer.authenticated.as_deref(), Some(schemes[index]));
        let anonymous = soon(session.send(Request::get(server.url("/")))).await.unwrap();
        assert_eq!(anonymous.authenticated, None);
    }
}

#[tokio::test]
async fn a_request_that_names_no_credential_is_anonymous() {
    let server = Server::start(|_| ok("")).await;
    let session = egress().session(spec(&server, CredentialKind::Bearer(secret("hunter2-token"))));
    soon(session.send(Request::get(server.url("/")))).await.unwrap();
    assert!(!server.seen()[0].raw.contains("hunter2"));
}

#[tokio::test]
async fn a_credential_without_secret_is_anonymous_and_an_unknown_one_is_denied() {
    let server = Server::start(|_| ok("")).await;
    let session = egress().session(spec(&server, CredentialKind::Anonymous));
    assert_eq!(soon(session.send(get_with_api(server.url("/")))).await.unwrap().status, 200);
    let request = Request { credential: Some("admin".to_owned()), ..Request::get(server.url("/")) };
    let error = soon(session.send(request)).await.unwrap_err();
    assert_eq!(error, HttpError::Denied("there is no credential 'admin'; there are: [api]".to_owned()));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_credential_goes_only_to_its_own_origins_though_others_are_granted() {
    let (forge, evil) = (Server::start(|_| ok("")).await, Server::start(|_| ok("")).await);
    let credentials = api(CredentialKind::Bearer(secret("hunter2-token")), forge.origin());
    let session = egress().session(SessionSpec { credentials, ..granted(&[forge.url(""), evil.url("")]) });
    let error = soon(session.send(get_with_api(evil.url("/")))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("is bound to")), "{error}");
    assert!(evil.seen().is_empty());
    // The same origin under its other name is another origin.
    let localhost = forge.url_as("localhost", "/");
    let session = egress().session(SessionSpec {
        credentials: api(CredentialKind::Bearer(secret("hunter2-token")), forge.origin()),
        ..granted(&[&localhost])
    });
    assert!(matches!(soon(session.send(get_with_api(localhost))).await, Err(HttpError::Denied(_))));
}

#[tokio::test]
async fn an_empty_list_of_origins_attaches_nowhere() {
    let server = Server::start(|_| ok("")).await;
    let credentials = vec![Credential::new("api", CredentialKind::Bearer(secret("hunter2-token")), [])];
    let session = egress().session(SessionSpec { credentials, ..granted(&[server.url("")]) });
    assert!(matches!(soon(session.send(get_with_api(server.url("/")))).await, Err(HttpError::Denied(_))));
}

#[tokio::test]
async fn a_plugin_cannot_set_the_header_of_a_credential() {
    let server = Server::start(|_| ok("")).await;
    let kind = CredentialKind::Header {
        name: "x-api-key".parse().unwrap(),
        prefix: String::new(),
        value: secret("hunter2-token"),
    };
    let session = egress().session(spec(&server, kind));
    let headers = vec![("X-API-Key".to_owned(), "forged".to_owned())];
    soon(session.send(Request { headers, ..get_with_api(server.url("/")) })).await.unwrap();
    assert!(!server.seen()[0].raw.contains("forged"));
}

#[tokio::test]
async fn an_answer_that_reflects_the_credential_is_refused() {
    let encoded = STANDARD.encode("git:hunter2-token");
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/body" => ok(&format!("{{\"you sent\": \"{}\"}}", seen.header("authorization").unwrap_or_default())),
        "/header" => answer(200, &[("x-echo", "hunter2-token")], ""),
        "/encoded" => ok(&encoded),
        "/location" => answer(302, &[("location", "/next?token=hunter2-token")], ""),
        _ => ok("fine"),
    })
    .await;
    let session = egress().session(spec(&server, CredentialKind::Bearer(secret("hunter2-token"))));
    for path in ["/body", "/header", "/encoded", "/location"] {
        let error = soon(session.send(get_with_api(server.url(path)))).await.unwrap_err();
        assert_eq!(error, HttpError::Denied("the answer contains the credential".to_owned()), "{path}");
    }
    assert!(soon(session.send(get_with_api(server.url("/fine")))).await.is_ok());
}

#[tokio::test]
async fn the_redactor_masks_what_the_session_knows() {
    let server = Server::start(|_| ok("")).await;
    let redactor = egress().session(spec(&server, CredentialKind::Bearer(secret("hunter2-token")))).redactor();
    assert_eq!(redactor.mask("token hunter2-token leaked"), "token *** leaked");
}

#[tokio::test]
async fn s04_two_tenants_two_tokens() {
    let server = Server::start(|seen| ok(&seen.path)).await;
    let egress = egress();
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..1000 {
        let tenant = n % 2;
        let session =
            egress.session(spec(&server, CredentialKind::Bearer(secret(&format!("token-of-tenant-{tenant}")))));
        let url = server.url(&format!("/tenant-{tenant}"));
        calls.spawn(async move { session.send(get_with_api(url)).await.map(|answer| answer.status) });
    }
    let statuses = soon(calls.join_all()).await;
    assert_eq!(statuses.iter().find(|status| **status != Ok(200)), None);
    let seen = server.seen();
    assert_eq!(seen.len(), 1000);
    for request in seen {
        let tenant = request.path.strip_prefix("/tenant-").unwrap();
        assert_eq!(request.header("authorization"), Some(format!("Bearer token-of-tenant-{tenant}")));
    }
}
