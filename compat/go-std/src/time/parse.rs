//! Reading a time by a layout (`time.Parse`).

use super::calendar::{Date, Names, days_in, is_leap, named};
use super::layout::{Offset, Piece, next};
use super::stray::quoted;
use super::{SECONDS_PER_DAY, Time, Zone};

/// The parts of a time that have been read so far.
#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    morning: bool,
    afternoon: bool,
    utc: bool,
    offset: Option<i64>,
    zone: Option<String>,
}

/// Why a piece could not be read.
enum Trouble {
    /// The text does not have the form that the layout asks for.
    Bad,
    /// A number that is too large.
    Range(&'static str),
}

type Piecewise<T> = Result<T, Trouble>;

/// Reads a time by a layout.
///
/// # Errors
/// Go's text.
pub fn parse_time(layout: &str, text: &str) -> Result<Time, String> {
    let failed = |what: &str| format!("parsing time {}{what}", quoted(text));
    let cannot = |rest: &str, what: &str| {
        failed(&format!(" as {}: cannot parse {} as {}", quoted(layout), quoted(rest), quoted(what)))
    };
    let mut parts = Parts::default();
    let (mut rest_layout, mut rest) = (layout, text);
    while let Some((before, piece, length)) = next(rest_layout) {
        rest = skip(rest, before).map_err(|rest| cannot(rest, before))?;
        let spelled = rest_layout.get(before.len()..before.len() + length).unwrap_or_default();
        rest_layout = rest_layout.get(before.len() + length..).unwrap_or_default();
        let fraction_next =
            matches!(next(rest_layout), Some((_, Piece::Fraction { .. } | Piece::TrimmedFraction { .. }, _)));
        rest = match parts.read(piece, rest, fraction_next) {
            Ok(rest) => rest,
            Err(Trouble::Range(what)) => return Err(failed(&format!(": {what} out of range"))),
            Err(Trouble::Bad) => return Err(cannot(rest, spelled)),
        };
    }
    rest = skip(rest, rest_layout).map_err(|rest| cannot(rest, rest_layout))?;
    if !rest.is_empty() {
        return Err(failed(&format!(": extra text: {}", quoted(rest))));
    }
    parts.finish().map_err(|what| failed(&format!(": {what}")))
}

/// Skips literal text; a space stands for any number of spaces.
fn skip<'t>(text: &'t str, literal: &str) -> Result<&'t str, &'t str> {
    let (mut text, mut literal) = (text, literal);
    while let Some(c) = literal.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return Err(text);
            }
            literal = literal.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
            continue;
        }
        text = text.strip_prefix(c).ok_or(text)?;
        literal = literal.get(c.len_utf8()..).unwrap_or_default();
    }
    Ok(text)
}

fn head(text: &str, length: usize) -> Piecewise<(&str, &str)> {
    text.split_at_checked(length).ok_or(Trouble::Bad)
}

/// One or two digits; exactly two if fixed.
fn digits(text: &str, fixed: bool) -> Piecewise<(i64, &str)> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if count == 0 || fixed && count == 1 {
        return Err(Trouble::Bad);
    }
    exactly(text, count)
}

fn exactly(text: &str, count: usize) -> Piecewise<(i64, &str)> {
    let (number, rest) = head(text, count)?;
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Trouble::Bad);
    }
    Ok((number.parse().map_err(|_| Trouble::Bad)?, rest))
}

/// A separator and digits, as nanoseconds.
fn nanoseconds(text: &str) -> Piecewise<i64> {
    let digits = text.strip_prefix(['.', ',']).ok_or(Trouble::Bad)?;
    let digits: String = digits.chars().take(9).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Trouble::Bad);
    }
    format!("{digits:0<9}").parse().map_err(|_| Trouble::Bad)
}

fn fraction_length(text: &str) -> usize {
    match text.strip_prefix(['.', ',']) {
        Some(digits) => 1 + digits.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    }
}

fn within(value: i64, end: i64, what: &'static str) -> Piecewise<i64> {
    if value < end { Ok(value) } else { Err(Trouble::Range(what)) }
}

