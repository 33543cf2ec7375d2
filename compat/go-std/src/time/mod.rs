//! Times, durations, months and weekdays as Go has them. The local zone is UTC, as in a container.
//!
//! Ported from Go's `time` package (BSD licence, see NOTICE).

mod arithmetic;
mod bytes;
mod calendar;
mod duration;
mod format;
mod layout;
mod parse;

pub use calendar::{Date, Month, Weekday};
pub use duration::{Duration, parse_duration};
pub use parse::parse_time;

use std::borrow::Cow;
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

/// `*time.Location`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(Zone);

impl Location {
    /// Whether it is the same pointer: each time that is read with a zone has one of its own, but for nameless zones of whole
    /// hours, of which Go keeps one each.
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

    /// Nanoseconds within the second.
    pub fn nanosecond(&self) -> i64 {
        self.nanos
    }

    /// The numbers in Go's struct: nanoseconds, and seconds since year 1.
    pub fn fields(&self) -> [i64; 2] {
        [self.nanos, self.unix - ZERO]
    }

    /// Whether Go's `==` says so.
    pub fn is_same(&self, other: &Self) -> bool {
        self.fields() == other.fields() && self.location().is_same(&other.location())
    }

    /// Its zone.
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

    /// Seconds since 1970 on the wall clock of its zone.
    fn wall(&self) -> i64 {
        self.unix.saturating_add(self.offset())
    }

    /// Year, month and day in its zone.
    pub fn date(&self) -> Date {
        Date::of_days(self.wall().div_euclid(SECONDS_PER_DAY))
    }

    /// Hour, minute and second in its zone.
    pub fn clock(&self) -> (i64, i64, i64) {
        let second = self.wall().rem_euclid(SECONDS_PER_DAY);
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// The day of the week in its zone.
    pub fn weekday(&self) -> Weekday {
        Weekday((self.wall().div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7))
    }

    /// As `%#v` shows it.
    pub fn go_string(&self) -> String {
        let Date { year, month, day } = self.date();
        let (hour, minute, second) = self.clock();
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Fixed { name, .. } => format!("time.Location({})", crate::strconv::quoted(name.as_bytes())),
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

/// Bytes that are no UTF-8 stand here, each as one private character.
const STRAY: u32 = 0x10_FF00;

/// Bytes as text that can be compared and quoted without loss.
pub fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(STRAY + u32::from(*byte))));
    }
    Cow::Owned(text)
}

/// How the messages of Go's `time` quote: everything but printable ASCII as bytes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            c if u32::from(c) & !0xFF == STRAY => out.push_str(&format!("\\x{:02x}", u32::from(c) & 0xFF)),
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='\u{7f}' => out.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("\\x{byte:02x}"))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_quoted_as_they_are() {
        let said = |bytes: &[u8]| parse_duration(&readable(bytes)).unwrap_err();
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
