//! `orangery poll`, and that a token is never seen.

use crate::bench::{Call, orangery};
use crate::garden::{Garden, SET};
use orangery_test_forge::{Flavour, Rights, Token};

const CANARY: &str = "ghp_canary0123456789abcdefSECRETxyz";

fn private() -> Garden {
    let (garden, shop) = Garden::with_pulls(1);
    shop.is_private();
    garden.forge.accepts(Token {
        value: CANARY.to_owned(),
        flavour: Flavour::Github,
        repositories: vec![],
        rights: Rights::Read,
        user: "flux".to_owned(),
        expires_at: None,
    });
    garden.manifest("provider.yaml", &(garden.provider() + "  secretRef: {name: forge}\n"));
    garden
}

fn poll(garden: &Garden, more: &[&str]) -> Call {
    let words = ["poll", "-f", "manifests/provider.yaml", "--allow-loopback"];
    orangery(words.iter().chain(more)).inside(garden.folder.path())
}

const SECRET: [&str; 2] = ["--secret-from-env", "apps/forge=FORGE_TOKEN"];

#[test]
fn it_prints_the_exported_inputs_as_yaml_or_json() {
    let (garden, shop) = Garden::with_pulls(1);
    shop.retitles(1, "A \"title\"");
    let yaml = poll(&garden, &[]).run().exits(0);
    assert!(yaml.out.starts_with("- author: "), "{}", yaml.out);
    let yaml = yaml.prints("\n  branch: branch-1\n  id: \"1\"\n").prints("\n  title: A \"title\"\n");
    assert_eq!(yaml.err, "");
    let json: serde_json::Value = serde_json::from_str(&poll(&garden, &["-o", "json"]).run().exits(0).out).unwrap();
    assert_eq!(json[0]["id"], "1");
    assert_eq!(json[0]["title"], "A \"title\"");
}

#[test]
fn verbose_names_each_request() {
    let (garden, _shop) = Garden::with_pulls(1);
    poll(&garden, &["--verbose"])
        .run()
        .exits(0)
        .warns("GET http://127.0.0.1")
        .warns("/repos/acme/shop/pulls")
        .warns(" 200 (");
}

#[test]
fn a_secret_comes_from_the_environment_and_nothing_shows_it() {
    let garden = private();
    let ran = poll(&garden, &SECRET).with("FORGE_TOKEN", CANARY).run().exits(0).prints("id: \"1\"");
    assert!(!ran.out.contains(CANARY) && !ran.err.contains(CANARY));
    garden.manifest("set.yaml", SET);
    let ran = garden.pass(&SECRET).with("FORGE_TOKEN", CANARY).with("ORANGERY_LOG", "trace").run().exits(0);
    let traced = poll(&garden, &["--log-level", "trace", "--verbose", SECRET[0], SECRET[1]])
        .with("FORGE_TOKEN", CANARY)
        .run()
        .exits(0);
    for text in [ran.out, ran.err, traced.out, traced.err, garden.everything()] {
        assert!(!text.contains(CANARY), "the token is shown in\n{text}");
        assert!(!text.contains(&CANARY[4..]), "half of the token is shown in\n{text}");
    }
}

#[test]
fn a_wrong_token_is_said_to_be_one() {
    let garden = private();
    let ran = poll(&garden, &SECRET).with("FORGE_TOKEN", "ghp_wrong0123456789").run();
    let ran = ran.fails_with("✗ apps/pulls: ").warns("401");
    assert!(!ran.err.contains("ghp_wrong"), "{}", ran.err);
}

#[test]
fn a_secret_that_is_not_there_is_said_so() {
    let garden = private();
    poll(&garden, &[]).run().fails_with("apps/forge");
    poll(&garden, &SECRET).run().fails_with("environment variable FORGE_TOKEN, which is not set");
    poll(&garden, &SECRET).with("FORGE_TOKEN", "").run().fails_with("which is empty");
    poll(&garden, &["--secret-from-env", "forge"]).run().fails_with("NAMESPACE/NAME=VARIABLE");
}

#[test]
fn a_secret_may_stand_beside_the_provider() {
    let garden = private();
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: forge, namespace: apps}}\nstringData: {{password: {CANARY}, username: git}}\n"
    );
    garden.manifest("provider.yaml", &format!("{}  secretRef: {{name: forge}}\n---\n{secret}", garden.provider()));
    poll(&garden, &[]).run().exits(0).prints("id: \"1\"");
}

#[test]
fn loopback_has_to_be_allowed() {
    let (garden, _shop) = Garden::with_pulls(1);
    orangery(["poll", "-f", "manifests/provider.yaml"]).inside(garden.folder.path()).run().fails_with("127.0.0.1");
    assert!(garden.forge.requests().is_empty());
}

#[test]
fn one_of_several_providers_has_to_be_named() {
    let (garden, _shop) = Garden::with_pulls(1);
    let two = format!("{}---\n{}", garden.provider(), garden.provider().replace("name: pulls", "name: more"));
    garden.manifest("provider.yaml", &two);
    poll(&garden, &[]).run().fails_with("name one of pulls, more");
    poll(&garden, &["none"]).run().fails_with("hold no provider none; they hold pulls, more");
    poll(&garden, &["more"]).run().exits(0);
}

#[test]
fn inputs_that_wait_for_the_limit_are_named() {
    let (garden, _shop) = Garden::with_pulls(3);
    garden.manifest("provider.yaml", &(garden.provider() + "  filter: {limit: 2}\n"));
    poll(&garden, &[]).run().exits(0).warns("1 more wait because spec.filter.limit is reached");
}

#[test]
fn a_wrong_filter_is_named_with_its_line() {
    let (garden, _shop) = Garden::with_pulls(1);
    garden.manifest("provider.yaml", &(garden.provider() + "  filter:\n    labels: 5\n"));
    poll(&garden, &[]).run().fails_with("provider.yaml:8: spec.filter.labels: ");
}
