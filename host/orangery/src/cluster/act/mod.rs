//! Commands that change our own custom resources: their annotations, or whether they exist.

pub(super) mod decide;
pub(super) mod delete;
pub(super) mod migrate;
mod ready;
pub(super) mod reconcile;
pub(super) mod secret;
pub(super) mod suspension;
pub(super) mod wait;

use crate::cluster::connection::{Connection, said};
use crate::cluster::item::Item;
use crate::cluster::kind::Kind;
use anyhow::{Context as _, anyhow};
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use orangery_core::keys;
use serde_json::{Map, Value, json};

/// The field manager of what commands write: that of Flux Operator's command line, so that both change the same fields.
pub(super) const MANAGER: &str = "flux-operator-ctl";

/// Sets annotations of an object.
///
/// # Errors
/// It does not exist, or the API server refuses.
async fn annotate(connection: &Connection, kind: Kind, name: &str, annotations: &[(&str, &str)]) -> anyhow::Result<()> {
    let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    patch(connection, kind, name, annotations).await
}

/// Suspends an object. One that our own annotation has moved to this operator stays moved: the annotation that is shared with Flux
/// Operator says `disabled` already, and would wake that one when the object is resumed.
///
/// # Errors
/// It does not exist, or the API server refuses.
async fn suspend(connection: &Connection, item: &Item) -> anyhow::Result<()> {
    let name = item.object.name_any();
    annotate(connection, item.kind, &name, &[switch(item, Switch::Off)]).await
}

/// What an object is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
}

/// The annotation that suspends or resumes an object.
fn switch(item: &Item, to: Switch) -> (&'static str, &'static str) {
    let own = item.annotation(keys::OWN_RECONCILE).unwrap_or_default();
    let moved_here = ["enabled", "suspended"].iter().any(|word| own.eq_ignore_ascii_case(word));
    match (moved_here, to) {
        (true, Switch::On) => (keys::OWN_RECONCILE, "enabled"),
        (true, Switch::Off) => (keys::OWN_RECONCILE, "suspended"),
        (false, Switch::On) => (keys::RECONCILE, "enabled"),
        (false, Switch::Off) => (keys::RECONCILE, "disabled"),
    }
}

/// Removes an annotation of an object.
///
/// # Errors
/// It does not exist, or the API server refuses.
async fn remove_annotation(connection: &Connection, kind: Kind, name: &str, key: &str) -> anyhow::Result<()> {
    patch(connection, kind, name, Map::from_iter([(key.to_owned(), Value::Null)])).await
}

async fn patch(connection: &Connection, kind: Kind, name: &str, annotations: Map<String, Value>) -> anyhow::Result<()> {
    let patch = json!({"metadata": {"annotations": annotations}});
    let parameters = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let object = format!("{}/{}/{name}", kind.as_str(), connection.namespace);
    match connection.api(kind).patch(name, &parameters, &Patch::Merge(&patch)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Err(anyhow!("{object} not found")),
        Err(error) => Err(said(error)).with_context(|| format!("cannot annotate {object}")),
    }
}

/// The present moment as `reconcile.fluxcd.io/requestedAt` has it: RFC 3339 with nanoseconds.
fn requested_now() -> String {
    jiff::Timestamp::now().to_string()
}
