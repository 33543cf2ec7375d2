//! Why an object was not applied: it failed, or it has to go first.

use super::failed;
use crate::kubernetes::live::deletion::Ending;
use crate::kubernetes::target::KubernetesTarget;
use orangery_core::{Deadline, FailedObject, Planned, TerminatingObject, duration};

/// Why an object was not applied.
#[derive(Debug)]
pub(crate) enum Undone {
    Failed(FailedObject),
    /// It is being deleted, and is applied when it is gone.
    Terminating(TerminatingObject),
}

impl From<FailedObject> for Undone {
    fn from(failed: FailedObject) -> Self {
        Self::Failed(failed)
    }
}

impl Undone {
    /// An object is on its way, which is a failure only if it should be gone already. `what` says why it goes.
    pub(crate) fn ending(target: &KubernetesTarget, planned: &Planned, what: &str, ending: &Ending) -> Self {
        let (key, limit) = (planned.object.key(), target.options.patience.terminating);
        let message = format!("{key} {what} and {}", ending.waiting);
        match ending.deadline(limit) {
            deadline @ Deadline::At(_) => {
                let message = format!("{message}; it is created again when it is gone");
                Self::Terminating(TerminatingObject { key, message, since: ending.since, deadline })
            }
            Deadline::Passed => Self::Failed(failed(
                planned,
                format!(
                    "{message}, for longer than {}; look whether the controller of the finalizer still runs; without it, remove \
                     the finalizer by hand",
                    duration::format(limit)
                ),
            )),
            Deadline::NotBegun => Self::Failed(failed(planned, message)),
        }
    }
}
