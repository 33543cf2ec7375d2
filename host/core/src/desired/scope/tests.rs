//! Keys, once the scope of their kind is known.

use super::*;
use crate::desired::{DesiredStep, OnDuplicate, Wanted};
use crate::ledger::InputRef;
use crate::object::PackedObject;
use serde_json::{Value, json};
use std::sync::Arc;

fn wanted(value: Value, input: &str) -> Wanted {
    Wanted {
        object: PackedObject::new(&serde_json::from_value(value).unwrap()),
        origin: Arc::from(format!("spec.resources[0] with {input}")),
        input: Some(Arc::new(InputRef::parse(&format!("rsip/pulls/{input}")).unwrap())),
        sharers: Vec::new(),
        template: "resources[0]".into(),
    }
}

fn role(namespace: &str, input: &str, rules: Value) -> Wanted {
    let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "shared", "namespace": namespace}, "rules": rules});
    wanted(object, input)
}

fn set(objects: Vec<Wanted>) -> DesiredSet {
    DesiredSet { steps: vec![DesiredStep { name: None, wait: None, objects }], ..DesiredSet::default() }
}

fn keys(set: &DesiredSet) -> Vec<String> {
    set.objects().map(|wanted| wanted.object.key().to_string()).collect()
}

fn entry(namespace: &str, uid: Option<&str>, mark: Mark) -> LedgerEntry {
    let key = role(namespace, "a", json!([])).object.key().clone();
    LedgerEntry { uid: uid.map(str::to_owned), mark, ..LedgerEntry::about_to_be(key, "v1") }
}

#[test]
fn a_cluster_scoped_object_written_with_namespaces_is_one_object_and_duplicates_are_told() {
    let objects = vec![role("pr-1", "a", json!([])), role("pr-2", "b", json!([])), role("pr-3", "c", json!(null))];
    let normal = set(objects).normalised(&Scopes::default(), OnDuplicate::Warn).unwrap();
    assert_eq!(keys(&normal), ["ClusterRole/shared"]);
    let told: Vec<&str> = normal.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert!(
        told.iter().any(|message| message.contains("ClusterRole is cluster-scoped, metadata.namespace is ignored"))
    );
    assert!(told.iter().any(|message| message.contains("differ at rules") && message.contains("with c")), "{told:?}");
    assert_eq!(normal.objects().next().unwrap().object.unpack().namespace(), "");
}

#[test]
fn equal_ones_are_shared_by_their_inputs() {
    let objects = vec![role("pr-2", "b", json!([])), role("pr-1", "a", json!([])), role("pr-3", "c", json!([]))];
    let normal = set(objects).normalised(&Scopes::default(), OnDuplicate::Error).unwrap();
    let wanted = normal.objects().next().unwrap();
    let sharers: Vec<&str> = wanted.sharers.iter().map(|input| input.uid.as_str()).collect();
    assert_eq!((wanted.input.as_ref().unwrap().uid.as_str(), sharers), ("b", vec!["a", "c"]));
}

#[test]
fn unequal_duplicates_fail_the_later_environment_where_the_set_says_so() {
    let objects = vec![role("pr-1", "a", json!([])), role("pr-2", "b", json!(null))];
    let normal = set(objects).normalised(&Scopes::default(), OnDuplicate::Error).unwrap();
    assert_eq!(normal.failed.len(), 1);
    assert_eq!(normal.failed[0].input.uid, "b");
    assert!(normal.failed[0].message.contains("ClusterRole/shared"), "{}", normal.failed[0].message);
}

#[test]
fn a_set_without_such_objects_stays_as_it_is() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "apps"}});
    let unknown =
        json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "a", "namespace": "apps"}});
    let before = set(vec![wanted(map, "a"), wanted(unknown, "b")]);
    assert_eq!(before.clone().normalised(&Scopes::default(), OnDuplicate::Error).unwrap(), before);
}

#[test]
fn the_scope_of_a_kind_is_known_from_its_definition_in_the_same_set() {
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {"group": "example.org", "scope": "Cluster", "names": {"kind": "Widget"}}});
    let widget = |namespace: &str| json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": namespace}});
    let desired = set(vec![wanted(widget("a"), "a"), wanted(widget("b"), "b"), wanted(definition, "a")]);
    let mut scopes = Scopes::default();
    assert_eq!(scopes.of("example.org", "Widget"), None);
    scopes.learn_definitions(&desired);
    let normal = desired.normalised(&scopes, OnDuplicate::Warn).unwrap();
    assert_eq!(keys(&normal), ["Widget/w", "CustomResourceDefinition/widgets.example.org"]);
}

#[test]
fn what_the_server_says_wins_over_the_table() {
    let mut scopes = Scopes::default();
    let kind = GroupVersionKind::new("v1", "Namespace");
    scopes.learn(&kind, Scope::Namespaced);
    assert_eq!(scopes.of("", "Namespace"), Some(Scope::Namespaced));
}

#[test]
fn old_ledgers_are_read_with_one_entry_for_an_object_and_the_safest_mark() {
    let ledger: Ledger = [
        entry("pr-1", None, Mark::Owned),
        entry("pr-2", Some("u"), Mark::Adopted),
        entry("pr-3", Some("u"), Mark::Held),
    ]
    .into_iter()
    .collect();
    let normal = Scopes::default().ledger(&ledger);
    let entries: Vec<_> =
        normal.iter().map(|entry| (entry.key.to_string(), entry.uid.as_deref(), entry.mark)).collect();
    assert_eq!(entries, [("ClusterRole/shared".to_owned(), Some("u"), Mark::Adopted)]);
}

#[test]
fn only_kinds_with_namespaces_are_asked_about_each_once() {
    let ledger: Ledger = [entry("", None, Mark::Owned), entry("pr-1", None, Mark::Owned)].into_iter().collect();
    let kinds = kinds_with_namespace(&set(vec![role("a", "a", json!([])), role("b", "b", json!([]))]), &ledger);
    assert_eq!(kinds.len(), 1);
    assert!(kinds_with_namespace(&DesiredSet::default(), &Ledger::default()).is_empty());
}
