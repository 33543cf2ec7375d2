//! Credentials, and which registries are spoken to without encryption.

use super::{artifact, at, example, push};
use orangery_test_registry::{PASSWORD, Registry, USER};
use std::fs::{self, Permissions};
use std::io::Read as _;
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn creds() -> String {
    format!("{USER}:{PASSWORD}")
}

/// `base64(USER:PASSWORD)`.
const AUTH: &str = "Y2k6bGV0Om1lLWlu";

#[test]
fn row_d6_a_password_is_taken_from_the_flag_the_environment_and_dockers_file() {
    let (registry, folder) = (Registry::with_password().unwrap(), example());
    let address = at(&registry, "app:v1");
    let words = push(&address, folder.path());
    artifact(&words).run().fails_with("wants other credentials").warns("docker login");
    artifact(&[&words[..], &["--creds", "ci:wrong"]].concat()).run().fails_with("wants other credentials");
    artifact(&[&words[..], &["--creds", &creds()]].concat()).run().exits(0);
    artifact(&words).with("ORANGERY_REGISTRY_CREDS", &creds()).run().exits(0);

    let docker = tempfile::tempdir().unwrap();
    let file = docker.path().join("config.json");
    let docker_folder = docker.path().to_str().unwrap();
    fs::write(&file, format!(r#"{{"auths": {{"{}": {{"auth": "{AUTH}"}}}}}}"#, registry.address())).unwrap();
    artifact(&words).with("DOCKER_CONFIG", docker_folder).run().exits(0);
    fs::write(&file, r#"{"auths": {"other.example.com": {"auth": "eDp5"}}}"#).unwrap();
    artifact(&words).with("DOCKER_CONFIG", docker_folder).run().fails_with("wants other credentials");
    fs::write(&file, "not json").unwrap();
    artifact(&words)
        .with("DOCKER_CONFIG", docker_folder)
        .run()
        .fails_with("it is not Docker's JSON")
        .warns("config.json");
}

/// A program `docker-credential-NAME` that answers so.
fn helper(folder: &Path, name: &str, script: &str) {
    let path = folder.join(format!("docker-credential-{name}"));
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn row_d6_a_helper_of_dockers_file_is_asked() {
    let (registry, folder) = (Registry::with_password().unwrap(), example());
    let address = at(&registry, "app:v1");
    let words = push(&address, folder.path());
    let docker = tempfile::tempdir().unwrap();
    let run = |name: &str, script: &str| {
        helper(docker.path(), name, script);
        let config = format!(r#"{{"credHelpers": {{"{}": "{name}"}}}}"#, registry.address());
        fs::write(docker.path().join("config.json"), config).unwrap();
        let path = format!("{}:{}", docker.path().display(), std::env::var("PATH").unwrap());
        artifact(&words).with("DOCKER_CONFIG", docker.path().to_str().unwrap()).with("PATH", &path).run()
    };
    let asked = docker.path().join("asked").display().to_string();
    run("good", &format!("cat >{asked}; echo '{{\"Username\": \"{USER}\", \"Secret\": \"{PASSWORD}\"}}'")).exits(0);
    assert_eq!(fs::read_to_string(asked).unwrap(), registry.address());
    run("empty", "cat >/dev/null; echo credentials not found in native keychain; exit 1")
        .fails_with("wants other credentials");
    run("locked", "cat >/dev/null; echo the keychain is locked >&2; exit 1")
        .fails_with("docker-credential-locked failed: the keychain is locked");
}

#[test]
fn row_d6_tokens_are_fetched_from_the_service_that_the_registry_names() {
    let (registry, folder) = (Registry::with_tokens().unwrap(), example());
    let address = at(&registry, "org/app:v1");
    let words = push(&address, folder.path());
    artifact(&words).run().fails_with("wants other credentials");
    artifact(&[&words[..], &["--creds", "ci:wrong"]].concat()).run().fails_with("wants other credentials");
    assert_eq!(registry.tokens(), 0);
    artifact(&[&words[..], &["--creds", &creds()]].concat()).run().exits(0);
    let given = registry.tokens();
    assert!((1..=2).contains(&given), "{given} tokens for one push, one for reading and one for writing are enough");
    artifact(&["list", &at(&registry, "org/app"), "--creds", &creds()]).run().exits(0).prints("org/app:v1");
    // A token without a colon is sent as it is, and this one is nobody's.
    artifact(&["list", &at(&registry, "org/app"), "--creds", "invented"]).run().fails_with("wants other credentials");
}

#[test]
fn row_d6_plain_http_is_for_this_machine_unless_it_is_asked_for() {
    let folder = example();
    // An address of this machine that is not loopback stands for another machine.
    let own = own_address().unwrap();
    let first_byte = |flags: &[&str]| {
        let listener = TcpListener::bind((own, 0)).unwrap();
        let address = format!("oci://{}/app:v1", listener.local_addr().unwrap());
        let first = std::thread::spawn(move || {
            let mut byte = [0];
            listener.accept().unwrap().0.read_exact(&mut byte).unwrap();
            byte[0]
        });
        let words = [&push(&address, folder.path())[..], &["--timeout", "2s", "--creds", "ci:secret"], flags].concat();
        artifact(&words).run().exits(1);
        first.join().unwrap()
    };
    assert_eq!(first_byte(&[]), 22, "a TLS handshake begins so");
    assert_eq!(first_byte(&["--insecure-registry"]), b'G', "GET");
}

/// The address by which others reach this machine; nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}
