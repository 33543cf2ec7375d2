//! Proxies as flags, variables and Secrets write them.

use super::*;

fn data(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

fn login(server: &ProxyServer) -> Option<(&str, &str)> {
    server.login.as_ref().map(|login| (login.username.as_str(), login.password.expose()))
}

#[test]
fn a_proxy_is_read_with_and_without_scheme_and_credentials() {
    let plain = ProxyServer::parse("HTTP_PROXY", "proxy.corp:3128").unwrap();
    assert_eq!((plain.origin().to_string().as_str(), login(&plain)), ("http://proxy.corp:3128", None));
    let full = ProxyServer::parse("HTTPS_PROXY", "https://me:p%40ss:word@proxy.corp/").unwrap();
    assert_eq!((full.origin().to_string().as_str(), login(&full)), ("https://proxy.corp", Some(("me", "p@ss:word"))));
    assert_eq!(format!("{full:?}"), "https://proxy.corp");
}

#[test]
fn what_is_no_proxy_is_refused_by_name_and_without_its_credentials() {
    for text in ["socks5://me:hunter22@proxy:1080", "http://me:hunter22@proxy/path", "http://hunter22@proxy", "http://"]
    {
        let error = ProxyServer::parse("HTTPS_PROXY", text).unwrap_err().to_string();
        assert!(error.starts_with("HTTPS_PROXY is no HTTP proxy: write http://HOST:PORT"), "{error}");
        assert!(!error.contains("hunter22"), "{error}");
    }
}

#[test]
fn a_secret_has_the_shape_that_flux_reads() {
    let entries = [("address", "http://proxy.corp:3128\n"), ("username", "me"), ("password", "hunter22")];
    let server = ProxyServer::from_secret("apps/proxy", &data(&entries)).unwrap();
    assert_eq!(
        (server.origin().to_string().as_str(), login(&server)),
        ("http://proxy.corp:3128", Some(("me", "hunter22")))
    );
    let refused = |entries: &[(&str, &str)]| {
        let error = ProxyServer::from_secret("apps/proxy", &data(entries)).unwrap_err().to_string();
        assert!(!error.contains("hunter22"), "{error}");
        error
    };
    assert_eq!(refused(&[("password", "hunter22")]), "invalid secret 'apps/proxy': key 'address' is missing");
    assert_eq!(
        refused(&[("address", "http://p"), ("password", "hunter22")]),
        "invalid secret 'apps/proxy': key 'username' is missing"
    );
    assert_eq!(
        refused(&[("address", "http://p"), ("username", "me"), ("password", "hunter\n22")]),
        "invalid secret 'apps/proxy': key 'password' has control characters"
    );
    assert!(refused(&[("address", "ftp://p")]).starts_with("key 'address' of secret 'apps/proxy' is no HTTP proxy"));
}

#[test]
fn the_environment_gives_a_proxy_for_each_scheme_and_exemptions() {
    let variables = BTreeMap::from([
        ("HTTPS_PROXY", "http://upper:1"),
        ("https_proxy", "http://lower:1"),
        ("http_proxy", "http://plain:2"),
        ("NO_PROXY", " example.com, .sub.test, 10.0.0.0/8,[2001:db8::1]:8443, only.test:444 , *.star.test"),
    ]);
    let proxies = Proxies::of_environment(|name| variables.get(name).map(|value| (*value).to_owned())).unwrap();
    let of = |origin: &str| proxies.of(&origin.parse().unwrap()).map(|server| server.origin().to_string());
    assert_eq!(of("https://far.test").as_deref(), Some("http://upper:1"));
    assert_eq!(of("http://far.test").as_deref(), Some("http://plain:2"));
    for direct in [
        "https://example.com",
        "https://a.example.com",
        "http://a.sub.test",
        "https://10.1.2.3",
        "https://[2001:db8::1]:8443",
        "https://only.test:444",
        "https://a.star.test",
        "http://localhost",
        "http://127.0.0.9",
    ] {
        assert_eq!(of(direct), None, "{direct}");
    }
    for proxied in [
        "https://notexample.com",
        "http://sub.test",
        "https://11.1.2.3",
        "https://[2001:db8::1]",
        "https://only.test",
        "https://star.test",
    ] {
        assert!(of(proxied).is_some(), "{proxied}");
    }
    let all = NoProxy::parse("*");
    assert!(all.covers(&"https://far.test".parse().unwrap()));
    let error = Proxies::of_environment(|name| (name == "https_proxy").then(|| "socks5://x".to_owned())).unwrap_err();
    assert!(error.to_string().starts_with("https_proxy is no HTTP proxy"), "{error}");
}
