//! `orangery tree`: a set with its objects, and below these the objects of a HelmRelease, a Kustomization or another
//! set among them.

use crate::cli::cluster::{NamedOptions, TreeCommand};
use crate::cluster::connection::Connection;
use crate::cluster::kind::Kind;
use crate::cluster::print::out;
use crate::exit;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use kube::api::{Api, DynamicObject};
use kube::core::{ApiResource, GroupVersionKind};
use orangery_controller::preview;
use orangery_core::{ObjectKey, inventory};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::ExitCode;

/// The greatest depth that is searched, because sets may own sets.
const DEPTH: usize = 8;

/// An object and the objects below it.
struct Node {
    text: String,
    below: Vec<Node>,
}

pub(in crate::cluster) async fn perform(command: TreeCommand) -> anyhow::Result<ExitCode> {
    let TreeCommand::ResourceSet(NamedOptions { name, connection }) = command;
    let connection = Connection::open(&connection).await?;
    let item = connection.get(Kind::Set, &name).await?;
    let mut seen = BTreeSet::new();
    let below = children(&connection, &item.object, &mut seen, DEPTH).await;
    let root = Node { text: format!("{}/{}", Kind::Set.as_str(), item.name()), below };
    out(&drawn(&root))?;
    Ok(exit::SUCCESS)
}

/// What an object owns by its inventory, with the API versions. That of a set is its ledger, which also has the names that an id
/// cannot carry.
fn owned(object: &DynamicObject) -> Vec<(ObjectKey, String)> {
    let is_set = object.types.as_ref().is_some_and(|types| types.kind == Kind::Set.as_str());
    if is_set && let Ok(set) = serde_json::to_value(object).and_then(serde_json::from_value) {
        return preview::ledger(&set).iter().map(|entry| (entry.key.clone(), entry.version.clone())).collect();
    }
    let entries = object.data.pointer("/status/inventory/entries").and_then(Value::as_array).into_iter().flatten();
    let entry = |entry: &Value| -> Option<(ObjectKey, String)> {
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        Some((inventory::parse_id(text("id")?)?, text("v").or_else(|| text("ver")).unwrap_or_default().to_owned()))
    };
    entries.filter_map(entry).collect()
}

/// What an object owns. An object that cannot be read has nothing below it.
fn children<'a>(
    connection: &'a Connection,
    object: &'a DynamicObject,
    seen: &'a mut BTreeSet<ObjectKey>,
    depth: usize,
) -> BoxFuture<'a, Vec<Node>> {
    async move {
        let mut nodes = Vec::new();
        for (key, version) in owned(object) {
            let mut below = Vec::new();
            if depth > 0 && owns_others(&key) && seen.insert(key.clone()) {
                match read(connection, &key, &version).await {
                    Ok(Some(object)) => {
                        below = children(connection, &object, &mut *seen, depth.saturating_sub(1)).await;
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, object = %key, "what it owns cannot be read"),
                }
            }
            nodes.push(Node { text: key.to_string(), below });
        }
        nodes
    }
    .boxed()
}

/// Kinds whose status has an inventory.
fn owns_others(key: &ObjectKey) -> bool {
    matches!(
        (key.group.as_str(), key.kind.as_str()),
        ("kustomize.toolkit.fluxcd.io", "Kustomization")
            | ("helm.toolkit.fluxcd.io", "HelmRelease")
            | ("fluxcd.controlplane.io", "ResourceSet")
    )
}

async fn read(connection: &Connection, key: &ObjectKey, version: &str) -> Result<Option<DynamicObject>, kube::Error> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(&key.group, version, &key.kind));
    let api: Api<DynamicObject> = Api::namespaced_with(connection.client.clone(), &key.namespace, &resource);
    api.get_opt(&key.name).await
}

fn drawn(root: &Node) -> String {
    let mut text = format!("{}\n", root.text);
    draw(&root.below, "", &mut text);
    text
}

fn draw(nodes: &[Node], indent: &str, text: &mut String) {
    for (index, node) in nodes.iter().enumerate() {
        let last = index.saturating_add(1) == nodes.len();
        let (branch, further) = if last { ("└── ", "    ") } else { ("├── ", "│   ") };
        text.push_str(&format!("{indent}{branch}{}\n", node.text));
        draw(&node.below, &format!("{indent}{further}"), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_drawn_with_lines() {
        let leaf = |text: &str| Node { text: text.to_owned(), below: Vec::new() };
        let middle = Node { text: "b".to_owned(), below: vec![leaf("c"), leaf("d")] };
        let root = Node { text: "a".to_owned(), below: vec![middle, leaf("e")] };
        assert_eq!(drawn(&root), "a\n├── b\n│   ├── c\n│   └── d\n└── e\n");
    }
}
