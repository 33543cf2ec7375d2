//! What every error of the house can say of itself: a stable reason, and what to do next.

use std::time::Duration;

/// What the host does after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Try again with the usual exponential back-off.
    Retry,
    /// Try again, but not before this much time has passed (the remote said so).
    RetryAfter(Duration),
    /// Trying again cannot help: wait for a change of the manifest, a Secret or a plugin.
    WaitForChange,
    /// The object will never be right; nothing more is done with it.
    GiveUp,
}

/// The closed set of reasons shared by conditions, events and metrics.
///
/// The first group has the names of the reference (`resourceset.md` §5.8, §6), the second is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Reason {
    /// Work is going on.
    Progressing,
    /// Work is going on after a failure.
    ProgressingWithRetry,
    /// The last reconciliation succeeded.
    ReconciliationSucceeded,
    /// The last reconciliation failed and is retried.
    ReconciliationFailed,
    /// The templates cannot be rendered; waits for a change.
    BuildFailed,
    /// A dependency does not exist or is not ready.
    DependencyNotReady,
    /// `readyExpr` does not parse.
    InvalidCELExpression,
    /// A newer change interrupted the wait for readiness.
    HealthCheckCanceled,
    /// Suspended by annotation.
    ReconciliationDisabled,
    /// `spec.schedule` does not parse.
    InvalidSchedule,
    /// `spec.defaultValues` cannot be decoded.
    InvalidDefaultValues,
    /// The spec breaks a rule.
    InvalidSpec,
    /// Skipped until the next time of the schedule.
    SkippedDueToSchedule,
    /// Objects were created, changed or deleted.
    ApplySucceeded,

    /// A provider that the set reads has never answered.
    InputsNotReady,
    /// The last good inputs are in use because the source fails.
    SourceStale,
    /// The last answer was not a whole one: it added and updated, and removed nothing.
    PartialAnswer,
    /// Deletions are held by the guard.
    PruneHeld,
    /// The deletion of a set is held, because it may be an accident.
    DeletionHeld,
    /// A set went and left objects that it may not delete.
    ObjectsLeft,
    /// Inputs wait because the limit is reached.
    LimitReached,
    /// Two unequal objects of one identity were rendered; the first won.
    DuplicateObjects,
    /// A template gave a document that names no object; it is left out.
    ObjectLeftOut,
    /// The credential was refused.
    Unauthorized,
    /// The repository or project does not exist, or is hidden from the credential.
    SourceNotFound,
    /// The remote asked for silence.
    RateLimited,
    /// The remote cannot be reached or is broken.
    SourceUnavailable,
    /// The remote answered something else than its documentation promises.
    MalformedResponse,
    /// The host refused what a plugin asked for.
    PluginRefused,
    /// A plugin trapped or ran past a limit.
    PluginFaulted,
    /// A plugin failed three times in a row and is left alone for a while.
    CircuitOpen,
    /// No loaded plugin serves this type or renderer.
    PluginMissing,
    /// A Secret is missing or has no usable value.
    CredentialUnavailable,
    /// What is to be remembered of the object does not fit into it.
    StatusTooLarge,
    /// An object belongs to another owner.
    OwnedByAnother,
    /// An object exists that nobody owns, and its name comes from outside.
    AdoptionRefused,
    /// Objects that existed before were taken over, or were left in place when their set was deleted.
    Adopted,
    /// Something is odd but nothing failed.
    Warning,
}

impl Reason {
    /// The CamelCase text that conditions, events and metric labels carry.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Progressing => "Progressing",
            Self::ProgressingWithRetry => "ProgressingWithRetry",
            Self::ReconciliationSucceeded => "ReconciliationSucceeded",
            Self::ReconciliationFailed => "ReconciliationFailed",
            Self::BuildFailed => "BuildFailed",
            Self::DependencyNotReady => "DependencyNotReady",
            Self::InvalidCELExpression => "InvalidCELExpression",
            Self::HealthCheckCanceled => "HealthCheckCanceled",
            Self::ReconciliationDisabled => "ReconciliationDisabled",
            Self::InvalidSchedule => "InvalidSchedule",
            Self::InvalidDefaultValues => "InvalidDefaultValues",
            Self::InvalidSpec => "InvalidSpec",
            Self::SkippedDueToSchedule => "SkippedDueToSchedule",
            Self::ApplySucceeded => "ApplySucceeded",
            Self::InputsNotReady => "InputsNotReady",
            Self::SourceStale => "SourceStale",
            Self::PartialAnswer => "PartialAnswer",
            Self::PruneHeld => "PruneHeld",
            Self::DeletionHeld => "DeletionHeld",
            Self::ObjectsLeft => "ObjectsLeft",
            Self::LimitReached => "LimitReached",
            Self::DuplicateObjects => "DuplicateObjects",
            Self::ObjectLeftOut => "ObjectLeftOut",
            Self::Unauthorized => "Unauthorized",
            Self::SourceNotFound => "SourceNotFound",
            Self::RateLimited => "RateLimited",
            Self::SourceUnavailable => "SourceUnavailable",
            Self::MalformedResponse => "MalformedResponse",
            Self::PluginRefused => "PluginRefused",
            Self::PluginFaulted => "PluginFaulted",
            Self::CircuitOpen => "CircuitOpen",
            Self::PluginMissing => "PluginMissing",
            Self::CredentialUnavailable => "CredentialUnavailable",
            Self::StatusTooLarge => "StatusTooLarge",
            Self::OwnedByAnother => "OwnedByAnother",
            Self::AdoptionRefused => "AdoptionRefused",
            Self::Adopted => "Adopted",
            Self::Warning => "Warning",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Implemented by every error enum of `host/`, by a match without `_`: a new variant must choose.
pub trait Explain: std::error::Error {
    /// The reason that conditions, events and metrics carry.
    fn reason(&self) -> Reason;
    /// What to do next.
    fn disposition(&self) -> Disposition;
}
