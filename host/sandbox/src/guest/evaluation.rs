//! Why the built-in evaluator gave no answer.

use crate::guest::fault::Fault;
use orangery_core::Disposition;
use std::time::Duration;

/// The ways in which an evaluation gives no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// The evaluation ran into a limit or broke.
    #[error("the evaluation {0}")]
    Faulted(Fault),
    /// The questions of one object used up the processor time that they share.
    #[error("the evaluations of this object together used up their {0:?} of processor time")]
    Spent(Duration),
    /// The evaluator cannot be loaded, which means that the build is broken.
    #[error("the built-in evaluator cannot be loaded: {0}")]
    Unavailable(String),
}

impl EvaluationError {
    /// What to do next. A question that exceeds its limits will do so again. One that only waited too long, on a busy
    /// machine, may be asked again.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Faulted(Fault::OutOfTime { .. } | Fault::HostPanicked) | Self::Unavailable(_) => Disposition::Retry,
            Self::Faulted(_) | Self::Spent(_) => Disposition::WaitForChange,
        }
    }
}
