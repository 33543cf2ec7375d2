//! One reconciliation of one provider: schedule, poll, outcome. The same in a cluster and in a directory.

pub mod access;
pub mod cron;
pub mod poll;

use crate::pipeline::provider::poll::{Polled, Poller};
use crate::pipeline::secrets::SecretReader;
use crate::pipeline::set::outcome;
use cron::CronError;
use orangery_core::conditions::{Abnormal, ConditionType, Outcome};
use orangery_core::schedule::{self, NextPoll, Window, WindowTooShort};
use orangery_core::spec::ProviderSpec;
use orangery_core::{Disposition, Explain, Freshness, Notice, Reason, Snapshot};
use orangery_egress::RequestTrace;
use std::time::{Duration, Instant};

/// A schedule that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// An expression does not parse.
    #[error("failed to validate schedule[{index}]: {cause}")]
    Cron {
        /// Which entry.
        index: usize,
        /// Why.
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
    /// When, in milliseconds since 1970.
    pub when: u64,
}

/// What a reconciliation of a provider came to.
#[derive(Debug)]
pub struct ProviderReport {
    /// For the conditions.
    pub outcome: Outcome,
    /// What is odd; `None` leaves the conditions about it as they are.
    pub abnormal: Option<Vec<Abnormal>>,
    /// The inputs to export.
    pub snapshot: Snapshot,
    /// Whether the exported inputs are others than before.
    pub changed: bool,
    /// When to come back: by the interval or schedule, or because of a failure.
    pub next: Next,
    /// For `status.nextSchedule`.
    pub next_schedule: Option<NextSchedule>,
    /// What was asked of the network.
    pub requests: Vec<RequestTrace>,
}

/// When a provider is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// After this time.
    After(Duration),
    /// After a back-off that grows with each failure.
    BackOff,
    /// When something changes.
    OnChange,
}

