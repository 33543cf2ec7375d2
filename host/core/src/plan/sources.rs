//! The order between what fetches and what uses it: a HelmRelease, Kustomization or HelmChart is applied after the sources of its own
//! step that it names, as if steps had been written.
//!
//! A release that is applied before its source has fetched the new chart is upgraded twice, with the old chart and the new values
//! first, and is ready in between.
//!
//! # Guarantees
//! Every object keeps its place in some wave. Sources cannot form a circle; if objects do, they are not ordered among each other.

use super::{Planned, Stage};
use crate::object::{Object, ObjectKey};
use serde_json::Value;
use std::collections::HashMap;

const SOURCES: &str = "source.toolkit.fluxcd.io";

/// Notes for each object the sources among these objects that it names.
pub(super) fn link(objects: &mut [Planned]) {
    let mut named: Vec<Vec<ObjectKey>> = objects.iter().map(|planned| sources(&planned.object)).collect();
    if named.iter().all(Vec::is_empty) {
        return;
    }
    let here: HashMap<ObjectKey, usize> =
        objects.iter().enumerate().map(|(index, planned)| (planned.object.key(), index)).collect();
    for sources in &mut named {
        sources.retain(|source| here.contains_key(source));
    }
    let depths = depths(&named, &here);
    for ((planned, sources), depth) in objects.iter_mut().zip(named).zip(depths) {
        if depth.is_some() {
            planned.after = sources;
        }
    }
}

/// How many sources come before each object in the longest chain; `None` for those that are in a circle, or behind one.
fn depths(named: &[Vec<ObjectKey>], here: &HashMap<ObjectKey, usize>) -> Vec<Option<usize>> {
    let mut depths: Vec<Option<usize>> = named.iter().map(|sources| sources.is_empty().then_some(0)).collect();
    loop {
        let next: Vec<Option<usize>> = named
            .iter()
            .zip(&depths)
            .map(|(sources, known)| {
                let before = |source| depths.get(*here.get(source)?).copied().flatten();
                known.or_else(|| {
                    sources.iter().map(before).collect::<Option<Vec<_>>>()?.into_iter().max().map(|d| d + 1)
                })
            })
            .collect();
        if next == depths {
            return depths;
        }
        depths = next;
    }
}

/// Splits a stage into waves: each holds the objects whose sources are in the waves before it.
pub(super) fn waves(stage: Stage) -> Vec<Stage> {
    let gate = stage.gate;
    let mut waves = Vec::new();
    let mut places: HashMap<ObjectKey, usize> = HashMap::new();
    let mut rest = stage.objects;
    while !rest.is_empty() {
        let (wave, later): (Vec<Planned>, Vec<Planned>) =
            rest.into_iter().partition(|planned| planned.after.iter().all(|source| places.contains_key(source)));
        if wave.is_empty() {
            // Cannot be: circles are not linked. Nothing may be lost all the same.
            waves.push(Stage { objects: later, gate });
            break;
        }
        places.extend(wave.iter().map(|planned| (planned.object.key(), waves.len())));
        waves.push(Stage { objects: wave, gate });
        rest = later;
    }
    waves
}

/// The sources that an object names, whether they exist or not.
fn sources(object: &Object) -> Vec<ObjectKey> {
    let gvk = object.gvk();
    let pointers: &[&[&str]] = match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("helm.toolkit.fluxcd.io", "HelmRelease") => &[&["chartRef"], &["chart", "spec", "sourceRef"]],
        ("kustomize.toolkit.fluxcd.io", "Kustomization") | (SOURCES, "HelmChart") => &[&["sourceRef"]],
        _ => return Vec::new(),
    };
    let spec = object.0.get("spec");
    let references = pointers.iter().filter_map(|path| path.iter().try_fold(spec?, |value, part| value.get(part)));
    references.filter_map(|reference| source(object, reference)).collect()
}

fn source(object: &Object, reference: &Value) -> Option<ObjectKey> {
    let text = |field: &str| reference.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let group = text("apiVersion").and_then(|version| version.split_once('/')).map_or(SOURCES, |(group, _)| group);
    Some(ObjectKey {
        group: group.to_owned(),
        kind: text("kind")?.to_owned(),
        namespace: text("namespace").unwrap_or(object.namespace()).to_owned(),
        name: text("name")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::StageGate;
    use serde_json::json;

    fn planned(api_version: &str, kind: &str, name: &str, spec: Value) -> Planned {
        let metadata = json!({"name": name, "namespace": "apps"});
        let object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec});
        Planned {
            object: serde_json::from_value(object).unwrap(),
            origin: String::new(),
            input: None,
            sharers: Vec::new(),
            template: "resources[0]".into(),
            after: Vec::new(),
        }
    }

    fn repository(name: &str) -> Planned {
        planned("source.toolkit.fluxcd.io/v1", "GitRepository", name, json!({}))
    }

    fn chart(name: &str, source: Value) -> Planned {
        planned("source.toolkit.fluxcd.io/v1", "HelmChart", name, json!({"sourceRef": source}))
    }

    fn release(name: &str, spec: Value) -> Planned {
        planned("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, spec)
    }

    /// The names in each wave.
    fn waved(mut objects: Vec<Planned>) -> Vec<Vec<String>> {
        link(&mut objects);
        let waves = waves(Stage { objects, gate: StageGate::None });
        waves.iter().map(|wave| wave.objects.iter().map(|one| one.object.name().to_owned()).collect()).collect()
    }

    #[test]
    fn what_names_a_source_comes_after_it_however_it_names_it() {
        let git = json!({"kind": "GitRepository", "name": "git"});
        let objects = vec![
            release("by-chart-ref", json!({"chartRef": {"kind": "HelmChart", "name": "chart", "namespace": "apps"}})),
            release("by-source-ref", json!({"chart": {"spec": {"chart": "x", "sourceRef": git}}})),
            planned("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomization", json!({"sourceRef": git})),
            planned("v1", "ConfigMap", "map", json!({"sourceRef": git})),
            chart("chart", git.clone()),
            repository("git"),
        ];
        let waves = waved(objects);
        assert_eq!(waves[0], ["map", "git"]);
        assert_eq!(waves[1], ["by-source-ref", "kustomization", "chart"]);
        assert_eq!(waves[2], ["by-chart-ref"]);
        assert_eq!(waves.len(), 3);
    }

    #[test]
    fn a_source_that_is_not_in_the_step_orders_nothing() {
        for reference in [
            json!({"kind": "GitRepository", "name": "another"}),
            json!({"kind": "GitRepository", "name": "git", "namespace": "elsewhere"}),
            json!({"kind": "OCIRepository", "name": "git"}),
            json!({"apiVersion": "example.io/v1", "kind": "GitRepository", "name": "git"}),
            json!({"kind": "GitRepository"}),
            json!("git"),
            json!(null),
        ] {
            let objects = vec![release("release", json!({"chartRef": reference})), repository("git")];
            assert_eq!(waved(objects).len(), 1, "{reference}");
        }
    }

    #[test]
    fn a_circle_is_applied_without_an_order_and_nothing_is_lost() {
        let to = |name: &str| json!({"kind": "HelmChart", "name": name});
        let behind = release("behind", json!({"chartRef": to("a")}));
        let git = json!({"chartRef": {"kind": "GitRepository", "name": "git"}});
        let objects = vec![
            chart("a", to("b")),
            chart("b", to("a")),
            chart("self", to("self")),
            behind,
            release("ordered", git),
            repository("git"),
        ];
        assert_eq!(waved(objects), [vec!["a", "b", "self", "behind", "git"], vec!["ordered"]]);
    }
}
