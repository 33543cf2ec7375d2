//! `orangery run --local`: what the guard holds, counted by the files that are gone.

use crate::workspace::{SET, Workspace};

/// `sha256:…` in the reasons of a held deletion.
fn digest(text: &str) -> String {
    let (_, after) = text.split_once("orangery.dev/approve-prune: ").unwrap();
    after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == ':').collect()
}

fn annotated(key: &str, value: &str) -> String {
    SET.replacen("metadata:\n", &format!("metadata:\n  annotations:\n    orangery.dev/{key}: {value}\n"), 1)
}

/// Inline inputs `0..count`, and a ConfigMap for each of these prefixes.
fn inline(count: usize, prefixes: &[&str]) -> String {
    let inputs: Vec<String> = (0..count).map(|id| format!("{{id: \"{id}\"}}")).collect();
    let resources: String = prefixes
        .iter()
        .map(|prefix| {
            format!(
                "    - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {prefix}-<< inputs.id >>, namespace: apps}}}}\n"
            )
        })
        .collect();
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: set, namespace: apps}}\nspec:\n  inputs: [{}]\n  resources:\n{resources}",
        inputs.join(", ")
    )
}

/// D19.
#[test]
fn d19_approval_replayed() {
    let (workspace, shop) = Workspace::with_pulls(3);
    workspace.once(&[]).exits(0);
    let mut last = String::new();
    for round in 0..2 {
        (1..=3).for_each(|number| shop.closes(number));
        let held = workspace.once(&[]).exits(3);
        assert_eq!(workspace.names().len(), 3, "round {round}");
        assert_ne!(digest(&held.err), last);
        assert_eq!(held.err.contains(&format!("the approval {last} has been used already")), round > 0, "{}", held.err);
        last = digest(&held.err);
        workspace.manifest("set.yaml", &annotated("approve-prune", &last));
        workspace.once(&[]).exits(0);
        assert!(workspace.names().is_empty());
        (1..=3).for_each(|number| shop.reopens(number));
        workspace.once(&[]).exits(0);
        assert_eq!(workspace.names().len(), 3);
    }
}

/// D13.
#[test]
fn d13_renamed_template() {
    let workspace = Workspace::new();
    workspace.manifest("set.yaml", &inline(8, &["a", "b", "c"]));
    workspace.once(&[]).exits(0);
    workspace.manifest("set.yaml", &inline(8, &["renamed", "b", "c"]));
    let held = workspace.once(&[]).exits(3);
    assert_eq!(workspace.names().len(), 32, "eight wait beside their successors");
    let approved = inline(8, &["renamed", "b", "c"]).replace(
        "namespace: apps}\nspec",
        &format!("namespace: apps, annotations: {{orangery.dev/approve-prune: \"{}\"}}}}\nspec", digest(&held.err)),
    );
    workspace.manifest("set.yaml", &approved);
    workspace.once(&[]).exits(0);
    assert_eq!(workspace.names().len(), 24);
}

#[test]
fn half_of_all_is_held_and_so_is_draining_in_steps_from_run_to_run() {
    let workspace = Workspace::new();
    let left = |count| {
        workspace.manifest("set.yaml", &inline(count, &["app"]));
        workspace.once(&[])
    };
    left(14).exits(0);
    left(7).exits(3);
    assert_eq!(workspace.names().len(), 14, "exactly half");
    for count in [14, 12, 10, 8] {
        left(count).exits(0);
        assert_eq!(workspace.names().len(), count);
    }
    for count in [7, 4, 2, 1] {
        left(count).exits(3);
        assert_eq!(workspace.names().len(), 8, "{count} of 14 left");
    }
}

#[test]
fn thresholds_come_from_flags_and_from_the_set() {
    let (workspace, shop) = Workspace::with_pulls(10);
    workspace.once(&[]).exits(0);
    (1..=2).for_each(|number| shop.closes(number));
    workspace.once(&["--prune-guard-share", "20", "--prune-guard-floor", "1"]).exits(3);
    assert_eq!(workspace.names().len(), 10);
    workspace.manifest("set.yaml", &annotated("prune-guard", "20/2"));
    workspace.once(&["--prune-guard-share", "20", "--prune-guard-floor", "1"]).exits(0);
    assert_eq!(workspace.names().len(), 8);
    (3..=9).for_each(|number| shop.closes(number));
    workspace.manifest("set.yaml", &annotated("prune-guard", "much"));
    workspace.once(&[]).exits(3).warns("\"much\" is not of the form SHARE/FLOOR").warns("stays in force: 50/5");
    assert_eq!(workspace.names().len(), 8);
    workspace.manifest("set.yaml", &annotated("prune-guard", "100/5"));
    workspace.once(&[]).exits(0);
    assert_eq!(workspace.names().len(), 1);
}

#[test]
fn a_share_or_a_floor_that_is_none_is_refused() {
    let workspace = Workspace::new();
    workspace.manifest("set.yaml", &inline(1, &["app"]));
    for share in ["0", "101", "half", "-1"] {
        workspace.once(&[&format!("--prune-guard-share={share}")]).exits(2).warns("--prune-guard-share");
    }
    workspace.once(&["--prune-guard-floor=few"]).exits(2).warns("--prune-guard-floor");
    assert!(workspace.names().is_empty());
}

/// A Namespace for those inputs that own their team, and a ConfigMap in it for each.
fn teams(inputs: &[&str]) -> String {
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: set, namespace: apps}}\nspec:\n  inputs: [{}]\n  resourcesTemplate: |\n    <<- if inputs.owns >>\n    apiVersion: v1\n    kind: Namespace\n    metadata: {{name: << inputs.team >>}}\n    ---\n    <<- end >>\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {{name: app-<< inputs.id >>, namespace: << inputs.team >>}}\n",
        inputs.join(", ")
    )
}

#[test]
fn a_namespace_of_a_closed_input_stays_while_objects_of_another_are_rendered_into_it() {
    let workspace = Workspace::new();
    let [a, b] = ["{id: a, team: one, owns: 'yes'}", "{id: b, team: one, owns: ''}"];
    let [x, z] = ["{id: x, team: two, owns: 'yes'}", "{id: z, team: two, owns: ''}"];
    workspace.manifest("set.yaml", &teams(&[a, b, x, z]));
    workspace.once(&[]).exits(0);
    let before = workspace.names();
    assert_eq!(before.len(), 6, "{before:?}");
    workspace.manifest("set.yaml", &teams(&[b, x, z]));
    for _ in 0..2 {
        workspace
            .once(&[])
            .exits(0)
            .prints("Namespace/one is not deleted while it contains objects that stay: ConfigMap/one/app-b");
        let gone: Vec<String> = before.iter().filter(|name| !workspace.names().contains(name)).cloned().collect();
        assert_eq!(gone, ["one/ConfigMap/app-a.yaml"]);
    }
    workspace.manifest("set.yaml", &teams(&[x, z]));
    workspace.once(&[]).exits(0);
    assert_eq!(
        workspace.names(),
        ["_cluster/Namespace/two.yaml", "two/ConfigMap/app-x.yaml", "two/ConfigMap/app-z.yaml"]
    );
}
