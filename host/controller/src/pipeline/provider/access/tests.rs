//! What a provider may reach, and with what.

use super::*;
use crate::pipeline::secrets::{InMemorySecrets, SecretData, StoredSecret};
use orangery_egress::credential::consent::{OriginsRule, PlainHttp, SecretFacts};
use orangery_plugin_documents::Manifest;
use orangery_plugin_documents::manifest::Shape;
use orangery_sandbox::{PluginRef, PluginSource};

fn plugin(bundled: bool) -> PluginDescription {
    let api = manifest::Credential::new("api")
        .shape(Shape::new(Scheme::GitHubApp))
        .shape(Shape::new(Scheme::Bearer).beside("username").token("password"));
    let wants = vec![manifest::Want::new("https://api.github.com").for_url("https://github.com")];
    let manifest = Manifest { credentials: vec![api], wants, ..Manifest::new("github", "0.1.0") };
    PluginDescription {
        plugin: PluginRef { name: "github".into(), version: "0.1.0".into(), digest: String::new() },
        source: if bundled { PluginSource::bundled("bundled") } else { PluginSource::given("mine.wasm") },
        types: vec![],
        manifest: manifest.into(),
        notes: vec![],
    }
}

fn secrets() -> InMemorySecrets {
    let mut secrets = InMemorySecrets::default();
    let data = SecretData::from([("username".into(), b"git".to_vec()), ("password".into(), b"s3cret-token".to_vec())]);
    secrets.insert(NamespacedName::new("apps", "auth"), data);
    secrets
}

async fn access(url: &str, secret: Option<&str>, bundled: bool, grants: &[&str]) -> Result<Access, AccessError> {
    let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
    let policy = AccessPolicy { grants, ..AccessPolicy::default() };
    under(&policy, url, secret, bundled, &secrets()).await
}

async fn under(
    policy: &AccessPolicy,
    url: &str,
    secret: Option<&str>,
    bundled: bool,
    secrets: &InMemorySecrets,
) -> Result<Access, AccessError> {
    let name = NamespacedName::new("apps", "previews");
    let source = Source { name: &name, url, secret, certificate: None, proxy: None, insecure: false };
    arrange(source, &plugin(bundled), policy, secrets).await
}

fn origins(access: &Access) -> Vec<String> {
    access.grants.iter().map(|grant| grant.origin().to_string()).collect()
}

#[tokio::test]
async fn a_bundled_plugin_is_granted_what_it_asks_for_at_that_url_only() {
    let both = access("https://github.com/o/r", None, true, &[]).await.unwrap();
    assert_eq!(origins(&both), ["https://github.com", "https://api.github.com"]);
    let own = access("https://ghe.example/o/r", None, true, &[]).await.unwrap();
    assert_eq!(origins(&own), ["https://ghe.example"]);
}

#[tokio::test]
async fn a_given_plugin_needs_the_operators_key_too() {
    let refused = access("https://github.com/o/r", None, false, &[]).await.unwrap();
    assert_eq!(origins(&refused), ["https://github.com"]);
    let granted = ["https://api.github.com", "https://elsewhere.example"];
    let allowed = access("https://github.com/o/r", None, false, &granted).await.unwrap();
    assert_eq!(origins(&allowed), ["https://github.com", "https://api.github.com"]);
}

