//! `orangery plugin test` with cases of renderers: what passes, how a difference is shown, which mistakes of a case are errors.

use crate::bench::orangery;
use std::path::Path;

const CASE: &str = "name: an object
renderer: gotemplate
inputs: [{id: '1'}, {id: '2'}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: 'app-<< inputs.id >>', namespace: apps}}]
expect:
  objects:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-1, namespace: apps}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-2, namespace: apps}}
";

fn folder(case: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.yaml"), case).unwrap();
    folder
}

fn test(folder: &Path) -> crate::bench::Ran {
    orangery(["plugin", "test", "."]).inside(folder).run()
}

#[test]
fn objects_as_expected_pass() {
    test(folder(CASE).path()).exits(0).prints("✔ an object").prints("1 passed, 0 failed");
}

#[test]
fn other_objects_fail_the_case_with_the_difference() {
    let wrong = folder(&CASE.replace("name: app-2, namespace", "name: app-3, namespace"));
    let ran = test(wrong.path()).exits(1).prints("✗ an object (./case.yaml:1)").prints("0 passed, 1 failed");
    let line = |sign: char, name: &str| {
        ran.out.lines().any(|line| line.trim_start().starts_with(sign) && line.ends_with(&format!("name: {name}")))
    };
    assert!(line('-', "app-3") && line('+', "app-2"), "{}", ran.out);
    let fewer = CASE.replace("    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-2, namespace: apps}}\n", "");
    test(folder(&fewer).path()).exits(1).prints("app-2");
}

#[test]
fn a_failure_that_is_not_expected_and_one_that_does_not_come_fail_the_case() {
    let fails = CASE.replace("<< inputs.id >>", "<< inputs.sha >>");
    test(folder(&fails).path()).exits(1).prints("expected objects, got the error: ").prints("no entry for key");
    let expected = format!("{CASE}  error: {{code: TemplateExecutionFailed}}\n");
    let ran = test(folder(&expected).path()).exits(1);
    ran.prints("expected the error TemplateExecutionFailed, got 2 objects");
    let other = format!("{}  error: {{code: Other, contains: no entry}}\n", fails.split("  objects:").next().unwrap());
    let ran = test(folder(&other).path()).exits(1);
    ran.prints("-code: Other").prints("+code: TemplateExecutionFailed");
    test(folder(&other.replace("Other", "TemplateExecutionFailed")).path()).exits(0);
}

#[test]
fn a_renderer_that_is_not_loaded_fails_the_case() {
    let absent = folder(&CASE.replace("renderer: gotemplate", "renderer: absent"));
    test(absent.path()).exits(1).prints("expected objects, got the error: ").prints("absent");
}

#[test]
fn a_mistake_in_a_case_is_an_error_with_its_place() {
    for (from, to, place, said) in [
        ("inputs: [", "input: [", "case.yaml:3", "unknown field `input`"),
        ("objects:", "object:", "case.yaml:6", "unknown field `object`"),
        ("expect:", "untrusted: title\nexpect:", "case.yaml:5", "untrusted"),
        (
            "resources: [",
            "resourcesTemplateFile: absent.tpl\nresources: [",
            "case.yaml:4",
            "absent.tpl cannot be read: No such file",
        ),
        (
            "resources: [",
            "resourcesTemplate: a\nresourcesTemplateFile: b.tpl\nresources: [",
            "case.yaml:5",
            "write either resourcesTemplate or resourcesTemplateFile",
        ),
    ] {
        let ran = test(folder(&CASE.replace(from, to)).path());
        ran.fails_with(place).warns(said);
    }
    let empty = "name: nothing\nrenderer: gotemplate\nexpect: {objects: []}\n";
    test(folder(empty).path()).fails_with("case.yaml:2").warns("resources, resourcesTemplate or resourcesTemplateFile");
    let vague = CASE.split("  objects:").next().unwrap().replace("expect:", "expect: {}");
    test(folder(&vague).path()).fails_with("case.yaml:5").warns("must have objects, or error, or both");
}
