//! What users may rely on when a set is planned and settled.

use super::*;
use crate::desired::{DesiredSet, DesiredStep, Wanted};
use crate::guard::{Hold, Verdict};
use crate::ledger::Mark;
use crate::object::{ObjectKey, PackedObject};
use crate::plan::{Action, ApplyReport, Change, FailedObject, PruneReport, RetainedObject};
use serde_json::json;

fn owner() -> Owner {
    Owner { name: NamespacedName::new("apps", "set"), service_account: None, force: false }
}

fn planned(api_version: &str, kind: &str, name: &str) -> Wanted {
    let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "apps"}});
    Wanted {
        object: PackedObject::new(&Object(object.as_object().cloned().unwrap())),
        origin: "spec.resources[0]".into(),
        input: None,
        sharers: vec![],
        template: "resources[0]".into(),
    }
}

fn desired(objects: Vec<Wanted>) -> DesiredSet {
    DesiredSet { steps: vec![DesiredStep { name: None, wait: None, objects }], notices: vec![], failed: vec![] }
}

fn key(group: &str, kind: &str, name: &str) -> ObjectKey {
    ObjectKey { group: group.into(), kind: kind.into(), namespace: "apps".into(), name: name.into() }
}

fn entry(group: &str, kind: &str, name: &str) -> LedgerEntry {
    LedgerEntry {
        uid: Some(format!("uid-{name}")),
        mark: Mark::Owned,
        ..LedgerEntry::about_to_be(key(group, kind, name), "v1")
    }
}

fn kinds(plan: &Plan) -> Vec<Vec<String>> {
    let of = |stage: &Stage| stage.objects.iter().map(|planned| planned.object.gvk().kind).collect();
    plan.steps.iter().flat_map(|step| &step.stages).map(of).collect()
}

