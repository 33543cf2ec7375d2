//! The rules between fields, and what annotations mean.

use super::*;
use crate::combine::Strategy;
use crate::input::NamespacedName;
use crate::keys;
use crate::selection::FilterSpec;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::time::Duration;

fn provider(provider_type: &str, url: &str) -> ProviderSpec {
    ProviderSpec {
        name: NamespacedName::new("apps", "p"),
        uid: String::new(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        provider_type: ProviderType::new(provider_type),
        url: (!url.is_empty()).then(|| url.to_owned()),
        service_account: None,
        secret: None,
        certificate: None,
        proxy: None,
        insecure: false,
        default_values: Map::new(),
        filter: FilterSpec::default(),
        skip: vec![],
        schedule: vec![],
        selectors: vec![],
        config: None,
        timeout: Duration::from_secs(120),
    }
}

#[track_caller]
fn refused(spec: ProviderSpec, field: &str, part: &str) {
    let error = spec.check().unwrap_err();
    assert_eq!(error.field, field);
    assert!(error.message.contains(part), "{error}");
}

fn some() -> Option<String> {
    Some("x".to_owned())
}

#[test]
fn good_providers_pass() {
    for (provider_type, url) in [
        ("Static", ""),
        ("GitHubPullRequest", "https://github.com/a/b"),
        ("GiteaTag", "http://gitea/a/b"),
        ("OCIArtifactTag", "oci://ghcr.io/a/b"),
        ("ExternalService", "https://x"),
        ("AWSCodeCommitTag", "https://x"),
        ("MyOwnThing", "https://x"),
    ] {
        assert_eq!(provider(provider_type, url).check(), Ok(()), "{provider_type}");
    }
    let mut bare = provider("MyOwnThing", "");
    bare.config = Some(Map::new());
    assert_eq!(bare.check(), Ok(()));
}

#[test]
fn urls_must_fit_their_type() {
    refused(provider("Static", "https://x"), "spec.url", "must be empty when spec.type is 'Static'");
    refused(
        provider("ExternalArtifact", "https://x"),
        "spec.url",
        "must be empty when spec.type is 'ExternalArtifact'",
    );
    refused(provider("GitHubTag", ""), "spec.url", "must not be empty");
    refused(provider("MyOwnThing", ""), "spec.url", "must not be empty");
    refused(provider("GiteaTag", "oci://x/y"), "spec.url", "Git provider");
    refused(provider("AzureDevOpsTag", "oci://x/y"), "spec.url", "http://");
    refused(provider("AWSCodeCommitTag", "http://x"), "spec.url", "https://");
    refused(provider("ECRArtifactTag", "https://x/y"), "spec.url", "oci://");
    refused(provider("OCIArtifactTag", "oci://x"), "spec.url", "repository path");
    refused(provider("ExternalService", "http://x"), "spec.url", "unless spec.insecure is true");
    refused(provider("GitHubTag", "ftp://x"), "spec.url", "must start with");
    refused(provider("lower", "https://x"), "spec.type", "CamelCase");
}

#[test]
fn references_must_fit_their_type() {
    refused(ProviderSpec { insecure: true, ..provider("GitHubTag", "https://x") }, "spec.insecure", "can only be set");
    refused(
        ProviderSpec { service_account: some(), ..provider("GitHubTag", "https://x") },
        "spec.serviceAccountName",
        "is not one of",
    );
    refused(
        ProviderSpec { certificate: some(), ..provider("AzureDevOpsTag", "https://x") },
        "spec.certSecretRef",
        "cannot specify",
    );
    refused(ProviderSpec { secret: some(), ..provider("Static", "") }, "spec.secretRef", "cannot specify");
    refused(provider("ExternalArtifact", ""), "spec.selectors", "must be set");
    refused(ProviderSpec { proxy: some(), ..provider("Static", "") }, "spec.proxySecretRef", "cannot specify");
    assert_eq!(ProviderSpec { proxy: some(), ..provider("GitHubTag", "https://x") }.check(), Ok(()));
    let selectors = vec![ArtifactSelector::default()];
    refused(ProviderSpec { selectors, ..provider("Static", "") }, "spec.selectors", "must not be set");
    assert_eq!(ProviderSpec { secret: some(), ..provider("AzureDevOpsTag", "https://x") }.check(), Ok(()));
}

#[test]
fn selectors_mean_what_they_mean_in_kubernetes() {
    let labels: BTreeMap<String, String> = [("a".to_owned(), "1".to_owned())].into();
    let one = |key: &str, operator: &str, values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let requirements = vec![Requirement::parse(key, operator, &values, "f").unwrap()];
        LabelSelector { requirements, ..LabelSelector::default() }.matches(&labels)
    };
    assert!(LabelSelector::default().matches(&labels));
    assert!(one("a", "In", &["1", "2"]) && !one("a", "In", &["2"]) && !one("b", "In", &["1"]));
    assert!(one("b", "NotIn", &["1"]) && !one("a", "NotIn", &["1"]));
    assert!(one("a", "Exists", &[]) && one("b", "DoesNotExist", &[]));
    assert!(Requirement::parse("a", "Near", &[], "f").is_err());
    assert!(Requirement::parse("a", "In", &[], "f").is_err());
    assert!(Requirement::parse("a", "Exists", &["1".into()], "f").is_err());
}

