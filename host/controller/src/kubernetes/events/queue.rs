//! The bounded queue before one recipient of events.

use super::{EventOutcome, ObjectEvent};
use crate::kubernetes::metrics::{EventRecipient, Metrics};
use tokio::sync::mpsc;

/// Maximum events in a queue; further ones are dropped.
const CAPACITY: usize = 1024;

/// The sending side.
#[derive(Clone)]
pub(super) struct Queue {
    sender: mpsc::Sender<ObjectEvent>,
    recipient: EventRecipient,
    metrics: Metrics,
}

/// The receiving side.
pub(super) struct Waiting {
    receiver: mpsc::Receiver<ObjectEvent>,
    recipient: EventRecipient,
    metrics: Metrics,
}

impl Queue {
    pub(super) fn new(recipient: EventRecipient, metrics: Metrics) -> (Self, Waiting) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self { sender, recipient, metrics: metrics.clone() }, Waiting { receiver, recipient, metrics })
    }

    /// Adds an event, or drops it; never waits.
    pub(super) fn push(&self, event: ObjectEvent) {
        if let Err(error) = self.sender.try_send(event) {
            let recipient = self.recipient.as_str();
            tracing::warn!(%error, recipient, "an event was dropped");
            self.metrics.count_event(self.recipient, EventOutcome::Dropped);
        }
        self.metrics.show_waiting_events(self.recipient, self.sender.max_capacity() - self.sender.capacity());
    }
}

impl Waiting {
    /// Waits for the next event; `None` when nobody can send any more.
    pub(super) async fn next(&mut self) -> Option<ObjectEvent> {
        let event = self.receiver.recv().await;
        self.metrics.show_waiting_events(self.recipient, self.receiver.len());
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::events::{Audience, Severity};
    use k8s_openapi::api::core::v1::ObjectReference;
    use orangery_core::{Reason, Timestamp};
    use prometheus_client::registry::Registry;

    #[tokio::test]
    async fn a_full_queue_drops_and_counts_and_never_waits() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        let (queue, mut waiting) = Queue::new(EventRecipient::Kubernetes, metrics);
        let event = ObjectEvent {
            about: ObjectReference::default(),
            severity: Severity::Normal,
            reason: Reason::ApplySucceeded,
            message: "ConfigMap/apps/a created".into(),
            audience: Audience::Everybody,
            metadata: Default::default(),
            at: Timestamp::default(),
        };
        for _ in 0..CAPACITY + 3 {
            queue.push(event.clone());
        }
        let shown = || {
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
            text
        };
        assert!(
            shown().contains("orangery_events_total{recipient=\"kubernetes\",outcome=\"dropped\"} 3"),
            "{}",
            shown()
        );
        assert!(shown().contains("orangery_events_waiting{recipient=\"kubernetes\"} 1024"), "{}", shown());
        assert!(waiting.next().await.is_some());
        assert!(shown().contains("orangery_events_waiting{recipient=\"kubernetes\"} 1023"), "{}", shown());
    }
}
