//! Records Kubernetes Events: one for each distinct change.
//!
//! # Guarantees
//! An event that says the same as a recent one (object, type, reason and note) adds to its count; every other event is a new one, so
//! that no note hides another.

use super::{EventOutcome, ObjectEvent, Severity};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use orangery_core::Reason;
use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The API server refuses longer notes.
const NOTE_BYTES: usize = 1024;
/// What is repeated after a longer time is a new event, as in client-go.
const REPEATS_WITHIN: Duration = Duration::from_secs(360);
/// Recent events that are remembered. Past it all are forgotten: then a repetition is a new event.
const REMEMBERED: usize = 4096;
/// Pauses before an event is tried again that the API server did not take.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// Records events with the API server.
pub(super) struct Recorder {
    client: Client,
    controller: String,
    instance: String,
    recent: HashMap<Repeated, Recorded>,
    /// Part of the names of events: two of them may happen at one moment.
    count: u64,
}

/// What makes two events one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Repeated {
    object: (Option<String>, Option<String>, Option<String>, Option<String>),
    severity: Severity,
    reason: Reason,
    note: String,
}

struct Recorded {
    name: String,
    count: i32,
    last: Instant,
}

impl Recorder {
    pub(super) fn new(client: Client, controller: String, instance: String) -> Self {
        Self { client, controller, instance, recent: HashMap::new(), count: 0 }
    }

    /// Records an event; a failure that may pass is tried again for some seconds.
    pub(super) async fn record(&mut self, event: &ObjectEvent) -> EventOutcome {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.write(event).await {
                Ok(outcome) => return outcome,
                Err(error) => error,
            };
            match pauses.next().filter(|_| may_pass(&error)) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    let (kind, name) = (&event.about.kind, &event.about.name);
                    tracing::warn!(%error, reason = %event.reason, ?kind, ?name, "an event could not be recorded");
                    return EventOutcome::Failed;
                }
            }
        }
    }

    async fn write(&mut self, event: &ObjectEvent) -> Result<EventOutcome, kube::Error> {
        let now = Instant::now();
        self.recent.retain(|_, recorded| now.duration_since(recorded.last) < REPEATS_WITHIN);
        if self.recent.len() >= REMEMBERED {
            self.recent.clear();
        }
        let api: Api<Event> =
            Api::namespaced(self.client.clone(), event.about.namespace.as_deref().unwrap_or("default"));
        let repeated = Repeated::of(event);
        if let Some(recorded) = self.recent.get_mut(&repeated) {
            let count = recorded.count.saturating_add(1);
            let patch = json!({"series": {"count": count, "lastObservedTime": micro_time()}});
            match api.patch(&recorded.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
                Ok(_) => {
                    (recorded.count, recorded.last) = (count, now);
                    return Ok(EventOutcome::Repeated);
                }
                // It has expired, so this is a new one.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
            }
        }
        let created = self.event(event);
        let name = created.metadata.name.clone().unwrap_or_default();
        api.create(&PostParams::default(), &created).await?;
        self.recent.insert(repeated, Recorded { name, count: 1, last: now });
        Ok(EventOutcome::Sent)
    }

    fn event(&mut self, event: &ObjectEvent) -> Event {
        self.count = self.count.wrapping_add(1);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let about = event.about.name.as_deref().unwrap_or(&self.controller);
        let annotations = event.metadata.clone();
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{about}.{:x}", nanos.wrapping_add(u128::from(self.count)))),
                namespace: Some(event.about.namespace.clone().unwrap_or_else(|| "default".to_owned())),
                annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
                ..ObjectMeta::default()
            },
            action: Some("Reconcile".to_owned()),
            event_time: Some(micro_time()),
            note: Some(shortened(&event.message)),
            reason: Some(event.reason.as_str().to_owned()),
            regarding: Some(event.about.clone()),
            reporting_controller: Some(self.controller.clone()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(
                match event.severity {
                    Severity::Normal => "Normal",
                    Severity::Warning => "Warning",
                }
                .to_owned(),
            ),
            ..Event::default()
        }
    }
}

impl Repeated {
    fn of(event: &ObjectEvent) -> Self {
        let ObjectReference { kind, namespace, name, uid, .. } = event.about.clone();
        Self {
            object: (kind, namespace, name, uid),
            severity: event.severity,
            reason: event.reason,
            note: shortened(&event.message),
        }
    }
}

fn micro_time() -> MicroTime {
    MicroTime(jiff::Timestamp::now())
}

/// Whether the same request may be answered otherwise a few seconds later.
fn may_pass(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => status.code == 429 || status.code >= 500,
        _ => true,
    }
}

/// Cuts at a character boundary.
fn shortened(message: &str) -> String {
    if message.len() <= NOTE_BYTES {
        return message.to_owned();
    }
    let mut cut = NOTE_BYTES - '…'.len_utf8();
    while !message.is_char_boundary(cut) {
        cut -= 1;
    }
    let (head, _) = message.split_at(cut);
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_cut_at_a_character() {
        let cut = shortened(&"ü".repeat(1000));
        assert!(cut.len() <= NOTE_BYTES && cut.ends_with("ü…"));
        assert_eq!(shortened("short"), "short");
    }
}
