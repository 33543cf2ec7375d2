//! What every reconciliation ends with, of ResourceSets and of providers alike: what the conditions say, and when the object is
//! reconciled again.

use crate::pipeline::requeue::Requeue;
use orangery_core::conditions::{Abnormal, ConditionType, Outcome};
use orangery_core::spec::Cadence;
use orangery_core::{Disposition, Explain, Reason, duration, keys};

/// How a reconciliation ended.
#[derive(Debug)]
pub struct Conclusion {
    /// For the conditions Ready, Reconciling and Stalled.
    pub outcome: Outcome,
    /// The conditions about abnormal states; `None` leaves those of the last reconciliation, for ends that cannot tell.
    pub abnormal: Option<Vec<Abnormal>>,
    /// When the object is reconciled again.
    pub requeue: Requeue,
}

impl Conclusion {
    /// It failed, and is tried again.
    #[must_use]
    pub fn failed(reason: Reason, message: String, requeue: Requeue) -> Self {
        Self { outcome: Outcome::Failed { reason, message }, abnormal: None, requeue }
    }

    /// It failed, and only a change of the manifest helps.
    #[must_use]
    pub fn stalled(reason: Reason, message: String) -> Self {
        Self { outcome: Outcome::Stalled { reason, message }, abnormal: None, requeue: Requeue::OnChange }
    }

    /// An error ended it, which itself decides whether trying again can help.
    #[must_use]
    pub fn of_error(error: &(impl Explain + ?Sized)) -> Self {
        match error.disposition() {
            Disposition::WaitForChange => Self::stalled(error.reason(), terminal(error)),
            disposition @ (Disposition::Retry | Disposition::RetryAfter(_)) => {
                Self::failed(error.reason(), error.to_string(), disposition.into())
            }
        }
    }

    /// Adds abnormal conditions, and replaces those of the last reconciliation.
    #[must_use]
    pub fn with_abnormal(self, abnormal: Vec<Abnormal>) -> Self {
        Self { abnormal: Some(abnormal), ..self }
    }
}

/// The message of a failure that only a change of the manifest ends, as Flux Operator words it.
pub(crate) fn terminal(error: impl std::fmt::Display) -> String {
    format!("Reconciliation failed terminally due to configuration error: {error}")
}

/// Warns about a timeout that is longer than the longest, which is used instead.
pub(crate) fn shortened_timeout(cadence: Cadence) -> Option<Abnormal> {
    let asked = duration::format(cadence.shortened_from?);
    let message = format!(
        "the annotation {}: {asked} is more than the maximum of {}, which is used",
        keys::RECONCILE_TIMEOUT,
        duration::format(cadence.timeout)
    );
    Some(Abnormal { condition_type: ConditionType::Warning, reason: Reason::Warning, message })
}
