//! Every field of the definitions reaches the model: two manifests that differ in that field alone differ there too. A field that is
//! added to a definition, and is parsed and then ignored, fails these tests until it has its row.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use orangery_api::{ResourceSet, ResourceSetInputProvider, crds};
use orangery_core::spec::{ProviderSpec, SetSpec};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A field, and two specs that differ in it.
type Row = (&'static str, Value, Value);

/// Fields with one legal value, which says nothing.
const CONSTANT: [&str; 2] = ["inputsFrom[].apiVersion", "inputsFrom[].kind"];

fn template(name: &str) -> Value {
    json!([{"kind": "ConfigMap", "metadata": {"name": name}}])
}

fn set_with(field: &str, one: Value, other: Value) -> [Value; 2] {
    [one, other].map(|value| json!({"resources": template("a"), field: value}))
}

fn set_rows() -> Vec<Row> {
    let row = |path: &'static str, field: &str, one: Value, other: Value| {
        let [one, other] = set_with(field, one, other);
        (path, one, other)
    };
    let depends = |field: &str, one: Value, other: Value| {
        let on = |value: Value| {
            let mut on = json!({"apiVersion": "v1", "kind": "Secret", "name": "a", "namespace": "n"});
            on[field] = value;
            json!([on])
        };
        set_with("dependsOn", on(one), on(other))
    };
    let dependency = |path: &'static str, one: Value, other: Value| {
        let [one, other] = depends(path.rsplit('.').next().unwrap(), one, other);
        (path, one, other)
    };
    let selects = |one: Value, other: Value| [one, other].map(|value| json!([{"selector": value}]));
    let expression = |field: &str, value: Value| {
        let mut one = json!({"key": "a", "operator": "In", "values": ["x"]});
        one[field] = value;
        json!({"matchExpressions": [one]})
    };
    let from = |path: &'static str, one: Value, other: Value| {
        let [one, other] = selects(one, other);
        row(path, "inputsFrom", one, other)
    };
    let step = |path: &'static str, one: Value, other: Value| {
        let of = |value: Value| {
            let mut step = json!({"name": "s", "resources": template("a")});
            step[path.rsplit('.').next().unwrap()] = value;
            json!({"steps": [step]})
        };
        (path, of(one), of(other))
    };
    let strategy = |path: &'static str, one: Value, other: Value| row(path, "inputStrategy", one, other);
    vec![
        row(
            "commonMetadata.annotations",
            "commonMetadata",
            json!({"annotations": {"a": "1"}}),
            json!({"annotations": {"a": "2"}}),
        ),
        row("commonMetadata.labels", "commonMetadata", json!({"labels": {"a": "1"}}), json!({"labels": {"a": "2"}})),
        dependency("dependsOn[].apiVersion", json!("v1"), json!("v2")),
        dependency("dependsOn[].kind", json!("Secret"), json!("ConfigMap")),
        dependency("dependsOn[].name", json!("a"), json!("b")),
        dependency("dependsOn[].namespace", json!("n"), json!("m")),
        dependency("dependsOn[].ready", json!(true), json!(false)),
        dependency("dependsOn[].readyExpr", json!("a"), json!("b")),
        strategy(
            "inputStrategy.idFrom",
            json!({"name": "Permute", "idFrom": "Content"}),
            json!({"name": "Permute", "idFrom": "Position"}),
        ),
        strategy(
            "inputStrategy.includeEmptyProviders",
            json!({"name": "Permute", "includeEmptyProviders": true}),
            json!({"name": "Permute"}),
        ),
        strategy("inputStrategy.name", json!({"name": "Permute"}), json!({"name": "Flatten"})),
        row("inputs", "inputs", json!([{"a": 1}]), json!([{"a": 2}])),
        row("inputsFrom[].name", "inputsFrom", json!([{"name": "a"}]), json!([{"name": "b"}])),
        from(
            "inputsFrom[].selector.matchExpressions[].key",
            expression("key", json!("a")),
            expression("key", json!("b")),
        ),
        from(
            "inputsFrom[].selector.matchExpressions[].operator",
            expression("operator", json!("In")),
            expression("operator", json!("NotIn")),
        ),
        from(
            "inputsFrom[].selector.matchExpressions[].values",
            expression("values", json!(["x"])),
            expression("values", json!(["y"])),
        ),
        from(
            "inputsFrom[].selector.matchLabels",
            json!({"matchLabels": {"a": "1"}}),
            json!({"matchLabels": {"a": "2"}}),
        ),
        row(
            "renderer.config",
            "renderer",
            json!({"name": "r", "config": {"a": 1}}),
            json!({"name": "r", "config": {"a": 2}}),
        ),
        row("renderer.name", "renderer", json!({"name": "r"}), json!({"name": "s"})),
        ("resources", json!({"resources": template("a")}), json!({"resources": template("b")})),
        ("resourcesTemplate", json!({"resourcesTemplate": "a"}), json!({"resourcesTemplate": "b"})),
        row("serviceAccountName", "serviceAccountName", json!("a"), json!("b")),
        step("steps[].name", json!("a"), json!("b")),
        step("steps[].resources", template("a"), template("b")),
        step("steps[].resourcesTemplate", json!("a"), json!("b")),
        step("steps[].timeout", json!("1m"), json!("2m")),
        row("wait", "wait", json!(true), json!(false)),
    ]
}

