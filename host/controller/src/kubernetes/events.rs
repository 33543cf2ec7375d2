//! Kubernetes Events, sent from a bounded queue, so that a slow API server never delays a reconciliation.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use orangery_core::Reason;
use tokio::sync::mpsc;

/// Maximum events in the queue; further ones are dropped and logged.
const QUEUE: usize = 1024;
/// The API server refuses longer notes.
const NOTE_BYTES: usize = 1024;

/// The type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Type `Normal`.
    Normal,
    /// Type `Warning`.
    Warning,
}

/// One event about one object.
#[derive(Debug, Clone)]
pub struct ObjectEvent {
    /// What it is about.
    pub about: ObjectReference,
    /// Its type.
    pub severity: Severity,
    /// The reason.
    pub reason: Reason,
    /// What happened, without secrets.
    pub message: String,
}

/// The sending side of the queue.
#[derive(Clone)]
pub struct Events {
    queue: mpsc::Sender<ObjectEvent>,
}

impl Events {
    /// Starts the task that records events. It ends when all senders are dropped.
    #[must_use]
    pub fn start(client: Client, controller: &str) -> Self {
        let (queue, mut waiting) = mpsc::channel::<ObjectEvent>(QUEUE);
        let recorder = Recorder::new(client, Reporter { controller: controller.to_owned(), instance: None });
        tokio::spawn(async move {
            while let Some(ObjectEvent { about, severity, reason, message }) = waiting.recv().await {
                let event = Event {
                    type_: match severity {
                        Severity::Normal => EventType::Normal,
                        Severity::Warning => EventType::Warning,
                    },
                    reason: reason.as_str().to_owned(),
                    note: Some(shortened(&message)),
                    action: "Reconcile".to_owned(),
                    secondary: None,
                };
                if let Err(error) = recorder.publish(&event, &about).await {
                    tracing::warn!(%error, %reason, "an event could not be recorded");
                }
            }
        });
        Self { queue }
    }

    /// Queues an event; never waits.
    pub fn send(&self, event: ObjectEvent) {
        if let Err(error) = self.queue.try_send(event) {
            tracing::warn!(%error, "an event was dropped");
        }
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
