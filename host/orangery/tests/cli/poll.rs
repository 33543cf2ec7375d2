//! `orangery poll`, and that a token is never seen.

use crate::bench::{Call, orangery};
use crate::workspace::{SET, Workspace};
use orangery_test_forge::{Fault, Flavour, Rights, Token};
use std::time::Duration;

const CANARY: &str = "ghp_canary0123456789abcdefSECRETxyz";

fn private() -> Workspace {
    let (workspace, shop) = Workspace::with_pulls(1);
    shop.is_private();
    workspace.forge.accepts(Token {
        value: CANARY.to_owned(),
        flavour: Flavour::Github,
        repositories: vec![],
        rights: Rights::Read,
        user: "flux".to_owned(),
        expires_at: None,
    });
    workspace.manifest("provider.yaml", &(workspace.provider() + "  secretRef: {name: forge}\n"));
    workspace
}

fn poll(workspace: &Workspace, more: &[&str]) -> Call {
    let words = ["poll", "-f", "manifests/provider.yaml", "--allow-loopback"];
    orangery(words.iter().chain(more)).inside(workspace.folder.path())
}

const SECRET: [&str; 2] = ["--secret-from-env", "apps/forge=FORGE_TOKEN"];

#[test]
fn it_prints_the_exported_inputs_as_yaml_or_json() {
    let (workspace, shop) = Workspace::with_pulls(1);
    shop.retitles(1, "A \"title\"");
    let yaml = poll(&workspace, &[]).run().exits(0);
    assert!(yaml.out.starts_with("- author: "), "{}", yaml.out);
    let yaml = yaml.prints("\n  branch: branch-1\n  id: \"1\"\n").prints("\n  title: A \"title\"\n");
    assert_eq!(yaml.err, "");
    let json: serde_json::Value = serde_json::from_str(&poll(&workspace, &["-o", "json"]).run().exits(0).out).unwrap();
    assert_eq!(json[0]["id"], "1");
    assert_eq!(json[0]["title"], "A \"title\"");
}

#[test]
fn facts_are_printed_beside_the_inputs_and_only_when_they_are_asked_for() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    let plain: serde_json::Value = serde_json::from_str(&poll(&workspace, &["-o", "json"]).run().exits(0).out).unwrap();
    let ran = poll(&workspace, &["-o", "json", "--facts"]).run().exits(0);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told[0]["input"], plain[0], "the inputs are the same bytes");
    assert_eq!(told[0]["facts"]["changeRequest"], "1");
    assert_eq!((&told[0]["facts"]["fromFork"], &told[0]["facts"]["draft"]), (&false.into(), &false.into()));
}

#[test]
fn verbose_names_each_request() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    poll(&workspace, &["--verbose"])
        .run()
        .exits(0)
        .warns("GET http://127.0.0.1")
        .warns("/repos/acme/shop/pulls")
        .warns(" 200 (");
}

#[test]
fn a_secret_comes_from_the_environment_and_nothing_shows_it() {
    let workspace = private();
    let ran = poll(&workspace, &SECRET).with("FORGE_TOKEN", CANARY).run().exits(0).prints("id: \"1\"");
    assert!(!ran.out.contains(CANARY) && !ran.err.contains(CANARY));
    workspace.manifest("set.yaml", SET);
    let ran = workspace.pass(&SECRET).with("FORGE_TOKEN", CANARY).with("ORANGERY_LOG", "trace").run().exits(0);
    let traced = poll(&workspace, &["--log-level", "trace", "--verbose", SECRET[0], SECRET[1]])
        .with("FORGE_TOKEN", CANARY)
        .run()
        .exits(0);
    for text in [ran.out, ran.err, traced.out, traced.err, workspace.everything()] {
        assert!(!text.contains(CANARY), "the token is shown in\n{text}");
        assert!(!text.contains(&CANARY[4..]), "half of the token is shown in\n{text}");
    }
}

#[test]
fn a_wrong_token_is_said_to_be_one() {
    let workspace = private();
    let ran = poll(&workspace, &SECRET).with("FORGE_TOKEN", "ghp_wrong0123456789").run();
    let ran = ran.fails_with("✗ apps/pulls: ").warns("401");
    assert!(!ran.err.contains("ghp_wrong"), "{}", ran.err);
}

