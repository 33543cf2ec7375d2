//! One reconciliation of one provider, the same in a cluster and in a directory:
//!
//! ```text
//! schedule → access → poll → select → snapshot
//! ```
//!
//! # Guarantees
//! Always ends with a [`ProviderReport`]. Whatever fails, the snapshot in it holds the last good inputs (law 1).

pub mod access;
pub mod artifacts;
pub mod cron;
pub mod notify;
pub mod poll;

use crate::pipeline::conclusion::{self, Conclusion};
use crate::pipeline::provider::poll::{Polled, Poller, Readers};
use crate::pipeline::requeue::Requeue;
use cron::CronError;
use orangery_core::conditions::{Abnormal, ConditionType, Outcome};
use orangery_core::schedule::{self, NextPoll, Window, WindowTooShort};
use orangery_core::spec::{ProviderSpec, SpecError};
use orangery_core::{Disposition, Explain, Freshness, Notice, Reason, Snapshot, Timestamp};
use orangery_egress::RequestTrace;
use std::time::{Duration, Instant};

/// A schedule that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// An expression does not parse.
    #[error("failed to validate schedule[{index}]: {cause}")]
    Cron {
        /// The position in `spec.schedule`, from 0.
        index: usize,
        /// The problem with the expression.
        #[source]
        cause: CronError,
    },
    /// A window is too short.
    #[error(transparent)]
    Window(#[from] WindowTooShort),
}

impl Explain for ScheduleError {
    fn reason(&self) -> Reason {
        Reason::InvalidSchedule
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Cron { cause, .. } => cause.disposition(),
            Self::Window(_) => Disposition::WaitForChange,
        }
    }
}

/// The next trigger, for `status.nextSchedule`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextSchedule {
    /// Which entry of `spec.schedule`.
    pub index: usize,
    /// When it triggers.
    pub when: Timestamp,
}

/// What a reconciliation of a provider did and found.
#[derive(Debug)]
pub struct ProviderReport {
    /// How it ended.
    pub conclusion: Conclusion,
    /// The inputs to export.
    pub snapshot: Snapshot,
    /// Whether the exported inputs differ from those before.
    pub inputs: Inputs,
    /// The value for `status.nextSchedule`.
    pub next_schedule: Option<NextSchedule>,
    /// What was asked of the network.
    pub requests: Vec<RequestTrace>,
}

/// Whether the exported inputs differ from those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// The exported inputs changed.
    Changed,
    /// They do not.
    Unchanged,
}

/// Whether the schedule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Polls only within the windows of `spec.schedule`.
    Clock,
    /// Somebody asked for a poll at once, with the annotation `reconcile.fluxcd.io/forceAt`.
    Forced,
}

impl ProviderReport {
    /// A reconciliation that ended without a poll: the last inputs stay.
    #[must_use]
    pub fn ended_early(conclusion: Conclusion, last: &Snapshot) -> Self {
        Self {
            conclusion,
            snapshot: last.clone(),
            inputs: Inputs::Unchanged,
            next_schedule: None,
            requests: Vec::new(),
        }
    }
}

/// Reconciles one provider: polls if its schedule allows that now.
pub async fn reconcile(
    poller: &Poller,
    provider: &ProviderSpec,
    readers: Readers<'_>,
    last: &Snapshot,
    trigger: Trigger,
    now: Timestamp,
) -> ProviderReport {
    let begun = Instant::now();
    let Schedule { windows, notices } = match schedule(poller, provider, now).await {
        Ok(schedule) => schedule,
        // Whether a poll is allowed is unknown, so there is none.
        Err(error) => return ProviderReport::ended_early(Conclusion::of_error(&error), last),
    };
    if trigger == Trigger::Clock && !schedule::may_poll(now, provider.timeout, &windows) {
        return skipped(last, &windows, &notices, now);
    }
    let mut polled = poller.poll(provider, readers, last, now).await;
    polled.notices.extend(notices);
    let took = begun.elapsed();
    // The clock went on while the provider answered.
    let end = now + took;
    let next = schedule::next_poll(end, provider.cadence().interval, &windows);
    let mut report = report(polled, last, took, next, end);
    report.conclusion.abnormal.get_or_insert_default().extend(conclusion::shortened_timeout(provider.cadence()));
    report
}

/// Concludes with a spec that breaks a rule which the API server does not check.
#[must_use]
pub fn invalid(error: &SpecError) -> Conclusion {
    Conclusion::stalled(error.reason(), conclusion::terminal(format!("{}: {error}", error.field)))
}

