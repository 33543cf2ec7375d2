//! `orangery plugin check | test | list`, and `--plugin`.

use crate::bench::{orangery, root};

#[test]
fn a_built_in_plugin_is_listed_with_what_it_serves() {
    let list = orangery(["plugin", "list"]).run().exits(0);
    let list = list.prints("GitHubPullRequest, GitHubBranch, GitHubTag").prints("GitLabEnvironment");
    list.prints("renderer gotemplate").prints("renderer minijinja");
    let json = orangery(["plugin", "list", "-o", "json"]).run().exits(0);
    let all: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
    assert_eq!(all.len(), 4);
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
    for plugin in ["github", "gitlab"] {
        let cases = root().join("plugins").join(plugin).join("cases");
        orangery(["plugin", "test", cases.to_str().unwrap()]).run().exits(0).prints(" passed, 0 failed");
    }
}

const CASE: &str = "name: a tag
kind: GitHubTag
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
