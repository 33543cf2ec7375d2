//! Reads objects and reports which are not ready.

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::live::clock::unchanged_since;
use futures::FutureExt;
use orangery_core::readiness::{Purpose, Readiness, readiness};
use orangery_core::{GroupVersionKind, Object, Planned, Timestamp};
use serde_json::Value;
use std::time::SystemTime;

/// The readiness of one object at one moment.
pub(crate) struct ReadinessCheck<'p> {
    pub(crate) planned: &'p Planned,
    pub(crate) readiness: Readiness,
    /// Resource version of what was seen; `None` if there was nothing.
    pub(crate) version: Option<String>,
    /// Since when the object has been in this state.
    pub(crate) since: Option<Timestamp>,
    /// Message of the Ready condition, or what the API server said instead.
    said: String,
}

impl<'p> ReadinessCheck<'p> {
    /// The readiness of the live object.
    pub(crate) fn at(planned: &'p Planned, live: Option<&Object>) -> Self {
        Self {
            planned,
            readiness: readiness(live, Purpose::Wait, now()),
            version: live.and_then(version),
            since: live.and_then(unchanged_since),
            said: live.map(ready_message).unwrap_or_default(),
        }
    }
}

impl ReadinessCheck<'_> {
    /// What the object says of its state; empty if it says nothing.
    pub(crate) fn reason(&self) -> &str {
        match &self.readiness {
            _ if self.planned.object.key().group.ends_with(".fluxcd.io") => &self.said,
            Readiness::InProgress(reason) | Readiness::Failed(reason) => reason,
            Readiness::Current | Readiness::Terminating | Readiness::NotFound => &self.said,
        }
    }

    /// It is not ready for another reason than its status.
    pub(crate) fn because(self, reason: &str) -> Self {
        Self { readiness: Readiness::InProgress(reason.to_owned()), ..self }
    }
}

/// Reads all of them.
pub(crate) async fn look<'p>(session: &Session, objects: Vec<&'p Planned>) -> Vec<ReadinessCheck<'p>> {
    bounded(objects.into_iter().map(|planned| look_at(session, planned).boxed()).collect()).await
}

async fn look_at<'p>(session: &Session, planned: &'p Planned) -> ReadinessCheck<'p> {
    let key = planned.object.key();
    let live = match session.kind(&planned.object.gvk()).await {
        Ok(Some(kind)) => session.get::<Object>(&kind.path(&key.namespace, &key.name)).await,
        Ok(None) => Ok(None),
        Err(refusal) => Err(refusal),
    };
    match live {
        Ok(live) => ReadinessCheck::at(planned, live.as_ref()),
        // A failed request is not a failure of the object; the deadline decides.
        Err(refusal) => ReadinessCheck {
            planned,
            readiness: Readiness::InProgress(refusal.to_string()),
            version: None,
            since: None,
            said: refusal.to_string(),
        },
    }
}

fn version(object: &Object) -> Option<String> {
    object.0.get("metadata")?.get("resourceVersion")?.as_str().map(ToOwned::to_owned)
}

fn ready_message(object: &Object) -> String {
    let conditions = object.0.get("status").and_then(|status| status.get("conditions")).and_then(Value::as_array);
    let ready = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some("Ready"));
    ready.and_then(|ready| ready.get("message")).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// `what: [Kind/ns/name status: 'InProgress', …]`, and a line for each Flux object that says why.
pub(crate) fn text<'a>(what: &str, looks: impl Iterator<Item = &'a ReadinessCheck<'a>> + Clone) -> String {
    let list: Vec<String> = looks
        .clone()
        .map(|look| format!("{} status: '{}'", look.planned.object.key(), look.readiness.as_str()))
        .collect();
    let mut text = format!("{what}: [{}]", list.join(", "));
    for look in looks {
        let reason = look.reason();
        if !reason.is_empty() {
            text.push_str(&format!("\n{} status: {reason}", look.planned.object.key()));
        }
    }
    text
}

/// The present moment.
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Whether the API server lists the kind of a definition, which it does a moment after it says Established. Other objects have
/// nothing to be listed.
pub(crate) async fn is_served(session: &Session, definition: &Object) -> bool {
    if definition.gvk().kind != "CustomResourceDefinition" {
        return true;
    }
    let root = Value::Object(definition.0.clone());
    let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
    let versions = root.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served").and_then(Value::as_bool) == Some(true));
    for version in served.filter_map(|version| version.get("name").and_then(Value::as_str)) {
        let gvk = GroupVersionKind { group: group.clone(), version: version.to_owned(), kind: kind.clone() };
        if !matches!(session.kind(&gvk).await, Ok(Some(_))) {
            return false;
        }
    }
    true
}
