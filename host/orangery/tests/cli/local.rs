//! `orangery run --local`: the laws, from one process to the next.

use crate::bench::orangery;
use crate::garden::{Garden, SET};
use orangery_test_forge::{Failure, Fault};

/// `sha256:…` in the reasons of a held deletion.
fn digest(text: &str) -> String {
    let (_, after) = text.split_once("orangery.dev/approve-prune: ").unwrap();
    after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == ':').collect()
}

#[test]
fn objects_follow_the_forge_from_run_to_run() {
    let (garden, shop) = Garden::with_pulls(2);
    garden.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 created").prints("2 objects in 2 environments");
    let before = garden.objects();
    shop.closes(1);
    let sha = shop.pushes(2);
    garden.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 deleted").prints("ConfigMap/apps/pr-2 configured");
    assert_eq!(garden.names(), ["apps/ConfigMap/pr-2.yaml"]);
    let path = "apps/ConfigMap/pr-2.yaml";
    assert_ne!(before[path], garden.objects()[path]);
    assert!(garden.objects()[path].contains(&sha));
}

#[test]
fn a_run_without_news_changes_no_file() {
    let (garden, _shop) = Garden::with_pulls(2);
    garden.once(&[]).exits(0);
    let before = crate::bench::tree(&garden.out());
    let ran = garden.once(&[]).exits(0);
    assert_eq!(crate::bench::tree(&garden.out()), before);
    assert!(!ran.out.contains("created") && !ran.out.contains("configured"), "{}", ran.out);
}

#[test]
fn an_empty_answer_is_held_until_exactly_that_list_is_approved() {
    let (garden, shop) = Garden::with_pulls(2);
    garden.once(&[]).exits(0);
    shop.closes(1);
    shop.closes(2);
    let held =
        garden.once(&[]).exits(3).warns("✗ ResourceSet/apps/previews").warns("orangery.dev/approve-prune: sha256:");
    assert_eq!(garden.names().len(), 2);
    garden.once(&[]).exits(3);
    let approve = |digest: &str| {
        let annotation = format!("metadata:\n  annotations:\n    orangery.dev/approve-prune: {digest}\n");
        garden.manifest("set.yaml", &SET.replacen("metadata:\n", &annotation, 1));
    };
    approve(&format!("sha256:{}", "0".repeat(16)));
    garden.once(&[]).exits(3);
    assert_eq!(garden.names().len(), 2, "another list was approved");
    approve(&digest(&held.err));
    garden.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 deleted").prints("ConfigMap/apps/pr-2 deleted");
    assert!(garden.names().is_empty());
}

#[test]
fn the_guard_can_be_switched_off() {
    let (garden, shop) = Garden::with_pulls(1);
    garden.once(&[]).exits(0);
    shop.closes(1);
    garden.once(&[]).exits(3);
    garden.once(&["--prune-guard", "off"]).exits(0);
    assert!(garden.names().is_empty());
}

#[test]
fn a_forge_that_is_down_deletes_nothing() {
    let (garden, _shop) = Garden::with_pulls(2);
    garden.once(&[]).exits(0);
    let before = garden.objects();
    for failure in [
        Failure::Status { code: 503, retry_after: None, body: None },
        Failure::Status { code: 404, retry_after: None, body: None },
    ] {
        garden.forge.fault(Fault::new(failure));
        garden.once(&[]).exits(3).warns("ResourceSetInputProvider/apps/pulls");
        assert_eq!(garden.objects(), before);
        garden.forge.clear_faults();
    }
    garden.once(&[]).exits(0);
}

#[test]
fn a_provider_that_never_answered_is_not_zero_inputs() {
    let (garden, _shop) = Garden::with_pulls(2);
    garden.forge.fault(Fault::new(Failure::Status { code: 500, retry_after: None, body: None }));
    garden.once(&[]).exits(3).warns("ResourceSet/apps/previews");
    assert!(garden.names().is_empty());
}