#[test]
fn a_secret_that_is_not_there_is_said_so() {
    let workspace = private();
    poll(&workspace, &[]).run().fails_with("apps/forge");
    poll(&workspace, &SECRET).run().fails_with("environment variable FORGE_TOKEN, which is not set");
    poll(&workspace, &SECRET).with("FORGE_TOKEN", "").run().fails_with("which is empty");
    poll(&workspace, &["--secret-from-env", "forge"]).run().fails_with("NAMESPACE/NAME=VARIABLE");
}

#[test]
fn a_secret_may_stand_beside_the_provider() {
    let workspace = private();
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: forge, namespace: apps}}\nstringData: {{password: {CANARY}, username: git}}\n"
    );
    workspace
        .manifest("provider.yaml", &format!("{}  secretRef: {{name: forge}}\n---\n{secret}", workspace.provider()));
    poll(&workspace, &[]).run().exits(0).prints("id: \"1\"");
}

#[test]
fn a_secret_goes_where_its_annotation_says() {
    let workspace = private();
    let with = |origins: &str| {
        let secret = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: forge, namespace: apps, annotations: {{orangery.dev/origins: '{origins}'}}}}\nstringData: {{password: {CANARY}, username: git}}\n"
        );
        workspace
            .manifest("provider.yaml", &format!("{}  secretRef: {{name: forge}}\n---\n{secret}", workspace.provider()));
    };
    with("https://gitlab.example.com");
    let ran = poll(&workspace, &[]).run().fails_with("secret 'apps/forge' is not sent to http://127.0.0.1");
    assert!(
        ran.err.contains("names https://gitlab.example.com") && ran.err.contains("orangery.dev/origins"),
        "{}",
        ran.err
    );
    let ran = workspace.pass(&[]).run();
    assert_ne!(ran.code, 0, "local mode obeys too: {}", ran.err);
    assert!(workspace.forge.requests().is_empty(), "the forge is not even asked");

    with(&workspace.forge.url());
    poll(&workspace, &["--require-secret-origins"]).run().exits(0).prints("id: \"1\"");
}

#[test]
fn origins_may_be_demanded_of_secrets() {
    let workspace = private();
    let demand = ["--require-secret-origins", SECRET[0], SECRET[1]];
    let ran = poll(&workspace, &demand).with("FORGE_TOKEN", CANARY).run();
    ran.fails_with("--require-secret-origins demands the annotation orangery.dev/origins");
    let ran = workspace.pass(&demand).with("FORGE_TOKEN", CANARY).run();
    assert_ne!(ran.code, 0);
    assert!(workspace.forge.requests().is_empty());
}

#[test]
fn plain_http_to_another_machine_needs_consent() {
    let workspace = private();
    let elsewhere = "http://198.18.0.1:1";
    workspace.manifest(
        "provider.yaml",
        &(workspace.provider().replace(&workspace.forge.url(), elsewhere) + "  secretRef: {name: forge}\n"),
    );
    let ran = poll(&workspace, &SECRET).with("FORGE_TOKEN", CANARY).run();
    ran.fails_with("plain http").warns("apps/forge").warns(elsewhere).warns("--allow-plain-http-credentials");
    // With the flag it would be sent: what refuses it now is the address.
    let flags = ["--allow-plain-http-credentials", SECRET[0], SECRET[1]];
    poll(&workspace, &flags).with("FORGE_TOKEN", CANARY).run().fails_with("198.18.0.1 is a reserved address");
}

#[test]
fn an_app_on_an_own_server_is_told_which_server_and_which_key() {
    let workspace = private();
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let pem: String = key.serialize_pem().lines().map(|line| format!("    {line}\n")).collect();
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: forge, namespace: apps}}\nstringData:\n  githubAppID: '123'\n  githubAppInstallationID: '42'\n  githubAppPrivateKey: |\n{pem}"
    );
    workspace
        .manifest("provider.yaml", &format!("{}  secretRef: {{name: forge}}\n---\n{secret}", workspace.provider()));
    let ran = poll(&workspace, &[]).run().fails_with("https://api.github.com");
    ran.warns("key 'githubAppBaseURL'").warns(&format!("{}/api/v3", workspace.forge.url()));
    assert!(workspace.forge.requests().is_empty());
}

#[test]
fn what_a_denial_says_of_grants_is_what_the_flag_takes() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    poll(&workspace, &["--grant", "GET,POST https://api.example.com/graphql"]).run().exits(0);
    poll(&workspace, &["--grant", "GRAB https://api.example.com"])
        .run()
        .exits(2)
        .warns("the methods are GET, HEAD, POST");
    poll(&workspace, &["--grant", "api.example.com"]).run().exits(2).warns("a grant looks like");
}