fn provider_rows() -> Vec<Row> {
    let of = |base: Value, path: &'static str, one: Value, other: Value| {
        let with = |value: Value| {
            let mut spec = base.clone();
            let (field, rest) = path.split_once('.').map_or((path, None), |(field, rest)| (field, Some(rest)));
            match (field.strip_suffix("[]"), rest) {
                (None, None) => spec[field] = value,
                (None, Some(inner)) => spec[field][inner] = value,
                (Some(list), Some(inner)) => spec[list][0][inner] = value,
                (Some(list), None) => spec[list] = value,
            }
            spec
        };
        (path, with(one), with(other))
    };
    let git = json!({"type": "GitHubBranch", "url": "https://github.com/a/b"});
    let of_git = |path: &'static str, one: Value, other: Value| of(git.clone(), path, one, other);
    let filter = |path: &'static str| of_git(path, json!("a"), json!("b"));
    let artifact = json!({"type": "ExternalArtifact", "selectors": [{}]});
    let selector = |path: &'static str, one: Value, other: Value| of(artifact.clone(), path, one, other);
    let expression = |path: &'static str, one: Value, other: Value| {
        let with = |value: Value| {
            let mut one = json!({"key": "a", "operator": "In", "values": ["x"]});
            one[path.rsplit('.').next().unwrap()] = value;
            json!({"type": "ExternalArtifact", "selectors": [{"matchExpressions": [one]}]})
        };
        (path, with(one), with(other))
    };
    let schedule = json!({"type": "GitHubBranch", "url": "https://github.com/a/b", "schedule": [{"cron": "@daily"}]});
    let scheduled = |path: &'static str, one: &str, other: &str| of(schedule.clone(), path, json!(one), json!(other));
    let service = json!({"type": "ExternalService", "url": "https://a.example.com"});
    let azure = json!({"type": "AzureDevOpsBranch", "url": "https://dev.azure.com/a/b/_git/c"});
    vec![
        of_git("certSecretRef.name", json!("a"), json!("b")),
        of_git("config", json!({"a": 1}), json!({"a": 2})),
        of_git("defaultValues", json!({"a": 1}), json!({"a": 2})),
        filter("filter.excludeBranch"),
        filter("filter.excludeEnvironment"),
        filter("filter.excludeTag"),
        filter("filter.includeBranch"),
        filter("filter.includeEnvironment"),
        filter("filter.includeTag"),
        of_git("filter.labels", json!(["a"]), json!(["b"])),
        of_git("filter.limit", json!(1), json!(2)),
        of_git("filter.semver", json!("1.x"), json!("2.x")),
        of(service, "insecure", json!(true), json!(false)),
        of_git("proxySecretRef.name", json!("a"), json!("b")),
        scheduled("schedule[].cron", "@daily", "@hourly"),
        scheduled("schedule[].timeZone", "UTC", "Europe/Berlin"),
        scheduled("schedule[].window", "10m", "20m"),
        of_git("secretRef.name", json!("a"), json!("b")),
        expression("selectors[].matchExpressions[].key", json!("a"), json!("b")),
        expression("selectors[].matchExpressions[].operator", json!("In"), json!("NotIn")),
        expression("selectors[].matchExpressions[].values", json!(["x"]), json!(["y"])),
        selector("selectors[].matchLabels", json!({"a": "1"}), json!({"a": "2"})),
        selector("selectors[].name", json!("a"), json!("b")),
        selector("selectors[].namespace", json!("a"), json!("b")),
        of(azure, "serviceAccountName", json!("a"), json!("b")),
        of_git("skip.labels", json!(["a"]), json!(["b"])),
        of_git("type", json!("GitHubBranch"), json!("GitHubTag")),
        of_git("url", json!("https://github.com/a/b"), json!("https://github.com/a/c")),
    ]
}

