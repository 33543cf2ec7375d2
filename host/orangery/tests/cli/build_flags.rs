//! What `orangery build resourceset` adds to Flux Operator: one input, origins, strict fields, watching.

use crate::bench::{orangery, root, tree, without_uid};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const SET: &str = "apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata:
  name: s
  namespace: ns
spec:
  inputs:
    - id: a
    - id: b
  resources:
    - apiVersion: v1
      kind: ConfigMap
      metadata:
        name: c-<< inputs.id >>
        namespace: ns
  resourcesTemplate: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \"d-<< inputs.id >>\", namespace: ns}
    spec:
      replicas: 1
";

fn build(set: &str, more: &[&str]) -> crate::bench::Ran {
    orangery(["build", "resourceset", "-f", "-"].iter().chain(more)).reads(set).run()
}

#[test]
fn one_input_is_built_alone() {
    let ran = build(SET, &["--input", "b"]).exits(0);
    assert_eq!(ran.out.matches("---\n").count(), 2);
    assert!(!ran.out.contains("c-a"));
    build(SET, &["--input", "c"]).fails_with("✗ there is no input with the id 'c'; there are: a, b\n");
    // What breaks with another input is not looked at.
    let broken = SET.replace("c-<<", "<< if eq inputs.id \"a\" >><< fail \"broken\" >><< end >>c-<<");
    build(&broken, &[]).fails_with("broken");
    build(&broken, &["--input", "b"]).exits(0).prints("name: c-b");
}

#[test]
fn each_object_can_say_where_it_comes_from() {
    let ran = build(SET, &["--show", "origin"]).exits(0);
    let origins: Vec<&str> = ran.out.lines().filter_map(|line| line.strip_prefix("# origin: ")).collect();
    assert_eq!(origins.len(), 4, "{}", ran.out);
    assert!(origins[0].starts_with("spec.resources[0] with ") && origins[0].ends_with("id a"), "{}", origins[0]);
    assert!(origins[3].starts_with("spec.resourcesTemplate with ") && origins[3].ends_with("id b"), "{}", origins[3]);
    let plain: String =
        ran.out.lines().filter(|line| !line.starts_with("# origin")).map(|l| format!("{l}\n")).collect();
    assert_eq!(plain, build(SET, &[]).exits(0).out);
    build(SET, &["--show", "origin", "-o", "json"]).fails_with("use it with --output yaml");
}

#[test]
fn unknown_fields_of_built_in_kinds_are_errors_when_strict() {
    let set = SET.replace("      replicas: 1", "      replica: 1\n      strategy: {rollingUpdate: {maxSurg: 1}}");
    build(&set, &[]).exits(0);
    build(&set, &["--strict"])
        .fails_with("✗ Deployment/ns/d-a from spec.resourcesTemplate with ")
        .warns("id a: unknown field spec.replica; did you mean replicas?\n")
        .warns("unknown field spec.strategy.rollingUpdate.maxSurg; did you mean maxSurge?\n")
        .warns("✗ Deployment/ns/d-b from ");
    build(SET, &["--strict"]).exits(0);
    // The kinds of others are described in a cluster, not here.
    let foreign = SET.replace("apps/v1", "example.com/v1").replace("replicas", "anything");
    build(&foreign, &["--strict"]).exits(0);
}

/// What a command line build prints and what the operator applies are one and the same, object by object.
#[test]
fn build_and_the_operator_make_identical_objects() {
    let tenants = "examples/static/manifests/tenants.yaml";
    let words = ["build", "rset", "-f", tenants, "--inputs-from-provider", tenants, "-o", "json"];
    let built = orangery(words).inside(&root()).run().exits(0).out;
    let built: Vec<Value> = serde_json::from_str(&built).unwrap();
    same_as_local(&built, &root().join("examples/static/manifests"));

    let work = tempfile::tempdir().unwrap();
    let steps = SET.replace(
        "  resources:\n",
        "  commonMetadata: {labels: {team: x}}\n  wait: false\n  inputStrategy: {name: Flatten}\n  resources:\n",
    );
    std::fs::write(work.path().join("set.yaml"), &steps).unwrap();
    let built: Vec<Value> = serde_json::from_str(&build(&steps, &["-o", "json"]).exits(0).out).unwrap();
    same_as_local(&built, work.path());
}

fn same_as_local(built: &[Value], manifests: &Path) {
    let work = tempfile::tempdir().unwrap();
    let manifests = manifests.to_str().unwrap();
    orangery(["run", "--local", "out", "-f", manifests, "--once"]).inside(work.path()).run().exits(0);
    let mut applied: Vec<Value> =
        tree(&work.path().join("out")).values().map(|text| go_yaml::from_str(&without_uid(text)).unwrap()).collect();
    let mut built = built.to_vec();
    let key = |object: &Value| format!("{}{}", object["kind"], object["metadata"]);
    applied.sort_by_key(key);
    built.sort_by_key(key);
    assert!(!built.is_empty());
    assert_eq!(applied, built);
}