fn set(steps: Vec<StepSpec>) -> SetSpec {
    SetSpec {
        name: NamespacedName::new("apps", "s"),
        annotations: BTreeMap::new(),
        strategy: Strategy::Flatten,
        inputs: vec![],
        inputs_from: vec![],
        steps,
        depends_on: vec![],
        service_account: None,
        wait: false,
        common_metadata: Default::default(),
        renderer: None,
    }
}

fn step(name: &str, timeout: Option<u64>) -> StepSpec {
    StepSpec {
        name: Some(name.into()),
        resources: vec![json!({})],
        resources_template: None,
        timeout: timeout.map(Duration::from_secs),
    }
}

#[test]
fn every_step_but_the_last_is_waited_for() {
    let mut spec = set(vec![step("a", Some(7)), step("b", None), step("c", None)]);
    let waits =
        |spec: &SetSpec| (0..4).map(|index| spec.wait_after(index).map(|time| time.as_secs())).collect::<Vec<_>>();
    assert_eq!(waits(&spec), [Some(7), Some(300), None, None]);
    spec.wait = true;
    spec.annotations.insert("fluxcd.controlplane.io/reconcileTimeout".into(), "10s".into());
    assert_eq!(waits(&spec), [Some(7), Some(10), Some(10), None]);
    assert_eq!(spec.cadence().shortened_from, None);
    spec.annotations.insert("fluxcd.controlplane.io/reconcileTimeout".into(), "8760h".into());
    assert_eq!(waits(&spec), [Some(7), Some(3600), Some(3600), None]);
    assert_eq!(spec.cadence().shortened_from, Some(Duration::from_secs(8760 * 3600)));
}

#[test]
fn an_empty_step_and_a_resource_that_is_no_object_are_refused() {
    let empty = set(vec![StepSpec { name: Some("a".into()), ..StepSpec::default() }]).check().unwrap_err();
    assert_eq!(empty.message, "step \"a\": at least one of resources or resourcesTemplate must be set");
    let null = StepSpec { resources: vec![json!({}), json!(null)], ..StepSpec::default() };
    assert_eq!(set(vec![null]).check().unwrap_err().field, "spec.resources[1]");
}

#[test]
fn annotations_decide_cadence_owner_and_duplicates() {
    let mut spec = set(vec![]);
    assert_eq!(spec.cadence().interval, Some(Duration::from_secs(3600)));
    assert_eq!(spec.owner(Some("flux")).service_account.as_deref(), Some("flux"));
    for (key, value) in [("reconcile", "Disabled"), ("reconcileEvery", "0"), ("force", "Enabled")] {
        spec.annotations.insert(format!("fluxcd.controlplane.io/{key}"), value.into());
    }
    spec.annotations.insert(keys::ON_DUPLICATE.into(), "error".into());
    spec.service_account = some();
    assert!(spec.cadence().suspended && spec.cadence().interval.is_none());
    let owner = spec.owner(Some("flux"));
    assert!(owner.force && owner.service_account.as_deref() == Some("x"));
    assert_eq!(spec.on_duplicate(Default::default()), crate::desired::OnDuplicate::Error);
}
