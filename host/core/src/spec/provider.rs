//! `ResourceSetInputProvider`.

use super::{Cadence, LabelSelector, ProviderType};
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

/// One entry of `spec.selectors`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactSelector {
    /// By name; `*` is any.
    pub name: Option<String>,
    /// Namespace; the provider's own if absent, `*` is any.
    pub namespace: Option<String>,
    /// By labels.
    pub labels: LabelSelector,
}

/// A `ResourceSetInputProvider`.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSpec {
    /// Namespace and name.
    pub name: NamespacedName,
    /// `metadata.uid`; empty for files.
    pub uid: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// `spec.type`.
    pub provider_type: ProviderType,
    /// `spec.url`; `None` if empty.
    pub url: Option<String>,
    /// `spec.serviceAccountName`.
    pub service_account: Option<String>,
    /// `spec.secretRef.name`.
    pub secret: Option<String>,
    /// `spec.certSecretRef.name`.
    pub certificate: Option<String>,
    /// `spec.insecure`.
    pub insecure: bool,
    /// `spec.defaultValues`.
    pub default_values: Map<String, Value>,
    /// `spec.filter`.
    pub filter: FilterSpec,
    /// `spec.skip.labels`.
    pub skip: Vec<String>,
    /// `spec.schedule`.
    pub schedule: Vec<ScheduleSpec>,
    /// `spec.selectors`.
    pub selectors: Vec<ArtifactSelector>,
    /// `spec.config`.
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
