//! The outcome of a reconciliation, and the conditions that follow from it.

use super::{ConditionStatus, ConditionType, Conditions, Stamp};
use crate::conditions::Reason;
use crate::duration;
use std::time::Duration;

/// The outcome of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It continues. Ready keeps its last value.
    Progressing {
        /// What is being done.
        message: String,
    },
    /// New inputs or a new manifest are being applied, and that takes longer than a moment. Ready is Unknown until it is done.
    Applying {
        /// What is being done.
        message: String,
    },
    /// Everything possible is done; the rest continues when other objects are ready or gone, and no worker is held until then. Ready
    /// is Unknown until it is done.
    Waiting {
        /// What it waits for, and until when.
        message: String,
    },
    /// Nothing was to be done, but objects that were ready are not any more. Ready is False until they are ready again.
    Degraded {
        /// What it waits for, and until when.
        message: String,
        /// Which objects are not ready, and why: the message of Ready.
        unready: String,
    },
    /// Everything is as desired.
    Succeeded {
        /// The duration of the reconciliation.
        took: Duration,
        /// Whether anything was created, changed, deleted or exported: only then the message is new.
        changed: bool,
        /// How many objects were deleted: a part of the message until something else changes.
        deleted: usize,
        /// What is still on its way although nothing failed, in a few words for the message of Ready; empty if there is nothing.
        remark: String,
    },
    /// It failed and is retried.
    Failed {
        /// The reason of Ready.
        reason: Reason,
        /// The message of Ready.
        message: String,
    },
    /// It failed, and a retry cannot succeed without a change.
    Stalled {
        /// The reason of Ready.
        reason: Reason,
        /// The message of Ready.
        message: String,
    },
    /// The wait was abandoned because the object was suspended meanwhile.
    Canceled {
        /// The message of Ready.
        message: String,
    },
    /// The reconciliation was skipped on purpose: the object was created suspended, or the time lies outside the
    /// schedule.
    Skipped {
        /// The reason of Ready.
        reason: Reason,
        /// The message of Ready.
        message: String,
    },
}

/// A fact that users should know although nothing failed. It has a condition of its own while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abnormal {
    /// The type of the condition.
    pub condition_type: ConditionType,
    /// The reason of the condition.
    pub reason: Reason,
    /// What, where, what to do.
    pub message: String,
}

/// Separates the duration of a reconciliation from the remark.
const REMARK: &str = "; ";

const ABNORMAL: [ConditionType; 9] = [
    ConditionType::PruneHeld,
    ConditionType::InputsNotReady,
    ConditionType::SourceStale,
    ConditionType::LimitReached,
    ConditionType::DuplicateObjects,
    ConditionType::DeletionFailed,
    ConditionType::DeletionHeld,
    ConditionType::RightsMissing,
    ConditionType::Warning,
];

/// The conditions after an outcome. `abnormal` lists the abnormal conditions that hold now; `None` leaves them as they are, for
/// outcomes that know nothing about them. After [`Outcome::Skipped`] conditions are only added.
#[must_use]
pub fn conclude(previous: &Conditions, outcome: &Outcome, abnormal: Option<&[Abnormal]>, stamp: Stamp) -> Conditions {
    use ConditionStatus::{False, True, Unknown};
    use ConditionType::{Ready, Reconciling, Stalled};
    let mut next = previous.clone();
    match outcome {
        Outcome::Progressing { message } => {
            next.remove(Stalled);
            next.set(Reconciling, True, Reason::Progressing, message, stamp);
            if next.get(Ready).is_none() {
                next.set(Ready, Unknown, Reason::Progressing, message, stamp);
            }
        }
        Outcome::Applying { message } | Outcome::Waiting { message } => {
            next.remove(Stalled);
            next.set(Reconciling, True, Reason::Progressing, message, stamp);
            next.set(Ready, Unknown, Reason::Progressing, message, stamp);
        }
        Outcome::Degraded { message, unready } => {
            next.remove(Stalled);
            next.set(Reconciling, True, Reason::Progressing, message, stamp);
            next.set(Ready, False, Reason::HealthCheckFailed, unready, stamp);
        }
        Outcome::Succeeded { took, changed, deleted, remark } => {
            next.remove(Stalled);
            next.remove(Reconciling);
            let before = next.get(Ready).filter(|ready| {
                ready.status == True
                    && ready.reason == Reason::ReconciliationSucceeded.as_str()
                    && ready.observed_generation == stamp.generation
            });
            let finished = match before {
                // Without a change, the message keeps the duration of the last one.
                Some(ready) if !changed => ready.message.split(REMARK).next().unwrap_or_default().to_owned(),
                _ => format!("Reconciliation finished in {}{}", duration::format_rounded(*took), deletions(*deleted)),
            };
            let message = if remark.is_empty() { finished } else { format!("{finished}{REMARK}{remark}") };
            if before.is_none_or(|ready| *changed || ready.message != message) {
                next.set(Ready, True, Reason::ReconciliationSucceeded, &message, stamp);
            }
        }
        Outcome::Failed { reason, message } => {
            next.remove(Stalled);
            next.set(Reconciling, True, Reason::ProgressingWithRetry, message, stamp);
            next.set(Ready, False, *reason, message, stamp);
        }
        Outcome::Stalled { reason, message } => {
            next.remove(Reconciling);
            next.set(Stalled, True, *reason, message, stamp);
            next.set(Ready, False, *reason, message, stamp);
        }
        Outcome::Canceled { message } => {
            next.remove(Stalled);
            next.remove(Reconciling);
            next.set(Ready, False, Reason::HealthCheckCanceled, message, stamp);
        }
        Outcome::Skipped { reason, message } => {
            next.remove(Reconciling);
            if next.get(Ready).is_none_or(|ready| ready.status == Unknown) {
                next.set(Ready, True, *reason, message, stamp);
            }
        }
    }
    match (abnormal, outcome) {
        (None, _) => {}
        // A skipped reconciliation does not know whether the other abnormal conditions still hold.
        (Some(abnormal), Outcome::Skipped { .. }) => {
            let types: Vec<ConditionType> =
                ABNORMAL.into_iter().filter(|condition_type| has(abnormal, *condition_type)).collect();
            show(&mut next, abnormal, &types, stamp);
        }
        (Some(abnormal), _) => show(&mut next, abnormal, &ABNORMAL, stamp),
    }
    next
}

/// What a message says of objects that were deleted.
fn deletions(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", 1 object deleted".to_owned(),
        count => format!(", {count} objects deleted"),
    }
}

fn has(abnormal: &[Abnormal], condition_type: ConditionType) -> bool {
    abnormal.iter().any(|one| one.condition_type == condition_type)
}

fn show(conditions: &mut Conditions, abnormal: &[Abnormal], types: &[ConditionType], stamp: Stamp) {
    for condition_type in types.iter().copied() {
        let of_type: Vec<&Abnormal> = abnormal.iter().filter(|one| one.condition_type == condition_type).collect();
        match of_type.first() {
            None => conditions.remove(condition_type),
            Some(first) => {
                let messages: Vec<&str> = of_type.iter().map(|one| one.message.as_str()).collect();
                conditions.set(condition_type, ConditionStatus::True, first.reason, &messages.join("\n"), stamp);
            }
        }
    }
}
