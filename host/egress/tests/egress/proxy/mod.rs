//! Proxies: of the operator, of a tenant, hostile ones, and what then still holds of the address rules.

mod tunnel;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use orangery_egress::{
    CredentialKind, Egress, HttpError, NoProxy, Origin, Policy, Proxies, ProxyServer, Request, Response, SessionSpec,
};

use crate::tls;
use crate::world::{Names, Server, answer, api, egress, get_with_api, granted, ok, policy, secret, soon};
use tunnel::{LOGIN, Manner, Tunnel};

const PROBE: &str = "ORANGERY_TEST_PROXIED_PROBE";
const TOKEN: &str = "token-that-no-proxy-sees";

fn server(url: &str) -> ProxyServer {
    ProxyServer::parse("the proxy of the test", url).unwrap()
}

/// With the operator's proxy for everything but `direct`.
fn operator(proxy: &str, direct: &str, names: Names) -> Policy {
    let proxies = Proxies::all(server(proxy), NoProxy::parse(direct));
    Policy { proxies, resolver: Arc::new(names), ..policy() }
}

/// With the proxy of a tenant.
fn tenant(proxy: &str, grant: &str) -> SessionSpec {
    SessionSpec { proxy: Some(server(proxy)), ..granted(&[grant]) }
}

/// In a cluster: neither loopback nor private addresses are dialled.
fn strict(names: Names) -> Policy {
    let policy = Policy { resolver: Arc::new(names), ..policy() };
    Policy { loopback: orangery_egress::Loopback::Refused, ..policy }
}

async fn get(policy: Policy, spec: SessionSpec, url: &str) -> Result<Response, HttpError> {
    soon(Egress::new(policy).unwrap().session(spec).send(Request::get(url))).await
}

