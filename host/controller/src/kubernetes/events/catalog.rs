//! Every event that the operator sends: the table of `docs/reference/events.md`, and who is told.

use super::{Audience, Severity};
use orangery_core::Reason;

/// One kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    /// Its type.
    pub severity: Severity,
    /// The kinds of objects that it is about.
    pub about: &'static str,
    /// Who is told.
    pub audience: Audience,
    /// When it is sent.
    pub when: &'static str,
    /// What its message looks like; words in capitals stand for something else.
    pub message: &'static str,
}

const SET: &str = "ResourceSet";
const PROVIDER: &str = "ResourceSetInputProvider";
const BOTH: &str = "ResourceSet, ResourceSetInputProvider";

const fn told(severity: Severity, about: &'static str, when: &'static str, message: &'static str) -> EventKind {
    EventKind { severity, about, audience: Audience::Everybody, when, message }
}

const fn warning(about: &'static str, when: &'static str, message: &'static str) -> EventKind {
    told(Severity::Warning, about, when, message)
}

const fn normal(about: &'static str, when: &'static str, message: &'static str) -> EventKind {
    told(Severity::Normal, about, when, message)
}

/// A failure that `Ready` shows, once for each different message.
const fn failure(about: &'static str) -> EventKind {
    warning(about, "`Ready` becomes False with this reason, or with another message", "the message of `Ready`")
}

/// The events with this reason; none for a reason that only conditions have. A new reason has to choose.
#[must_use]
pub fn kinds(reason: Reason) -> &'static [EventKind] {
    match reason {
        Reason::ApplySucceeded => {
            const {
                &[normal(
                    SET,
                    "objects of a step were created or changed, or objects were deleted",
                    "a line for each: `Kind/NAMESPACE/NAME created`, `configured`, `recreated` or `deleted`",
                )]
            }
        }
        Reason::ReconciliationSucceeded => {
            const {
                &[normal(
                    PROVIDER,
                    "a poll brought other inputs than the one before",
                    "`N inputs exported, revision sha256:…`",
                )]
            }
        }
        Reason::SkippedDueToSchedule => {
            const {
                &[normal(
                    PROVIDER,
                    "a poll falls outside the windows of `spec.schedule`",
                    "`Reconciliation skipped, next scheduled at TIME`",
                )]
            }
        }
        Reason::ReconciliationDisabled => {
            const {
                &[EventKind {
                    audience: Audience::Cluster,
                    ..warning(BOTH, "a suspended object is triggered", "`Reconciliation is disabled`")
                }]
            }
        }
        Reason::HealthCheckCanceled => {
            const {
                &[normal(
                    SET,
                    "an edit, a suspension or a deletion ends the wait for objects",
                    "`Health checks canceled due to new reconciliation triggered by ResourceSet/NAMESPACE/NAME`",
                )]
            }
        }
        Reason::DependencyNotReady => {
            const { &[normal(SET, "a set begins to wait for a dependency", "the message of `Ready`")] }
        }
        Reason::PruneHeld => {
            const {
                &[warning(
                    SET,
                    "a list of deletions is held",
                    "the message of the condition `PruneHeld`: the objects, the rule, and the digest that approves them",
                )]
            }
        }
        Reason::DeletionHeld => {
            const { &[warning(SET, "the deletion of the set is held", "the message of the condition `DeletionHeld`")] }
        }
        Reason::Adopted => {
            const {
                &[
                    normal(
                        SET,
                        "objects that existed before were adopted",
                        "`adopted, because they existed before and nobody owned them: Kind/NAMESPACE/NAME, …`",
                    ),
                    warning(
                        SET,
                        "the set was deleted, and adopted objects stay",
                        "`N objects stay, without the labels of this ResourceSet, because they existed before it and nobody approved their deletion, …: Kind/NAMESPACE/NAME, …`",
                    ),
                ]
            }
        }
        Reason::HealthCheckFailed => {
            const { &[warning(SET, "`Ready` becomes False with this reason", "the objects that are not ready any more")] }
        }
        Reason::Contested => {
            const {
                &[warning(
                    SET,
                    "an object was repaired three times in a row, and somebody else changed it again each time",
                    "`Kind/NAMESPACE/NAME is contested: …`, with the field manager, the fields and the time",
                )]
            }
        }
        Reason::ObjectsFrozen => {
            const {
                &[normal(
                    SET,
                    "objects say `reconcile: disabled` in the cluster and did not before",
                    "`left alone, because they say fluxcd.controlplane.io/reconcile: disabled: Kind/NAMESPACE/NAME, …`",
                )]
            }
        }
        Reason::ObjectsLeft => {
            const {
                &[warning(
                    "ResourceSet, or its Namespace while that is being deleted",
                    "a set was released without the rights to delete all of its objects",
                    "`ResourceSet/NAMESPACE/NAME: …`, with the objects that are left",
                )]
            }
        }
        Reason::BuildFailed
        | Reason::InvalidCELExpression
        | Reason::OwnedByAnother
        | Reason::AdoptionRefused
        | Reason::DuplicateObjects
        | Reason::InputsNotReady => const { &[failure(SET)] },
        Reason::InvalidSchedule
        | Reason::Unauthorized
        | Reason::SourceNotFound
        | Reason::RateLimited
        | Reason::SourceUnavailable
        | Reason::MalformedResponse
        | Reason::CredentialUnavailable
        | Reason::LimitReached => const { &[failure(PROVIDER)] },
        Reason::ReconciliationFailed
        | Reason::InvalidSpec
        | Reason::PluginMissing
        | Reason::PluginRefused
        | Reason::PluginFaulted
        | Reason::CircuitOpen
        | Reason::StatusTooLarge => const { &[failure(BOTH)] },
        Reason::Progressing
        | Reason::ProgressingWithRetry
        | Reason::SourceStale
        | Reason::PartialAnswer
        | Reason::ObjectLeftOut
        | Reason::Warning => &[],
    }
}

/// Who is told of an event.
#[must_use]
pub fn audience(reason: Reason, severity: Severity) -> Audience {
    let known = kinds(reason).iter().find(|kind| kind.severity == severity);
    known.map_or(Audience::Everybody, |kind| kind.audience)
}
