//! How objects of an environment are now.

use crate::cluster::connection::Connection;
use crate::cluster::discovery::{self, AnyKind};
use orangery_core::readiness::{Purpose, readiness};
use orangery_core::{LedgerEntry, Mark, Object, keys};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An object of an environment.
#[derive(Debug, Serialize)]
pub(super) struct ObjectState {
    /// The object, as `Kind/namespace/name`.
    pub(super) object: String,
    /// Its readiness in one word, `Held`, `Frozen`, or `Unknown` where it cannot be read.
    pub(super) status: String,
    /// What its condition Ready says, or why it cannot be read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) message: String,
    /// Whether nothing has to happen to it any more.
    pub(super) ready: bool,
}

/// Reads objects; each kind is asked for once.
pub(super) struct LiveObjects<'a> {
    connection: &'a Connection,
    kinds: BTreeMap<String, Option<AnyKind>>,
}

impl<'a> LiveObjects<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, kinds: BTreeMap::new() }
    }

    /// How an object is now.
    pub(super) async fn state(&mut self, entry: &LedgerEntry) -> ObjectState {
        let object = entry.key.to_string();
        if entry.mark == Mark::Held {
            let message = "its deletion is held".to_owned();
            return ObjectState { object, status: "Held".to_owned(), message, ready: false };
        }
        match self.read(entry).await {
            // Nothing happens to it until the mark is removed, so that nobody waits for it either.
            Ok(Some(live)) if live.is_frozen() => {
                let message = format!("left alone: it says {}: disabled", keys::RECONCILE);
                ObjectState { object, status: "Frozen".to_owned(), message, ready: true }
            }
            Ok(live) => {
                let state = readiness(live.as_ref(), Purpose::Wait, crate::run::now());
                let message = live.as_ref().map(said).unwrap_or_default();
                ObjectState { object, status: state.as_str().to_owned(), message, ready: state.is_current() }
            }
            Err(error) => ObjectState {
                object,
                status: "Unknown".to_owned(),
                message: crate::failure::tell(&error),
                ready: false,
            },
        }
    }

    async fn read(&mut self, entry: &LedgerEntry) -> anyhow::Result<Option<Object>> {
        let key = &entry.key;
        let word = if key.group.is_empty() { key.kind.clone() } else { format!("{}.{}", key.kind, key.group) };
        if !self.kinds.contains_key(&word) {
            let found = discovery::resolve(self.connection, &word).await?;
            self.kinds.insert(word.clone(), Some(found));
        }
        let Some(Some(kind)) = self.kinds.get(&word) else { return Ok(None) };
        let found = kind.find(self.connection, &key.namespace, &key.name).await?;
        Ok(found.map(serde_json::to_value).transpose()?.map(serde_json::from_value).transpose()?)
    }
}

/// What the condition Ready of an object says, if it is not true.
fn said(object: &Object) -> String {
    let conditions = object.0.get("status").and_then(|status| status.get("conditions")).and_then(Value::as_array);
    let text = |condition: &Value, field: &str| {
        condition.get(field).and_then(Value::as_str).unwrap_or_default().replace(char::is_control, " ")
    };
    let ready = conditions.into_iter().flatten().find(|condition| text(condition, "type") == "Ready");
    ready.filter(|ready| text(ready, "status") != "True").map(|ready| text(ready, "message")).unwrap_or_default()
}
