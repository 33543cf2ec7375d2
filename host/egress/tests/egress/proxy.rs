//! Proxies: the environment's never, the policy's always.

use std::process::Command;

use orangery_egress::{Egress, HttpError, Policy, Request};

use crate::world::{Names, Server, egress, granted, ok, policy, soon};

const PROBE: &str = "ORANGERY_TEST_PROXIED_PROBE";

#[tokio::test]
async fn the_proxy_of_the_policy_is_used() {
    let proxy = Server::start(|_| ok("by way of the proxy")).await;
    let policy = Policy {
        proxy: Some(proxy.url("").parse().unwrap()),
        resolver: std::sync::Arc::new(Names::default()),
        ..policy()
    };
    let session = Egress::new(policy).unwrap().session(granted(&["http://far.example".to_owned()]));
    let answer = soon(session.send(Request::get("http://far.example/x"))).await.unwrap();
    assert_eq!(answer.body, b"by way of the proxy");
    assert_eq!(proxy.seen()[0].path, "http://far.example/x");
}

#[tokio::test]
async fn an_address_that_is_refused_is_refused_before_the_proxy() {
    let proxy = Server::start(|_| ok("")).await;
    let policy = Policy { proxy: Some(proxy.url("").parse().unwrap()), ..policy() };
    let session = Egress::new(policy).unwrap().session(granted(&["http://169.254.169.254".to_owned()]));
    assert!(matches!(soon(session.send(Request::get("http://169.254.169.254/"))).await, Err(HttpError::Denied(_))));
    assert!(proxy.seen().is_empty());
}

/// The environment belongs to the whole process, so the test runs itself once more in a process of its own.
#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    if let Ok(server) = std::env::var(PROBE) {
        let session = egress().session(granted(&[&server]));
        assert_eq!(soon(session.send(Request::get(server))).await.unwrap().body, b"direct");
        return;
    }
    let proxy = Server::start(|_| ok("by way of the proxy")).await;
    let server = Server::start(|_| ok("direct")).await;
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "proxy::proxies_of_the_environment_are_not_used"]).env(PROBE, server.url("/"));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, proxy.url(""));
    }
    let output = tokio::task::spawn_blocking(move || again.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((server.seen().len(), proxy.seen().len()), (1, 0));
}