impl Parts {
    fn read<'t>(&mut self, piece: Piece, text: &'t str, fraction_next: bool) -> Piecewise<&'t str> {
        let rest;
        match piece {
            Piece::Year => {
                let (year, tail) = head(text, 2)?;
                // Go accepts a sign here.
                let year: i64 = year.parse().map_err(|_| Trouble::Bad)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                rest = tail;
            }
            Piece::LongYear => (self.year, rest) = exactly(text, 4)?,
            Piece::Month | Piece::LongMonth => {
                let (nth, tail) = named(text, Names::Months, piece == Piece::LongMonth).ok_or(Trouble::Bad)?;
                self.month = Some(nth + 1);
                rest = tail;
            }
            Piece::Weekday | Piece::LongWeekday => {
                (_, rest) = named(text, Names::Days, piece == Piece::LongWeekday).ok_or(Trouble::Bad)?;
            }
            Piece::NumMonth | Piece::ZeroMonth => {
                let (month, tail) = digits(text, piece == Piece::ZeroMonth)?;
                self.month = Some(within(month, 13, "month")?).filter(|m| *m > 0);
                if self.month.is_none() {
                    return Err(Trouble::Range("month"));
                }
                rest = tail;
            }
            Piece::Day | Piece::UnderDay | Piece::ZeroDay => {
                let text = if piece == Piece::UnderDay { text.strip_prefix(' ').unwrap_or(text) } else { text };
                let (day, tail) = digits(text, piece == Piece::ZeroDay)?;
                self.day = Some(day);
                rest = tail;
            }
            Piece::UnderYearDay | Piece::ZeroYearDay => {
                let mut text = text;
                if piece == Piece::UnderYearDay {
                    text = text.strip_prefix(' ').unwrap_or(text);
                    text = text.strip_prefix(' ').unwrap_or(text);
                }
                let count = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
                if count == 0 || piece == Piece::ZeroYearDay && count < 3 {
                    return Err(Trouble::Bad);
                }
                let (day, tail) = exactly(text, count)?;
                self.year_day = Some(day);
                rest = tail;
            }
            Piece::Hour | Piece::Hour12 | Piece::ZeroHour12 => {
                let (hour, tail) = digits(text, piece == Piece::ZeroHour12)?;
                self.hour = within(hour, if piece == Piece::Hour { 24 } else { 13 }, "hour")?;
                rest = tail;
            }
            Piece::Minute | Piece::ZeroMinute => {
                let (minute, tail) = digits(text, piece == Piece::ZeroMinute)?;
                self.minute = within(minute, 60, "minute")?;
                rest = tail;
            }
            Piece::Second | Piece::ZeroSecond => {
                let (second, tail) = digits(text, piece == Piece::ZeroSecond)?;
                self.second = within(second, 60, "second")?;
                let length = fraction_length(tail);
                // A fraction is accepted even where the layout has none.
                if length > 1 && !fraction_next {
                    self.nanos = nanoseconds(tail.get(..length).unwrap_or_default())?;
                    rest = tail.get(length..).unwrap_or_default();
                } else {
                    rest = tail;
                }
            }
            Piece::UpperPm | Piece::LowerPm => {
                let (word, tail) = head(text, 2)?;
                let (pm, am) = if piece == Piece::UpperPm { ("PM", "AM") } else { ("pm", "am") };
                self.afternoon |= word == pm;
                self.morning |= word == am;
                if word != pm && word != am {
                    return Err(Trouble::Bad);
                }
                rest = tail;
            }
            Piece::Offset(style) => rest = self.offset(style, text)?,
            Piece::ZoneName => rest = self.zone(text)?,
            Piece::Fraction { digits, .. } => {
                let (fraction, tail) = head(text, 1 + digits)?;
                self.nanos = nanoseconds(fraction)?;
                rest = tail;
            }
            Piece::TrimmedFraction { .. } => {
                let length = fraction_length(text);
                if length > 1 {
                    self.nanos = nanoseconds(text.get(..length).unwrap_or_default())?;
                }
                rest = if length > 1 { text.get(length..).unwrap_or_default() } else { text };
            }
        }
        Ok(rest)
    }

    fn offset<'t>(&mut self, style: Offset, text: &'t str) -> Piecewise<&'t str> {
        if let Some(rest) = text.strip_prefix('Z').filter(|_| style.iso) {
            self.utc = true;
            return Ok(rest);
        }
        let (sign, mut rest) = head(text, 1)?;
        let (mut numbers, mut bad) = ([0_i64; 3], None);
        let wanted = count_of(style);
        if rest.len() < wanted {
            return Err(Trouble::Bad);
        }
        let count = if style.short { 1 } else { 2 + usize::from(style.seconds) };
        for (nth, number) in numbers.iter_mut().take(count).enumerate() {
            if nth > 0 && style.colon {
                rest = rest.strip_prefix(':').ok_or(Trouble::Bad)?;
            }
            match exactly(rest, 2) {
                Ok(read) => (*number, rest) = read,
                Err(trouble) => {
                    bad = Some(trouble);
                    break;
                }
            }
        }
        // Go reports the last number that is out of range first, and only then what is not a number.
        let [hours, minutes, seconds] = numbers;
        within(seconds, 61, "time zone offset second")?;
        within(minutes, 61, "time zone offset minute")?;
        within(hours, 25, "time zone offset hour")?;
        if let Some(trouble) = bad {
            return Err(trouble);
        }
        let total = (hours * 60 + minutes) * 60 + seconds;
        self.offset = Some(match sign {
            "+" => total,
            "-" => -total,
            _ => return Err(Trouble::Bad),
        });
        Ok(rest)
    }

    fn zone<'t>(&mut self, text: &'t str) -> Piecewise<&'t str> {
        if let Some(rest) = text.strip_prefix("UTC") {
            self.utc = true;
            return Ok(rest);
        }
        let length = zone_length(text).ok_or(Trouble::Bad)?;
        let (name, rest) = head(text, length)?;
        self.zone = Some(name.to_owned());
        Ok(rest)
    }

    fn finish(mut self) -> Result<Time, &'static str> {
        if self.afternoon && self.hour < 12 {
            self.hour += 12;
        } else if self.morning && !self.afternoon && self.hour == 12 {
            self.hour = 0;
        }
        self.settle_day()?;
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(month, self.year) {
            return Err("day out of range");
        }
        let days = Date { year: self.year, month, day }.days();
        let wall = days * SECONDS_PER_DAY + self.hour * 3600 + self.minute * 60 + self.second;
        let name = self.zone.unwrap_or_default();
        let (unix, zone) = match (self.utc, self.offset) {
            (true, _) => (wall, Zone::Utc),
            (_, Some(0)) if name.is_empty() => (wall, Zone::Utc),
            // Go uses -1 for "no offset", so an offset of -1 second counts as none.
            (_, Some(offset)) if offset != -1 => (wall - offset, Zone::Fixed { name: name.into(), offset }),
            _ if name.is_empty() => (wall, Zone::Utc),
            _ => {
                let hours = name.strip_prefix("GMT").and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
                let offset = hours * 3600;
                (wall - offset, Zone::Fixed { name: name.into(), offset })
            }
        };
        // A zone that is known only by its abbreviation does not move the time: Go makes up a location with that name.
        let unix = if self.offset.is_none() && !self.utc { wall } else { unix };
        Ok(Time { unix, nanos: self.nanos, zone })
    }

    /// Turns a day of the year into month and day.
    fn settle_day(&mut self) -> Result<(), &'static str> {
        let Some(nth) = self.year_day else { return Ok(()) };
        if nth < 1 || nth > 365 + i64::from(is_leap(self.year)) {
            return Err("day-of-year out of range");
        }
        let first = Date { year: self.year, month: 1, day: 1 }.days();
        let date = Date::of_days(first + nth - 1);
        if self.month.is_some_and(|m| m != date.month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|d| d != date.day) {
            return Err("day-of-year does not match day");
        }
        self.month = Some(date.month);
        self.day = Some(date.day);
        Ok(())
    }
}

/// How many bytes an offset takes after its sign.
fn count_of(style: Offset) -> usize {
    let numbers = if style.short { 1 } else { 2 + usize::from(style.seconds) };
    2 * numbers + if style.colon { numbers - 1 } else { 0 }
}

/// How long the zone name at the start of a text is.
fn zone_length(text: &str) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix("GMT") {
        return Some(3 + signed_offset(rest));
    }
    if text.starts_with(['+', '-']) {
        return Some(signed_offset(text)).filter(|n| *n > 0);
    }
    let upper = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    let ends_in_t = |n: usize| text.as_bytes().get(n - 1) == Some(&b'T');
    match upper {
        5 if ends_in_t(5) => Some(5),
        4 if ends_in_t(4) || text.starts_with("WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// How long `+3` or `-11` at the start of a text is; 0 if there is none.
fn signed_offset(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['+', '-']) else { return 0 };
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    match rest.get(..count).and_then(|n| n.parse::<u64>().ok()) {
        Some(hours) if hours <= 23 => 1 + count,
        _ => 0,
    }
}
