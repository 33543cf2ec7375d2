//! Proxies as people give them: by variable, by flag, by Secret.

use crate::bench::orangery;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// `me:hunter22`.
const LOGIN: &str = "bWU6aHVudGVyMjI=";

/// A proxy that answers every request itself, with one input, if it comes with the user name and the password.
struct Proxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&heads);
        // It ends with the process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = String::new();
                let mut reader = BufReader::new(&stream);
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let (status, body) = match head.contains(LOGIN) {
                    true => ("200 OK", r#"{"inputs": [{"id": "proxied"}]}"#),
                    false => ("407 Who", ""),
                };
                log.lock().unwrap().push(head);
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        Self { address, heads }
    }

    fn with_login(&self) -> String {
        format!("http://me:hunter22@{}", self.address)
    }

    fn asked(&self) -> usize {
        self.heads.lock().unwrap().len()
    }
}

fn provider(more: &str) -> String {
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: tenants, namespace: apps}}\n\
         spec:\n  type: ExternalService\n  url: http://service.invalid/inputs\n  insecure: true\n{more}"
    )
}

#[test]
fn the_variables_and_the_flag_name_the_operators_proxy() {
    let (work, proxy) = (tempfile::tempdir().unwrap(), Proxy::start());
    std::fs::write(work.path().join("p.yaml"), provider("")).unwrap();
    let poll = || orangery(["poll", "-f", "p.yaml"]).inside(work.path());
    poll().with("HTTP_PROXY", &proxy.with_login()).run().exits(0).prints("proxied");
    poll().with("http_proxy", &proxy.with_login()).run().exits(0).prints("proxied");
    let flag = ["poll", "-f", "p.yaml", "--egress-proxy", &proxy.with_login()];
    orangery(flag).inside(work.path()).run().exits(0).prints("proxied");
    assert!(proxy.heads.lock().unwrap()[0].starts_with("GET http://service.invalid/inputs HTTP/1.1"));

    let before = proxy.asked();
    poll().with("HTTP_PROXY", &proxy.with_login()).with("NO_PROXY", ".invalid").run().exits(1);
    orangery(["poll", "-f", "p.yaml", "--egress-proxy", "none"])
        .inside(work.path())
        .with("HTTP_PROXY", &proxy.with_login())
        .run()
        .exits(1);
    assert_eq!(proxy.asked(), before, "neither went by the proxy");
}

#[test]
fn what_is_no_proxy_ends_the_start_with_the_name_and_without_the_password() {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("p.yaml"), provider("")).unwrap();
    let ran =
        orangery(["poll", "-f", "p.yaml"]).inside(work.path()).with("HTTPS_PROXY", "socks5://me:hunter22@p:1").run();
    let ran = ran.exits(1).warns("HTTPS_PROXY is no HTTP proxy: write http://HOST:PORT");
    assert!(!ran.err.contains("hunter22"), "{}", ran.err);
    let flag = ["poll", "-f", "p.yaml", "--egress-proxy", "ftp://me:hunter22@p"];
    let ran = orangery(flag).inside(work.path()).run().exits(1).warns("--egress-proxy is no HTTP proxy");
    assert!(!ran.err.contains("hunter22"), "{}", ran.err);
}

#[test]
fn a_provider_has_a_proxy_of_its_own_at_an_address_that_it_may_dial() {
    let (work, proxy) = (tempfile::tempdir().unwrap(), Proxy::start());
    let secret = |password: &str| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: proxy, namespace: apps}}\nstringData:\n  \
             address: http://{}\n  username: me\n  password: {password}\n",
            proxy.address
        )
    };
    let manifest = |password| provider("  proxySecretRef: {name: proxy}\n") + &secret(password);
    std::fs::write(work.path().join("p.yaml"), manifest("hunter22")).unwrap();
    // The operator's proxy is not asked.
    let granted = orangery(["poll", "-f", "p.yaml", "--allow-loopback"])
        .inside(work.path())
        .with("HTTP_PROXY", "http://127.0.0.1:9");
    granted.run().exits(0).prints("proxied");
    let before = proxy.asked();
    let refused = orangery(["poll", "-f", "p.yaml"]).inside(work.path()).run().exits(1);
    let refused = refused.warns(&format!("the proxy http://{} cannot be used", proxy.address)).warns("loopback");
    assert_eq!(proxy.asked(), before, "{}", refused.err);

    std::fs::write(work.path().join("p.yaml"), manifest("wrong-hunter22")).unwrap();
    let ran = orangery(["poll", "-f", "p.yaml", "--allow-loopback", "--verbose"]).inside(work.path()).run().exits(1);
    let ran = ran.warns("does not accept the user name and password");
    assert!(!ran.err.contains("hunter22"), "{}", ran.err);
}
