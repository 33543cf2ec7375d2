//! `orangery run --local`: the laws, from one process to the next.

use crate::bench::orangery;
use crate::workspace::{SET, Workspace};
use orangery_test_forge::{Failure, Fault};

/// `sha256:…` in the reasons of a held deletion.
fn digest(text: &str) -> String {
    let (_, after) = text.split_once("orangery.dev/approve-prune: ").unwrap();
    after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == ':').collect()
}

#[test]
fn objects_follow_the_forge_from_run_to_run() {
    let (workspace, shop) = Workspace::with_pulls(2);
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 created").prints("2 objects in 2 environments");
    let before = workspace.objects();
    shop.closes(1);
    let sha = shop.pushes(2);
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 deleted").prints("ConfigMap/apps/pr-2 configured");
    assert_eq!(workspace.names(), ["apps/ConfigMap/pr-2.yaml"]);
    let path = "apps/ConfigMap/pr-2.yaml";
    assert_ne!(before[path], workspace.objects()[path]);
    assert!(workspace.objects()[path].contains(&sha));
}

#[test]
fn a_run_without_news_changes_no_file() {
    let (workspace, _shop) = Workspace::with_pulls(2);
    workspace.once(&[]).exits(0);
    let before = crate::bench::tree(&workspace.out());
    let ran = workspace.once(&[]).exits(0);
    assert_eq!(crate::bench::tree(&workspace.out()), before);
    assert!(!ran.out.contains("created") && !ran.out.contains("configured"), "{}", ran.out);
}

#[test]
fn an_empty_answer_is_held_until_exactly_that_list_is_approved() {
    let (workspace, shop) = Workspace::with_pulls(2);
    workspace.once(&[]).exits(0);
    shop.closes(1);
    shop.closes(2);
    let held =
        workspace.once(&[]).exits(3).warns("✗ ResourceSet/apps/previews").warns("orangery.dev/approve-prune: sha256:");
    assert_eq!(workspace.names().len(), 2);
    workspace.once(&[]).exits(3);
    let approve = |digest: &str| {
        let annotation = format!("metadata:\n  annotations:\n    orangery.dev/approve-prune: {digest}\n");
        workspace.manifest("set.yaml", &SET.replacen("metadata:\n", &annotation, 1));
    };
    approve(&format!("sha256:{}", "0".repeat(16)));
    workspace.once(&[]).exits(3);
    assert_eq!(workspace.names().len(), 2, "another list was approved");
    approve(&digest(&held.err));
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 deleted").prints("ConfigMap/apps/pr-2 deleted");
    assert!(workspace.names().is_empty());
}

#[test]
fn the_guard_can_be_switched_off() {
    let (workspace, shop) = Workspace::with_pulls(1);
    workspace.once(&[]).exits(0);
    shop.closes(1);
    workspace.once(&[]).exits(3);
    workspace.once(&["--prune-guard", "off"]).exits(0);
    assert!(workspace.names().is_empty());
}

#[test]
fn a_forge_that_is_down_deletes_nothing() {
    let (workspace, _shop) = Workspace::with_pulls(2);
    workspace.once(&[]).exits(0);
    let before = workspace.objects();
    for failure in [
        Failure::Status { code: 503, retry_after: None, body: None },
        Failure::Status { code: 404, retry_after: None, body: None },
    ] {
        workspace.forge.fault(Fault::new(failure));
        workspace.once(&[]).exits(3).warns("ResourceSetInputProvider/apps/pulls");
        assert_eq!(workspace.objects(), before);
        workspace.forge.clear_faults();
    }
    workspace.once(&[]).exits(0);
}

#[test]
fn a_provider_that_never_answered_is_not_zero_inputs() {
    let (workspace, _shop) = Workspace::with_pulls(2);
    workspace.forge.fault(Fault::new(Failure::Status { code: 500, retry_after: None, body: None }));
    workspace.once(&[]).exits(3).warns("ResourceSet/apps/previews");
    assert!(workspace.names().is_empty());
}

