//! Events: what changed, for `kubectl get events` and for the Alerts of Flux's notification-controller.
//!
//! # Guarantees
//! Sending never waits: each recipient has a bounded queue of its own and a task that empties it. What does not fit is dropped,
//! logged and counted. A recipient that is slow or away delays neither a reconciliation nor the other recipient.

pub mod catalog;
pub mod notification;
mod queue;
mod recorder;

use super::metrics::{EventOutcome, EventRecipient, Metrics};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use notification::{NotificationOptions, Notifier};
use orangery_core::{Reason, Timestamp};
use queue::Queue;
use recorder::Recorder;
use std::collections::BTreeMap;

/// The type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Type `Normal`; `info` for notification-controller.
    Normal,
    /// Type `Warning`; `error` for notification-controller.
    Warning,
}

/// The recipients of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The API server only: what happens too often, or interests only who looks at the object.
    Cluster,
    /// notification-controller as well.
    Everybody,
}

/// One event about one object.
#[derive(Debug, Clone)]
pub struct ObjectEvent {
    /// What it is about.
    pub about: ObjectReference,
    /// Whether the event is Normal or Warning.
    pub severity: Severity,
    /// Why it is sent, in one word.
    pub reason: Reason,
    /// What happened, without secrets.
    pub message: String,
    /// The recipients of the event.
    pub audience: Audience,
    /// Annotations of the event, which are the metadata of a notification: the revision, and what the object itself asks for.
    pub metadata: BTreeMap<String, String>,
    /// When it happened.
    pub at: Timestamp,
}

/// Who sends the events.
#[derive(Debug, Clone)]
pub struct EventOptions {
    /// `reportingController` of Kubernetes Events.
    pub controller: String,
    /// `reportingInstance`: the name of the pod.
    pub instance: String,
    /// Where notifications go.
    pub notifications: NotificationOptions,
}

/// The sending side of the queues.
#[derive(Clone)]
pub struct Events {
    recorded: Queue,
    notified: Option<Queue>,
}

impl Events {
    /// Starts the tasks that deliver events. They end when all senders are dropped.
    #[must_use]
    pub fn start(client: Client, options: EventOptions, metrics: &Metrics) -> Self {
        let EventOptions { controller, instance, notifications } = options;
        let (recorded, mut waiting) = Queue::new(EventRecipient::Kubernetes, metrics.clone());
        let mut recorder = Recorder::new(client.clone(), controller, instance.clone());
        let counts = metrics.clone();
        tokio::spawn(async move {
            while let Some(event) = waiting.next().await {
                counts.count_event(EventRecipient::Kubernetes, recorder.record(&event).await);
            }
        });
        let notified = Notifier::new(client, instance, notifications).map(|mut notifier| {
            let (notified, mut waiting) = Queue::new(EventRecipient::NotificationController, metrics.clone());
            let counts = metrics.clone();
            tokio::spawn(async move {
                while let Some(event) = waiting.next().await {
                    if let Some(outcome) = notifier.notify(&event).await {
                        counts.count_event(EventRecipient::NotificationController, outcome);
                    }
                }
            });
            notified
        });
        Self { recorded, notified }
    }

    /// Queues an event; never waits.
    pub fn send(&self, event: ObjectEvent) {
        if let Some(notified) = self.notified.as_ref().filter(|_| event.audience == Audience::Everybody) {
            notified.push(event.clone());
        }
        self.recorded.push(event);
    }
}
