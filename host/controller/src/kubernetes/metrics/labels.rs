//! The labels of each metric. None ever carries a message, a token or an input value.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use std::fmt;

/// The labels that both info series begin with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ObjectLabels {
    /// The object's `metadata.uid`.
    pub uid: String,
    /// `ResourceSet` or `ResourceSetInputProvider`.
    pub kind: String,
    /// The name of the object.
    pub name: String,
    /// The namespace of the object.
    pub exported_namespace: String,
    /// `True`, `False` or `Unknown`.
    pub ready: String,
    /// Reason of the Ready condition.
    pub reason: String,
    /// `True` or `False`.
    pub suspended: String,
}

/// Labels of `flux_resourceset_info`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SetLabels {
    /// The object and its conditions.
    #[prometheus(flatten)]
    pub object: ObjectLabels,
    /// Number of objects in the ledger.
    pub resources: String,
    /// The revision in `status.lastAppliedRevision`.
    pub revision: String,
}

/// Labels of `flux_resourcesetinputprovider_info`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProviderLabels {
    /// The object and its conditions.
    #[prometheus(flatten)]
    pub object: ObjectLabels,
    /// `spec.url` without user info and query values.
    pub url: String,
}

/// Labels of reconciliations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ResultLabels {
    /// `ResourceSet` or `ResourceSetInputProvider`.
    pub kind: String,
    /// A reason, or `success`.
    pub result: String,
}

/// Labels of requests to a forge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The provider type, from `spec.type`.
    pub r#type: String,
    /// The HTTP status, `cached`, `denied` or `failed`.
    pub status: String,
}

/// Labels of changed objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ActionLabels {
    /// `created`, `configured`, `recreated`, `deleted`, `held`.
    pub action: String,
}

/// The recipient of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventRecipient {
    /// The API server.
    Kubernetes,
    /// The notification-controller of Flux.
    NotificationController,
}

impl EventRecipient {
    /// The text of the label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::NotificationController => "notification-controller",
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventOutcome {
    /// It was taken.
    Sent,
    /// It says the same as the one before: it added to that one's count, or was not sent again.
    Repeated,
    /// The queue was full.
    Dropped,
    /// It was not taken, also after several tries.
    Failed,
}

impl EncodeLabelValue for EventRecipient {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.as_str().encode(encoder)
    }
}

impl EncodeLabelValue for EventOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        let text = match self {
            Self::Sent => "sent",
            Self::Repeated => "repeated",
            Self::Dropped => "dropped",
            Self::Failed => "failed",
        };
        text.encode(encoder)
    }
}

/// Labels of events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EventLabels {
    /// The recipient of the events.
    pub recipient: EventRecipient,
    /// What became of it.
    pub outcome: EventOutcome,
}

/// Labels of a queue of events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RecipientLabels {
    /// The recipient of the events.
    pub recipient: EventRecipient,
}

/// Labels of what is counted of one ResourceSet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct NameLabels {
    /// The namespace of the object.
    pub exported_namespace: String,
    /// The name of the object.
    pub name: String,
}

/// Labels of what plugins did.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallLabels {
    /// The plugin's name.
    pub plugin: String,
    /// `succeeded`, `answered` (with an error of its own), `refused` or `faulted`.
    pub outcome: &'static str,
}

/// Labels of the time that plugins take.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PluginLabels {
    /// The plugin's name.
    pub plugin: String,
}

/// Labels of requests to the API server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ApiRequestLabels {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: &'static str,
    /// The HTTP status, or `failed` where there was no answer.
    pub outcome: String,
}

/// Labels of the time that the API server takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct VerbLabels {
    /// As in [`ApiRequestLabels`].
    pub verb: &'static str,
}

/// Labels of the queue of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct KindLabels {
    /// `ResourceSet` or `ResourceSetInputProvider`.
    pub kind: &'static str,
}

/// Labels of a quota.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct QuotaLabels {
    /// Scheme, host and port of the forge.
    pub origin: String,
    /// Who used it last.
    pub consumer: String,
}