fn report(polled: Polled, last: &Snapshot, took: Duration, next: NextPoll, now: Timestamp) -> ProviderReport {
    let changed = polled.snapshot.revision() != last.revision();
    let mut abnormal: Vec<Abnormal> = polled.notices.iter().map(abnormal_of).collect();
    abnormal.extend(stale(&polled.snapshot));
    let conclusion = match &polled.error {
        None => Conclusion {
            outcome: Outcome::Succeeded { took, changed, deleted: 0, remark: String::new() },
            abnormal: None,
            requeue: requeue_of(next, now),
        },
        Some(error) => Conclusion::of_error(error),
    };
    let next_schedule = match next {
        NextPoll::At { index, when } => Some(NextSchedule { index, when }),
        NextPoll::After(_) | NextPoll::Never => None,
    };
    ProviderReport {
        conclusion: conclusion.with_abnormal(abnormal),
        snapshot: polled.snapshot,
        inputs: if changed { Inputs::Changed } else { Inputs::Unchanged },
        next_schedule,
        requests: polled.requests,
    }
}

/// Warns that the last good inputs are in use, if they are.
pub(crate) fn stale(snapshot: &Snapshot) -> Option<Abnormal> {
    let Freshness::Stale { reason, .. } = snapshot.freshness() else { return None };
    Some(Abnormal {
        condition_type: ConditionType::SourceStale,
        reason: Reason::SourceStale,
        message: format!(
            "the last good answer is in use ({reason}): {} inputs, nothing is removed",
            snapshot.inputs().len()
        ),
    })
}

fn requeue_of(next: NextPoll, now: Timestamp) -> Requeue {
    match next {
        NextPoll::Never => Requeue::OnChange,
        NextPoll::After(interval) => Requeue::Interval(interval),
        NextPoll::At { when, .. } => Requeue::Trigger(until(when, now)),
    }
}

fn until(when: Timestamp, now: Timestamp) -> Duration {
    when.since(now)
}

fn abnormal_of(notice: &Notice) -> Abnormal {
    let condition_type =
        if notice.reason == Reason::LimitReached { ConditionType::LimitReached } else { ConditionType::Warning };
    Abnormal { condition_type, reason: notice.reason, message: notice.message.clone() }
}

/// The entries of the schedule with their triggers around `now`, and remarks about them.
struct Schedule {
    windows: Vec<Window>,
    notices: Vec<Notice>,
}

async fn schedule(poller: &Poller, provider: &ProviderSpec, now: Timestamp) -> Result<Schedule, ScheduleError> {
    let mut evaluations = poller.evaluations(provider);
    let mut schedule = Schedule { windows: Vec::new(), notices: Vec::new() };
    for (index, entry) in provider.schedule.iter().enumerate().take(schedule::MAX_ENTRIES) {
        let found = cron::triggers(&mut evaluations, &entry.cron, &entry.time_zone, now).await;
        let found = found.map_err(|cause| ScheduleError::Cron { index, cause })?;
        schedule::check_window(index, entry.window, provider.timeout)?;
        if found.previous.is_none() && found.next.is_none() {
            let message = format!(
                "schedule[{index}]: cron spec '{}' names a date that never comes, so it never triggers a poll; correct or remove it",
                entry.cron
            );
            schedule.notices.push(Notice::warning(Reason::Warning, message));
        }
        schedule.windows.push(Window { length: entry.window, previous: found.previous, next: found.next });
    }
    let ignored = provider.schedule.len().saturating_sub(schedule::MAX_ENTRIES);
    if ignored > 0 {
        let message = format!(
            "spec.schedule has {} entries; only the first {} count, the other {ignored} are ignored",
            provider.schedule.len(),
            schedule::MAX_ENTRIES
        );
        schedule.notices.push(Notice::warning(Reason::Warning, message));
    }
    Ok(schedule)
}

/// Outside its windows the provider keeps its inputs until the next trigger.
fn skipped(last: &Snapshot, windows: &[Window], notices: &[Notice], now: Timestamp) -> ProviderReport {
    let next = schedule::next_trigger(windows);
    let message = match next {
        Some((_, when)) => format!("Reconciliation skipped, next scheduled at {when}"),
        None => "Reconciliation skipped: the schedule never triggers again".to_owned(),
    };
    let conclusion = Conclusion {
        outcome: Outcome::Skipped { reason: Reason::SkippedDueToSchedule, message },
        abnormal: Some(notices.iter().map(abnormal_of).collect()),
        requeue: next.map_or(Requeue::OnChange, |(_, when)| Requeue::Trigger(until(when, now))),
    };
    let next_schedule = next.map(|(index, when)| NextSchedule { index, when });
    ProviderReport { next_schedule, ..ProviderReport::ended_early(conclusion, last) }
}
