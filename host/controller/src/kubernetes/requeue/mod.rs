//! When a set is looked at again: after a failure, at its interval, and while it waits.

pub(super) mod failures;

use crate::kubernetes::context::{Context, now, spread};
use crate::kubernetes::sets::KIND;
use crate::pipeline::set::{SetReport, Wake};
use kube::ResourceExt;
use kube::runtime::controller::Action;
use orangery_api::ResourceSet;
use orangery_core::conditions::Outcome;
use orangery_core::spec::Cadence;
use orangery_core::{Disposition, NamespacedName, Reason};
use std::time::{Duration, Instant};

/// The longest pause while something is waited for that no watch tells of.
const LONGEST: Duration = Duration::from_secs(60);
/// The shortest, so that a deadline that is just over does not become a loop.
const SHORTEST: Duration = Duration::from_millis(10);

/// When to look again, and what the metrics say of this time.
pub(in crate::kubernetes) fn next(
    object: &ResourceSet,
    context: &Context,
    name: &NamespacedName,
    report: &SetReport,
    begun: Instant,
) -> Action {
    let result = match &report.outcome {
        Outcome::Failed { reason, .. } | Outcome::Stalled { reason, .. } => reason.as_str(),
        Outcome::Succeeded { .. } | Outcome::Skipped { .. } | Outcome::Progressing { .. } => "success",
        Outcome::Waiting { .. } => Reason::Progressing.as_str(),
    };
    context.metrics.reconciled(KIND, result, begun.elapsed().as_secs_f64());
    let depends = matches!(&report.outcome, Outcome::Failed { reason: Reason::DependencyNotReady, .. });
    let again = match report.retry {
        Some(Disposition::Retry) if depends => Some(context.options.requeue_dependency),
        Some(Disposition::Retry) => Some(context.back_off(KIND, name)),
        Some(Disposition::RetryAfter(wait)) => Some(wait),
        Some(Disposition::WaitForChange | Disposition::GiveUp) => None,
        None => {
            context.succeeded(KIND, name);
            let interval = Cadence::of_set(object.annotations()).interval;
            interval.map(|interval| spread(interval, &object.uid().unwrap_or_default()))
        }
    };
    let wake = report.wake.map(|wake| pause(wake, context.options.requeue_dependency, now()));
    again.into_iter().chain(wake).min().map_or_else(Action::await_change, Action::requeue)
}

/// How long to leave a set alone that waits: until its deadline, and ever longer for what no watch tells of.
fn pause(wake: Wake, shortest: Duration, now: u64) -> Duration {
    let waited = Duration::from_millis(now.saturating_sub(wake.since));
    let pause = (waited / 4).max(shortest).min(LONGEST);
    let deadline = wake.until.map(|until| Duration::from_millis(until.saturating_sub(now)).max(SHORTEST));
    deadline.map_or(pause, |deadline| pause.min(deadline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_looked_at_ever_more_rarely_and_at_its_deadline() {
        let hour = Wake { since: 1_000_000, until: Some(1_000_000 + 3_600_000) };
        let after = |seconds: u64| pause(hour, Duration::from_secs(5), 1_000_000 + seconds * 1000).as_millis();
        assert_eq!([0, 10, 100, 1000, 3599].map(after), [5_000, 5_000, 25_000, 60_000, 1_000]);
        assert_eq!(after(3600), 10, "a deadline that is just over is not a loop without a pause");
        let endless = Wake { since: 0, until: None };
        assert_eq!(pause(endless, Duration::from_secs(3600), 0), LONGEST);
    }
}
