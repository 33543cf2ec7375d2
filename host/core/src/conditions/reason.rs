//! The reasons that conditions, events and metrics share.

use std::fmt;

/// Defines [`Reason`], so that its list and its texts cannot miss a variant.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Why a condition has its status: a closed set, shared by conditions, events and metrics. The names in the first group
        /// are those of Flux Operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the definition.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The CamelCase text that conditions, events and metric labels carry.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

reasons! {
    /// A reconciliation is under way.
    Progressing,
    /// A reconciliation is retried after a failure.
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
    /// Objects of a set with `wait` are not ready any more.
    HealthCheckFailed,
    /// A newer change interrupted the wait for readiness.
    HealthCheckCanceled,
    /// The object is suspended by annotation.
    ReconciliationDisabled,
    /// `spec.schedule` does not parse.
    InvalidSchedule,
    /// The spec breaks a rule.
    InvalidSpec,
    /// Skipped until the next trigger of the schedule.
    SkippedDueToSchedule,
    /// Objects were created, changed or deleted.
    ApplySucceeded,

    /// A provider that the set reads has never answered.
    InputsNotReady,
    /// The last good inputs are in use because the source fails.
    SourceStale,
    /// The last answer was partial: it added and updated inputs, and removed none.
    PartialAnswer,
    /// Deletions are held by the guard.
    PruneHeld,
    /// The deletion of a set is held, because it may be an accident.
    DeletionHeld,
    /// A set was deleted and left objects behind that it may not delete.
    ObjectsLeft,
    /// Inputs wait because the limit is reached.
    LimitReached,
    /// Two different objects with the same identity were rendered; the first is used.
    DuplicateObjects,
    /// A template rendered a document that does not name an object; it is left out.
    ObjectLeftOut,
    /// The credential was refused.
    Unauthorized,
    /// The repository or project does not exist, or is hidden from the credential.
    SourceNotFound,
    /// The remote limits the rate of requests.
    RateLimited,
    /// The remote cannot be reached or is broken.
    SourceUnavailable,
    /// The remote answered something that its documentation does not describe.
    MalformedResponse,
    /// The host refused what a plugin asked for.
    PluginRefused,
    /// A plugin trapped or ran past a limit.
    PluginFaulted,
    /// A plugin failed several times in a row and is not called for a while.
    CircuitOpen,
    /// No loaded plugin serves this type or renderer.
    PluginMissing,
    /// A Secret is missing or has no usable value.
    CredentialUnavailable,
    /// The status does not fit into the object.
    StatusTooLarge,
    /// An object belongs to another owner.
    OwnedByAnother,
    /// An object exists that no ResourceSet owns, and its name comes from outside.
    AdoptionRefused,
    /// Objects are left alone because they say `reconcile: disabled`.
    ObjectsFrozen,
    /// Objects that existed before were adopted, or were left in place when their set was deleted.
    Adopted,
    /// Somebody else changes or deletes an object again after each repair.
    Contested,
    /// Something needs attention, but nothing failed.
    Warning,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