/// Takes one provider through its reconciliation. `forced` polls also outside of the schedule.
pub async fn reconcile(
    poller: &Poller,
    provider: &ProviderSpec,
    secrets: &dyn SecretReader,
    last: &Snapshot,
    forced: bool,
    now: u64,
) -> ProviderReport {
    let begun = Instant::now();
    let Schedule { windows, notices } = match schedule(poller, provider, now).await {
        Ok(schedule) => schedule,
        Err(error) => return unscheduled(last, &error),
    };
    if !forced && !schedule::may_poll(now, provider.timeout, &windows) {
        return skipped(last, &windows, &notices, now);
    }
    let mut polled = poller.poll(provider, secrets, last, now).await;
    polled.notices.extend(notices);
    let took = begun.elapsed();
    // The clock went on while the provider answered.
    let end = now.saturating_add(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let next = schedule::next_poll(end, provider.cadence().interval, &windows);
    let mut report = report(polled, last, took, next, end);
    report.abnormal.get_or_insert_default().extend(outcome::shortened(provider.cadence()));
    report
}

fn report(polled: Polled, last: &Snapshot, took: Duration, next: NextPoll, now: u64) -> ProviderReport {
    let changed = polled.snapshot.revision() != last.revision();
    let mut abnormal: Vec<Abnormal> = polled.notices.iter().map(abnormal_of).collect();
    abnormal.extend(stale(&polled.snapshot));
    let (outcome, when) = match &polled.error {
        None => (Outcome::Succeeded { took, changed }, by_clock(next, now)),
        Some(error) => {
            let message = error.to_string();
            match error.disposition() {
                Disposition::WaitForChange | Disposition::GiveUp => (
                    Outcome::Stalled {
                        reason: error.reason(),
                        message: format!("Reconciliation failed terminally due to configuration error: {message}"),
                    },
                    Next::OnChange,
                ),
                Disposition::Retry => (Outcome::Failed { reason: error.reason(), message }, Next::BackOff),
                Disposition::RetryAfter(wait) => {
                    (Outcome::Failed { reason: error.reason(), message }, Next::After(wait))
                }
            }
        }
    };
    let next_schedule = match next {
        NextPoll::At { index, when } => Some(NextSchedule { index, when }),
        NextPoll::After(_) | NextPoll::Never => None,
    };
    ProviderReport {
        outcome,
        abnormal: Some(abnormal),
        snapshot: polled.snapshot,
        changed,
        next: when,
        next_schedule,
        requests: polled.requests,
    }
}

/// That the last good inputs are in use, if they are.
pub(crate) fn stale(snapshot: &Snapshot) -> Option<Abnormal> {
    let Freshness::Stale { reason, .. } = snapshot.freshness() else { return None };
    Some(Abnormal {
        kind: ConditionType::SourceStale,
        reason: Reason::SourceStale,
        message: format!(
            "the last good answer is in use ({reason}): {} inputs, nothing is removed",
            snapshot.inputs().len()
        ),
    })
}

fn by_clock(next: NextPoll, now: u64) -> Next {
    match next {
        NextPoll::Never => Next::OnChange,
        NextPoll::After(wait) => Next::After(wait),
        NextPoll::At { when, .. } => Next::After(Duration::from_millis(when.saturating_sub(now))),
    }
}

fn abnormal_of(notice: &Notice) -> Abnormal {
    let kind = if notice.reason == Reason::LimitReached { ConditionType::LimitReached } else { ConditionType::Warning };
    Abnormal { kind, reason: notice.reason, message: notice.message.clone() }
}

/// The schedule's entries with their triggers around `now`, and what is odd about them.
struct Schedule {
    windows: Vec<Window>,
    notices: Vec<Notice>,
}

async fn schedule(poller: &Poller, provider: &ProviderSpec, now: u64) -> Result<Schedule, ScheduleError> {
    let at = i64::try_from(now).unwrap_or(i64::MAX);
    let mut evaluations = poller.evaluations(provider);
    let mut schedule = Schedule { windows: Vec::new(), notices: Vec::new() };
    for (index, entry) in provider.schedule.iter().enumerate().take(schedule::MAX_ENTRIES) {
        let found = cron::triggers(&mut evaluations, &entry.cron, &entry.time_zone, at).await;
        let found = found.map_err(|cause| ScheduleError::Cron { index, cause })?;
        schedule::check_window(index, entry.window, provider.timeout)?;
        if found.previous.is_none() && found.next.is_none() {
            let message = format!(
                "schedule[{index}]: cron spec '{}' names a date that never comes, so it never triggers a poll; correct or remove it",
                entry.cron
            );
            schedule.notices.push(Notice::warning(Reason::Warning, message));
        }
        schedule.windows.push(Window {
            length: entry.window,
            previous: found.previous.and_then(|when| u64::try_from(when).ok()),
            next: found.next.and_then(|when| u64::try_from(when).ok()),
        });
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

/// The schedule is not known, so nothing is polled.
fn unscheduled(last: &Snapshot, error: &ScheduleError) -> ProviderReport {
    let (reason, message) = (error.reason(), error.to_string());
    let (outcome, next) = match error.disposition() {
        Disposition::WaitForChange | Disposition::GiveUp => (
            Outcome::Stalled {
                reason,
                message: format!("Reconciliation failed terminally due to configuration error: {message}"),
            },
            Next::OnChange,
        ),
        Disposition::Retry => (Outcome::Failed { reason, message }, Next::BackOff),
        Disposition::RetryAfter(wait) => (Outcome::Failed { reason, message }, Next::After(wait)),
    };
    ProviderReport {
        outcome,
        abnormal: None,
        snapshot: last.clone(),
        changed: false,
        next,
        next_schedule: None,
        requests: Vec::new(),
    }
}

fn skipped(last: &Snapshot, windows: &[Window], notices: &[Notice], now: u64) -> ProviderReport {
    let next = schedule::next_trigger(windows);
    let when = next.and_then(|(_, when)| jiff::Timestamp::from_millisecond(i64::try_from(when).ok()?).ok());
    let message = match when {
        Some(when) => format!("Reconciliation skipped, next scheduled at {when}"),
        None => "Reconciliation skipped: the schedule never triggers again".to_owned(),
    };
    ProviderReport {
        outcome: Outcome::Skipped { reason: Reason::SkippedDueToSchedule, message },
        abnormal: Some(notices.iter().map(abnormal_of).collect()),
        snapshot: last.clone(),
        changed: false,
        next: next.map_or(Next::OnChange, |(_, when)| Next::After(Duration::from_millis(when.saturating_sub(now)))),
        next_schedule: next.map(|(index, when)| NextSchedule { index, when }),
        requests: Vec::new(),
    }
}
