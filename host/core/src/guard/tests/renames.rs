//! Objects of inputs that are still there: renamed templates, removed templates, and what is too precious to go unasked.

use super::*;

/// Each input has an object of each of these kinds, from a template of its own.
fn previews(count: usize, kinds: &[&str]) -> World {
    let mut world = World::empty();
    world.sources.push(SourceState::new("p", Freshness::Fresh));
    for id in 0..count {
        for (template, kind) in kinds.iter().enumerate() {
            world.has(object(id, kind, template, "pr"));
        }
    }
    world
}

fn object(id: usize, kind: &str, template: usize, prefix: &str) -> LedgerEntry {
    let template = Some(format!("resources[{template}]"));
    LedgerEntry { template, ..of_kind("", kind, &format!("{prefix}-{id}-{kind}"), Some(input("p", id))) }
}

fn without(mut world: World, kind: &str) -> World {
    world.rendered.retain(|key, _| key.kind != kind);
    world
}

#[test]
fn renaming_the_objects_of_several_inputs_is_held() {
    let mut world = World::with(&[("p", 3)]);
    world.drops(|_| true);
    (0..3).for_each(|id| world.renders(entry(&format!("new-{id}"), Some(input("p", id)))));
    world.is_held(
        "3 ConfigMap objects from spec.resources[0] would be replaced by others although their 3 inputs are still there, as if renamed",
    );
    let mut many = World::with(&[("p", 20)]);
    many.drops(|_| true);
    many.renders(entry("one", None));
    many.is_held("20 of 20 objects are not rendered any more although their inputs are still there");
}

#[test]
fn one_renamed_template_among_several_is_held_and_the_others_are_not() {
    let rest = ["A", "B", "C", "D"];
    for (count, others) in [(20, 1), (20, 4), (3, 1)] {
        let kinds: Vec<&str> = ["Service"].into_iter().chain(rest.into_iter().take(others)).collect();
        let mut world = without(previews(count, &kinds), "Service");
        (0..count).for_each(|id| world.renders(object(id, "Service", 0, "preview")));
        let hold = world.loses("p", 0..1).hold();
        let left = count - 1;
        assert_eq!(hold.objects.len(), left);
        let why = format!("{left} Service objects from spec.resources[0] would be replaced");
        assert!(hold.why.starts_with(&why), "{}", hold.why);
    }
}

#[test]
fn a_template_that_moves_while_it_is_renamed_is_seen_by_its_kind_and_one_that_changes_its_kind_by_its_place() {
    let mut moved = without(previews(4, &["Service", "ConfigMap", "Secret"]), "Service");
    (0..4).for_each(|id| moved.renders(object(id, "Service", 2, "preview")));
    assert_eq!(moved.hold().objects.len(), 4);
    let mut changed = without(previews(4, &["Ingress", "ConfigMap", "Secret"]), "Ingress");
    (0..4).for_each(|id| changed.renders(object(id, "HTTPRoute", 0, "pr")));
    assert_eq!(changed.hold().objects.len(), 4);
}

#[test]
fn a_text_of_many_documents_is_judged_by_kind() {
    let text = |entry: LedgerEntry| LedgerEntry { template: Some("resourcesTemplate".into()), ..entry };
    let mut world = World::empty();
    for id in 0..4 {
        ["Service", "ConfigMap", "Secret"].iter().for_each(|kind| world.has(text(object(id, kind, 0, "pr"))));
    }
    let mut exchanged = without(world.clone(), "Service");
    (0..4).for_each(|id| exchanged.renders(text(object(id, "HTTPRoute", 0, "pr"))));
    exchanged.is_allowed();
    let mut renamed = without(world, "Service");
    (0..4).for_each(|id| renamed.renders(text(object(id, "Service", 0, "preview"))));
    assert_eq!(renamed.hold().objects.len(), 4);
}

#[test]
fn a_ledger_that_knows_no_templates_is_judged_by_kind() {
    let mut world = without(previews(4, &["Service", "ConfigMap", "Secret"]), "Service");
    let bare = |entry: &LedgerEntry| LedgerEntry { template: None, ..entry.clone() };
    world.ledger = world.ledger.iter().map(bare).collect();
    world.is_allowed();
    (0..4).for_each(|id| world.renders(object(id, "Service", 0, "preview")));
    assert_eq!(world.hold().objects.len(), 4);
}

#[test]
fn removing_a_template_is_everyday_unless_it_is_half_of_all() {
    without(previews(20, &["Service", "ConfigMap", "Secret"]), "Service").is_allowed();
    without(previews(5, &["Service", "ConfigMap"]), "Service").is_allowed();
    without(previews(20, &["Service", "ConfigMap"]), "Service")
        .is_held("20 of 40 objects are not rendered any more although their inputs are still there");
}

#[test]
fn renaming_for_one_input_alone_is_everyday() {
    let mut world = previews(4, &["Service", "ConfigMap"]);
    world.drops(|name| name == "pr-0-Service");
    world.renders(object(0, "Service", 0, "preview"));
    world.is_allowed();
}

#[test]
fn what_others_put_their_things_into_is_held_whatever_the_share() {
    for kind in ["Namespace", "PersistentVolumeClaim"] {
        let mut world = previews(20, &[kind, "ConfigMap", "Secret"]);
        world.drops(|name| name == format!("pr-3-{kind}"));
        let hold = world.hold();
        assert_eq!(hold.objects.len(), 1);
        assert_eq!(
            hold.why,
            format!("{kind}/apps/pr-3-{kind} is not rendered any more although its input is still there")
        );
        // With its input it goes unasked.
        previews(20, &[kind, "ConfigMap", "Secret"]).loses("p", 3..4).is_allowed();
    }
    let mut world = previews(20, &["ConfigMap"]);
    world.has(of_kind("apiextensions.k8s.io", "CustomResourceDefinition", "things.example.com", None));
    world.has(of_kind("example.com", "Namespace", "no-namespace", None));
    world.drops(|name| name == "no-namespace");
    world.is_allowed();
    world.drops(|name| name == "things.example.com");
    assert_eq!(world.hold().objects.len(), 1, "only the definition is held");
}
