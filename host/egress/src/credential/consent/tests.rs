//! Each line of the table, with what it lets through and what it refuses.

use super::*;
use crate::secret::text::SecretText;

const HTTPS: &str = "https://forge.example";
const HTTP: &str = "http://forge.example";

fn rules(origins: OriginsRule, plain_http: PlainHttp) -> SecretRules {
    SecretRules { origins, plain_http }
}

fn sent(facts: &SecretFacts, rules: SecretRules, source: SourceFacts, to: &[&str]) -> Result<Vec<String>, String> {
    let asked: Vec<Origin> = to.iter().map(|origin| origin.parse().unwrap()).collect();
    let kind = CredentialKind::Bearer(SecretText::line(b"hunter2").unwrap());
    bind("api", kind, "apps/auth", facts, rules, source, &asked)
        .map(|bound| bound.origins.iter().map(ToString::to_string).collect())
        .map_err(|error| error.to_string())
}

fn naming(origins: &str) -> SecretFacts {
    SecretFacts { origins: Some(origins.to_owned()), ..SecretFacts::default() }
}

fn of_type(kind: &str) -> SecretFacts {
    SecretFacts { kind: kind.to_owned(), origins: None }
}

#[test]
fn without_an_annotation_it_goes_to_https_only() {
    let (facts, rules, source) = (SecretFacts::default(), SecretRules::default(), SourceFacts::default());
    assert_eq!(sent(&facts, rules, source, &[HTTPS]).unwrap(), [HTTPS]);
    let error = sent(&facts, rules, source, &[HTTP]).unwrap_err();
    for part in ["apps/auth", HTTP, "orangery.dev/origins", "--allow-plain-http-credentials"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn plain_http_needs_a_word_from_somebody() {
    let plain = |facts: &SecretFacts, plain, insecure, to: &str| {
        sent(facts, rules(OriginsRule::Optional, plain), SourceFacts { insecure, registry: false }, &[to]).is_ok()
    };
    let silent = SecretFacts::default();
    assert!(plain(&silent, PlainHttp::Allowed, false, HTTP));
    assert!(plain(&silent, PlainHttp::Refused, true, HTTP));
    assert!(plain(&naming(HTTP), PlainHttp::Refused, false, HTTP));
    assert!(!plain(&naming(HTTPS), PlainHttp::Allowed, true, HTTP), "the annotation is the last word");
    for loopback in ["http://127.0.0.1:3000", "http://[::1]", "http://localhost:8080"] {
        assert!(plain(&silent, PlainHttp::Loopback, false, loopback), "{loopback}");
        assert!(!plain(&silent, PlainHttp::Refused, false, loopback), "{loopback}");
    }
    assert!(!plain(&silent, PlainHttp::Loopback, false, HTTP));
    assert!(!plain(&silent, PlainHttp::Loopback, false, "http://localhost.evil.example"));
}

#[test]
fn an_annotation_names_exact_origins() {
    let facts = naming("https://forge.example, https://api.forge.example:8443\n http://old.example");
    let to = |origins: &[&str]| sent(&facts, SecretRules::default(), SourceFacts::default(), origins);
    for origin in [HTTPS, "https://api.forge.example:8443", "http://old.example"] {
        assert_eq!(to(&[origin]).unwrap(), [origin]);
    }
    for origin in [HTTP, "https://api.forge.example", "https://a.forge.example", "https://forge.example:8443"] {
        let error = to(&[origin]).unwrap_err();
        assert!(
            error.contains("apps/auth") && error.contains(origin) && error.contains("names https://forge"),
            "{error}"
        );
    }
    assert_eq!(to(&[HTTPS, "https://elsewhere.example"]).unwrap(), [HTTPS], "the others are left out");
    assert!(
        sent(&naming(""), SecretRules::default(), SourceFacts::default(), &[HTTPS]).unwrap_err().contains("names none")
    );
}

#[test]
fn an_origin_that_is_left_out_says_why() {
    let asked = [HTTPS.parse().unwrap(), "https://elsewhere.example".parse().unwrap()];
    let kind = CredentialKind::Bearer(SecretText::line(b"hunter2").unwrap());
    let rules = SecretRules::default();
    let bound = bind("api", kind, "apps/auth", &naming(HTTPS), rules, SourceFacts::default(), &asked).unwrap();
    assert_eq!(bound.withheld.len(), 1);
    assert!(bound.withheld[0].why.contains("not sent to https://elsewhere.example"), "{}", bound.withheld[0].why);
}

#[test]
fn an_annotation_that_cannot_be_read_sends_nothing() {
    for wrong in
        ["forge.example", "https://forge.example/path", "https://bot:hunter2@forge.example", "ftp://forge.example"]
    {
        let text = format!("{HTTPS}, {wrong}");
        let error = sent(&naming(&text), SecretRules::default(), SourceFacts::default(), &[HTTPS]).unwrap_err();
        assert!(error.contains("orangery.dev/origins") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn the_operator_may_demand_the_annotation() {
    let demand = rules(OriginsRule::Required, PlainHttp::Allowed);
    let error = sent(&SecretFacts::default(), demand, SourceFacts::default(), &[HTTPS]).unwrap_err();
    assert!(
        error.contains("--require-secret-origins") && error.contains("orangery.dev/origins: https://forge"),
        "{error}"
    );
    assert!(sent(&naming(HTTPS), demand, SourceFacts::default(), &[HTTPS]).is_ok());
}

#[test]
fn types_of_another_use_need_the_annotation() {
    let types = [
        "kubernetes.io/service-account-token",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/dockercfg",
        "kubernetes.io/tls",
        "helm.sh/release.v1",
    ];
    for kind in types {
        let error = sent(&of_type(kind), SecretRules::default(), SourceFacts::default(), &[HTTPS]).unwrap_err();
        assert!(error.contains(kind) && error.contains("apps/auth") && error.contains(HTTPS), "{error}");
        let named = SecretFacts { origins: Some(HTTPS.to_owned()), ..of_type(kind) };
        assert!(sent(&named, SecretRules::default(), SourceFacts::default(), &[HTTPS]).is_ok(), "{kind}");
        let registry = SourceFacts { registry: true, insecure: false };
        let to_registry = sent(&of_type(kind), SecretRules::default(), registry, &[HTTPS]).is_ok();
        assert_eq!(to_registry, kind.contains("dockerc"), "{kind}");
    }
    for kind in ["", "Opaque", "kubernetes.io/basic-auth", "example.com/mine"] {
        assert!(sent(&of_type(kind), SecretRules::default(), SourceFacts::default(), &[HTTPS]).is_ok(), "{kind}");
    }
}
