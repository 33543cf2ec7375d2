//! From manifests to the model.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use orangery_api::{ResourceSet, ResourceSetInputProvider};
use orangery_core::combine::{EmptySources, IdFrom, Strategy};
use orangery_core::spec::{InputsFrom, ProviderSpec, SetSpec, SpecError};
use serde_json::{Value, json};
use std::time::Duration;

fn set(spec: Value) -> Result<SetSpec, SpecError> {
    let manifest = json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet",
        "metadata": {"name": "s", "namespace": "apps", "annotations": {"fluxcd.controlplane.io/force": "enabled"}}, "spec": spec});
    let set: ResourceSet = serde_json::from_value(manifest).unwrap();
    SetSpec::try_from(&set)
}

fn provider(spec: Value) -> Result<ProviderSpec, SpecError> {
    let manifest = json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSetInputProvider",
        "metadata": {"name": "p", "namespace": "apps", "uid": "u"}, "spec": spec});
    let provider: ResourceSetInputProvider = serde_json::from_value(manifest).unwrap();
    ProviderSpec::try_from(&provider)
}

#[test]
fn a_whole_set_is_read() {
    let spec = set(json!({
        "inputs": [{"a": 1, "b": null}],
        "inputsFrom": [{"name": "p"}, {"selector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]}}],
        "inputStrategy": {"name": "Permute", "idFrom": "Content"},
        "resources": [{"kind": "ConfigMap"}],
        "resourcesTemplate": "x",
        "commonMetadata": {"labels": {"l": "1"}},
        "dependsOn": [{"apiVersion": "v1", "kind": "Secret", "name": "d", "ready": true}],
        "serviceAccountName": "sa",
        "renderer": {"name": "jinja", "config": {"strict": true}},
        "wait": true
    }))
    .unwrap();
    assert_eq!(spec.name.to_string(), "apps/s");
    assert_eq!(spec.strategy, Strategy::Permute { empty: EmptySources::LeftOut, id_from: IdFrom::Content });
    assert!(matches!(&spec.inputs_from[0], InputsFrom::Name(name) if name == "p"));
    assert!(matches!(&spec.inputs_from[1], InputsFrom::Selector(selector) if selector.requirements.len() == 1));
    assert_eq!((spec.steps.len(), spec.steps[0].resources.len()), (1, 1));
    assert!(spec.owner(None).force && spec.wait_after(0) == Some(Duration::from_secs(300)));
    assert_eq!(spec.renderer.unwrap().config, json!({"strict": true}));
}

#[test]
fn what_flux_operator_refuses_in_code_is_refused_with_its_field() {
    for (spec, field, message) in [
        (json!({}), "spec", "at least one of steps, resources or resourcesTemplate must be set"),
        (
            json!({"steps": [{"name": "a", "resources": [{}]}], "resources": [{}]}),
            "spec.steps",
            "spec.steps is mutually exclusive with spec.resources and spec.resourcesTemplate",
        ),
        (
            json!({"steps": [{"name": "a"}]}),
            "spec.steps[0]",
            "step \"a\": at least one of resources or resourcesTemplate must be set",
        ),
        (
            json!({"resources": [{}], "inputStrategy": {"name": "permute"}}),
            "spec.inputStrategy.name",
            "unknown input strategy: 'permute'",
        ),
        (
            json!({"resources": [{}], "inputsFrom": [{}]}),
            "spec.inputsFrom[0]",
            "input provider reference must have either name or selector set",
        ),
        (json!({"resources": [null]}), "spec.resources[0]", "spec.resources[0] must be an object"),
    ] {
        let error = set(spec).unwrap_err();
        assert_eq!((error.field.as_str(), error.message.as_str()), (field, message));
    }
    let timeout = set(json!({"steps": [{"name": "a", "resources": [{}], "timeout": "soon"}]})).unwrap_err();
    assert_eq!(timeout.field, "spec.steps[0].timeout");
}

#[test]
fn a_whole_provider_is_read() {
    let spec = provider(json!({
        "type": "GitHubPullRequest", "url": "https://github.com/a/b", "secretRef": {"name": "token"},
        "filter": {"includeBranch": "^feat", "labels": ["x"], "limit": 5}, "skip": {"labels": ["!y"]},
        "defaultValues": {"k": [1]}, "schedule": [{"cron": "@daily", "window": "1h"}], "config": {"anything": {"goes": 1}}
    }))
    .unwrap();
    assert_eq!(
        (spec.provider_type.as_str(), spec.uid.as_str(), spec.secret.as_deref()),
        ("GitHubPullRequest", "u", Some("token"))
    );
    assert_eq!((spec.filter.limit, spec.filter.include_branch.as_deref()), (Some(5), Some("^feat")));
    assert_eq!((spec.schedule[0].time_zone.as_str(), spec.schedule[0].window), ("UTC", Duration::from_secs(3600)));
    assert!(spec.config.is_some() && spec.skip == ["!y"] && spec.timeout == Duration::from_secs(120));
}

#[test]
fn a_provider_that_breaks_a_rule_is_refused_with_its_field() {
    assert_eq!(provider(json!({"type": "GitHubTag"})).unwrap_err().field, "spec.url");
    let window = provider(json!({"type": "Static", "schedule": [{"cron": "@daily", "window": "x"}]})).unwrap_err();
    assert_eq!(window.field, "spec.schedule[0].window");
    let both =
        provider(json!({"type": "ExternalArtifact", "selectors": [{"name": "a", "matchLabels": {}}]})).unwrap_err();
    assert_eq!(both.message, "name is mutually exclusive with matchLabels and matchExpressions");
}
