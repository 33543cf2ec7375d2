//! `Receiver` of Flux's notification API, as far as it is served here.

use crate::condition::Condition;
use crate::reference::LocalReference;
use kube::CustomResource;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// ReceiverSpec says who may request the reconciliation of which resources by a webhook. Its definition belongs to Flux.
#[derive(CustomResource, Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[kube(
    group = "notification.toolkit.fluxcd.io",
    version = "v1",
    kind = "Receiver",
    plural = "receivers",
    namespaced,
    schema = "disabled",
    status = "ReceiverStatus",
    derive = "PartialEq",
    doc = "Receiver takes webhooks, and requests the reconciliation of resources."
)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverSpec {
    /// How deliveries are verified.
    #[serde(rename = "type")]
    pub type_: String,
    /// How often the Secret is read again; ten minutes if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// Events that are acted on; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// What is reconciled.
    #[serde(default)]
    pub resources: Vec<ReceiverResource>,
    /// Expression (CEL) over `res` and `req` that must hold for each resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_filter: Option<String>,
    /// Secret with the key `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Answers 503 to deliveries.
    #[serde(default)]
    pub suspend: bool,
}

/// ReceiverResource names one resource, or all with some labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverResource {
    /// API group and version; known for the kinds of Flux's sources, and of this operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind.
    pub kind: String,
    /// Name; `*` with `matchLabels` is any.
    pub name: String,
    /// Namespace; that of the Receiver if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels of the resources, where the name is `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Expression (CEL) over `res` and `req` that must hold for this resource, besides `resourceFilter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// ReceiverStatus says where deliveries are taken.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverStatus {
    /// Conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The path at which deliveries are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_path: Option<String>,
}
