//! The body of a notification: the Event (v1beta1) of Flux, as its notification-controller reads it.

use super::{ObjectEvent, Severity};
use k8s_openapi::api::core::v1::ObjectReference;
use serde::Serialize;
use std::collections::BTreeMap;

/// Flux Operator's, which Alerts and the systems behind them know.
const REPORTING_CONTROLLER: &str = "flux-operator";

/// One notification on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload<'a> {
    involved_object: &'a ObjectReference,
    severity: &'static str,
    timestamp: String,
    message: &'a str,
    reason: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
    reporting_controller: &'static str,
    reporting_instance: &'a str,
}

impl<'a> Payload<'a> {
    pub(super) fn of(event: &'a ObjectEvent, instance: &'a str) -> Self {
        Self {
            involved_object: &event.about,
            severity: match event.severity {
                Severity::Normal => "info",
                Severity::Warning => "error",
            },
            timestamp: event.at.to_string(),
            message: &event.message,
            reason: event.reason.as_str(),
            metadata: &event.metadata,
            reporting_controller: REPORTING_CONTROLLER,
            reporting_instance: instance,
        }
    }
}