#[test]
fn a_damaged_ledger_is_an_error_and_not_an_empty_one() {
    let (workspace, _shop) = Workspace::with_pulls(2);
    workspace.once(&[]).exits(0);
    let ledger = workspace.out().join(".orangery/set.apps.previews.json");
    let text = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, &text[..text.len() / 2]).unwrap();
    let before = workspace.objects();
    workspace.once(&[]).exits(1).warns("set.apps.previews.json");
    assert_eq!(workspace.objects(), before);
}

#[test]
fn hostile_names_stay_inside_the_directory() {
    for name in ["../../escape", "..", ".hidden", "a/b"] {
        let (workspace, _shop) = Workspace::with_pulls(1);
        workspace.manifest("set.yaml", &SET.replace("pr-<< inputs.id >>", name));
        workspace.once(&[]).exits(3).warns("ResourceSet/apps/previews");
        assert!(workspace.names().is_empty(), "{name}");
        assert!(!workspace.folder.path().join("escape.yaml").exists());
    }
}

#[test]
fn a_set_whose_manifest_is_gone_keeps_its_objects_until_it_is_asked_for() {
    let (workspace, _shop) = Workspace::with_pulls(2);
    workspace.once(&[]).exits(0);
    std::fs::remove_file(workspace.folder.path().join("manifests/set.yaml")).unwrap();
    workspace.once(&[]).prints("owns 2 objects").prints("--remove-missing-sets");
    assert_eq!(workspace.names().len(), 2);
    workspace.once(&["--remove-missing-sets"]).exits(0).prints("is deleted with its 2 objects");
    assert!(workspace.names().is_empty());
}

#[test]
fn a_set_waits_for_the_one_it_depends_on() {
    let set = |name: &str, more: &str| {
        format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: {name}, namespace: apps}}\nspec:\n{more}  resources:\n  - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: apps}}}}\n"
        )
    };
    let depends = "  dependsOn:\n  - {apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, name: base, namespace: apps, ready: true}\n";
    let workspace = Workspace::new();
    workspace.manifest("a.yaml", &set("app", depends));
    workspace.once(&[]).exits(3).warns("ResourceSet/apps/app").warns("base");
    assert!(workspace.names().is_empty());
    workspace.manifest("b.yaml", &set("base", ""));
    workspace.once(&[]).exits(0);
    assert_eq!(workspace.names(), ["apps/ConfigMap/app.yaml", "apps/ConfigMap/base.yaml"]);
}

/// A file that somebody wrote by hand.
fn by_hand(workspace: &Workspace, name: &str) -> (std::path::PathBuf, String) {
    let file = workspace.out().join(format!("apps/ConfigMap/{name}.yaml"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mine = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: apps}}\n");
    std::fs::write(&file, &mine).unwrap();
    (file, mine)
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten_where_its_name_comes_from_outside() {
    let (workspace, shop) = Workspace::with_pulls(1);
    let set = SET.replace("pr-<< inputs.id >>", "x-<< inputs.branch >>");
    workspace.manifest("set.yaml", &set);
    let (file, mine) = by_hand(&workspace, "x-branch-1");
    workspace
        .once(&[])
        .exits(3)
        .warns("apps/ConfigMap/x-branch-1.yaml")
        .warns("not written by this tool")
        .warns("orangery.dev/adopt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mine);
    // The template cannot ask for it, the set and the file can.
    let asking = set.replacen(
        "      metadata:\n",
        "      metadata:\n        annotations: {orangery.dev/take-ownership: 'true'}\n",
        1,
    );
    workspace.manifest("set.yaml", &asking);
    workspace.once(&[]).exits(3);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mine);
    workspace.manifest(
        "set.yaml",
        &set.replacen("metadata:\n", "metadata:\n  annotations: {orangery.dev/adopt: 'true'}\n", 1),
    );
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/x-branch-1 configured");
    shop.opens("second");
    workspace.once(&[]).exits(0);
    shop.closes(1);
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/x-branch-1 deleted");
}

#[test]
fn a_file_of_somebody_else_is_adopted_where_its_name_is_numeric_and_removed_only_when_that_is_approved() {
    let (workspace, shop) = Workspace::with_pulls(2);
    by_hand(&workspace, "pr-1");
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 configured");
    workspace.once(&[]).exits(0);
    shop.closes(1);
    let held = workspace.once(&[]).exits(3).warns("they were adopted").warns("ConfigMap/apps/pr-1");
    assert_eq!(workspace.names().len(), 2);
    let annotation = format!("metadata:\n  annotations:\n    orangery.dev/approve-prune: {}\n", digest(&held.err));
    workspace.manifest("set.yaml", &SET.replacen("metadata:\n", &annotation, 1));
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 deleted");
    assert_eq!(workspace.names(), ["apps/ConfigMap/pr-2.yaml"]);
}

#[test]
fn a_set_that_is_removed_leaves_adopted_files_to_nobody() {
    let (workspace, _shop) = Workspace::with_pulls(2);
    let (file, _) = by_hand(&workspace, "pr-1");
    workspace.once(&[]).exits(0);
    std::fs::remove_file(workspace.folder.path().join("manifests/set.yaml")).unwrap();
    workspace
        .once(&["--remove-missing-sets"])
        .exits(0)
        .prints("is deleted with its 1 objects")
        .prints("ConfigMap/apps/pr-1");
    assert_eq!(workspace.names(), ["apps/ConfigMap/pr-1.yaml"]);
    let left = std::fs::read_to_string(&file).unwrap();
    assert!(left.contains("sha:") && !left.contains("resourceset.fluxcd") && !left.contains("Written by"), "{left}");
}

#[test]
fn an_edited_file_is_put_right() {
    let (workspace, _shop) = Workspace::with_pulls(1);
    workspace.once(&[]).exits(0);
    let file = workspace.out().join("apps/ConfigMap/pr-1.yaml");
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, right.replace("sha:", "edited:")).unwrap();
    workspace.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 configured");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), right);
}