#[test]
fn stages_and_kinds_follow_flux_operator() {
    let objects = vec![
        planned("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "w"),
        planned("apps/v1", "Deployment", "d"),
        planned("example.io/v1", "Thing", "t"),
        planned("rbac.authorization.k8s.io/v1", "RoleBinding", "b"),
        planned("rbac.authorization.k8s.io/v1", "Role", "r"),
        planned("v1", "ServiceAccount", "a"),
        planned("v1", "ConfigMap", "c"),
        planned("storage.k8s.io/v1", "StorageClass", "s"),
        planned("v1", "Namespace", "n"),
        planned("apiextensions.k8s.io/v1", "CustomResourceDefinition", "x"),
    ];
    let plan = plan(owner(), desired(objects), &Ledger::default()).unwrap();
    assert_eq!(
        kinds(&plan),
        vec![
            vec!["CustomResourceDefinition", "Namespace"],
            vec!["StorageClass"],
            vec!["Role"],
            vec!["ServiceAccount", "RoleBinding"],
            vec!["ConfigMap", "Deployment", "Thing", "ValidatingWebhookConfiguration"],
        ]
    );
    let gates: Vec<_> = plan.steps[0].stages.iter().map(|stage| stage.gate).collect();
    let none = StageGate::None;
    assert_eq!(gates, [StageGate::UntilReady, StageGate::UntilReady, none, none, none]);
}

#[test]
fn flux_appliers_are_deleted_first_and_the_rest_against_the_order_of_application() {
    let entries = vec![
        entry("", "ConfigMap", "c"),
        entry("apps", "Deployment", "d"),
        entry("helm.toolkit.fluxcd.io", "HelmRelease", "h"),
        entry("", "Namespace", "n"),
        entry("kustomize.toolkit.fluxcd.io", "Kustomization", "k"),
    ];
    let order: Vec<_> = deletion_order(entries).into_iter().map(|entry| entry.key.kind).collect();
    assert_eq!(order, ["Kustomization", "HelmRelease", "Deployment", "ConfigMap", "Namespace"]);
}

#[test]
fn an_object_in_another_version_is_the_same_object_and_keeps_its_uid() {
    let ledger: Ledger = [entry("example.io", "Thing", "t")].into_iter().collect();
    let plan = plan(owner(), desired(vec![planned("example.io/v2", "Thing", "t")]), &ledger).unwrap();
    assert!(plan.stale.is_empty());
    let kept = plan.ledger.get(&key("example.io", "Thing", "t")).unwrap();
    assert_eq!((kept.version.as_str(), kept.uid.as_deref()), ("v2", Some("uid-t")));
}

#[test]
fn a_held_object_that_is_rendered_again_is_owned_again() {
    let held = LedgerEntry { mark: Mark::Held, ..entry("", "ConfigMap", "c") };
    let plan = plan(owner(), desired(vec![planned("v1", "ConfigMap", "c")]), &[held].into_iter().collect()).unwrap();
    assert_eq!(plan.ledger.get(&key("", "ConfigMap", "c")).unwrap().mark, Mark::Owned);
}

#[test]
fn what_can_never_be_applied_is_refused_before_anything_is_written() {
    let error = plan(owner(), desired(vec![planned("v1", "ConfigMap", "../x")]), &Ledger::default()).unwrap_err();
    assert_eq!(error.field, "metadata.name");
}

#[test]
fn an_object_that_is_rendered_twice_is_applied_once_as_it_was_rendered_last() {
    let mut second = planned("v1", "ConfigMap", "c");
    second.origin = "spec.resources[1]".into();
    let plan = plan(owner(), desired(vec![planned("v1", "ConfigMap", "c"), second]), &Ledger::default()).unwrap();
    let origins: Vec<_> = plan.objects().map(|planned| planned.origin.as_str()).collect();
    assert_eq!(origins, ["spec.resources[1]"]);
}

fn change(key: ObjectKey, uid: Option<&str>, action: Action) -> Change {
    Change { key, version: "v1".into(), uid: uid.map(str::to_owned), action }
}

#[test]
fn only_what_is_gone_or_anothers_leaves_the_ledger() {
    let names = ["deleted", "released", "disabled", "failed"];
    let ledger: Ledger = names.iter().map(|name| entry("", "ConfigMap", name)).collect();
    let plan = plan(owner(), desired(vec![planned("v1", "ConfigMap", "new")]), &ledger).unwrap();
    let applied = ApplyReport {
        changes: vec![change(key("", "ConfigMap", "new"), Some("fresh"), Action::Created)],
        ..ApplyReport::default()
    };
    let pruned = PruneReport {
        deleted: vec![change(key("", "ConfigMap", "deleted"), None, Action::Deleted)],
        released: vec![key("", "ConfigMap", "released")],
        retained: vec![RetainedObject {
            key: key("", "ConfigMap", "disabled"),
            mark: Mark::PruneDisabled,
            frozen: false,
            message: String::new(),
        }],
        ..PruneReport::default()
    };
    let after = settle(&plan, &ledger, &applied, &Verdict::Allowed, &pruned);
    let left: Vec<_> = after.iter().map(|entry| (entry.key.name.as_str(), entry.mark)).collect();
    assert_eq!(left, [("disabled", Mark::PruneDisabled), ("failed", Mark::Owned), ("new", Mark::Owned)]);
    assert_eq!(after.get(&key("", "ConfigMap", "new")).unwrap().uid.as_deref(), Some("fresh"));
}

#[test]
fn what_could_not_even_be_looked_at_leaves_the_ledger_unless_it_was_there_before() {
    let unseen =
        |name: &str| FailedObject { unseen: true, ..FailedObject::new(key("", "ConfigMap", name), "forbidden") };
    let before: Ledger = [LedgerEntry::about_to_be(key("", "ConfigMap", "old"), "v1")].into_iter().collect();
    let objects = ["old", "new", "invalid"].map(|name| planned("v1", "ConfigMap", name));
    let plan = plan(owner(), desired(objects.into()), &before).unwrap();
    let failed = vec![unseen("old"), unseen("new"), FailedObject::new(key("", "ConfigMap", "invalid"), "invalid")];
    let applied = ApplyReport { failed, ..ApplyReport::default() };
    let after = settle(&plan, &before, &applied, &Verdict::Allowed, &PruneReport::default());
    let left: Vec<_> = after.iter().map(|entry| entry.key.name.as_str()).collect();
    assert_eq!(left, ["invalid", "old"]);
}

#[test]
fn held_objects_are_marked_and_stay() {
    let ledger: Ledger = ["a", "b"].map(|name| entry("", "ConfigMap", name)).into_iter().collect();
    let plan = plan(owner(), desired(vec![]), &ledger).unwrap();
    let hold = Hold { objects: vec![key("", "ConfigMap", "a")], ..Hold::default() };
    let held = Verdict::Held(hold);
    let after = settle(&plan, &ledger, &ApplyReport::default(), &held, &PruneReport::default());
    let marks: Vec<_> = after.iter().map(|entry| (entry.key.name.as_str(), entry.mark)).collect();
    assert_eq!(marks, [("a", Mark::Held), ("b", Mark::Owned)], "what is not on the list is not held");
}

#[test]
fn what_was_adopted_stays_adopted_until_another_object_of_ours_is_in_its_place() {
    let template = Some("resources[0]".into());
    let adopted = LedgerEntry { mark: Mark::Adopted, template, ..entry("", "ConfigMap", "a") };
    let ledger: Ledger = [adopted].into_iter().collect();
    let plan = plan(owner(), desired(vec![planned("v1", "ConfigMap", "a")]), &ledger).unwrap();
    assert_eq!(plan.ledger, ledger, "also when it is rendered again");
    let settled = |uid: &str| {
        let changes = vec![change(key("", "ConfigMap", "a"), Some(uid), Action::Configured)];
        let applied = ApplyReport { changes, ..ApplyReport::default() };
        settle(&plan, &ledger, &applied, &Verdict::Allowed, &PruneReport::default()).iter().next().cloned().unwrap()
    };
    assert_eq!(settled("uid-a").mark, Mark::Adopted);
    assert_eq!((settled("another").mark, settled("another").uid.as_deref()), (Mark::Owned, Some("another")));
}

#[test]
fn what_is_only_intended_is_not_ours_and_leaves_the_ledger_when_it_turns_out_to_be_nobodys() {
    let plan = plan(owner(), desired(vec![planned("v1", "ConfigMap", "a")]), &Ledger::default()).unwrap();
    let intended = plan.ledger.get(&key("", "ConfigMap", "a")).unwrap();
    assert_eq!((intended.mark, intended.is_about(Some("uid"))), (Mark::Intended, false));
    let taken_over = LedgerEntry { mark: Mark::Owned, ..intended.clone() };
    assert!(taken_over.is_about(Some("uid")), "an inventory of Flux Operator has no UIDs");
    let unowned =
        FailedObject { unowned: Some("uid".into()), ..FailedObject::new(key("", "ConfigMap", "a"), "exists") };
    let applied = ApplyReport { failed: vec![unowned], ..ApplyReport::default() };
    assert!(settle(&plan, &Ledger::default(), &applied, &Verdict::Allowed, &PruneReport::default()).is_empty());
}

#[test]
fn what_an_earlier_apply_of_the_same_plan_did_is_not_forgotten_by_the_later_one() {
    let of = |action, warnings: &[&str], requests| ApplyReport {
        changes: vec![change(key("", "ConfigMap", "a"), Some("u"), action)],
        warnings: warnings.iter().map(|warning| (*warning).to_owned()).collect(),
        requests,
        ..ApplyReport::default()
    };
    let merged = of(Action::Created, &["a", "b"], 3).followed_by(of(Action::Unchanged, &["b"], 2));
    assert_eq!((merged.changes[0].action, merged.warnings.len(), merged.requests), (Action::Created, 2, 5));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_ledger_is_old_and_desired_and_nothing_is_both_applied_and_stale(
            old in proptest::collection::btree_set("[a-f]{1,2}", 0..20),
            new in proptest::collection::btree_set("[a-f]{1,2}", 0..20),
        ) {
            let ledger: Ledger = old.iter().map(|name| entry("", "ConfigMap", name)).collect();
            let objects = new.iter().map(|name| planned("v1", "ConfigMap", name)).collect();
            let plan = plan(owner(), desired(objects), &ledger).unwrap();
            let names = |entries: Vec<&LedgerEntry>| entries.into_iter().map(|entry| entry.key.name.clone()).collect::<std::collections::BTreeSet<_>>();
            prop_assert_eq!(names(plan.ledger.iter().collect()), old.union(&new).cloned().collect());
            prop_assert_eq!(names(plan.stale.iter().collect()), old.difference(&new).cloned().collect());
            let applied: std::collections::BTreeSet<_> = plan.objects().map(|planned| planned.object.name().to_owned()).collect();
            prop_assert_eq!(applied, new);
        }
    }
}
