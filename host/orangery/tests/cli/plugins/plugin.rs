//! `orangery plugin check | test | list`, and `--plugin`.

use crate::bench::{orangery, root};
use crate::workspace::Workspace;
use orangery_plugin_catalog::Role;
use std::path::{Path, PathBuf};

#[test]
fn a_built_in_plugin_is_listed_with_what_it_serves() {
    let list = orangery(["plugin", "list"]).run().exits(0);
    let list = list.prints("GitHubPullRequest, GitHubBranch, GitHubTag").prints("GitLabEnvironment");
    list.prints("renderer gotemplate").prints("renderer minijinja");
    let json = orangery(["plugin", "list", "-o", "json"]).run().exits(0);
    let all: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
    let listed = all.iter().map(|plugin| plugin["name"].as_str().unwrap());
    let declared = orangery_plugin_catalog::components(&root()).unwrap();
    let declared = declared.iter().filter(|component| component.role != Role::Private);
    assert!(listed.eq(declared.map(|component| component.name.as_str())), "{}", json.out);
    assert!(all[0]["digest"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn what_is_no_component_is_refused_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("garbage.wasm"), "hello\n").unwrap();
    // A core module, not a component.
    std::fs::write(folder.path().join("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    for file in ["garbage.wasm", "module.wasm"] {
        let ran = orangery(["plugin", "check", file]).inside(folder.path()).run().exits(1).warns("✗ refused: ");
        assert!(ran.err.contains("wasm32-wasip2"), "{}", ran.err);
        assert!(!ran.out.contains("would be admitted"));
        orangery(["run", "--local", "out", "-f", ".", "--once", "--plugin", file])
            .inside(folder.path())
            .run()
            .fails_with(&format!("✗ {file}: "))
            .warns("orangery plugin check");
    }
    let absent = orangery(["plugin", "check", "absent.wasm"]).run();
    assert_eq!(absent.fails_with("cannot read the plugin absent.wasm").err.matches("No such file").count(), 1);
}

#[test]
fn the_cases_of_the_built_in_plugins_pass() {
    let components = orangery_plugin_catalog::components(&root()).unwrap();
    for plugin in components.iter().filter(|component| component.role != Role::Private) {
        let cases = plugin.folder.join("cases");
        orangery(["plugin", "test", cases.to_str().unwrap()]).run().exits(0).prints(" passed, 0 failed");
    }
}

const CASE: &str = "name: a tag
type: GitHubTag
url: https://github.com/acme/shop
http:
  - request: {url: \"https://api.github.com/repos/acme/shop/tags?per_page=100\"}
    response: {json: [{name: v1, commit: {sha: abc}}]}
expect:
  outcome: complete
  inputs: [{id: \"22282410\", sha: wrong, tag: v1}]
";

#[test]
fn a_case_that_fails_shows_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.yaml"), CASE).unwrap();
    let words = ["plugin", "test", "case.yaml"];
    let ran = orangery(words).inside(folder.path()).run().exits(1);
    let ran = ran.prints("✗ a tag (case.yaml:1)").prints("wrong").prints("abc").prints("0 passed, 1 failed");
    assert!(ran.out.lines().any(|line| line.trim_start().starts_with('-')), "{}", ran.out);
    assert!(ran.out.lines().any(|line| line.trim_start().starts_with('+')), "{}", ran.out);
    orangery(words.iter().chain(&["--only", "nothing"]))
        .inside(folder.path())
        .run()
        .fails_with("holds no case whose name contains \"nothing\"");
}

#[test]
fn a_request_that_no_line_answers_fails_the_case() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.yaml"), CASE.replace("acme/shop/tags", "acme/shop/other")).unwrap();
    let ran = orangery(["plugin", "test", "."]).inside(folder.path()).run().exits(1);
    ran.prints("no line answers GET https://api.github.com/repos/acme/shop/tags").prints("left are:");
}

#[test]
fn a_misspelt_field_of_a_case_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.yaml"), CASE.replace("outcome:", "outcom:")).unwrap();
    let ran = orangery(["plugin", "test", "."]).inside(folder.path()).run();
    ran.fails_with("case.yaml:8").warns("unknown field `outcom`");
}

/// A component that serves what the built-in plugin of this name serves: the same code with another digest.
fn shadow(folder: &Path, name: &str) -> PathBuf {
    let mut bytes = orangery_bundled::plugin(name).unwrap().bytes.to_vec();
    // A custom section at its end changes nothing else.
    bytes.extend_from_slice(b"\0\x06\x05other");
    let file = folder.join("mine.wasm");
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn a_plugin_takes_nothing_from_a_built_in_one_unless_that_is_allowed() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    let file = shadow(workspace.folder.path(), "github");
    let file = file.to_str().unwrap();
    let poll = ["poll", "-f", "manifests/provider.yaml", "--allow-loopback", "--plugin", file];
    let run = ["run", "--local", "out", "-f", "manifests", "--once", "--plugin", file];
    let list = ["plugin", "list", "--plugin", file];
    for words in [&poll[..], &run, &list] {
        let ran = orangery(words).inside(workspace.folder.path()).run().exits(1);
        let ran = ran.warns("serves the type GitHubPullRequest, which the built-in plugin github");
        ran.warns("--allow-shadowing");
    }
    assert!(workspace.forge.requests().is_empty(), "it was never asked anything");
    assert!(workspace.names().is_empty());
    for words in [&poll[..], &run, &list] {
        orangery(words.iter().chain(&["--allow-shadowing"])).inside(workspace.folder.path()).run().exits(0);
    }
    assert_eq!(workspace.names().len(), 1);
    let shown = orangery(["plugin", "check", file]).run().exits(0).prints("would be admitted");
    shown.warns("spec.type GitHubTag is served by the built-in plugin github").warns("--allow-shadowing");
}

#[test]
fn a_renderer_takes_nothing_from_a_built_in_one_either() {
    let folder = tempfile::tempdir().unwrap();
    let file = shadow(folder.path(), "gotemplate");
    let set = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: s, namespace: apps}\nspec:\n  resources:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: apps}}\n";
    std::fs::write(folder.path().join("set.yaml"), set).unwrap();
    let words = ["build", "rset", "-f", "set.yaml", "--plugin", file.to_str().unwrap()];
    let ran = orangery(words).inside(folder.path()).run().exits(1);
    ran.warns("serves the renderer gotemplate").warns("--allow-shadowing");
    orangery(words.iter().chain(&["--allow-shadowing"])).inside(folder.path()).run().exits(0).prints("name: a");
}

#[test]
fn an_item_that_is_unreadable_has_to_be_expected() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable = CASE
        .replace("{name: v1, commit: {sha: abc}}", "{name: v1, commit: {sha: abc}}, {name: v2, commit: null}")
        .replace("sha: wrong", "sha: abc");
    let id = CASE.split("id: \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let unreadable = unreadable.replace(id, &orangery_core::digest::adler32_id("v1"));
    std::fs::write(folder.path().join("case.yaml"), &unreadable).unwrap();
    let words = ["plugin", "test", "case.yaml"];
    orangery(words).inside(folder.path()).run().exits(1).prints("+- id:").prints("unexpected shape at commit");
    let expected = format!(
        "{unreadable}  unreadable: [{{id: \"{}\", name: v2, problem: at commit}}]\n",
        orangery_core::digest::adler32_id("v2")
    );
    std::fs::write(folder.path().join("case.yaml"), &expected).unwrap();
    orangery(words).inside(folder.path()).run().exits(0).prints("1 passed, 0 failed");
    std::fs::write(folder.path().join("case.yaml"), expected.replace("name: v2", "name: v3")).unwrap();
    orangery(words).inside(folder.path()).run().exits(1);
}
