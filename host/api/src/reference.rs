//! Small types that both custom resources use.

use crate::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of an object in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LocalReference {
    /// Name of the referent.
    pub name: String,
}

/// One requirement on a label.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LabelRequirement {
    /// The label that the requirement is about.
    pub key: String,
    /// Operator that relates the label to the values: In, NotIn, Exists or DoesNotExist.
    pub operator: String,
    /// The values; must be set for In and NotIn, and only for those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// Selects objects by their labels; all requirements must hold. The empty selector selects everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct LabelSelector {
    /// Further requirements on labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelRequirement>,
    /// Labels with their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::strings")]
    pub match_labels: BTreeMap<String, String>,
}

/// Schedule defines when polls are allowed or triggered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Cron expression of five fields, or a descriptor such as `@daily`.
    pub cron: String,
    /// IANA name of the time zone of the expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "UTC"))]
    pub time_zone: Option<String>,
    /// How long polls are allowed after a trigger. Zero does not restrict polls; any other value must be at least twice the timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "0s", "pattern" = schema::DURATION))]
    pub window: Option<String>,
}
