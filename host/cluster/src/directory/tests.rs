//! The directory target: apply, prune, ownership, and names that want to leave.

use super::*;
use orangery_core::{Ledger, Stage, StageGate, Step};
use serde_json::json;

fn owner(name: &str) -> Owner {
    Owner { name: NamespacedName::new("flux-system", name), service_account: None, force: false }
}

fn config_map(owner: &Owner, name: &str, value: &str) -> Object {
    serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": value},
        "metadata": {"name": name, "namespace": "apps", "labels": {
            keys::OWNER_NAME: owner.name.name, keys::OWNER_NAMESPACE: owner.name.namespace}},
    }))
    .unwrap()
}

fn plan(owner: &Owner, objects: Vec<Object>, old: &Ledger) -> Plan {
    let mut ledger = old.clone();
    for object in &objects {
        if !ledger.contains(&object.key()) {
            ledger.insert(LedgerEntry::about_to_be(object.key(), "v1"));
        }
    }
    let objects = objects
        .into_iter()
        .map(|object| Planned {
            object,
            origin: "the test".into(),
            input: None,
            sharers: vec![],
            template: "resources[0]".into(),
            after: vec![],
        })
        .collect();
    let stage = Stage { objects, gate: StageGate::None };
    Plan {
        owner: owner.clone(),
        steps: vec![Step { name: None, wait: None, stages: vec![stage] }],
        stale: Vec::new(),
        ledger,
        failed: Vec::new(),
    }
}

fn ledger(report: &ApplyReport) -> Ledger {
    let entry =
        |change: &Change| LedgerEntry { uid: change.uid.clone(), ..LedgerEntry::about_to_be(change.key.clone(), "v1") };
    report.changes.iter().map(entry).collect()
}

fn actions(report: &ApplyReport) -> Vec<Action> {
    assert_eq!(report.failed, []);
    report.changes.iter().map(|change| change.action).collect()
}

fn stale(ledger: &Ledger) -> Vec<LedgerEntry> {
    ledger.iter().cloned().collect()
}

fn target() -> (tempfile::TempDir, DirectoryTarget) {
    let dir = tempfile::tempdir().unwrap();
    let target = DirectoryTarget::open(dir.path()).unwrap();
    (dir, target)
}

const FILE: &str = "apps/ConfigMap/a.yaml";

#[tokio::test]
async fn an_object_is_created_then_unchanged_then_configured_and_keeps_its_uid() {
    let (_dir, target) = target();
    let set = owner("set");
    let first = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &Ledger::default())).await;
    assert_eq!(actions(&first), [Action::Created]);
    let second = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &ledger(&first))).await;
    assert_eq!(actions(&second), [Action::Unchanged]);
    let third = target.apply(&plan(&set, vec![config_map(&set, "a", "2")], &ledger(&second))).await;
    assert_eq!(actions(&third), [Action::Configured]);
    assert_eq!(first.changes[0].uid, third.changes[0].uid);
    let read = target.read(&set, "v1", &first.changes[0].key).await.unwrap().unwrap();
    assert_eq!(read, config_map(&set, "a", "2"));
}

#[tokio::test]
async fn a_file_changed_by_hand_is_written_again() {
    let (dir, target) = target();
    let set = owner("set");
    let first = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &Ledger::default())).await;
    let text = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
    std::fs::write(dir.path().join(FILE), text.replace("value: \"1\"", "value: changed")).unwrap();
    let again = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &ledger(&first))).await;
    assert_eq!(actions(&again), [Action::Configured]);
    assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), text);
}

#[tokio::test]
async fn a_file_of_somebody_else_is_refused_and_nothing_is_written() {
    let (dir, target) = target();
    let set = owner("set");
    std::fs::create_dir_all(dir.path().join("apps/ConfigMap")).unwrap();
    for theirs in ["kind: ConfigMap\n", "not: [yaml"] {
        std::fs::write(dir.path().join(FILE), theirs).unwrap();
        let objects = vec![config_map(&set, "a", "1"), config_map(&set, "b", "1")];
        let report = target.apply(&plan(&set, objects, &Ledger::default())).await;
        assert!(report.failed[0].owned_by_another && report.failed[0].message.contains(FILE), "{report:?}");
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), theirs);
        assert!(!dir.path().join("apps/ConfigMap/b.yaml").exists());
    }
}

