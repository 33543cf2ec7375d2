//! What there is, in the words of the model.

use super::state::Object;
use super::step::{Set, Step};
use anyhow::Result;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, ListParams};
use orangery_test_flow::World;
use std::collections::{BTreeMap, BTreeSet};

const OWNER_NAMESPACE: &str = "resourceset.fluxcd.controlplane.io/namespace";

/// What a world's namespace has before the names of the namespaces that its sets make.
fn shortened(world: &World, name: &str) -> Option<String> {
    let rest = name.strip_prefix(world.namespace())?;
    Some(rest.strip_prefix('-').unwrap_or(rest).to_owned())
}

/// Everything that sets of this world own, and its content. What is terminating is as good as gone.
pub(super) async fn found(world: &World) -> Result<BTreeMap<Object, Option<String>>> {
    let ours = ListParams::default().labels(&format!("{OWNER_NAMESPACE}={}", world.namespace()));
    let client = world.client()?;
    let mut all = BTreeMap::new();
    let mut going = BTreeSet::new();
    for namespace in Api::<Namespace>::all(client.clone()).list(&ours).await? {
        let name = shortened(world, &namespace.metadata.name.unwrap_or_default()).unwrap_or_default();
        if namespace.metadata.deletion_timestamp.is_some() {
            going.insert(name);
        } else {
            all.insert(Object { kind: "Namespace", inside: String::new(), name }, None);
        }
    }
    for map in Api::<ConfigMap>::all(client).list(&ours).await? {
        let inside = shortened(world, &map.metadata.namespace.unwrap_or_default()).unwrap_or_default();
        let object = Object { kind: "ConfigMap", inside, name: map.metadata.name.unwrap_or_default() };
        if map.metadata.deletion_timestamp.is_none() && !going.contains(&object.inside) {
            all.insert(object, map.data.unwrap_or_default().remove("value"));
        }
    }
    Ok(all)
}

/// What differs between how it must be and how it is; nothing if they agree.
pub(super) fn difference(
    wanted: &BTreeMap<Object, Option<String>>,
    found: &BTreeMap<Object, Option<String>>,
) -> Option<String> {
    let mut all = Vec::new();
    for (object, content) in wanted {
        match found.get(object) {
            None => all.push(format!("{object} is missing")),
            // What is held has the content that it had.
            Some(other) if content.is_some() && content != other => {
                all.push(format!("{object} has {other:?} and not {content:?}"));
            }
            Some(_) => {}
        }
    }
    all.extend(found.keys().filter(|object| !wanted.contains_key(object)).map(|object| format!("{object} is left")));
    (!all.is_empty()).then(|| all.join(", "))
}

/// The objects of `wanted` that an audit log has as deleted: resource, namespace and name.
pub(super) fn is_deleted(world: &World, object: &Object, resource: &str, namespace: &str, name: &str) -> bool {
    match object.kind {
        "Namespace" => resource == "namespaces" && shortened(world, name).as_ref() == Some(&object.name),
        _ => {
            resource == "configmaps"
                && name == object.name
                && shortened(world, namespace).as_ref() == Some(&object.inside)
        }
    }
}

/// The manifest of a set: its version, its inputs, whether it is suspended.
pub(super) fn manifest(set: Set, version: u8, inputs: &BTreeSet<u8>) -> String {
    let value = format!("v{version}");
    let list: Vec<serde_json::Value> =
        inputs.iter().map(|input| serde_json::json!({"name": input.to_string()})).collect();
    let map = |name: &str, namespace: &str| {
        serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace},
            "data": {"value": value},
        })
    };
    let (spec, guard) = match set {
        Set::Previews => (
            serde_json::json!({"inputsFrom": [{"name": "pulls"}], "resources": [map("previews-<< inputs.id >>", "NAMESPACE")]}),
            "on",
        ),
        Set::Own => {
            (serde_json::json!({"inputs": list, "resources": [map("own-<< inputs.name >>", "NAMESPACE")]}), "off")
        }
        Set::Spaces => (
            serde_json::json!({"inputs": list, "resources": [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "NAMESPACE-space-<< inputs.name >>"}},
                map("content", "NAMESPACE-space-<< inputs.name >>"),
            ]}),
            "off",
        ),
    };
    serde_json::json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet",
        "metadata": {"name": set.name(), "annotations": {"orangery.dev/prune-guard": guard}},
        "spec": spec,
    })
    .to_string()
}

/// The object of one input, for those who edit and delete by hand: kind and full name.
pub(super) fn by_hand(world: &World, step: Step) -> Option<(&'static str, String)> {
    match step {
        Step::Remove(Set::Spaces, input) => Some(("Namespace", format!("{}-space-{input}", world.namespace()))),
        Step::Edit(set, input) | Step::Remove(set, input) => Some(("ConfigMap", format!("{}-{input}", set.name()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(name: &str, content: Option<&str>) -> (Object, Option<String>) {
        (Object { kind: "ConfigMap", inside: String::new(), name: name.to_owned() }, content.map(str::to_owned))
    }

    #[test]
    fn what_is_missing_left_or_different_is_told() {
        let wanted = [map("a", Some("v1")), map("b", Some("v1")), map("held", None)].into();
        let found = [map("a", Some("v0")), map("c", Some("v1")), map("held", Some("v0"))].into();
        let told = "ConfigMap a has Some(\"v0\") and not Some(\"v1\"), ConfigMap b is missing, ConfigMap c is left";
        assert_eq!(difference(&wanted, &found).as_deref(), Some(told));
        assert_eq!(difference(&found, &found), None);
    }
}