#[test]
fn a_damaged_ledger_is_an_error_and_not_an_empty_one() {
    let (garden, _shop) = Garden::with_pulls(2);
    garden.once(&[]).exits(0);
    let ledger = garden.out().join(".orangery/set.apps.previews.json");
    let text = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, &text[..text.len() / 2]).unwrap();
    let before = garden.objects();
    garden.once(&[]).exits(1).warns("set.apps.previews.json");
    assert_eq!(garden.objects(), before);
}

#[test]
fn hostile_names_stay_inside_the_directory() {
    for name in ["../../escape", "..", ".hidden", "a/b"] {
        let (garden, _shop) = Garden::with_pulls(1);
        garden.manifest("set.yaml", &SET.replace("pr-<< inputs.id >>", name));
        garden.once(&[]).exits(3).warns("ResourceSet/apps/previews");
        assert!(garden.names().is_empty(), "{name}");
        assert!(!garden.folder.path().join("escape.yaml").exists());
    }
}

#[test]
fn a_set_whose_manifest_is_gone_keeps_its_objects_until_it_is_asked_for() {
    let (garden, _shop) = Garden::with_pulls(2);
    garden.once(&[]).exits(0);
    std::fs::remove_file(garden.folder.path().join("manifests/set.yaml")).unwrap();
    garden.once(&[]).prints("owns 2 objects").prints("--remove-missing-sets");
    assert_eq!(garden.names().len(), 2);
    garden.once(&["--remove-missing-sets"]).exits(0).prints("is deleted with its 2 objects");
    assert!(garden.names().is_empty());
}

#[test]
fn a_set_waits_for_the_one_it_depends_on() {
    let set = |name: &str, more: &str| {
        format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: {name}, namespace: apps}}\nspec:\n{more}  resources:\n  - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: apps}}}}\n"
        )
    };
    let depends = "  dependsOn:\n  - {apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, name: base, namespace: apps, ready: true}\n";
    let garden = Garden::new();
    garden.manifest("a.yaml", &set("app", depends));
    garden.once(&[]).exits(3).warns("ResourceSet/apps/app").warns("base");
    assert!(garden.names().is_empty());
    garden.manifest("b.yaml", &set("base", ""));
    garden.once(&[]).exits(0);
    assert_eq!(garden.names(), ["apps/ConfigMap/app.yaml", "apps/ConfigMap/base.yaml"]);
}

/// A file that somebody wrote by hand.
fn by_hand(garden: &Garden, name: &str) -> (std::path::PathBuf, String) {
    let file = garden.out().join(format!("apps/ConfigMap/{name}.yaml"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mine = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: apps}}\n");
    std::fs::write(&file, &mine).unwrap();
    (file, mine)
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten_where_its_name_comes_from_outside() {
    let (garden, shop) = Garden::with_pulls(1);
    let set = SET.replace("pr-<< inputs.id >>", "x-<< inputs.branch >>");
    garden.manifest("set.yaml", &set);
    let (file, mine) = by_hand(&garden, "x-branch-1");
    garden
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
    garden.manifest("set.yaml", &asking);
    garden.once(&[]).exits(3);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mine);
    garden.manifest(
        "set.yaml",
        &set.replacen("metadata:\n", "metadata:\n  annotations: {orangery.dev/adopt: 'true'}\n", 1),
    );
    garden.once(&[]).exits(0).prints("ConfigMap/apps/x-branch-1 configured");
    shop.opens("second");
    garden.once(&[]).exits(0);
    shop.closes(1);
    garden.once(&[]).exits(0).prints("ConfigMap/apps/x-branch-1 deleted");
}

#[test]
fn a_file_of_somebody_else_is_adopted_where_its_name_is_numeric_and_removed_only_when_that_is_approved() {
    let (garden, shop) = Garden::with_pulls(2);
    by_hand(&garden, "pr-1");
    garden.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 configured");
    garden.once(&[]).exits(0);
    shop.closes(1);
    let held = garden.once(&[]).exits(3).warns("they were adopted").warns("ConfigMap/apps/pr-1");
    assert_eq!(garden.names().len(), 2);
    let annotation = format!("metadata:\n  annotations:\n    orangery.dev/approve-prune: {}\n", digest(&held.err));
    garden.manifest("set.yaml", &SET.replacen("metadata:\n", &annotation, 1));
    garden.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 deleted");
    assert_eq!(garden.names(), ["apps/ConfigMap/pr-2.yaml"]);
}