fn denied(outcome: Result<Response, HttpError>) -> String {
    let error = outcome.unwrap_err();
    assert!(matches!(error, HttpError::Denied(_)), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn plain_http_goes_to_the_operators_proxy_in_absolute_form_but_for_exempt_hosts() {
    let forge = Server::start(|_| ok("direct")).await;
    let proxy = Tunnel::start(Manner::Asks, forge.address).await;
    let names = || Names::default().with("near.example", &[&["127.0.0.1"]]);
    let url = format!("http://me:hunter22@{}", proxy.address);
    let far = get(operator(&url, "", names()), granted(&["http://far.example"]), "http://far.example/x").await.unwrap();
    assert_eq!(far.body, b"by way of the proxy");
    assert!(proxy.heads()[0].starts_with("GET http://far.example/x HTTP/1.1"), "{:?}", proxy.heads());
    let near = forge.url_as("near.example", "/");
    let direct = get(operator(&url, "near.example", names()), granted(&[&near]), &near).await.unwrap();
    assert_eq!((direct.body.as_slice(), proxy.heads().len()), (b"direct".as_slice(), 1));
}

#[tokio::test]
async fn https_goes_through_a_tunnel_that_sees_neither_credential_nor_answer() {
    let ca = tls::ca();
    let forge = tls::server(&ca, None).await;
    let proxy = Tunnel::start(Manner::Asks, forge.address).await;
    let (url, origin): (String, Origin) =
        (forge.url_as("forge.test", "/"), forge.url_as("forge.test", "").parse().unwrap());
    let by_tenant = format!("http://me:hunter22@{}", proxy.address);
    for (policy, proxy) in [(operator(&by_tenant, "", Names::default()), None), (policy(), Some(server(&by_tenant)))] {
        let spec = SessionSpec {
            credentials: api(CredentialKind::Bearer(secret(TOKEN)), Origin::clone(&origin)),
            tls: tls::settings(&[("ca.crt", &ca.pem())]),
            proxy,
            ..granted(&[&url])
        };
        let session = Egress::new(policy).unwrap().session(spec);
        assert_eq!(soon(session.send(get_with_api(url.clone()))).await.unwrap().body, b"over TLS");
    }
    let port = forge.address.port();
    assert!(proxy.heads().iter().all(|head| head.starts_with(&format!("CONNECT forge.test:{port} "))));
    let sent = forge.seen();
    assert!(sent.iter().all(|seen| seen.header("authorization").as_deref() == Some(&format!("Bearer {TOKEN}"))));
    assert!(sent.iter().all(|seen| !seen.raw.contains(LOGIN)), "the credentials of the proxy are the proxy's");
    let passed = String::from_utf8_lossy(&proxy.passed()).into_owned() + &proxy.heads().concat();
    assert!(!passed.contains(TOKEN) && !passed.contains("over TLS"));
}

#[tokio::test]
async fn targets_are_judged_before_any_proxy() {
    let proxy = Tunnel::start(Manner::Serves, ([127, 0, 0, 1], 9).into()).await;
    let names =
        || Names::default().with("inside.example", &[&["10.1.2.3"]]).with("meta.example", &[&["169.254.169.254"]]);
    for url in ["http://169.254.169.254/", "http://10.1.2.3/", "http://inside.example/", "https://meta.example/"] {
        let grant = url.trim_end_matches('/');
        let by_operator = get(operator(&proxy.url(), "", names()), granted(&[grant]), url).await;
        let by_tenant = get(Policy { resolver: Arc::new(names()), ..policy() }, tenant(&proxy.url(), grant), url).await;
        for text in [denied(by_operator), denied(by_tenant)] {
            assert!(text.contains("address"), "{text}");
        }
    }
    assert!(proxy.heads().is_empty(), "{:?}", proxy.heads());
}

#[tokio::test]
async fn the_proxy_of_a_tenant_has_an_address_that_the_tenant_may_dial() {
    let proxy = Tunnel::start(Manner::Serves, ([127, 0, 0, 1], 9).into()).await;
    let (grant, url) = ("http://far.example", "http://far.example/");
    let port = proxy.address.port();
    let names = || Names::default().with("proxy.example", &[&["127.0.0.1"]]).with("far.example", &[&["140.82.121.6"]]);
    for address in [
        proxy.url(),
        format!("http://proxy.example:{port}"),
        "http://10.0.0.1:3128".to_owned(),
        "http://169.254.169.254".to_owned(),
        "http://[::ffff:10.0.0.1]:3128".to_owned(),
    ] {
        let text = denied(get(strict(names()), tenant(&address, grant), url).await);
        assert!(text.contains("address"), "{text}");
    }
    let forbidden = Policy { forbidden_addresses: vec!["127.0.0.1".parse().unwrap()], ..policy() };
    let text = denied(get(forbidden, tenant(&proxy.url(), grant), url).await);
    assert!(text.contains("the proxy ") && text.contains("API server"), "{text}");
    assert!(proxy.heads().is_empty());
    // Granted, it is used, though the operator has another one.
    let policy = operator("http://127.0.0.1:9", "", names());
    let granted = get(policy, tenant(&format!("http://proxy.example:{port}"), grant), url).await;
    assert_eq!(granted.unwrap().body, b"by way of the proxy");
}

#[tokio::test]
async fn the_operators_proxy_is_reached_anywhere_and_no_provider_reaches_it_as_a_target() {
    let proxy = Tunnel::start(Manner::Serves, ([127, 0, 0, 1], 9).into()).await;
    let names = || Names::default().with("proxy.example", &[&["127.0.0.1"]]);
    let address = format!("http://proxy.example:{}", proxy.address.port());
    let with = |direct| Policy { proxies: operator(&address, direct, Names::default()).proxies, ..strict(names()) };
    let used = get(with(""), granted(&["http://far.example"]), "http://far.example/").await.unwrap();
    assert_eq!(used.body, b"by way of the proxy");
    for direct in ["", "proxy.example"] {
        let text = denied(get(with(direct), granted(&[&address]), &address).await);
        assert!(text.contains("loopback"), "{text}");
    }
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_refuses_talks_nonsense_or_hangs_is_an_error_that_names_it_without_credentials() {
    for (manner, login, says) in [
        (Manner::Asks, "", "does not accept the user name and password that it is given, or wants some (407)"),
        (Manner::Asks, "you:wrong-hunter22@", "does not accept the user name and password"),
        (Manner::Garbage, "me:hunter22@", "by way of the proxy"),
        (Manner::Hangs, "me:hunter22@", "within"),
    ] {
        let proxy = Tunnel::start(manner, ([127, 0, 0, 1], 9).into()).await;
        let url = format!("http://{login}{}", proxy.address);
        for target in ["http://far.example", "https://far.example"] {
            let mut policy = operator(&url, "", Names::default());
            policy.timeouts.connect = Duration::from_millis(400);
            policy.timeouts.first_byte = Duration::from_millis(800);
            let begun = Instant::now();
            let session = Egress::new(policy).unwrap().session(granted(&[target]));
            let error = soon(session.send(Request::get(target))).await.unwrap_err();
            assert!(begun.elapsed() < Duration::from_secs(20), "{manner:?}");
            let text = format!("{error:?} {:?}", session.trace());
            assert!(text.contains(says), "{manner:?} {target}: {text}");
            assert!(matches!(error, HttpError::Transport(_) | HttpError::Timeout(_)), "{error:?}");
            for hidden in ["hunter22", LOGIN] {
                assert!(!text.contains(hidden), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn no_credential_goes_over_plain_http_through_the_proxy_of_a_tenant() {
    let forge = Server::start(|_| ok("direct")).await;
    let proxy = Tunnel::start(Manner::Serves, forge.address).await;
    let url = "http://far.example/";
    let with_token = |proxy: Option<ProxyServer>| SessionSpec {
        credentials: api(CredentialKind::Bearer(secret(TOKEN)), "http://far.example".parse().unwrap()),
        proxy,
        ..granted(&["http://far.example"])
    };
    let session = egress().session(with_token(Some(server(&proxy.url()))));
    let text = denied(soon(session.send(get_with_api(url.to_owned()))).await);
    assert!(
        text.contains("'api' is not sent to http://far.example by way of the proxy") && text.contains("use https"),
        "{text}"
    );
    assert!(proxy.heads().is_empty());
    // The operator's own proxy is trusted with what a Secret allows over plain http.
    let session = Egress::new(operator(&proxy.url(), "", Names::default())).unwrap().session(with_token(None));
    soon(session.send(get_with_api(url.to_owned()))).await.unwrap();
    assert!(proxy.heads()[0].contains(TOKEN));
}

#[tokio::test]
async fn what_the_proxy_of_one_tenant_answered_is_not_served_to_another() {
    let forge = Server::start(|seen| match seen.header("if-none-match").as_deref() {
        Some("\"1\"") => answer(304, &[("etag", "\"1\"")], ""),
        _ => answer(200, &[("etag", "\"1\"")], "the forge's"),
    })
    .await;
    let proxy = Tunnel::start(Manner::Serves, forge.address).await;
    let url = forge.url("/list");
    let egress = egress();
    let ask = async |spec| {
        let request = Request { conditional: true, ..Request::get(url.clone()) };
        soon(egress.session(spec).send(request)).await.unwrap().body
    };
    assert_eq!(ask(tenant(&proxy.url(), &url)).await, b"by way of the proxy");
    assert_eq!(ask(granted(&[&url])).await, b"the forge's");
    assert_eq!(ask(granted(&[&url])).await, b"the forge's");
}

/// The environment belongs to the whole process, so the test runs itself once more in a process of its own.
#[tokio::test]
async fn proxies_of_the_environment_are_not_used_unless_they_are_given() {
    if let Ok(server) = std::env::var(PROBE) {
        let session = egress().session(granted(&[&server]));
        assert_eq!(soon(session.send(Request::get(server))).await.unwrap().body, b"direct");
        return;
    }
    let proxy = Server::start(|_| ok("by way of the proxy")).await;
    let server = Server::start(|_| ok("direct")).await;
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(["--exact", "proxy::proxies_of_the_environment_are_not_used_unless_they_are_given"])
        .env(PROBE, server.url("/"));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, proxy.url(""));
    }
    let output = tokio::task::spawn_blocking(move || again.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((server.seen().len(), proxy.seen().len()), (1, 0));
}
