//! Conditions as values: one function sets each condition, and an unchanged condition stays equal, so that an unchanged status is
//! not written (law 4).

mod explain;
mod history;
mod notice;
mod outcome;
mod reason;
pub mod url_redaction;

pub use explain::{Disposition, Explain};
pub use history::{HistoryEntry, MAX_HISTORY, remember};
pub use notice::Notice;
pub use outcome::{Abnormal, Outcome, conclude};
pub use reason::Reason;

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest message that an API server accepts.
pub const MAX_MESSAGE: usize = 32_768;

/// The conditions of both custom resources, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// Nothing happens until the manifest, a Secret or a plugin changes.
    Stalled,
    /// A reconciliation is under way, is retried, or waits.
    Reconciling,
    /// The last reconciliation succeeded.
    Ready,
    /// Deletions are held by the guard.
    PruneHeld,
    /// A provider that the set reads has never answered.
    InputsNotReady,
    /// The last good inputs are in use because a source fails.
    SourceStale,
    /// Inputs wait because the limit is reached.
    LimitReached,
    /// Unequal objects of one identity were rendered.
    DuplicateObjects,
    /// An object could not be deleted.
    DeletionFailed,
    /// The deletion of the set is held, because it may be an accident.
    DeletionHeld,
    /// The account lacks rights, so objects were not applied.
    RightsMissing,
    /// Something needs attention, but nothing failed.
    Warning,
}

impl ConditionType {
    /// Every type, in order.
    pub const ALL: [Self; 12] = [
        Self::Stalled,
        Self::Reconciling,
        Self::Ready,
        Self::PruneHeld,
        Self::InputsNotReady,
        Self::SourceStale,
        Self::LimitReached,
        Self::DuplicateObjects,
        Self::DeletionFailed,
        Self::DeletionHeld,
        Self::RightsMissing,
        Self::Warning,
    ];

    /// The text in the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stalled => "Stalled",
            Self::Reconciling => "Reconciling",
            Self::Ready => "Ready",
            Self::PruneHeld => "PruneHeld",
            Self::InputsNotReady => "InputsNotReady",
            Self::SourceStale => "SourceStale",
            Self::LimitReached => "LimitReached",
            Self::DuplicateObjects => "DuplicateObjects",
            Self::DeletionFailed => "DeletionFailed",
            Self::DeletionHeld => "DeletionHeld",
            Self::RightsMissing => "RightsMissing",
            Self::Warning => "Warning",
        }
    }

    fn rank(text: &str) -> usize {
        Self::ALL.iter().position(|known| known.as_str() == text).unwrap_or(Self::ALL.len())
    }
}

/// `True`, `False` or `Unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// The condition holds.
    True,
    /// The condition does not hold.
    False,
    /// It is not known whether the condition holds.
    Unknown,
}

impl ConditionStatus {
    /// The text in the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// One condition, in the shape of `metav1.Condition`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Its type. Types that Orangery does not define are kept.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// Whether the condition holds.
    pub status: ConditionStatus,
    /// Generation of the manifest that it is about.
    #[serde(default)]
    pub observed_generation: i64,
    /// When `status` last changed, RFC 3339.
    pub last_transition_time: String,
    /// A word in CamelCase.
    pub reason: String,
    /// One sentence for users.
    pub message: String,
}

/// The generation and the time that conditions are stamped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The `metadata.generation` that was observed.
    pub generation: i64,
    /// The present moment.
    pub now: Timestamp,
}

/// All conditions of one object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// Conditions read from a status.
    #[must_use]
    pub fn new(mut conditions: Vec<Condition>) -> Self {
        conditions.sort_by_key(|condition| ConditionType::rank(&condition.condition_type));
        Self(conditions)
    }

    /// The condition of this type.
    #[must_use]
    pub fn get(&self, condition_type: ConditionType) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.condition_type == condition_type.as_str())
    }

    /// Whether a condition has a status.
    #[must_use]
    pub fn is(&self, condition_type: ConditionType, status: ConditionStatus) -> bool {
        self.get(condition_type).is_some_and(|condition| condition.status == status)
    }

    /// Sets a condition. The transition time changes only with the status.
    pub fn set(
        &mut self,
        condition_type: ConditionType,
        status: ConditionStatus,
        reason: Reason,
        message: &str,
        stamp: Stamp,
    ) {
        let message = cut(message);
        let reason = reason.as_str().to_owned();
        if let Some(known) = self.0.iter_mut().find(|condition| condition.condition_type == condition_type.as_str()) {
            if known.status != status {
                known.status = status;
                known.last_transition_time = stamp.now.to_string();
            }
            known.reason = reason;
            known.message = message;
            known.observed_generation = stamp.generation;
            return;
        }
        self.0.push(Condition {
            condition_type: condition_type.as_str().to_owned(),
            status,
            observed_generation: stamp.generation,
            last_transition_time: stamp.now.to_string(),
            reason,
            message,
        });
        self.0.sort_by_key(|condition| ConditionType::rank(&condition.condition_type));
    }

    /// Removes the condition of this type.
    pub fn remove(&mut self, condition_type: ConditionType) {
        self.0.retain(|condition| condition.condition_type != condition_type.as_str());
    }

    /// All of them, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Condition] {
        &self.0
    }

    /// All of them, in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<Condition> {
        self.0
    }
}

/// Shortens a message to what an API server accepts, at a character boundary.
fn cut(message: &str) -> String {
    if message.len() <= MAX_MESSAGE {
        return message.to_owned();
    }
    let mark = "…";
    let mut end = MAX_MESSAGE - mark.len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}", message.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests;
