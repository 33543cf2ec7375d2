//! The model of a `ResourceSetInputProvider`.

use super::{ArtifactSelector, Cadence, ProviderType};
use crate::input::NamespacedName;
use crate::selection::FilterSpec;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// One entry of `spec.schedule`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleSpec {
    /// Five fields, or a descriptor such as `@daily`.
    pub cron: String,
    /// IANA name of a time zone.
    pub time_zone: String,
    /// How long after a trigger polls are allowed.
    pub window: Duration,
}

/// A `ResourceSetInputProvider` after parsing.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSpec {
    /// Namespace and name.
    pub name: NamespacedName,
    /// `metadata.uid`; empty for files.
    pub uid: String,
    /// The labels of the object.
    pub labels: BTreeMap<String, String>,
    /// The annotations of the object.
    pub annotations: BTreeMap<String, String>,
    /// The type, from `spec.type`.
    pub provider_type: ProviderType,
    /// `spec.url`; `None` if empty.
    pub url: Option<String>,
    /// The service account, from `spec.serviceAccountName`.
    pub service_account: Option<String>,
    /// The name of the Secret with credentials, from `spec.secretRef`.
    pub secret: Option<String>,
    /// The name of the Secret with certificates, from `spec.certSecretRef`.
    pub certificate: Option<String>,
    /// The name of the Secret with a proxy, from `spec.proxySecretRef`.
    pub proxy: Option<String>,
    /// Whether plain http is allowed, from `spec.insecure`.
    pub insecure: bool,
    /// The values for absent keys, from `spec.defaultValues`.
    pub default_values: Map<String, Value>,
    /// The filter, from `spec.filter`.
    pub filter: FilterSpec,
    /// The labels that freeze an input, from `spec.skip.labels`.
    pub skip: Vec<String>,
    /// The schedule, from `spec.schedule`.
    pub schedule: Vec<ScheduleSpec>,
    /// The artifacts to export, from `spec.selectors`.
    pub selectors: Vec<ArtifactSelector>,
    /// The configuration for the plugin, from `spec.config`.
    pub config: Option<Map<String, Value>>,
    /// Bounds one poll (annotation `reconcileTimeout`).
    pub timeout: Duration,
}

impl ProviderSpec {
    /// When and how long it is polled.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        Cadence::of_provider(&self.annotations)
    }
}
