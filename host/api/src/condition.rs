//! The conditions of a status, in the form of `metav1.Condition`.

use orangery_core::conditions::{self, ConditionStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Condition contains details for one aspect of the current state of this object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Type of condition in CamelCase.
    #[serde(rename = "type")]
    #[schemars(length(max = 316))]
    pub type_: String,
    /// Status of the condition, one of True, False, Unknown.
    #[schemars(extend("enum" = ["True", "False", "Unknown"]))]
    pub status: String,
    /// The generation of the object that the condition is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0))]
    pub observed_generation: Option<i64>,
    /// The last time the status changed.
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: String,
    /// The reason for the last transition, in CamelCase.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
    /// A message with details about the transition.
    #[schemars(length(max = 32768))]
    pub message: String,
}

impl From<Condition> for conditions::Condition {
    fn from(condition: Condition) -> Self {
        Self {
            condition_type: condition.type_,
            status: match condition.status.as_str() {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            },
            observed_generation: condition.observed_generation.unwrap_or_default(),
            last_transition_time: condition.last_transition_time,
            reason: condition.reason,
            message: condition.message,
        }
    }
}

impl From<conditions::Condition> for Condition {
    fn from(condition: conditions::Condition) -> Self {
        Self {
            type_: condition.condition_type,
            status: condition.status.as_str().to_owned(),
            observed_generation: Some(condition.observed_generation),
            last_transition_time: condition.last_transition_time,
            reason: condition.reason,
            message: condition.message,
        }
    }
}

/// Reads the conditions of a status, in their order.
#[must_use]
pub fn read(conditions: &[Condition]) -> conditions::Conditions {
    conditions::Conditions::new(conditions.iter().cloned().map(Into::into).collect())
}

/// The conditions for a status, in order.
#[must_use]
pub fn write(conditions: conditions::Conditions) -> Vec<Condition> {
    conditions.into_vec().into_iter().map(Into::into).collect()
}
