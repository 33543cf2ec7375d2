//! `orangery build resourceset`.

use crate::bench::{Ran, orangery, root, tree, without_uid};
use std::path::Path;
use tempfile::TempDir;

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
";

fn object(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    resourceset.fluxcd.controlplane.io/name: s\n    resourceset.fluxcd.controlplane.io/namespace: ns\n  name: {name}\n  namespace: ns\n"
    )
}

fn folder(set: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("set.yaml"), set).unwrap();
    folder
}

fn build(folder: &Path, more: &[&str]) -> Ran {
    orangery(["build", "resourceset", "-f", "set.yaml"].iter().chain(more)).inside(folder).run()
}

fn built(set: &str, more: &[&str]) -> Ran {
    build(folder(set).path(), more)
}

#[test]
fn it_prints_every_object_with_its_owner_labels() {
    let ran = built(SET, &[]).exits(0);
    assert_eq!(ran.out, object("c-a") + &object("c-b"));
    assert_eq!(ran.err, "");
}

#[test]
fn it_prints_what_local_mode_writes() {
    let tenants = "examples/static/manifests/tenants.yaml";
    let words = ["build", "rset", "-f", tenants, "--inputs-from-provider", tenants];
    let ran = orangery(words).inside(&root()).run().exits(0);
    let files = tree(&root().join("examples/static/expected"));
    assert_eq!(ran.out.matches("---\n").count(), files.len());
    for (path, text) in files {
        let text = without_uid(&text);
        let (_header, object) = text.split_once('\n').unwrap();
        assert!(ran.out.contains(&format!("---\n{object}")), "{path} is not in\n{}", ran.out);
    }
}

#[test]
fn it_reads_stdin() {
    let ran = orangery(["build", "rset", "-f", "-"]).reads(SET).run().exits(0);
    assert_eq!(ran.out, object("c-a") + &object("c-b"));
}

#[test]
fn a_step_is_named_before_its_first_object() {
    let set = SET.split("  inputs:").next().unwrap().to_owned()
        + "  steps:
    - name: first
      resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns}}]
    - name: nothing
      resourcesTemplate: '<< if false >>x<< end >>'
    - name: second
      resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: ns}}]
";
    let ran = built(&set, &[]).exits(0);
    assert_eq!(ran.out, format!("# step: first\n{}# step: second\n{}", object("a"), object("b")));
}

#[test]
fn json_is_one_list() {
    let ran = built(SET, &["-o", "json"]).exits(0);
    let list: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[1]["metadata"]["name"], "c-b");
}

#[test]
fn inputs_from_a_file_replace_those_of_the_manifest() {
    let folder = folder(SET);
    std::fs::write(folder.path().join("in.yaml"), "- id: z\n").unwrap();
    assert_eq!(build(folder.path(), &["--inputs-from", "in.yaml"]).exits(0).out, object("c-z"));
}

#[test]
fn inputs_that_are_no_list_of_maps_are_refused_with_their_place() {
    let folder = folder(SET);
    std::fs::write(folder.path().join("map.yaml"), "id: z\n").unwrap();
    std::fs::write(folder.path().join("text.yaml"), "- id: z\n- x\n").unwrap();
    build(folder.path(), &["-i", "map.yaml"]).fails_with("map.yaml:1: must be a YAML list of inputs");
    build(folder.path(), &["-i", "text.yaml"]).fails_with("text.yaml:2: must be a map of keys to values");
    build(folder.path(), &["-i", "none.yaml"])
        .fails_with("invalid filename 'none.yaml', must point to an existing file");
}

#[test]
fn a_manifest_that_cannot_be_found_or_named_is_refused() {
    orangery(["build", "resourceset"]).run().fails_with("✗ --filename is required\n");
    let missing = orangery(["build", "resourceset", "-f", "absent.yaml"]).run();
    let missing = missing.fails_with("✗ invalid filename 'absent.yaml', must point to an existing file");
    assert_eq!(missing.err.matches("No such file").count(), 1, "{}", missing.err);
    let nameless = "✗ ResourceSet name must be set in the manifest\n";
    built(&SET.replace("  name: s\n", ""), &[]).fails_with(nameless);
    built("# only a comment\n", &[]).fails_with(nameless);
    built(&SET.replacen("  namespace: ns\n", "", 1), &["-n", ""])
        .fails_with("✗ ResourceSet namespace must be set either in the manifest or with --namespace\n");
}

#[test]
fn a_namespace_may_come_from_the_command_line() {
    let set = SET.replacen("  namespace: ns\n", "", 1);
    built(&set, &["-n", "team"]).exits(0).prints("resourceset.fluxcd.controlplane.io/namespace: team");
    built(&set, &[]).exits(0).prints("resourceset.fluxcd.controlplane.io/namespace: default");
    built(SET, &["-n", "team"]).exits(0).prints("resourceset.fluxcd.controlplane.io/namespace: ns");
}

