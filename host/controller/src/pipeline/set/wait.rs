//! What a ResourceSet waits for after an apply, and until when.

use crate::pipeline::converge::Converged;
use crate::pipeline::requeue::Wait;
use crate::pipeline::set::unready::Unready;
use orangery_core::{Deadline, PruneReport, Timestamp};

/// What an apply waits for: since the last of these waits began, until the first of them becomes a failure.
pub(super) struct ConvergedWait {
    since: Timestamp,
    /// When the first of them becomes a failure.
    pub(super) until: Timestamp,
}

impl ConvergedWait {
    pub(super) fn of(converged: &Converged) -> Option<Self> {
        let unready = converged.applied.waiting.iter().map(|waiting| (waiting.since, waiting.until));
        let going = converged.applied.terminating.iter().filter_map(|terminating| match terminating.deadline {
            Deadline::At(until) => Some((terminating.since.unwrap_or(until), until)),
            Deadline::Passed | Deadline::NotBegun => None,
        });
        let all = unready.chain(going).map(|(since, until)| Self { since, until });
        all.reduce(|one, other| Self { since: one.since.max(other.since), until: one.until.min(other.until) })
    }
}

/// What is waited for: objects that are not ready, objects that are being deleted, and the next repair of those that are contested.
#[must_use]
pub(super) fn wait(converged: &Converged, unready: Unready, now: Timestamp) -> Option<Wait> {
    let ready = ConvergedWait::of(converged).map(|wait| {
        let until = match unready {
            Unready::Blinks { until } => until,
            Unready::Nothing | Unready::Awaited | Unready::Degraded => wait.until,
        };
        Wait { since: wait.since, until: Some(until) }
    });
    let gone = wait_until_gone(&converged.pruned, now);
    let repair = converged.applied.contested.iter().map(|contested| contested.until).min();
    // A watch tells nothing of it, and nothing happens earlier.
    let repair = repair.map(|until| Wait { since: Timestamp::default(), until: Some(until) });
    ready.into_iter().chain(gone).chain(repair).reduce(|one, other| Wait {
        since: one.since.max(other.since),
        until: one.until.into_iter().chain(other.until).min(),
    })
}

/// The wait for objects that are being deleted: since the latest deletion, until the next deadline.
#[must_use]
pub(super) fn wait_until_gone(pruned: &PruneReport, now: Timestamp) -> Option<Wait> {
    let all = &pruned.terminating;
    let since = all.iter().map(|terminating| terminating.since.unwrap_or(now)).max()?;
    let until = all.iter().filter_map(|terminating| match terminating.deadline {
        Deadline::At(until) => Some(until),
        Deadline::Passed | Deadline::NotBegun => None,
    });
    Some(Wait { since, until: until.min() })
}
