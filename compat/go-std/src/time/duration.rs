//! Durations as Go's `time.Duration`: a number of nanoseconds.

use super::stray::quoted;
use std::fmt;

/// Why a text is not a duration, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number is missing.
    #[error("time: invalid duration {}", quoted(.0))]
    Invalid(String),
    /// It is longer than 64 bits of nanoseconds, about 292 years.
    #[error("time: invalid duration {}", quoted(.0))]
    TooLong(String),
    /// A number has no unit.
    #[error("time: missing unit in duration {}", quoted(.0))]
    MissingUnit(String),
    /// A number has a unit that does not exist.
    #[error("time: unknown unit {} in duration {}", quoted(unit), quoted(text))]
    UnknownUnit {
        /// The unit that is not known.
        unit: String,
        /// The whole text.
        text: String,
    },
}

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

impl Duration {
    /// Towards zero to a multiple.
    pub fn truncate(self, multiple: Self) -> Self {
        if multiple.0 <= 0 { self } else { Self(self.0 - self.0 % multiple.0) }
    }

    /// To the nearest multiple, halves away from zero.
    pub fn round(self, multiple: Self) -> Self {
        if multiple.0 <= 0 {
            return self;
        }
        let rest = (self.0 % multiple.0).unsigned_abs();
        let down = rest.wrapping_add(rest) < multiple.0.unsigned_abs();
        let (rest, multiple) = (rest as i64, multiple.0);
        Self(match (self.0 < 0, down) {
            (true, true) => self.0 + rest,
            (true, false) => self.0.saturating_sub(multiple - rest),
            (false, true) => self.0 - rest,
            (false, false) => self.0.saturating_add(multiple - rest),
        })
    }
}

/// The whole part of `value / 10^digits`, and its fraction with the point and without trailing zeros.
fn fraction(value: u64, digits: u32) -> (u64, String) {
    let scale = 10_u64.pow(digits);
    let rest = value % scale;
    if rest == 0 {
        return (value / scale, String::new());
    }
    let width = digits as usize;
    let text = format!(".{rest:0width$}");
    (value / scale, text.trim_end_matches('0').to_owned())
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let u = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let (digits, unit) = match u {
            0 => return f.write_str("0s"),
            1..1_000 => (0, "ns"),
            1_000..1_000_000 => (3, "µs"),
            1_000_000..1_000_000_000 => (6, "ms"),
            _ => (9, "s"),
        };
        let (whole, fraction) = fraction(u, digits);
        if digits < 9 {
            return write!(f, "{whole}{fraction}{unit}");
        }
        let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if whole >= 60 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{seconds}{fraction}s")
    }
}

/// `time.ParseDuration`.
///
/// # Errors
/// [`DurationError`] where Go refuses the text.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let too_long = || DurationError::TooLong(text.to_owned());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(digits_end);
        let whole: u64 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| too_long())? };
        if whole > 1 << 63 {
            return Err(too_long());
        }
        let (part, tail) = match tail.strip_prefix('.') {
            Some(tail) => tail.split_at(tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len())),
            None => ("", tail),
        };
        if digits.is_empty() && part.is_empty() {
            return Err(invalid());
        }
        let unit_end = tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let scale: u64 = match unit {
            "" => return Err(DurationError::MissingUnit(text.to_owned())),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() }),
        };
        let mut value = whole.checked_mul(scale).filter(|v| *v <= 1 << 63).ok_or_else(too_long)?;
        if !part.is_empty() {
            let (mut x, mut power) = (0_u64, 1.0_f64);
            for digit in part.bytes() {
                let next = x.checked_mul(10).and_then(|x| x.checked_add(u64::from(digit - b'0')));
                let Some(next) = next.filter(|x| *x <= 1 << 63) else { break };
                x = next;
                power *= 10.0;
            }
            value += (x as f64 * (scale as f64 / power)) as u64;
        }
        total = total.checked_add(value).filter(|t| *t <= 1 << 63).ok_or_else(too_long)?;
        rest = tail;
    }
    if negative {
        return Ok(Duration((total as i64).wrapping_neg()));
    }
    i64::try_from(total).map(Duration).map_err(|_| too_long())
}
