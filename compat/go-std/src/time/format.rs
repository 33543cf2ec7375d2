//! `Time.Format`.

use super::layout::{Offset, Piece, next};
use super::{Clock, Month};
use std::fmt::Write;

fn number(out: &mut String, value: i64, width: usize) {
    if value < 0 {
        out.push('-');
    }
    let _ = write!(out, "{:0width$}", value.unsigned_abs());
}

impl Clock {
    /// The time in a layout.
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
        // Go drops the seconds before it looks at the sign.
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