#[tokio::test]
async fn a_second_set_is_refused_by_name_until_the_object_asks_to_be_taken_over() {
    let (_dir, target) = target();
    let (one, two) = (owner("one"), owner("two"));
    let first = target.apply(&plan(&one, vec![config_map(&one, "a", "1")], &Ledger::default())).await;
    let refused = target.apply(&plan(&two, vec![config_map(&two, "a", "2")], &Ledger::default())).await;
    assert!(refused.failed[0].owned_by_another && refused.failed[0].message.contains("ResourceSet/flux-system/one"));
    let mut object = config_map(&two, "a", "2");
    object.0["metadata"]["annotations"] = json!({keys::TAKE_OWNERSHIP: "true"});
    assert_eq!(actions(&target.apply(&plan(&two, vec![object], &Ledger::default())).await), [Action::Configured]);
    let pruned = target.prune(&one, &stale(&ledger(&first))).await;
    assert_eq!((pruned.released.len(), pruned.deleted.len()), (1, 0));
}

#[tokio::test]
async fn prune_deletes_by_ledger_uid_and_labels_only() {
    let (dir, target) = target();
    let set = owner("set");
    let report = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &Ledger::default())).await;
    let mut other = stale(&ledger(&report));
    other[0].uid = Some("another".into());
    assert_eq!(target.prune(&set, &other).await.released.len(), 1);
    assert!(dir.path().join(FILE).exists());
    let pruned = target.prune(&set, &stale(&ledger(&report))).await;
    assert_eq!(pruned.deleted.len(), 1);
    assert!(!dir.path().join("apps").exists());
    assert_eq!(target.prune(&set, &stale(&ledger(&report))).await.deleted.len(), 1);
}

#[tokio::test]
async fn an_object_that_says_prune_disabled_stays() {
    let (dir, target) = target();
    let set = owner("set");
    let mut object = config_map(&set, "a", "1");
    object.0["metadata"]["annotations"] = json!({keys::PRUNE: "Disabled"});
    let report = target.apply(&plan(&set, vec![object], &Ledger::default())).await;
    let pruned = target.prune(&set, &stale(&ledger(&report))).await;
    assert_eq!((pruned.retained.len(), pruned.retained[0].mark), (1, Mark::PruneDisabled));
    assert!(dir.path().join(FILE).exists());
}

#[tokio::test]
async fn a_file_that_says_reconcile_disabled_is_neither_written_nor_removed() {
    let (dir, target) = target();
    let set = owner("set");
    let report = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &Ledger::default())).await;
    let path = dir.path().join(FILE);
    let frozen = std::fs::read_to_string(&path).unwrap().replacen(
        "metadata:\n",
        &format!("metadata:\n  annotations:\n    {}: disabled\n", keys::RECONCILE),
        1,
    );
    std::fs::write(&path, &frozen).unwrap();
    let known = ledger(&report);
    let again = target.apply(&plan(&set, vec![config_map(&set, "a", "2")], &known)).await;
    assert_eq!(actions(&again), [Action::Frozen]);
    let pruned = target.prune(&set, &stale(&known)).await;
    assert_eq!((pruned.retained.len(), pruned.retained[0].mark), (1, Mark::Frozen));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), frozen);

    std::fs::write(&path, frozen.replace("disabled", "enabled")).unwrap();
    assert_eq!(
        actions(&target.apply(&plan(&set, vec![config_map(&set, "a", "2")], &known)).await),
        [Action::Configured]
    );
}

#[tokio::test]
async fn hostile_names_and_links_cannot_leave_the_directory() {
    let (dir, target) = target();
    let outside = tempfile::tempdir().unwrap();
    let set = owner("set");
    for name in ["../../escape", "/tmp/escape", "..", "a\0b"] {
        let report = target.apply(&plan(&set, vec![config_map(&set, name, "1")], &Ledger::default())).await;
        assert!(report.failed[0].message.contains("cannot become a file"), "{report:?}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), dir.path().join("apps")).unwrap();
        let report = target.apply(&plan(&set, vec![config_map(&set, "a", "1")], &Ledger::default())).await;
        assert_eq!(report.failed.len(), 1);
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(dir.path().exists());
}

#[tokio::test]
async fn names_that_differ_in_case_only_are_refused() {
    let (_dir, target) = target();
    let set = owner("set");
    let report = target
        .apply(&plan(&set, vec![config_map(&set, "a", "1"), config_map(&set, "A", "1")], &Ledger::default()))
        .await;
    assert!(report.failed[0].message.contains("case only"), "{report:?}");
    assert_eq!(report.changes, []);
}

#[test]
fn a_file_in_the_place_of_the_directory_is_told_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    std::fs::write(&path, "").unwrap();
    let Err(error) = DirectoryTarget::open(&path) else { panic!("a file was opened as a directory") };
    assert!(error.to_string().contains("out: ") && error.to_string().contains("give one that"), "{error}");
    assert_eq!((error.reason(), error.disposition()), (Reason::ReconciliationFailed, Disposition::WaitForChange));
}
