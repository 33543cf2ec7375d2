//! The paths of what is rendered are those of the template, whatever titles and branches say.

#![expect(clippy::panic, reason = "what does not render fails the test")]

use orangery_plugin_minijinja::{Config, render};
use orangery_plugin_sdk::{Body, RenderContext, RenderInput, Template};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Texts that would be structure if anybody read them again.
const HOSTILE: [&str; 24] = [
    "\"",
    "'",
    "\n",
    "\r\n",
    ": ",
    "- ",
    "\n---\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    "&a ",
    "*a",
    "<<: ",
    "!!map ",
    "|",
    ">-",
    "{{ uid }}",
    "{% if true %}",
    "{# ",
    "\\",
    "\u{85}",
];

fn templates() -> Vec<Template> {
    let objects = [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pr-{{ inputs.id }}",
            "annotations": {"title": "{{ inputs.title }}", "both": "{{ inputs.title }} on {{ inputs.branch }}"}},
            "data": {"text": "title: {{ inputs.title }}\nbranch: {{ inputs.branch | quote }}\n", "slug": "{{ inputs.branch | slugify }}",
                "json": "{{ {'title': inputs.title} | tojson }}", "yaml": "{{ [inputs.title] | toyaml | indent(2) }}",
                "list": "{{ inputs.labels | join(',') }}", "short": "{{ inputs.title | trunc(9) }}",
                "loop": "{% for label in inputs.labels %}{{ label }}\n{% endfor %}"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "{{ inputs.branch | slugify | trunc(40) }}x"},
            "spec": {"replicas": "{{ inputs.replicas }}", "template": {"spec": {"containers": [
                {"name": "app", "image": "r/app:{{ inputs.sha }}", "args": ["--title", "{{ inputs.title }}", {"$if": "inputs.replicas > 0", "$value": "{{ inputs.branch }}"}]},
                {"$for": "port in values.ports", "name": "{{ port }}-{{ inputs.title | length }}", "env": [{"name": "T", "value": "{{ inputs.title }}"}]}]}}}}),
    ];
    let paths = ["spec.resources[0]", "spec.resources[1]"].into_iter();
    paths
        .zip(objects)
        .map(|(path, body)| Template { path: path.to_owned(), body: Body::Object(body.to_string()) })
        .collect()
}

/// The paths of a value, with the type of what stands there.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| paths(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, item)| paths(item, &format!("{at}/{nth}"), found))
        }
        Value::String(_) => drop(found.insert(format!("{at} text"))),
        _ => drop(found.insert(format!("{at} scalar"))),
    }
}

/// Title, branch and label as an outsider chose them; the objects, and their paths.
fn rendered(title: &str, branch: &str, label: &str) -> (Vec<Value>, BTreeSet<String>) {
    let attributes =
        json!({"id": "42", "title": title, "branch": branch, "sha": "abc", "replicas": 2, "labels": [label, "b"]});
    let input = RenderInput {
        label: "p id 42".to_owned(),
        uid: "0".to_owned(),
        attributes: attributes.to_string(),
        untrusted: ["title", "branch", "sha", "labels"].map(str::to_owned).to_vec(),
    };
    let config: Config = serde_json::from_value(json!({"values": {"ports": ["web", "metrics"]}})).unwrap_or_default();
    let context = RenderContext { now_ms: 0, seed: 0, inputless: false };
    let mut entries = render(&context, &config, &templates(), &[input]).unwrap_or_default();
    let rendering =
        entries.pop().map(|entry| entry.unwrap_or_else(|failure| panic!("{}", failure.message))).unwrap_or_default();
    let objects: Vec<Value> =
        rendering.objects.iter().map(|one| serde_json::from_str(&one.object).unwrap_or_default()).collect();
    let mut found = BTreeSet::new();
    objects.iter().enumerate().for_each(|(nth, object)| paths(object, &nth.to_string(), &mut found));
    (objects, found)
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~]{0,12}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn hostile_titles_branches_and_labels_change_no_path(title in hostile(), branch in hostile(), label in hostile()) {
        let (_, harmless) = rendered("a title", "a-branch", "a");
        let (objects, found) = rendered(&title, &branch, &label);
        prop_assert_eq!(found, harmless);
        // And what an outsider wrote arrives as it was written.
        prop_assert_eq!(objects[0]["metadata"]["annotations"]["title"].as_str(), Some(title.as_str()));
        prop_assert_eq!(&objects[0]["metadata"]["annotations"]["both"], &json!(format!("{title} on {branch}")));
        prop_assert_eq!(objects[1]["spec"]["replicas"].as_i64(), Some(2));
    }
}