/// The lines that a process writes.
fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    receive
}

/// Waits for a line with this text; answers all lines until then.
#[track_caller]
fn until(lines: &Receiver<String>, text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let line = lines.recv_timeout(Duration::from_secs(60));
        assert!(line.is_ok(), "{text:?} did not come: {seen:?}");
        seen.extend(line);
        if seen.last().unwrap().contains(text) {
            return seen;
        }
    }
}

#[test]
fn watching_prints_what_a_save_changes_and_survives_a_bad_one() {
    let work = tempfile::tempdir().unwrap();
    let file = work.path().join("set.yaml");
    std::fs::write(&file, SET).unwrap();
    let mut call = orangery(["build", "rset", "-f", "set.yaml", "--watch"]).inside(work.path()).spawn();
    let (out, err) = (lines(call.stdout.take().unwrap()), lines(call.stderr.take().unwrap()));
    assert_eq!(until(&out, "name: d-b").iter().filter(|line| *line == "---").count(), 4);
    until(&err, "watching set.yaml; Ctrl-C ends");
    std::fs::write(&file, SET.replace("inputs.id", "inputs.nope")).unwrap();
    until(&err, "✗ ");
    // As editors save: a new file in the place of the old one.
    std::fs::write(work.path().join("new"), SET.replace("replicas: 1", "replicas: 2")).unwrap();
    std::fs::rename(work.path().join("new"), &file).unwrap();
    let seen = until(&out, "+  replicas: 2");
    assert!(seen.contains(&"-  replicas: 1".to_owned()), "{seen:?}");
    assert!(Command::new("kill").args(["-INT", &call.id().to_string()]).status().unwrap().success());
    assert!(call.wait().unwrap().success());
}

/// Two named objects, one without a name and one whose name the server would make.
const NAMELESS: &str = "apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: kinds, namespace: apps}
spec:
  inputs: [{name: app}]
  resourcesTemplate: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: << inputs.name >>, namespace: apps}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {namespace: apps}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {generateName: x-, namespace: apps}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: << inputs.name >>, namespace: apps}
";

#[test]
fn a_document_that_names_no_object_is_told_and_an_error_when_strict() {
    let ran = build(NAMELESS, &[]).exits(0);
    assert_eq!(ran.out.matches("---\n").count(), 2, "{}", ran.out);
    let ran = ran
        .warns("spec.resourcesTemplate")
        .warns("a document of kind ConfigMap has no metadata.name and is left out: give it a name")
        .warns("a document of kind Secret has no metadata.name and is left out");
    assert_eq!(ran.err.matches("is left out").count(), 2, "{}", ran.err);
    build(NAMELESS, &["--strict"]).fails_with("kind ConfigMap has no metadata.name").warns("instead of generateName");
}

#[test]
fn what_a_file_says_of_the_status_counts_for_nothing() {
    let plain = build(SET, &[]).exits(0).out;
    for status in
        ["null", "{conditions: null}", "{conditions: [{type: Ready}]}", "nonsense", "{inventory: {entries: 1}}"]
    {
        assert_eq!(build(&format!("{SET}status: {status}\n"), &[]).exits(0).out, plain, "{status}");
    }
}

#[test]
fn every_file_that_is_given_is_built_in_its_order() {
    let work = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).unwrap();
    write("one.yaml", SET);
    write("two.yaml", NAMELESS);
    write("again.yaml", SET);
    let build = |words: &[&str]| orangery(["build", "rset"].iter().chain(words)).inside(work.path()).run();
    let (one, two) = (build(&["-f", "one.yaml"]).exits(0).out, build(&["-f", "two.yaml"]).exits(0).out);
    assert_eq!(build(&["-f", "one.yaml", "-f", "two.yaml"]).exits(0).out, format!("{one}{two}"));
    assert_eq!(build(&["-f", "two.yaml", "-f", "one.yaml"]).exits(0).out, format!("{two}{one}"));
    let both = build(&["-f", "one.yaml", "-f", "two.yaml", "-o", "json"]).exits(0).out;
    let objects: Vec<Value> = serde_json::from_str(&both).unwrap();
    assert_eq!(objects.len(), 6);
    build(&["-f", "one.yaml", "-f", "again.yaml"])
        .fails_with("ResourceSet/ns/s is in one.yaml and in again.yaml; give each set once");
    build(&["-f", "one.yaml", "-f", "missing.yaml"]).fails_with("missing.yaml");
    build(&[]).fails_with("--filename is required");
}

#[test]
fn watching_stdin_is_refused() {
    build(SET, &["--watch"]).fails_with("--watch cannot be used with stdin");
}