#[test]
fn inputs_of_providers_have_to_be_given() {
    let from = "  inputsFrom: [{kind: ResourceSetInputProvider, name: p}]\n";
    let set = SET.replace("  inputs:\n    - id: a\n    - id: b\n", from);
    let folder = folder(&set);
    build(folder.path(), &[]).fails_with(
        "✗ ResourceSet has '.spec.inputsFrom', please provide the inputs with --inputs-from or --inputs-from-provider\n",
    );
    let provider = |spec: &str| {
        let text = format!("kind: ResourceSetInputProvider\nmetadata: {{name: p, namespace: ns}}\nspec:\n  {spec}\n");
        std::fs::write(folder.path().join("p.yaml"), text).unwrap();
        build(folder.path(), &["--inputs-from-provider", "p.yaml"])
    };
    provider("type: GitHubTag")
        .fails_with("p.yaml:4: unsupported provider type 'GitHubTag', only 'Static' is supported");
    provider("type: Static\n  defaultValues: {id: given}").exits(0);
}

#[test]
fn a_template_that_fails_names_input_line_and_what_there_is() {
    let ran = built(&SET.replace("inputs.id", "inputs.nope"), &[]).fails_with("map has no entry for key \"nope\"");
    let ran = ran.warns("spec.resources[0]").warns("id a").warns("c-<< inputs.nope >>").warns(" in set.yaml\n");
    assert!(ran.err.contains("there are: id, provider"), "{}", ran.err);
}

#[test]
fn a_set_that_makes_nothing_is_refused() {
    let set = SET.split("  resources:").next().unwrap().to_owned();
    built(&set, &[]).fails_with("at least one of steps, resources or resourcesTemplate must be set");
    built(&format!("{set}  resourcesTemplate: '# nothing'\n"), &[]).fails_with("✗ no objects were generated\n");
}

#[test]
fn a_wrong_field_is_named_with_file_and_line() {
    built(&SET.replace("  inputs:\n    - id: a\n    - id: b\n", "  inputs: 5\n"), &[])
        .fails_with("✗ set.yaml:7: spec.inputs: invalid type: integer `5`, expected a sequence\n");
    built(&SET.replace("  inputs:\n", "  inputStrategy:\n    name: Shuffle\n  inputs:\n"), &[])
        .fails_with("✗ set.yaml:8: spec.inputStrategy.name: unknown input strategy: 'Shuffle'\n");
    built("a: [\n", &[]).fails_with("set.yaml");
}

#[test]
fn no_break_spaces_pasted_from_a_web_page_are_named() {
    let mixed = SET.replace("    - id: b", "\u{a0}\u{a0} - id: b");
    built(&mixed, &[]).fails_with("no-break space").warns("set.yaml").warns("line 9");
    let key = SET.replace("  resources:", "\u{a0}\u{a0}resources:");
    built(&key, &[]).fails_with("no-break space").warns("set.yaml:10");
    // As a browser copies it: every space of an indentation.
    let all: String = SET
        .lines()
        .map(|line| format!("{}{}\n", "\u{a0}".repeat(line.len() - line.trim_start().len()), line.trim_start()))
        .collect();
    built(&all, &[]).fails_with("no-break space").warns("set.yaml");
}

#[test]
fn unequal_objects_of_one_name_warn_and_fail_when_strict() {
    let set = SET.replace("c-<< inputs.id >>", "c") + "      data: {v: << inputs.id >>}\n";
    let ran = built(&set, &[]).exits(0).warns("! ConfigMap/ns/c").warns("id a").warns("id b").warns("data.v");
    assert_eq!(ran.out.matches("---\n").count(), 1);
    built(&set, &["--strict"]).fails_with("they differ at data.v");
}

#[test]
fn a_late_failure_leaves_nothing_on_stdout() {
    let set = SET.replace("c-<< inputs.id >>", "c-<< if eq inputs.id \"b\" >><< fail \"not b\" >><< end >>");
    built(&set, &[]).fails_with("not b");
}

#[test]
fn every_environment_that_cannot_be_built_is_named_and_nothing_is_printed() {
    let set = SET.replace("c-<< inputs.id >>", "c-<< if eq inputs.id \"b\" >><< fail \"not b\" >><< end >>feat/x");
    built(&set, &[]).fails_with("not b").warns("id a cannot be applied: metadata.name \"c-feat/x\" is not a name");
    let namespace = SET.replace("        namespace: ns", "        namespace: Review/1");
    built(&namespace, &[]).fails_with("id a cannot be applied: metadata.namespace \"Review/1\"").warns("id b cannot");
}
