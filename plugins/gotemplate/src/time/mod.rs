//! Times, durations, months and weekdays as Go has them. The local zone is UTC, as in a container.
//!
//! Ported from Go's `time` package (BSD licence, see NOTICE).

mod calendar;
mod duration;
mod format;
mod layout;
mod methods;
mod parse;

pub use calendar::{Month, Weekday};
pub use duration::{Duration, parse_duration};
pub use methods::{Method, method};
pub use parse::parse_time;

use calendar::Date;
use std::fmt;
use std::rc::Rc;

const SECONDS_PER_DAY: i64 = 86_400;
/// The first second of year 1: Go's zero time.
const ZERO: i64 = -62_135_596_800;

/// A zone: UTC, or a fixed distance from it under a name that may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Zone {
    Utc,
    Fixed { name: Rc<str>, offset: i64 },
}

/// `time.Time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Seconds since 1970, UTC.
    unix: i64,
    nanos: i64,
    zone: Zone,
}

impl Clock {
    /// Go's zero time.
    pub fn zero() -> Self {
        Self { unix: ZERO, nanos: 0, zone: Zone::Utc }
    }

    /// A moment, in UTC.
    pub fn at_unix(unix: i64) -> Self {
        Self { unix, nanos: 0, zone: Zone::Utc }
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.unix
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

    /// Seconds since 1970 on the wall clock of its zone.
    fn wall(&self) -> i64 {
        self.unix.saturating_add(self.offset())
    }

    fn date(&self) -> Date {
        Date::of_days(self.wall().div_euclid(SECONDS_PER_DAY))
    }

    /// Hour, minute, second.
    fn clock(&self) -> (i64, i64, i64) {
        let second = self.wall().rem_euclid(SECONDS_PER_DAY);
        (second / 3600, second / 60 % 60, second % 60)
    }

    fn weekday(&self) -> Weekday {
        Weekday((self.wall().div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7))
    }

    /// The time moved by a duration.
    pub fn plus(&self, d: Duration) -> Self {
        let nanos = self.nanos + d.0 % 1_000_000_000;
        let unix = self.unix.saturating_add(d.0 / 1_000_000_000).saturating_add(nanos.div_euclid(1_000_000_000));
        Self { unix, nanos: nanos.rem_euclid(1_000_000_000), zone: self.zone.clone() }
    }

    /// The duration from another time to this one; saturates.
    pub fn since(&self, other: &Self) -> Duration {
        let seconds = i128::from(self.unix) - i128::from(other.unix);
        let nanos = seconds * 1_000_000_000 + i128::from(self.nanos - other.nanos);
        Duration(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// As JSON holds it: RFC 3339.
    ///
    /// # Errors
    /// Go's text for years beyond four digits.
    pub fn json(&self) -> Result<String, String> {
        if !(0..10_000).contains(&self.date().year) {
            return Err(
                "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]"
                    .to_owned(),
            );
        }
        Ok(self.format("2006-01-02T15:04:05.999999999Z07:00"))
    }

    /// As `%#v` shows it.
    pub fn go_string(&self) -> String {
        let Date { year, month, day } = self.date();
        let (hour, minute, second) = self.clock();
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Fixed { name, .. } => format!("time.Location({})", crate::fmt::quoted(name.as_bytes())),
        };
        let month = Month(month);
        format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {}, {zone})", self.nanos)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_read_and_write() {
        let t = parse_time("2006-01-02 15:04:05 -0700", "2026-03-09 08:07:06 +0230").unwrap();
        assert_eq!(t.to_string(), "2026-03-09 08:07:06 +0230 +0230");
        assert_eq!(t.format("Mon Jan _2 3:04PM 06 002 Z07:00 MST .000"), "Mon Mar  9 8:07AM 26 068 +02:30 +0230 .000");
        assert_eq!(Clock::zero().to_string(), "0001-01-01 00:00:00 +0000 UTC");
        assert_eq!(
            parse_time("2006-01-02", "2026-02-30").unwrap_err(),
            "parsing time \"2026-02-30\": day out of range"
        );
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
        assert_eq!(parse_duration("1x").unwrap_err(), "time: unknown unit \"x\" in duration \"1x\"");
    }
}
