//! `orangery explain TYPE`: what a provider type is, from the manifest of its plugin.

use crate::bench::orangery;
use crate::workspace::Workspace;
use serde_json::Value;

#[test]
fn a_type_is_explained_with_all_that_its_manifest_says() {
    let page = orangery(["explain", "GitHubPullRequest"]).run().exits(0);
    let page = page.prints("GitHubPullRequest\n  Open pull requests of one repository, newest first.\n");
    let page =
        page.prints("Served by github 0.1.0 (built-in) https://").prints("Requests of a poll: 1 request for each 100");
    let page = page.prints(
        "includeBranch and excludeBranch apply to inputs.branch, labels to inputs.labels; past limit new inputs wait",
    );
    let page = page.prints("  sha     The commit at the head.\n").prints("targetBranch, authorAssociation");
    let page = page.prints("drafts  include | exclude, default include. Whether drafts count.");
    let page =
        page.prints("Credential api (spec.secretRef)\n").prints("as github-app\n  keys username, password as bearer\n");
    page.prints("Example\n  apiVersion: fluxcd.controlplane.io/v1\n  kind: ResourceSetInputProvider\n");
    orangery(["explain", "GitLabTag"])
        .run()
        .exits(0)
        .prints("Configuration: none")
        .prints("semver apply to inputs.tag");
    orangery(["explain", "Static"]).run().exits(0).prints("Served by orangery itself.").prints("defaultValues:");
    let artifact = orangery(["explain", "ExternalArtifact"]).run().exits(0);
    artifact.prints("Served by orangery itself.").prints("selectors:");
}

#[test]
fn scripts_get_the_same_as_json_and_yaml() {
    let json = orangery(["explain", "GitLabMergeRequest", "-o", "json"]).run().exits(0).out;
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["type"]["nameKind"], "branch");
    assert_eq!(value["plugin"]["license"], "Apache-2.0");
    assert_eq!(value["credentials"][0]["shapes"][0]["scheme"], "private-token");
    let yaml = orangery(["explain", "GitLabMergeRequest", "-o", "yaml"]).run().exits(0);
    yaml.prints("nameAttribute: branch\n");
}

#[test]
fn every_example_of_a_built_in_type_is_a_manifest_that_can_be_polled() {
    let list = orangery(["plugin", "list", "-o", "json"]).run().exits(0).out;
    let plugins: Vec<Value> = serde_json::from_str(&list).unwrap();
    let types: Vec<&str> = plugins
        .iter()
        .flat_map(|plugin| plugin["types"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(types.len(), 8);
    let workspace = Workspace::new();
    for name in types {
        let json = orangery(["explain", name, "-o", "json"]).run().exits(0).out;
        let value: Value = serde_json::from_str(&json).unwrap();
        workspace.manifest("example.json", &value["type"]["example"].to_string());
        // Everything but the Secret is there.
        let ran = orangery(["poll", "-f", "manifests/example.json"]).inside(workspace.folder.path()).run();
        ran.fails_with("-auth': not found; create it, or correct spec.secretRef");
    }
}

#[test]
fn an_unknown_type_is_told_which_there_are() {
    let ran = orangery(["explain", "GithubPullRequest"]).run();
    let ran = ran
        .fails_with("no loaded plugin serves the type \"GithubPullRequest\"; these are served: ExternalArtifact, ExternalService, GitHubBranch, GitHub");
    ran.warns("Static; did you mean GitHubPullRequest?");
    let ran = orangery(["explain", "Nothing"]).run().exits(1);
    assert!(!ran.err.contains("did you mean"), "{}", ran.err);
}

#[test]
fn a_given_plugin_is_explained_without_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lists.wasm"), orangery_test_guests::bytes("lists").unwrap()).unwrap();
    let ran = orangery(["explain", "Lists", "--plugin", "lists.wasm"]).inside(folder.path()).run().exits(0);
    let ran = ran.prints("Served by lists 0.1.0 (lists.wasm).").prints("  project  string.\n");
    let ran =
        ran.prints("Credential api (spec.secretRef)\n  keys token as bearer\n  keys username, password as basic\n");
    assert!(!ran.out.contains("Example"), "{}", ran.out);
}