fn texts(access: &Access) -> Vec<String> {
    access.grants.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn methods_and_prefixes_are_granted_as_written_and_only_to_given_plugins() {
    let granted = ["GET,POST https://*.github.com/graphql", "POST https://github.com"];
    let given = access("https://github.com/o/r", None, false, &granted).await.unwrap();
    let expected =
        ["GET,HEAD https://github.com", "POST https://github.com", "GET,POST https://api.github.com/graphql"];
    assert_eq!(texts(&given), expected);
    let bundled = access("https://github.com/o/r", None, true, &granted).await.unwrap();
    assert_eq!(texts(&bundled), ["GET,HEAD https://github.com", "GET,HEAD https://api.github.com"]);
    let elsewhere = access("https://forge.example/o/r", None, false, &granted).await.unwrap();
    assert_eq!(texts(&elsewhere), ["GET,HEAD https://forge.example"]);
}

#[tokio::test]
async fn a_secret_goes_where_it_says_and_the_refusal_is_retried() {
    let mut secrets = secrets();
    let facts = SecretFacts { origins: Some("https://api.github.com".into()), ..SecretFacts::default() };
    let data = SecretData::from([("username".into(), b"git".to_vec()), ("password".into(), b"s3cret".to_vec())]);
    secrets.insert(NamespacedName::new("apps", "bound"), StoredSecret { data, facts });
    let policy = AccessPolicy::default();
    let fine = under(&policy, "https://github.com/o/r", Some("bound"), true, &secrets).await.unwrap();
    assert_eq!(fine.credentials[0].origins, ["https://api.github.com".parse().unwrap()]);
    let error = under(&policy, "https://evil.example/o/r", Some("bound"), true, &secrets).await.unwrap_err();
    assert_eq!((error.reason(), error.disposition()), (Reason::CredentialUnavailable, Disposition::Retry));
    for part in ["spec.secretRef", "apps/bound", "https://evil.example", "orangery.dev/origins"] {
        assert!(error.to_string().contains(part), "{error}");
    }

    let rules = SecretRules { origins: OriginsRule::Required, plain_http: PlainHttp::Allowed };
    let demanding = AccessPolicy { secrets: rules, ..AccessPolicy::default() };
    assert!(under(&demanding, "https://github.com/o/r", Some("bound"), true, &secrets).await.is_ok());
    let error = under(&demanding, "https://github.com/o/r", Some("auth"), true, &secrets).await.unwrap_err();
    assert!(error.to_string().contains("--require-secret-origins"), "{error}");
    assert!(under(&demanding, "https://github.com/o/r", None, true, &secrets).await.is_ok(), "no Secret, no question");
}

#[tokio::test]
async fn certificates_are_not_asked_where_they_may_go() {
    let mut secrets = secrets();
    let key = rcgen::generate_simple_self_signed(["forge.example".to_owned()]).unwrap();
    let facts = SecretFacts { kind: "kubernetes.io/tls".into(), origins: None };
    let data = SecretData::from([
        ("tls.crt".into(), key.cert.pem().into_bytes()),
        ("tls.key".into(), key.signing_key.serialize_pem().into_bytes()),
    ]);
    secrets.insert(NamespacedName::new("apps", "tls"), StoredSecret { data, facts });
    let rules = SecretRules { origins: OriginsRule::Required, plain_http: PlainHttp::Refused };
    let name = NamespacedName::new("apps", "previews");
    let source = Source {
        name: &name,
        url: "https://github.com/o/r",
        secret: None,
        certificate: Some("tls"),
        proxy: None,
        insecure: false,
    };
    let policy = AccessPolicy { secrets: rules, ..AccessPolicy::default() };
    assert!(arrange(source, &plugin(true), &policy, &secrets).await.is_ok());
}

#[tokio::test]
async fn a_missing_secret_is_retried_and_named_with_its_field() {
    let error = access("https://github.com/o/r", Some("absent"), true, &[]).await.unwrap_err();
    assert_eq!((error.reason(), error.disposition()), (Reason::CredentialUnavailable, Disposition::Retry));
    assert!(error.to_string().contains("apps/absent") && error.to_string().contains("spec.secretRef"), "{error}");
}

#[tokio::test]
async fn the_credential_goes_to_the_granted_origins_and_its_value_is_not_printed() {
    let access = access("https://github.com/o/r", Some("auth"), true, &[]).await.unwrap();
    assert_eq!(access.credentials.len(), 1);
    assert_eq!(access.credentials[0].origins.len(), 2);
    assert!(!format!("{access:?}").contains("s3cret-token"));
}

#[tokio::test]
async fn a_url_that_is_none_waits_for_a_change() {
    let error = access("ftp://forge/o/r", None, true, &[]).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::WaitForChange);
}

#[tokio::test]
async fn a_credential_that_is_required_is_asked_for_with_its_shapes() {
    let name = NamespacedName::new("apps", "previews");
    let source = Source {
        name: &name,
        url: "https://github.com/o/r",
        secret: None,
        certificate: None,
        proxy: None,
        insecure: false,
    };
    let mut plugin = plugin(true);
    let credentials = vec![manifest::Credential::new("api").required()];
    plugin.manifest = Manifest { credentials, ..Manifest::new("github", "0.1.0") }.into();
    let error = arrange(source, &plugin, &AccessPolicy::default(), &secrets()).await.unwrap_err();
    assert_eq!((error.reason(), error.disposition()), (Reason::CredentialUnavailable, Disposition::WaitForChange));
    assert_eq!(
        error.to_string(),
        "spec.secretRef is missing: the plugin needs its credential 'api'; name a secret of one of these shapes: token as \
         bearer; username, password as basic"
    );
}

#[tokio::test]
async fn a_secret_of_another_shape_is_told_which_shapes_there_are() {
    let mut secrets = secrets();
    secrets.insert(NamespacedName::new("apps", "misfit"), SecretData::from([("token".into(), b"s3cret".to_vec())]));
    let error =
        under(&AccessPolicy::default(), "https://github.com/o/r", Some("misfit"), true, &secrets).await.unwrap_err();
    assert_eq!((error.reason(), error.disposition()), (Reason::CredentialUnavailable, Disposition::Retry));
    let said = error.to_string();
    assert!(said.contains("'apps/misfit'") && said.contains("as github-app") && said.contains("as bearer"), "{said}");
}

#[tokio::test]
async fn the_proxy_of_a_provider_stands_in_its_secret_and_a_missing_or_bad_one_is_an_error_by_name() {
    let mut secrets = secrets();
    let data = [("address", "http://proxy.corp:3128"), ("username", "me"), ("password", "hunter22")];
    let data: SecretData = data.iter().map(|(key, value)| ((*key).into(), value.as_bytes().to_vec())).collect();
    secrets.insert(NamespacedName::new("apps", "proxy"), data);
    let name = NamespacedName::new("apps", "pulls");
    let arranged = async |proxy: &str| {
        let url = "https://github.com/o/r";
        let source = Source { name: &name, url, secret: None, certificate: None, proxy: Some(proxy), insecure: false };
        arrange(source, &plugin(true), &AccessPolicy::default(), &secrets).await
    };
    let access = arranged("proxy").await.unwrap();
    assert_eq!(access.proxy.unwrap().origin().to_string(), "http://proxy.corp:3128");
    assert_eq!(
        arranged("gone").await.unwrap_err().to_string(),
        "failed to read secret 'apps/gone': not found; create it, or correct spec.proxySecretRef"
    );
    let bad = arranged("auth").await.unwrap_err();
    assert_eq!(bad.to_string(), "spec.proxySecretRef: invalid secret 'apps/auth': key 'address' is missing");
    assert_eq!((bad.reason(), bad.disposition()), (Reason::CredentialUnavailable, Disposition::Retry));
}
