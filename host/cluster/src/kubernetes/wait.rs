//! Waits until objects are ready, and says which are not.

use super::bounded::bounded;
use super::connection::Session;
use futures::FutureExt;
use orangery_core::readiness::{Purpose, Readiness, readiness};
use orangery_core::{GroupVersionKind, Object, ObjectKey, Planned};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// First and longest pause between two looks.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How the wait ended.
pub(super) enum Waited {
    /// All are ready.
    Ready,
    /// Time is up, or one has failed for good.
    Not {
        /// The first that is not ready.
        key: ObjectKey,
        /// All of them, in the words of the reference.
        message: String,
    },
}

/// Waits until all are ready, one has failed, or `limit` has passed. An object that was ready is not asked for again.
pub(super) async fn wait(session: &Session, objects: &[&Planned], limit: Duration) -> Waited {
    let start = Instant::now();
    let mut waiting: Vec<&Planned> = objects.to_vec();
    let mut pause = PAUSE.0;
    loop {
        let looks = waiting.into_iter().map(|planned| async move { (planned, look(session, planned).await) }.boxed());
        let states: Vec<(&Planned, State)> = bounded(looks.collect()).await;
        let failed: Vec<_> =
            states.iter().filter(|(_, state)| matches!(state.readiness, Readiness::Failed(_))).collect();
        if let Some((first, _)) = failed.first() {
            let key = first.object.key();
            return Waited::Not { key, message: text("failed early due to stalled resources", failed.iter().copied()) };
        }
        let unready: Vec<(&Planned, State)> =
            states.into_iter().filter(|(_, state)| !state.readiness.is_current()).collect();
        let Some((first, _)) = unready.first() else { return Waited::Ready };
        if start.elapsed() + pause > limit {
            return Waited::Not { key: first.object.key(), message: text("timeout waiting for", unready.iter()) };
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
        waiting = unready.into_iter().map(|(planned, _)| planned).collect();
    }
}

/// What one look found.
struct State {
    readiness: Readiness,
    /// Message of the Ready condition, or what the API server said instead.
    said: String,
}

async fn look(session: &Session, planned: &Planned) -> State {
    let key = planned.object.key();
    let live = match session.kind(&planned.object.gvk()).await {
        Ok(Some(kind)) => session.get::<Object>(&kind.path(&key.namespace, &key.name)).await,
        Ok(None) => Ok(None),
        Err(refusal) => Err(refusal),
    };
    match live {
        Ok(live) => {
            let said = live.as_ref().map(ready_message).unwrap_or_default();
            State { readiness: readiness(live.as_ref(), Purpose::Wait, now()), said }
        }
        // A hiccup of the server is not the object's failure: time decides.
        Err(refusal) => State { readiness: Readiness::InProgress(refusal.to_string()), said: refusal.to_string() },
    }
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
fn text<'a>(what: &str, states: impl Iterator<Item = &'a (&'a Planned, State)> + Clone) -> String {
    let list: Vec<String> = states
        .clone()
        .map(|(planned, state)| format!("{} status: '{}'", planned.object.key(), state.readiness.as_str()))
        .collect();
    let mut text = format!("{what}: [{}]", list.join(", "));
    for (planned, state) in states {
        let key = planned.object.key();
        let reason = match &state.readiness {
            _ if key.group.ends_with(".fluxcd.io") => &state.said,
            Readiness::Failed(reason) | Readiness::InProgress(reason) => reason,
            Readiness::Current | Readiness::Terminating | Readiness::NotFound => &state.said,
        };
        if !reason.is_empty() {
            text.push_str(&format!("\n{key} status: {reason}"));
        }
    }
    text
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// For a definition: waits until the API server lists its kind, which is a moment after it says Established.
pub(super) async fn until_served(session: &Session, definition: &Object, limit: Duration) -> Result<(), String> {
    if definition.gvk().kind != "CustomResourceDefinition" {
        return Ok(());
    }
    let root = Value::Object(definition.0.clone());
    let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
    let versions = root.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served").and_then(Value::as_bool) == Some(true));
    let start = Instant::now();
    for version in served.filter_map(|version| version.get("name").and_then(Value::as_str)) {
        let gvk = GroupVersionKind { group: group.clone(), version: version.to_owned(), kind: kind.clone() };
        while !matches!(session.kind(&gvk).await, Ok(Some(_))) {
            if start.elapsed() > limit {
                return Err(format!("timeout waiting for: [{} to be served in version {version}]", definition.key()));
            }
            tokio::time::sleep(PAUSE.0).await;
        }
    }
    Ok(())
}
