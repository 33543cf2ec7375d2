//! Label selectors, with the meaning of Kubernetes.

use super::SpecError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One requirement of `matchExpressions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requirement {
    /// The label has one of the values.
    In(String, Vec<String>),
    /// The label is absent or has none of the values.
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is not there.
    DoesNotExist(String),
}

impl Requirement {
    /// Reads one entry of `matchExpressions`; `field` is its path.
    ///
    /// # Errors
    /// The operator is unknown, or its values are missing or too many.
    pub fn parse(key: &str, operator: &str, values: &[String], field: &str) -> Result<Self, SpecError> {
        let key = key.to_owned();
        match (operator, values.is_empty()) {
            ("In", false) => Ok(Self::In(key, values.to_vec())),
            ("NotIn", false) => Ok(Self::NotIn(key, values.to_vec())),
            ("Exists", true) => Ok(Self::Exists(key)),
            ("DoesNotExist", true) => Ok(Self::DoesNotExist(key)),
            ("In" | "NotIn", true) => Err(SpecError::new(
                format!("{field}.values"),
                format!("{field}.values must be set for operator {operator}"),
            )),
            ("Exists" | "DoesNotExist", false) => Err(SpecError::new(
                format!("{field}.values"),
                format!("{field}.values must not be set for operator {operator}"),
            )),
            _ => Err(SpecError::new(
                format!("{field}.operator"),
                format!("{field}.operator is {operator:?}, which is none of In, NotIn, Exists, DoesNotExist"),
            )),
        }
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => labels.contains_key(key),
            Self::DoesNotExist(key) => !labels.contains_key(key),
        }
    }
}

/// All of it must hold; the empty selector matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LabelSelector {
    /// Labels with their values.
    pub match_labels: BTreeMap<String, String>,
    /// Requirements in addition to the labels.
    pub requirements: Vec<Requirement>,
}

impl LabelSelector {
    /// Whether it selects something with these labels.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}
