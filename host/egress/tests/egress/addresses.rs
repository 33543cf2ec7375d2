//! Steps 4 and 5: names are allowed, addresses are refused.

use std::sync::Arc;

use orangery_egress::{Egress, HttpError, Policy, Request};

use crate::world::{Names, Server, egress, egress_with, granted, ok, policy, soon};

async fn denied(egress: &Egress, url: String) -> String {
    let session = egress.session(granted(&[&url]));
    match soon(session.send(Request::get(url))).await {
        Err(HttpError::Denied(why)) => why,
        other => format!("not denied: {other:?}"),
    }
}

#[tokio::test]
async fn loopback_is_refused_unless_the_policy_allows_it() {
    let server = Server::start(|_| ok("")).await;
    let strict = Egress::new(Policy::default()).unwrap();
    let port = server.address.port();
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "localhost"] {
        let why = denied(&strict, format!("http://{host}:{port}/")).await;
        assert!(why.contains("loopback"), "{host}: {why}");
    }
    assert!(server.seen().is_empty());
    let session = egress().session(granted(&[server.url("")]));
    assert!(soon(session.send(Request::get(server.url("/")))).await.is_ok());
}

#[tokio::test]
async fn metadata_and_link_local_addresses_are_never_granted() {
    for host in [
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "[fe80::1]",
    ] {
        let why = denied(&egress(), format!("http://{host}/latest/meta-data")).await;
        assert!(why.contains("never granted"), "{host}: {why}");
    }
}

#[tokio::test]
async fn a_private_network_is_reached_only_where_the_policy_lists_it() {
    let names = || Arc::new(Names::default().with("gitlab.corp.example", &[&["10.255.255.1"]]));
    let strict = Egress::new(Policy { resolver: names(), ..policy() }).unwrap();
    let why = denied(&strict, "http://gitlab.corp.example:9/".to_owned()).await;
    assert!(
        why.contains("gitlab.corp.example resolves to an address that is refused: 10.255.255.1 is a private address"),
        "{why}"
    );

    let mut lenient = Policy { resolver: names(), allow_private: vec!["10.255.255.0/24".parse().unwrap()], ..policy() };
    lenient.timeouts.connect = std::time::Duration::from_millis(300);
    let outcome = denied(&Egress::new(lenient).unwrap(), "http://gitlab.corp.example:9/".to_owned()).await;
    assert!(outcome.starts_with("not denied"), "{outcome}");
}

#[tokio::test]
async fn the_operators_own_addresses_are_forbidden_even_where_their_network_is_allowed() {
    let server = Server::start(|_| ok("")).await;
    let egress = Egress::new(Policy { forbidden_addresses: vec!["127.0.0.1".parse().unwrap()], ..policy() }).unwrap();
    let why = denied(&egress, server.url("/")).await;
    assert!(why.contains("API server"), "{why}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_address_that_becomes_the_api_servers_is_forbidden_from_then_on() {
    let server = Server::start(|_| ok("")).await;
    let egress = Egress::new(policy()).unwrap();
    assert!(denied(&egress, server.url("/")).await.starts_with("not denied"));
    egress.forbid_addresses(vec!["127.0.0.1".parse().unwrap()]);
    assert!(denied(&egress, server.url("/")).await.contains("API server"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn metadata_services_inside_private_ranges_stay_refused_when_the_range_is_allowed() {
    let lenient = Egress::new(Policy { allow_private: vec!["fc00::/7".parse().unwrap()], ..policy() }).unwrap();
    for host in ["[fd00:ec2::254]", "[fd00:ec2::23]", "[fd00:c1::a9fe:a9fe]", "[fd00:42::42]", "[fd20:ce::254]"] {
        let why = denied(&lenient, format!("http://{host}/latest/meta-data")).await;
        assert!(why.contains("metadata") && why.contains("never granted"), "{host}: {why}");
    }
}

#[tokio::test]
async fn a_name_is_resolved_once_and_the_checked_address_is_dialled() {
    let server = Server::start(|_| ok("hello")).await;
    let names = Arc::new(Names::default().with("forge.test", &[&["127.0.0.1"], &["169.254.169.254"]]));
    let egress = Egress::new(Policy { resolver: names.clone(), ..policy() }).unwrap();
    let session = egress.session(granted(&[server.url_as("forge.test", "")]));
    assert!(soon(session.send(Request::get(server.url_as("forge.test", "/")))).await.is_ok());
    assert_eq!(names.asked.lock().unwrap().len(), 1);
    assert_eq!(server.seen()[0].header("host"), Some(format!("forge.test:{}", server.address.port())));
}

#[tokio::test]
async fn a_name_that_turns_to_a_refused_address_is_denied_and_not_dialled() {
    let server = Server::start(|_| ok("hello")).await;
    let names = Names::default().with("rebinding.test", &[&["127.0.0.1"], &["169.254.169.254"]]);
    let egress = egress_with(names);
    let url = |port| format!("http://rebinding.test:{port}/");
    let port = server.address.port();
    let session = egress.session(granted(&[url(port), url(1)]));
    assert!(soon(session.send(Request::get(url(port)))).await.is_ok());
    let error = soon(session.send(Request::get(url(1)))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Denied(why) if why.contains("169.254.169.254")), "{error}");
}

#[tokio::test]
async fn one_bad_address_among_good_ones_is_enough() {
    let server = Server::start(|_| ok("hello")).await;
    let egress = egress_with(Names::default().with("mixed.test", &[&["127.0.0.1", "169.254.169.254"]]));
    let why = denied(&egress, server.url_as("mixed.test", "/")).await;
    assert!(why.contains("169.254.169.254 is a link-local"), "{why}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_name_without_addresses_is_a_transport_failure() {
    let egress = egress_with(Names::default().with("empty.test", &[&[]]));
    for host in ["empty.test", "unknown.test"] {
        let url = format!("http://{host}/?token=hunter2");
        let session = egress.session(granted(&[format!("http://{host}")]));
        let error = soon(session.send(Request::get(url))).await.unwrap_err();
        assert!(matches!(&error, HttpError::Transport(why) if !why.contains("hunter2")), "{error}");
    }
}
