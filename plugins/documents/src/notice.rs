//! Notices: what the host tells the outside through a notifier plugin.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the environment of one input is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentNotice {
    /// The id of the input.
    pub id: String,
    /// The provider type (`spec.type`) that found the input.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    /// `spec.url` of the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The number or id of the change request, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_request: Option<String>,
    /// The commit that is rendered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// How it is doing.
    pub state: EnvironmentState,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Where the environment can be visited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_url: Option<String>,
    /// More for people, as Markdown that the host wrote.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub details: String,
    /// Since when it is so (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// The state of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EnvironmentState {
    /// Being created or changed.
    Pending,
    /// All objects are applied and ready.
    Ready,
    /// An object could not be rendered or applied, or did not become ready.
    Failed,
    /// All objects were removed.
    Gone,
}

/// An event of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventNotice {
    /// The object that it is about.
    pub object: NotedObject,
    /// How much it matters.
    pub severity: Severity,
    /// A stable word in CamelCase, for example `ReconciliationSucceeded`.
    pub reason: String,
    /// What happened, for people.
    pub message: String,
    /// When it happened (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// More by name, such as `revision`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// The object of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotedObject {
    /// Its API version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// The kind of the object.
    pub kind: String,
    /// Its namespace; empty if it is cluster-scoped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name of the object.
    pub name: String,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Information about normal operation.
    Info,
    /// Something failed and may need attention.
    Error,
}

impl EnvironmentNotice {
    /// The JSON Schema of the document, as it is published in `wit/environment-notice.schema.json`.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).into()
    }
}

impl EnvironmentState {
    /// The state as the document spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

impl EventNotice {
    /// The JSON Schema of the document, as it is published in `wit/event-notice.schema.json`.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).into()
    }
}
