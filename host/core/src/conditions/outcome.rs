//! What a reconciliation came to, and the conditions that say so.

use super::{ConditionStatus, ConditionType, Conditions, Stamp};
use crate::conditions::Reason;
use crate::duration;
use std::time::Duration;

/// What a reconciliation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on. Ready keeps its last value.
    Progressing {
        /// What is going on.
        message: String,
    },
    /// It is done as far as it can be, and goes on when something else is ready or gone. Nobody waits for it meanwhile. A failure
    /// that is no more is taken back; a success that was keeps its word.
    Waiting {
        /// What for, and until when.
        message: String,
    },
    /// Everything is as desired.
    Succeeded {
        /// How long it took.
        took: Duration,
        /// Whether anything was created, changed, deleted or exported: only then the message is new.
        changed: bool,
    },
    /// It failed and is tried again.
    Failed {
        /// Why, for machines.
        reason: Reason,
        /// Why, for people.
        message: String,
    },
    /// Only a change of the manifest helps.
    Stalled {
        /// Why, for machines.
        reason: Reason,
        /// Why, for people.
        message: String,
    },
    /// It was left out on purpose: suspended from the beginning, or outside the schedule.
    Skipped {
        /// Why, for machines.
        reason: Reason,
        /// Why, for people.
        message: String,
    },
}

/// Something that people should know and that is no failure: shown as a condition of its own while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abnormal {
    /// Which condition.
    pub kind: ConditionType,
    /// Why, for machines.
    pub reason: Reason,
    /// What, where, what to do.
    pub message: String,
}

const ABNORMAL: [ConditionType; 8] = [
    ConditionType::PruneHeld,
    ConditionType::InputsNotReady,
    ConditionType::SourceStale,
    ConditionType::LimitReached,
    ConditionType::DuplicateObjects,
    ConditionType::DeletionFailed,
    ConditionType::DeletionHeld,
    ConditionType::Warning,
];

/// The conditions after an outcome. `abnormal` is everything that is odd now; `None` leaves those conditions as they are, for
/// outcomes that say nothing about them. After [`Outcome::Skipped`] it only adds.
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
        Outcome::Waiting { message } => {
            next.remove(Stalled);
            next.set(Reconciling, True, Reason::Progressing, message, stamp);
            if next.get(Ready).is_none_or(|ready| ready.status != True) {
                next.set(Ready, Unknown, Reason::Progressing, message, stamp);
            }
        }
        Outcome::Succeeded { took, changed } => {
            next.remove(Stalled);
            next.remove(Reconciling);
            let as_before = !changed
                && next.get(Ready).is_some_and(|ready| {
                    ready.status == True
                        && ready.reason == Reason::ReconciliationSucceeded.as_str()
                        && ready.observed_generation == stamp.generation
                });
            if !as_before {
                let message = format!("Reconciliation finished in {}", duration::format_rounded(*took));
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
        Outcome::Skipped { reason, message } => {
            next.remove(Reconciling);
            if next.get(Ready).is_none_or(|ready| ready.status == Unknown) {
                next.set(Ready, True, *reason, message, stamp);
            }
        }
    }
    match (abnormal, outcome) {
        (None, _) => {}
        // What was left out says nothing of what only doing it could tell.
        (Some(abnormal), Outcome::Skipped { .. }) => {
            let kinds: Vec<ConditionType> = ABNORMAL.into_iter().filter(|kind| has(abnormal, *kind)).collect();
            show(&mut next, abnormal, &kinds, stamp);
        }
        (Some(abnormal), _) => show(&mut next, abnormal, &ABNORMAL, stamp),
    }
    next
}

fn has(abnormal: &[Abnormal], kind: ConditionType) -> bool {
    abnormal.iter().any(|one| one.kind == kind)
}

fn show(conditions: &mut Conditions, abnormal: &[Abnormal], kinds: &[ConditionType], stamp: Stamp) {
    for kind in kinds.iter().copied() {
        let of_kind: Vec<&Abnormal> = abnormal.iter().filter(|one| one.kind == kind).collect();
        match of_kind.first() {
            None => conditions.remove(kind),
            Some(first) => {
                let messages: Vec<&str> = of_kind.iter().map(|one| one.message.as_str()).collect();
                conditions.set(kind, ConditionStatus::True, first.reason, &messages.join("\n"), stamp);
            }
        }
    }
}
