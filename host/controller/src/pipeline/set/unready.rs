//! What it means that objects of a set are not ready.
//!
//! | | what was applied is new | nothing was to be done |
//! |---|---|---|
//! | for a moment | Ready is Unknown | nothing: controllers that re-check an object say so, and a moment later that it is ready |
//! | longer | Ready is Unknown | Ready is False until they are ready again |
//! | beyond the time-out | their environments have failed | their environments have failed |
//!
//! The right column holds for sets with `wait: true`. Without it only the time-out matters, as in Flux Operator.

use crate::pipeline::converge::Converged;
use crate::pipeline::progress::{Health, LastResult};
use orangery_core::spec::SetSpec;
use orangery_core::{Deadline, TerminatingObject, Timestamp};
use std::time::Duration;

/// How long an object may be unready although nothing was changed. kustomize-controller and helm-controller say `Unknown` at each
/// interval while they look.
const MOMENT: Duration = Duration::from_secs(5);

/// What it means that objects of a set are not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// All are ready, or nobody asks.
    Nothing,
    /// Some were ready, and may be again in a moment: it is looked again then.
    Blinks {
        /// When the moment is over.
        until: Timestamp,
    },
    /// Some were ready, and are not any more.
    Degraded,
    /// Some are not ready yet.
    Awaited,
}

impl Unready {
    /// What an apply found.
    pub(super) fn of(converged: &Converged, set: &SetSpec, last: &LastResult, now: Timestamp) -> Self {
        // An object that has to be gone before it can be created anew is waited for by every set.
        let goes = |terminating: &TerminatingObject| matches!(terminating.deadline, Deadline::At(_));
        if converged.applied.terminating.iter().any(goes) {
            return Self::Awaited;
        }
        let Some(since) = converged.applied.waiting.iter().map(|waiting| waiting.since).min() else {
            return Self::Nothing;
        };
        let changed = converged.applied.changes.iter().any(|change| change.action.is_change());
        let is_old = set.wait && !changed && last.applied.as_deref() == Some(&converged.revision);
        match last.health {
            Health::Ready if is_old && now < since + MOMENT => Self::Blinks { until: since + MOMENT },
            Health::Ready | Health::Degraded if is_old => Self::Degraded,
            Health::Ready | Health::Degraded | Health::Other => Self::Awaited,
        }
    }
}
