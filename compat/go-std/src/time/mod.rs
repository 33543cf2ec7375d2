//! Times, durations, months and weekdays, with the layouts and the messages of Go's `time`.
//!
//! ```
//! use go_std::time::{parse_duration, parse_time};
//!
//! let time = parse_time("Jan _2 2006 15:04 -0700", "Mar  9 2026 08:07 +0230")?;
//! assert_eq!(time.format("2006-01-02T15:04:05Z07:00"), "2026-03-09T08:07:00+02:30");
//! assert_eq!(parse_duration("1.5h")?.to_string(), "1h30m0s");
//!
//! let error = parse_time("2006-01-02", "2026-02-30").unwrap_err();
//! assert_eq!(error, "parsing time \"2026-02-30\": day out of range");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Leaves out
//! The clock, time zones by name (the local zone is UTC), and the binary forms (`MarshalBinary`, gob).
//!
//! Ported from Go's `time` package (BSD licence, see NOTICE).

mod arithmetic;
mod calendar;
mod duration;
mod format;
mod layout;
mod parse;
mod stray;

pub use calendar::{Date, Month, Weekday};
pub use duration::{Duration, DurationError, parse_duration};
pub use parse::parse_time;
pub use stray::readable;

use std::fmt;
use std::rc::Rc;

const SECONDS_PER_DAY: i64 = 86_400;
/// Seconds from 1970 back to the first second of year 1, Go's zero time.
const ZERO: i64 = -62_135_596_800;

/// A zone: UTC, or a fixed offset from UTC with a name that may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Zone {
    Utc,
    Fixed { name: Rc<str>, offset: i64 },
}

/// A time zone (`*time.Location`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(Zone);

impl Location {
    /// Whether both are the same pointer in Go: each time that is parsed with a zone gets a location of its own, but for nameless
    /// zones of whole hours, of which Go keeps one each.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Zone::Utc, Zone::Utc) => true,
            (Zone::Fixed { name: a, offset: x }, Zone::Fixed { name: b, offset: y }) => {
                let kept = a.is_empty() && b.is_empty() && x % 3600 == 0 && (-12..=14).contains(&(x / 3600));
                kept && x == y || Rc::ptr_eq(a, b)
            }
            _ => false,
        }
    }

    /// Whether it is `time.UTC`.
    pub fn is_utc(&self) -> bool {
        self.0 == Zone::Utc
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Zone::Utc => f.write_str("UTC"),
            Zone::Fixed { name, .. } => f.write_str(name),
        }
    }
}

/// A moment with nanoseconds, seen in a zone (`time.Time`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970 in UTC.
    unix: i64,
    nanos: i64,
    zone: Zone,
}

impl Time {
    /// Go's zero time: midnight of January 1 of year 1, UTC.
    pub fn zero() -> Self {
        Self::from_unix(ZERO)
    }

    /// The moment so many seconds after 1970, in UTC.
    pub fn from_unix(unix: i64) -> Self {
        Self { unix, nanos: 0, zone: Zone::Utc }
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.unix
    }

    /// Nanoseconds within the second.
    pub fn nanosecond(&self) -> i64 {
        self.nanos
    }

    /// The numbers in Go's struct: nanoseconds, and seconds since year 1.
    pub fn fields(&self) -> [i64; 2] {
        [self.nanos, self.unix - ZERO]
    }

    /// Whether Go's `==` holds: the same moment and the same location.
    pub fn is_same(&self, other: &Self) -> bool {
        self.fields() == other.fields() && self.location().is_same(&other.location())
    }

    /// The zone that the time is seen in.
    pub fn location(&self) -> Location {
        Location(self.zone.clone())
    }

    fn offset(&self) -> i64 {
        match &self.zone {
            Zone::Utc => 0,
            Zone::Fixed { offset, .. } => *offset,
        }
    }

    fn zone_name(&self) -> &str {
        match &self.zone {
            Zone::Utc => "UTC",
            Zone::Fixed { name, .. } => name,
        }
    }

    /// Seconds since 1970 on a wall clock of the zone.
    fn wall(&self) -> i64 {
        self.unix.saturating_add(self.offset())
    }

    /// Year, month and day in the zone.
    pub fn date(&self) -> Date {
        Date::of_days(self.wall().div_euclid(SECONDS_PER_DAY))
    }

    /// Hour, minute and second in the zone.
    pub fn clock(&self) -> (i64, i64, i64) {
        let second = self.wall().rem_euclid(SECONDS_PER_DAY);
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// The day of the week in the zone.
    pub fn weekday(&self) -> Weekday {
        Weekday((self.wall().div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_quoted_as_they_are() {
        let said = |bytes: &[u8]| parse_duration(&readable(bytes)).unwrap_err().to_string();
        assert_eq!(said(b"\xff\0z"), "time: invalid duration \"\\xff\\x00z\"");
        assert_eq!(
            said("1\u{FFFD}".as_bytes()),
            "time: unknown unit \"\\xef\\xbf\\xbd\" in duration \"1\\xef\\xbf\\xbd\""
        );
        assert!(parse_time("2006", &readable(b"\xff")).unwrap_err().contains("\"\\xff\""));
    }

    #[test]
    fn layouts_read_and_write() {
        let t = parse_time("2006-01-02 15:04:05 -0700", "2026-03-09 08:07:06 +0230").unwrap();
        assert_eq!(t.to_string(), "2026-03-09 08:07:06 +0230 +0230");
        assert_eq!(t.format("Mon Jan _2 3:04PM 06 002 Z07:00 MST .000"), "Mon Mar  9 8:07AM 26 068 +02:30 +0230 .000");
        assert_eq!(t.json().unwrap(), "2026-03-09T08:07:06+02:30");
        assert_eq!(Time::zero().to_string(), "0001-01-01 00:00:00 +0000 UTC");
        assert_eq!(
            parse_time("2006-01-02", "x").unwrap_err(),
            "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""
        );
    }

    #[test]
    fn durations_read_and_write() {
        assert_eq!(parse_duration("1h15m30.918s").unwrap().to_string(), "1h15m30.918s");
        assert_eq!(parse_duration("-1.5us").unwrap().to_string(), "-1.5µs");
        assert_eq!(Duration(0).to_string(), "0s");
        assert_eq!(parse_duration("1x").unwrap_err().to_string(), "time: unknown unit \"x\" in duration \"1x\"");
        assert!(matches!(parse_duration("99999999h"), Err(DurationError::TooLong(_))));
        assert!(matches!(parse_duration("99999999999999999999s"), Err(DurationError::TooLong(_))));
    }
}