#[test]
fn a_set_that_is_removed_leaves_adopted_files_to_nobody() {
    let (garden, _shop) = Garden::with_pulls(2);
    let (file, _) = by_hand(&garden, "pr-1");
    garden.once(&[]).exits(0);
    std::fs::remove_file(garden.folder.path().join("manifests/set.yaml")).unwrap();
    garden
        .once(&["--remove-missing-sets"])
        .exits(0)
        .prints("is deleted with its 1 objects")
        .prints("ConfigMap/apps/pr-1");
    assert_eq!(garden.names(), ["apps/ConfigMap/pr-1.yaml"]);
    let left = std::fs::read_to_string(&file).unwrap();
    assert!(left.contains("sha:") && !left.contains("resourceset.fluxcd") && !left.contains("Written by"), "{left}");
}

#[test]
fn an_edited_file_is_put_right() {
    let (garden, _shop) = Garden::with_pulls(1);
    garden.once(&[]).exits(0);
    let file = garden.out().join("apps/ConfigMap/pr-1.yaml");
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, right.replace("sha:", "edited:")).unwrap();
    garden.once(&[]).exits(0).prints("ConfigMap/apps/pr-1 configured");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), right);
}

#[test]
fn manifests_that_cannot_be_used_are_named() {
    let garden = Garden::new();
    garden.once(&[]).fails_with("has no *.yaml, *.yml or *.json file");
    garden.manifest("x.yaml", "kind: Namespace\napiVersion: v1\nmetadata: {name: x}\n");
    garden.once(&[]).fails_with("neither a ResourceSet nor a ResourceSetInputProvider");
    garden.manifest("a.yaml", SET);
    garden.manifest("b.yaml", SET);
    garden.once(&[]).fails_with("b.yaml:1: ResourceSet/apps/previews is already defined at manifests/a.yaml:1");
    orangery(["run", "--once"]).run().exits(2).warns("--local");
}

#[test]
fn a_pull_request_with_an_impossible_branch_fails_alone() {
    let garden = Garden::new();
    let shop = garden.forge.github("acme/shop");
    let (search, login) = (shop.opens("search"), shop.opens("login"));
    garden.manifest("provider.yaml", &garden.provider());
    garden.manifest("set.yaml", &SET.replace("pr-<< inputs.id >>", "env-<< inputs.branch >>"));
    garden.once(&[]).exits(0);
    shop.opens("feat/x");
    let sha = shop.pushes(login);
    shop.closes(search);
    garden.once(&[]).exits(3).warns("1 of 2 environments failed").warns("env-feat/x").warns("id 3");
    assert_eq!(garden.names(), ["apps/ConfigMap/env-login.yaml"]);
    assert!(garden.objects()["apps/ConfigMap/env-login.yaml"].contains(&sha));
}

#[test]
fn a_file_that_is_in_the_way_of_one_environment_holds_up_no_other() {
    let (garden, shop) = Garden::with_pulls(3);
    garden.once(&[]).exits(0);
    let foreign = garden.out().join("apps/ConfigMap/pr-4.yaml");
    std::fs::write(&foreign, "a: 1\n").unwrap();
    shop.opens("fourth");
    shop.opens("fifth");
    shop.closes(1);
    garden.once(&[]).exits(3).warns("1 of 4 environments failed").warns("id 4").warns("apps/ConfigMap/pr-4.yaml");
    let names = ["pr-2", "pr-3", "pr-4", "pr-5"].map(|name| format!("apps/ConfigMap/{name}.yaml"));
    assert_eq!(garden.names(), names);
    assert_eq!(std::fs::read_to_string(foreign).unwrap(), "a: 1\n");
}
