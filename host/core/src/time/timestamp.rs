//! Points in time. The model never reads a clock: callers pass the present moment in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A moment, in milliseconds since 1970. Serialised as that number; printed as RFC 3339 with seconds, the form of
/// `metav1.Time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

/// A text that is not an RFC 3339 time of 1970 or later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an RFC 3339 time, for example 2026-01-31T12:00:00Z")]
pub struct TimestampError(pub String);

impl Timestamp {
    /// The moment this many milliseconds after 1970 began.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time from an earlier moment to this one; zero if `earlier` is in fact later, as after a step of the clock.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Stops at the last moment that can be represented.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl From<SystemTime> for Timestamp {
    /// A clock that stands before 1970 counts as 1970.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let millis = text.parse::<jiff::Timestamp>().ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
        millis.map(Self).ok_or_else(|| TimestampError(text.to_owned()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0 / 1000).ok();
        // Past the year 9999 there is no RFC 3339 form, and no trigger or deadline is there.
        seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).unwrap_or_default().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_printed_with_seconds_and_read_back() {
        let time = Timestamp::from_millis(1_764_000_060_999);
        assert_eq!(time.to_string(), "2025-11-24T16:01:00Z");
        assert_eq!("2025-11-24T16:01:00Z".parse(), Ok(Timestamp::from_millis(1_764_000_060_000)));
        assert_eq!("2024-02-29T12:00:01Z".parse(), Ok(Timestamp::from_millis(1_709_208_001_000)));
        assert_eq!("2025-11-24T17:01:00.5+01:00".parse(), Ok(Timestamp::from_millis(1_764_000_060_500)));
        assert_eq!(Timestamp::default().to_string(), "1970-01-01T00:00:00Z");
        for text in ["", "yesterday", "2025-11-24", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError(text.to_owned())));
        }
    }

    #[test]
    fn it_is_serialised_as_a_number() {
        let time = Timestamp::from_millis(5);
        assert_eq!(serde_json::to_string(&time).unwrap(), "5");
        assert_eq!(serde_json::from_str::<Timestamp>("5").unwrap(), time);
    }

    #[test]
    fn arithmetic_saturates() {
        let time = Timestamp::from_millis(1000);
        assert_eq!((time + Duration::from_secs(2)).since(time), Duration::from_secs(2));
        assert_eq!(time.since(time + Duration::from_secs(2)), Duration::ZERO);
        assert_eq!(time + Duration::MAX, Timestamp::from_millis(u64::MAX));
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(1)), time);
    }
}
