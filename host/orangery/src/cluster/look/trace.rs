//! `orangery trace`: from any object to the set that made it, the input it was made of, and the provider of that input.

use crate::cli::cluster::TraceOptions;
use crate::cluster::connection::Connection;
use crate::cluster::discovery::{self, AnyKind};
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use crate::cluster::print::out;
use crate::exit;
use anyhow::{Context as _, anyhow};
use kube::ResourceExt as _;
use kube::api::DynamicObject;
use orangery_api::ResourceSet;
use orangery_controller::preview;
use orangery_core::readiness::{Purpose, readiness};
use orangery_core::{LedgerEntry, Object, keys};
use std::process::ExitCode;

/// Owner references are followed so far: a Pod, its ReplicaSet, its Deployment, and some.
const STEPS: usize = 8;
/// Labels of the Flux controllers on what they apply: prefix of the labels, kind, group and version of the owner.
const FLUX: [(&str, &str, &str, &str); 2] = [
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "kustomize.toolkit.fluxcd.io", "v1"),
    ("helm.toolkit.fluxcd.io", "HelmRelease", "helm.toolkit.fluxcd.io", "v2"),
];

pub(in crate::cluster) async fn perform(options: TraceOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let (word, name) = options
        .name
        .split_once('/')
        .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
        .with_context(|| format!("{} is not of the form Kind/name, such as Deployment/web", options.name))?;
    let kind = discovery::resolve(&connection, word).await?;
    let object = kind.get(&connection, &connection.namespace, name).await?;
    let traced = described(&kind, &object);
    let status = status(&object)?;
    let (set, key_of_owned, through) = owner(&connection, kind, object).await?;
    let entry = entry(&set, &key_of_owned)?;
    let ready = set.ready();
    let mut rows = vec![
        ("Object", traced),
        ("Status", status),
        ("Revision", set.text("/status/lastAppliedRevision").to_owned()),
        ("Reconciler", format!("{}/{}", Kind::Set.as_str(), set.name())),
    ];
    rows.extend(through.into_iter().map(|step| ("Through", step)));
    if let Some(template) = entry.as_ref().and_then(|entry| entry.template.clone()) {
        rows.push(("Template", template));
    }
    if let Some(input) = entry.as_ref().and_then(|entry| entry.input.as_ref()) {
        rows.push(("Source", format!("{} input {}", input.source, input.uid)));
    }
    rows.push(("Message", ready.map_or_else(String::new, |ready| format!("{}: {}", ready.reason, ready.message))));
    let text: String = rows
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{:12} {}\n", format!("{name}:"), value.replace(char::is_control, " ")))
        .collect();
    out(&text)?;
    Ok(exit::SUCCESS)
}

fn described(kind: &AnyKind, object: &DynamicObject) -> String {
    match object.namespace() {
        Some(namespace) => format!("{}/{namespace}/{}", kind.resource.kind, object.name_any()),
        None => format!("{}/{}", kind.resource.kind, object.name_any()),
    }
}

/// Its readiness in one word, as waits judge it.
fn status(object: &DynamicObject) -> anyhow::Result<String> {
    let object: Object = serde_json::from_value(serde_json::to_value(object)?)?;
    Ok(readiness(Some(&object), Purpose::Wait, crate::run::now()).as_str().to_owned())
}

/// The set that an object belongs to, the identity that the set knows, and what lies between.
async fn owner(
    connection: &Connection,
    mut kind: AnyKind,
    mut object: DynamicObject,
) -> anyhow::Result<(Item, String, Vec<String>)> {
    let mut through = Vec::new();
    for _ in 0..STEPS {
        let label = |key: &str| object.labels().get(key).cloned();
        if let (Some(namespace), Some(name)) = (label(keys::OWNER_NAMESPACE), label(keys::OWNER_NAME)) {
            let mut there = connection.clone();
            there.namespace = namespace;
            let set = there.get(Kind::Set, &name).await.context("its labels name a set that is not there")?;
            return Ok((set, described(&kind, &object), through));
        }
        let by_flux = FLUX.iter().find_map(|(prefix, owner, group, version)| {
            let (namespace, name) = (label(&format!("{prefix}/namespace"))?, label(&format!("{prefix}/name"))?);
            Some((AnyKind::namespaced(group, version, owner), namespace, name))
        });
        let next = match by_flux {
            Some(next) => next,
            None => {
                let references = object.owner_references();
                let reference = references.iter().find(|one| one.controller == Some(true)).or(references.first());
                let reference = reference.ok_or_else(|| anyhow!("object not managed by Flux"))?;
                let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
                let owner = discovery::resolve(connection, &qualified(&reference.kind, group)).await?;
                (owner, object.namespace().unwrap_or_default(), reference.name.clone())
            }
        };
        let (above, namespace, name) = next;
        object = above.get(connection, &namespace, &name).await.context("its owner cannot be read")?;
        kind = above;
        through.push(described(&kind, &object));
    }
    Err(anyhow!("object not managed by Flux: its chain of owners is longer than {STEPS}"))
}

fn qualified(kind: &str, group: &str) -> String {
    if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") }
}

/// The entry of an object in the ledger of a set.
fn entry(set: &Item, object: &str) -> anyhow::Result<Option<LedgerEntry>> {
    let typed: ResourceSet = serde_json::from_value(serde_json::to_value(&set.object)?)
        .with_context(|| format!("ResourceSet/{} cannot be read", set.name()))?;
    Ok(preview::ledger(&typed).iter().find(|entry| entry.key.to_string() == object).cloned())
}
