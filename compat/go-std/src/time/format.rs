//! Times as text: `Time.Format` and the forms with a fixed layout.

use super::layout::{Offset, Piece, next};
use super::{Date, Month, Time, Zone};
use std::fmt::Write;

fn number(out: &mut String, value: i64, width: usize) {
    if value < 0 {
        out.push('-');
    }
    let _ = write!(out, "{:0width$}", value.unsigned_abs());
}

impl Time {
    /// RFC 3339 with as many digits of the second as there are; `method` is the Go method that the error names.
    ///
    /// # Errors
    /// Go's text for years outside of 0 to 9999 and for offsets of a day or more.
    pub fn rfc3339(&self, method: &str) -> Result<String, String> {
        if !(0..10_000).contains(&self.date().year) {
            return Err(format!("{method}: year outside of range [0,9999]"));
        }
        if self.offset().abs() >= 24 * 3600 {
            return Err(format!("{method}: timezone hour outside of range [0,23]"));
        }
        Ok(self.format("2006-01-02T15:04:05.999999999Z07:00"))
    }

    /// As `encoding/json` writes it.
    ///
    /// # Errors
    /// As [`Time::rfc3339`].
    pub fn json(&self) -> Result<String, String> {
        self.rfc3339("Time.MarshalJSON").map_err(|e| format!("json: error calling MarshalJSON for type time.Time: {e}"))
    }

    /// As `%#v` shows it.
    pub fn go_string(&self) -> String {
        let Date { year, month, day } = self.date();
        let (hour, minute, second) = self.clock();
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Fixed { name, .. } => format!("time.Location({})", crate::strconv::quote(name.as_bytes())),
        };
        let month = Month(month);
        format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {}, {zone})", self.nanos)
    }

    /// The time in a layout (`Time.Format`).
    pub fn format(&self, layout: &str) -> String {
        let mut out = String::new();
        let mut rest = layout;
        while let Some((before, piece, length)) = next(rest) {
            out.push_str(before);
            self.piece(&mut out, piece);
            rest = rest.get(before.len() + length..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }

    fn piece(&self, out: &mut String, piece: Piece) {
        let date = self.date();
        let (hour, minute, second) = self.clock();
        let hour12 = (hour + 11) % 12 + 1;
        match piece {
            Piece::Year => number(out, date.year.abs() % 100, 2),
            Piece::LongYear => number(out, date.year, 4),
            Piece::LongMonth => out.push_str(&Month(date.month).to_string()),
            Piece::Month => out.extend(Month(date.month).to_string().chars().take(3)),
            Piece::NumMonth => number(out, date.month, 0),
            Piece::ZeroMonth => number(out, date.month, 2),
            Piece::LongWeekday => out.push_str(&self.weekday().to_string()),
            Piece::Weekday => out.extend(self.weekday().to_string().chars().take(3)),
            Piece::Day => number(out, date.day, 0),
            Piece::UnderDay => {
                let _ = write!(out, "{:2}", date.day);
            }
            Piece::ZeroDay => number(out, date.day, 2),
            Piece::UnderYearDay => {
                let _ = write!(out, "{:3}", date.of_year());
            }
            Piece::ZeroYearDay => number(out, date.of_year(), 3),
            Piece::Hour => number(out, hour, 2),
            Piece::Hour12 => number(out, hour12, 0),
            Piece::ZeroHour12 => number(out, hour12, 2),
            Piece::Minute => number(out, minute, 0),
            Piece::ZeroMinute => number(out, minute, 2),
            Piece::Second => number(out, second, 0),
            Piece::ZeroSecond => number(out, second, 2),
            Piece::UpperPm => out.push_str(if hour >= 12 { "PM" } else { "AM" }),
            Piece::LowerPm => out.push_str(if hour >= 12 { "pm" } else { "am" }),
            Piece::ZoneName if self.zone_name().is_empty() => {
                self.numeric(out, Offset { iso: false, colon: false, short: false, seconds: false });
            }
            Piece::ZoneName => out.push_str(self.zone_name()),
            Piece::Offset(offset) => self.numeric(out, offset),
            Piece::Fraction { separator, digits } => {
                out.push(separator);
                out.push_str(&self.fraction(digits));
            }
            Piece::TrimmedFraction { separator, digits } => {
                let fraction = self.fraction(digits);
                let fraction = fraction.trim_end_matches('0');
                if !fraction.is_empty() {
                    out.push(separator);
                    out.push_str(fraction);
                }
            }
        }
    }

    fn fraction(&self, digits: usize) -> String {
        let mut text = format!("{:09}", self.nanos);
        text.truncate(digits);
        text
    }

    fn numeric(&self, out: &mut String, style: Offset) {
        let offset = self.offset();
        if style.iso && offset == 0 {
            out.push('Z');
            return;
        }
        // Go drops the seconds before it chooses the sign.
        let minutes = offset / 60;
        out.push(if minutes < 0 { '-' } else { '+' });
        let seconds = offset.abs() % 60;
        let minutes = minutes.abs();
        number(out, minutes / 60, 2);
        if style.colon {
            out.push(':');
        }
        if !style.short {
            number(out, minutes % 60, 2);
        }
        if style.seconds {
            out.push_str(if style.colon { ":" } else { "" });
            number(out, seconds, 2);
        }
    }
}
