//! The notices that a notifier can send.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Notices of one provider type or for one notification channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notifies {
    /// The provider type or notification channel that the notices belong to.
    #[serde(rename = "for")]
    pub of: NotifiedBy,
    /// JSON Schema of the configuration that `notify` gets; without it, that of the provider type of this name, or anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
}

/// What notices belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NotifiedBy {
    /// A provider type (`spec.type` of a `ResourceSetInputProvider`): the notices of its environments.
    Type(String),
    /// A type of notification channel (`spec.type` of Flux's `Provider`), for example `slack`.
    Channel(String),
}

impl Notifies {
    /// The notices of the environments of a provider type.
    pub fn of_type(name: &str) -> Self {
        Self { of: NotifiedBy::Type(name.to_owned()), config: None }
    }

    /// The notices for a notification channel.
    pub fn of_channel(name: &str) -> Self {
        Self { of: NotifiedBy::Channel(name.to_owned()), config: None }
    }

    /// Gives these notices a configuration of their own.
    #[must_use]
    pub fn config<C: JsonSchema>(mut self) -> Self {
        self.config = Some(schemars::schema_for!(C).into());
        self
    }
}

impl NotifiedBy {
    /// The value of `spec.type`.
    pub fn name(&self) -> &str {
        match self {
            Self::Type(name) | Self::Channel(name) => name,
        }
    }
}
