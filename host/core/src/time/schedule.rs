//! The windows of `spec.schedule`: arithmetic over the triggers that the evaluator has found for the cron expressions.

use super::{Timestamp, duration};
use std::time::Duration;

/// Entries of `spec.schedule` that count; further ones are ignored.
pub const MAX_ENTRIES: usize = 20;

/// One entry of `spec.schedule` with its triggers around the time of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How long after a trigger polls are allowed; zero does not restrict polls.
    pub length: Duration,
    /// The last trigger at or before the time of the decision.
    pub previous: Option<Timestamp>,
    /// The first trigger after the time of the decision.
    pub next: Option<Timestamp>,
}

/// A window that could never be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to validate schedule[{index}]: a non-zero window ({}) must always be at least twice the timeout ({})",
    duration::format(*.window),
    duration::format(*.timeout)
)]
pub struct WindowTooShort {
    /// Which entry of the schedule.
    pub index: usize,
    /// The window of the entry.
    pub window: Duration,
    /// The timeout of a poll.
    pub timeout: Duration,
}

/// Refuses a window in which a poll could not end.
///
/// # Errors
/// The window is not zero and shorter than twice the timeout.
pub fn check_window(index: usize, window: Duration, timeout: Duration) -> Result<(), WindowTooShort> {
    if window.is_zero() || window >= timeout.saturating_mul(2) {
        return Ok(());
    }
    Err(WindowTooShort { index, window, timeout })
}

/// Whether a poll may start now: it must be able to end within a window.
#[must_use]
pub fn may_poll(now: Timestamp, timeout: Duration, windows: &[Window]) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.length.is_zero() || lies_within(now + timeout, window))
}

/// When to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextPoll {
    /// Not by the clock.
    Never,
    /// After this much time.
    After(Duration),
    /// At the trigger of this entry of the schedule; to be shown in status.
    At {
        /// Which entry of the schedule.
        index: usize,
        /// When the next trigger is.
        when: Timestamp,
    },
}

/// When to come back after a poll that ended `now`, whose windows were looked up `now`. Without an interval only a manual
/// trigger polls again.
#[must_use]
pub fn next_poll(now: Timestamp, interval: Option<Duration>, windows: &[Window]) -> NextPoll {
    let Some(interval) = interval else { return NextPoll::Never };
    let again = now + interval;
    let Some((index, when)) = next_trigger(windows) else { return NextPoll::After(interval) };
    let restricted = windows.iter().any(|window| !window.length.is_zero());
    let outside = restricted && !windows.iter().any(|window| !window.length.is_zero() && lies_within(again, window));
    if outside || when < again { NextPoll::At { index, when } } else { NextPoll::After(interval) }
}

/// When to come back after a poll that was skipped because it lay outside the windows.
#[must_use]
pub fn next_trigger(windows: &[Window]) -> Option<(usize, Timestamp)> {
    windows
        .iter()
        .enumerate()
        .filter_map(|(index, window)| window.next.map(|when| (index, when)))
        .min_by_key(|(_, when)| *when)
}

fn lies_within(time: Timestamp, window: &Window) -> bool {
    window.previous.is_some_and(|previous| time < previous + window.length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: u64) -> Timestamp {
        Timestamp::from_millis(n * 60_000)
    }

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    fn window(length: u64, previous: u64, next: u64) -> Window {
        Window { length: minutes(length), previous: Some(minute(previous)), next: Some(minute(next)) }
    }

    #[test]
    fn a_poll_must_be_able_to_end_within_a_window() {
        assert!(may_poll(minute(0), minutes(2), &[]));
        assert!(may_poll(minute(100), minutes(2), &[window(0, 0, 1000)]));
        assert!(may_poll(minute(105), minutes(2), &[window(10, 100, 1000)]));
        assert!(!may_poll(minute(108), minutes(2), &[window(10, 100, 1000)]));
        assert!(may_poll(minute(108), minutes(2), &[window(10, 100, 1000), window(60, 60, 2000)]));
        assert!(!may_poll(
            minute(0),
            minutes(2),
            &[Window { length: minutes(10), previous: None, next: Some(minute(1)) }]
        ));
    }

    #[test]
    fn the_next_poll_is_the_interval_or_the_next_trigger() {
        let every = Some(minutes(10));
        assert_eq!(next_poll(minute(0), None, &[window(0, 0, 5)]), NextPoll::Never);
        assert_eq!(next_poll(minute(0), every, &[]), NextPoll::After(minutes(10)));
        assert_eq!(next_poll(minute(0), every, &[window(60, 0, 1000)]), NextPoll::After(minutes(10)));
        assert_eq!(next_poll(minute(55), every, &[window(60, 0, 1000)]), NextPoll::At { index: 0, when: minute(1000) });
        assert_eq!(next_poll(minute(0), every, &[window(0, 0, 5)]), NextPoll::At { index: 0, when: minute(5) });
        assert_eq!(next_poll(minute(0), every, &[window(0, 0, 500)]), NextPoll::After(minutes(10)));
    }

    #[test]
    fn the_earliest_trigger_of_all_entries_counts() {
        assert_eq!(next_trigger(&[window(10, 0, 30), window(10, 0, 20)]), Some((1, minute(20))));
        assert_eq!(next_trigger(&[]), None);
    }

    #[test]
    fn a_window_too_short_for_a_poll_is_refused_in_the_words_of_flux_operator() {
        assert_eq!(check_window(0, Duration::ZERO, minutes(60)), Ok(()));
        assert_eq!(check_window(0, minutes(120), minutes(60)), Ok(()));
        assert_eq!(
            check_window(0, minutes(1), minutes(60)).unwrap_err().to_string(),
            "failed to validate schedule[0]: a non-zero window (1m0s) must always be at least twice the timeout (1h0m0s)"
        );
    }
}