#[test]
fn a_url_is_shown_without_password_and_query() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    let pasted = workspace.provider().replace("http://", "http://bot:hunter2@");
    workspace.manifest("provider.yaml", &pasted);
    let ran = poll(&workspace, &["--verbose"]).run().fails_with("user info");
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    workspace.manifest("provider.yaml", &workspace.provider().replace("/acme/shop", "/acme/none?token=hunter2"));
    let ran = poll(&workspace, &["--verbose"]).run();
    assert!(!ran.err.contains("hunter2") && !ran.out.contains("hunter2"), "{}", ran.err);
}

/// One answer after the 15 seconds that every request had: the provider's own annotation bounds the poll.
#[test]
fn a_slow_forge_is_reached_within_the_time_of_the_annotation() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    let patient = |timeout: &str| {
        let annotated =
            format!("namespace: apps, annotations: {{fluxcd.controlplane.io/reconcileTimeout: {timeout}}}}}");
        workspace.manifest("provider.yaml", &workspace.provider().replace("namespace: apps}", &annotated));
    };
    let slow = || workspace.forge.fault(Fault::slow_head(Duration::from_secs(17)).once());
    patient("4s");
    slow();
    let begun = std::time::Instant::now();
    let ran = poll(&workspace, &[]).run().fails_with("for all requests of this call");
    assert!(begun.elapsed() < Duration::from_secs(14), "{}", ran.err);
    workspace.forge.clear_faults();
    patient("5m");
    slow();
    poll(&workspace, &[]).run().exits(0).prints("id: \"1\"");
    workspace.forge.clear_faults();
    patient("10m");
    poll(&workspace, &[]).run().exits(0).warns("reconcileTimeout is 10m0s; a poll takes at most 5m0s");
}

/// Many answers, each of them slow: what bounds them is the annotation alone.
#[test]
fn slow_pages_are_read_to_their_end_within_the_time_of_the_annotation() {
    let (workspace, _shop) = Workspace::with_pulls(1_250);
    let patient = |timeout: &str| {
        let annotated =
            format!("namespace: apps, annotations: {{fluxcd.controlplane.io/reconcileTimeout: {timeout}}}}}");
        let provider = workspace.provider().replace("namespace: apps}", &annotated);
        workspace.manifest("provider.yaml", &(provider + "  filter: {limit: 5000}\n"));
    };
    workspace.forge.fault(Fault::slow_head(Duration::from_millis(600)));
    patient("4s");
    poll(&workspace, &[]).run().exits(1);
    patient("5m");
    let begun = std::time::Instant::now();
    let ran = poll(&workspace, &["-o", "json"]).run().exits(0);
    let inputs: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(inputs.len(), 1_250, "{}", ran.err);
    assert!(begun.elapsed() > Duration::from_secs(4), "thirteen pages were slow: {:?}", begun.elapsed());
}

#[test]
fn loopback_has_to_be_allowed() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    orangery(["poll", "-f", "manifests/provider.yaml"]).inside(workspace.folder.path()).run().fails_with("127.0.0.1");
    assert!(workspace.forge.requests().is_empty());
}

#[test]
fn one_of_several_providers_has_to_be_named() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    let two = format!("{}---\n{}", workspace.provider(), workspace.provider().replace("name: pulls", "name: more"));
    workspace.manifest("provider.yaml", &two);
    poll(&workspace, &[]).run().fails_with("name one of pulls, more");
    poll(&workspace, &["none"]).run().fails_with("hold no provider none; they hold pulls, more");
    poll(&workspace, &["more"]).run().exits(0);
}

#[test]
fn inputs_that_wait_for_the_limit_are_named() {
    let (workspace, _shop) = Workspace::with_pulls(3);
    workspace.manifest("provider.yaml", &(workspace.provider() + "  filter: {limit: 2}\n"));
    poll(&workspace, &[]).run().exits(0).warns("1 more wait because spec.filter.limit is reached");
}

#[test]
fn a_wrong_filter_is_named_with_its_line() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    workspace.manifest("provider.yaml", &(workspace.provider() + "  filter:\n    labels: 5\n"));
    poll(&workspace, &[]).run().fails_with("provider.yaml:8: spec.filter.labels: ");
}