#[test]
fn manifests_that_cannot_be_used_are_named() {
    let workspace = Workspace::new();
    workspace.once(&[]).fails_with("has no *.yaml, *.yml or *.json file");
    workspace.manifest("x.yaml", "kind: Namespace\napiVersion: v1\nmetadata: {name: x}\n");
    workspace.once(&[]).fails_with("neither a ResourceSet nor a ResourceSetInputProvider");
    workspace.manifest("a.yaml", SET);
    workspace.manifest("b.yaml", SET);
    workspace.once(&[]).fails_with("b.yaml:1: ResourceSet/apps/previews is already defined at manifests/a.yaml:1");
    orangery(["run", "--once"]).run().exits(2).warns("--local");
}

#[test]
fn a_pull_request_with_an_impossible_branch_fails_alone() {
    let workspace = Workspace::new();
    let shop = workspace.forge.github("acme/shop");
    let (search, login) = (shop.opens("search"), shop.opens("login"));
    workspace.manifest("provider.yaml", &workspace.provider());
    workspace.manifest("set.yaml", &SET.replace("pr-<< inputs.id >>", "env-<< inputs.branch >>"));
    workspace.once(&[]).exits(0);
    shop.opens("feat/x");
    let sha = shop.pushes(login);
    shop.closes(search);
    workspace.once(&[]).exits(3).warns("1 of 2 environments failed").warns("env-feat/x").warns("id 3");
    assert_eq!(workspace.names(), ["apps/ConfigMap/env-login.yaml"]);
    assert!(workspace.objects()["apps/ConfigMap/env-login.yaml"].contains(&sha));
}

#[test]
fn a_file_that_is_in_the_way_of_one_environment_holds_up_no_other() {
    let (workspace, shop) = Workspace::with_pulls(3);
    workspace.once(&[]).exits(0);
    let foreign = workspace.out().join("apps/ConfigMap/pr-4.yaml");
    std::fs::write(&foreign, "a: 1\n").unwrap();
    shop.opens("fourth");
    shop.opens("fifth");
    shop.closes(1);
    workspace.once(&[]).exits(3).warns("1 of 4 environments failed").warns("id 4").warns("apps/ConfigMap/pr-4.yaml");
    let names = ["pr-2", "pr-3", "pr-4", "pr-5"].map(|name| format!("apps/ConfigMap/{name}.yaml"));
    assert_eq!(workspace.names(), names);
    assert_eq!(std::fs::read_to_string(foreign).unwrap(), "a: 1\n");
}
