//! Files that were there before, in a directory of its own.

use super::*;
use crate::target::Target;
use orangery_core::{ApplyReport, Ledger, Mark, Owner, PackedObject, Wanted, desired::DesiredStep, plan};
use serde_json::json;
use std::path::PathBuf;

const THEIRS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: apps}\ndata: {theirs: kept}\n";

struct Workspace {
    folder: tempfile::TempDir,
    target: DirectoryTarget,
    owner: Owner,
}

impl Workspace {
    /// A directory with a file that somebody wrote by hand.
    fn new(theirs: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = DirectoryTarget::open(folder.path()).unwrap();
        std::fs::create_dir_all(folder.path().join("apps/ConfigMap")).unwrap();
        let owner = Owner { name: NamespacedName::new("apps", "set"), service_account: None, force: false };
        let workspace = Self { folder, target, owner };
        std::fs::write(workspace.file(), theirs).unwrap();
        workspace
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("apps/ConfigMap/a.yaml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    fn plan(&self, ledger: &Ledger) -> Plan {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"ours": "yes"}, "metadata": {
            "name": "a", "namespace": "apps", "annotations": {keys::TAKE_OWNERSHIP: "true"},
            "labels": {keys::OWNER_NAME: "set", keys::OWNER_NAMESPACE: "apps"}}});
        let object = PackedObject::new(&serde_json::from_value(object).unwrap());
        let objects = vec![Wanted {
            object,
            origin: "spec.resources[0]".into(),
            template: "resources[0]".into(),
            input: None,
            sharers: Vec::new(),
        }];
        let steps = vec![DesiredStep { name: None, wait: None, objects }];
        let desired = orangery_core::DesiredSet { steps, ..Default::default() };
        plan::plan(self.owner.clone(), desired, ledger).unwrap()
    }

    /// Applies with the consent of the ledger; the ledger afterwards.
    async fn adopts(&self) -> Ledger {
        let mut plan = self.plan(&Ledger::default());
        let found = self.target.apply(&plan).await;
        plan.adopt(&found.failed[0].key, found.failed[0].unowned.as_ref().unwrap(), Mark::Adopted);
        let applied = self.target.apply(&plan).await;
        assert_eq!(applied.failed, []);
        plan::settle(&plan, &plan.ledger, &applied, &orangery_core::Verdict::Allowed, &Default::default())
    }
}

fn entries(ledger: &Ledger) -> Vec<LedgerEntry> {
    ledger.iter().cloned().collect()
}

fn unowned(report: &ApplyReport) -> Option<&str> {
    report.failed.first().and_then(|failed| failed.unowned.as_deref())
}

#[tokio::test]
async fn a_file_that_nobody_owns_is_reported_and_not_written_whatever_the_template_asks() {
    let workspace = Workspace::new(THEIRS);
    let report = workspace.target.apply(&workspace.plan(&Ledger::default())).await;
    assert!(
        unowned(&report).is_some() && report.failed[0].message.contains("was not written by this tool"),
        "{report:?}"
    );
    assert_eq!(workspace.text(), THEIRS);
}

#[tokio::test]
async fn consent_is_for_the_text_that_was_looked_at_and_for_no_other() {
    let workspace = Workspace::new(THEIRS);
    let mut plan = workspace.plan(&Ledger::default());
    let found = workspace.target.apply(&plan).await;
    plan.adopt(&found.failed[0].key, unowned(&found).unwrap(), Mark::Adopted);
    let edited = THEIRS.replace("kept", "edited");
    std::fs::write(workspace.file(), &edited).unwrap();
    assert!(unowned(&workspace.target.apply(&plan).await).is_some());
    assert_eq!(workspace.text(), edited);
}

#[tokio::test]
async fn an_adopted_file_stays_adopted_is_never_removed_and_is_left_without_our_lines() {
    let workspace = Workspace::new(THEIRS);
    let ledger = workspace.adopts().await;
    assert!(
        workspace.text().contains("ours: \"yes\"") && workspace.text().starts_with("# Written by"),
        "{}",
        workspace.text()
    );
    let replaced = || std::fs::read_to_string(workspace.folder.path().join(".orangery/replaced/apps/ConfigMap/a.yaml"));
    assert_eq!(replaced().unwrap(), THEIRS, "what is overwritten is kept");
    let plan = workspace.plan(&ledger);
    let again = workspace.target.apply(&plan).await;
    let ledger = plan::settle(&plan, &ledger, &again, &orangery_core::Verdict::Allowed, &Default::default());
    assert_eq!(ledger.iter().map(|entry| entry.mark).collect::<Vec<_>>(), [Mark::Adopted]);

    let pruned = workspace.target.prune(&workspace.owner, &entries(&ledger)).await;
    assert_eq!((pruned.adopted.len(), pruned.deleted.len()), (1, 0));
    let left = workspace.target.disown(&workspace.owner, &entries(&ledger)).await;
    assert_eq!((left.released.len(), left.failed.len()), (1, 0));
    assert!(workspace.text().contains("ours: \"yes\""), "{}", workspace.text());
    assert_eq!(replaced().unwrap(), THEIRS, "what we wrote ourselves does not take its place");
    assert!(
        !workspace.text().contains("Written by") && !workspace.text().contains(keys::OWNER_NAME),
        "{}",
        workspace.text()
    );
}

#[tokio::test]
async fn a_file_that_asks_for_it_is_taken() {
    let theirs = THEIRS
        .replace("namespace: apps", &format!("namespace: apps, annotations: {{{}: \"true\"}}", keys::TAKE_OWNERSHIP));
    let workspace = Workspace::new(&theirs);
    let report = workspace.target.apply(&workspace.plan(&Ledger::default())).await;
    assert_eq!(report.failed, []);
    assert!(workspace.text().contains("ours: \"yes\""));
}

#[tokio::test]
async fn a_file_whose_text_cannot_be_kept_is_not_overwritten() {
    let workspace = Workspace::new(THEIRS);
    let mut plan = workspace.plan(&Ledger::default());
    let found = workspace.target.apply(&plan).await;
    plan.adopt(&found.failed[0].key, unowned(&found).unwrap(), Mark::Adopted);
    std::fs::write(workspace.folder.path().join(".orangery/replaced"), "a file is in the way").unwrap();
    let applied = workspace.target.apply(&plan).await;
    assert!(applied.changes.is_empty() && applied.failed[0].message.contains("cannot be written"), "{applied:?}");
    assert_eq!(workspace.text(), THEIRS);
}