fn manifest(kind: &str, spec: &Value) -> Value {
    json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": kind, "metadata": {"name": "a", "namespace": "n", "uid": "u"}, "spec": spec})
}

fn set(spec: &Value) -> SetSpec {
    let set: ResourceSet = serde_json::from_value(manifest("ResourceSet", spec)).unwrap();
    SetSpec::try_from(&set).map_err(|error| format!("{}: {error}\n{spec:#}", error.field)).unwrap()
}

fn provider(spec: &Value) -> ProviderSpec {
    let provider: ResourceSetInputProvider =
        serde_json::from_value(manifest("ResourceSetInputProvider", spec)).unwrap();
    ProviderSpec::try_from(&provider).map_err(|error| format!("{}: {error}\n{spec:#}", error.field)).unwrap()
}

/// The paths of the fields in which no other field is.
fn leaves(schema: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    let inner = |schema: &Value, prefix: &str, found: &mut BTreeSet<String>| {
        for (name, field) in schema["properties"].as_object().unwrap() {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            leaves(field, &path, found);
        }
    };
    if schema["properties"].is_object() {
        inner(schema, prefix, found);
    } else if schema["items"]["properties"].is_object() {
        inner(&schema["items"], &format!("{prefix}[]"), found);
    } else {
        found.insert(prefix.to_owned());
    }
}

fn every_field_has_a_row(index: usize, rows: &[Row]) {
    let crd = serde_json::to_value(&crds().unwrap()[index]).unwrap();
    let mut fields = BTreeSet::new();
    leaves(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"], "", &mut fields);
    assert!(fields.len() > 20, "{fields:?}");
    let known: BTreeSet<String> = rows.iter().map(|(path, ..)| (*path).to_owned()).collect();
    let missing: Vec<_> = fields.difference(&known).filter(|path| !CONSTANT.contains(&path.as_str())).collect();
    let unknown: Vec<_> = known.difference(&fields).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "without a row: {missing:?}; not in the definition: {unknown:?}");
}

#[test]
fn every_field_of_a_set_reaches_the_model() {
    let rows = set_rows();
    every_field_has_a_row(0, &rows);
    for (path, one, other) in rows {
        assert_ne!(set(&one), set(&other), "spec.{path} is parsed and then ignored");
    }
}

#[test]
fn every_field_of_a_provider_reaches_the_model() {
    let rows = provider_rows();
    every_field_has_a_row(1, &rows);
    for (path, one, other) in rows {
        assert_ne!(provider(&one), provider(&other), "spec.{path} is parsed and then ignored");
    }
}
