//! Numbers as Go reads and prints them.
//!
//! Promises: `parse_int` is `strconv.ParseInt(s, 0, 64)`, `parse_float` is `strconv.ParseFloat(s, 64)` for decimal text,
//! `general` is `strconv.FormatFloat(f, 'g', -1, 64)`.

use std::fmt::Write;

/// Digits in the base that the prefix names (`0x`, `0b`, `0o`, `0`), without a sign.
pub(crate) fn parse_uint(s: &str) -> Option<u64> {
    let bytes = s.as_bytes();
    let (digits, base) = match bytes {
        [b'0', b'x' | b'X', _, ..] => (s.get(2..)?, 16),
        [b'0', b'b' | b'B', _, ..] => (s.get(2..)?, 2),
        [b'0', b'o' | b'O', _, ..] => (s.get(2..)?, 8),
        [b'0'] => return Some(0),
        [b'0', ..] => (s.get(1..)?, 8),
        _ => (s, 10),
    };
    digits_in(digits, base)
}

/// Unsigned digits of one base; `from_str_radix` alone would also take a sign.
fn digits_in(digits: &str, base: u32) -> Option<u64> {
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(digits, base).ok()
}

fn signed(negative: bool, magnitude: u64) -> Option<i64> {
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

fn split_sign(s: &str) -> (bool, &str) {
    match s.as_bytes().first() {
        Some(b'-') => (true, s.get(1..).unwrap_or_default()),
        Some(b'+') => (false, s.get(1..).unwrap_or_default()),
        _ => (false, s),
    }
}

pub(crate) fn parse_int(s: &str) -> Option<i64> {
    let (negative, magnitude) = split_sign(s);
    signed(negative, parse_uint(magnitude)?)
}

/// Binary digits with an optional sign.
pub(crate) fn parse_binary(s: &str) -> Option<i64> {
    let (negative, magnitude) = split_sign(s);
    signed(negative, digits_in(magnitude, 2)?)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
pub(crate) fn is_yaml_float(s: &str) -> bool {
    let (_, rest) = split_sign(s);
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if whole + count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    } else if whole == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let (_, exponent) = split_sign(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// A decimal float; underscores may stand between digits. Too big is none.
pub(crate) fn parse_float(s: &str) -> Option<f64> {
    if s.contains('_') {
        // Go takes an underscore only between two digits.
        let bytes = s.as_bytes();
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        let run = |at: usize| bytes.get(at) != Some(&b'_') || (digit(at.checked_sub(1)) && digit(Some(at + 1)));
        if !(0..bytes.len()).all(run) {
            return None;
        }
        return parse_float(&s.replace('_', ""));
    }
    if !is_yaml_float(s) {
        return None;
    }
    s.parse::<f64>().ok().filter(|f| f.is_finite())
}

/// The shortest digits that give the same number back: `d.ddd × 10^exponent`.
struct Digits {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Digits {
    fn of(f: f64) -> Self {
        Self::even(&format!("{f:e}"), 15, || format!("{f:.40e}"), |text| text.parse() == Ok(f))
    }

    fn of_narrow(f: f32) -> Self {
        Self::even(&format!("{f:e}"), 6, || format!("{f:.40e}"), |text| text.parse() == Ok(f))
    }

    fn parse(scientific: &str) -> Self {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        let (negative, magnitude) = split_sign(mantissa);
        Self { negative, digits: magnitude.replace('.', ""), exponent: exponent.parse().unwrap_or(0) }
    }

    /// Where two shortest texts are equally near, Rust takes the larger and Go the one that ends with an even digit. That needs
    /// almost all digits the type has, so it is looked for only there.
    fn even(shortest: &str, from: usize, exact: impl Fn() -> String, same: impl Fn(&str) -> bool) -> Self {
        let found = Self::parse(shortest);
        let count = found.digits.len();
        if count < from {
            return found;
        }
        let exact = Self::parse(&exact());
        let (head, tail) = exact.digits.split_at_checked(count).unwrap_or((&exact.digits, ""));
        let tie = tail.strip_prefix('5').is_some_and(|rest| rest.bytes().all(|b| b == b'0'));
        let is_even = matches!(head.as_bytes().last(), Some(b'0' | b'2' | b'4' | b'6' | b'8'));
        if !tie || !is_even || exact.exponent != found.exponent {
            return found;
        }
        let lower = Self { digits: head.to_owned(), ..exact };
        let mut text = String::new();
        lower.general(&mut text);
        if same(&text) { lower } else { found }
    }

    /// As `%g` prints them: with an exponent when it is below -4, or 6 and more.
    fn general(&self, out: &mut String) {
        if self.negative {
            out.push('-');
        }
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or((&self.digits, ""));
        if !(-4..6).contains(&self.exponent) {
            out.push_str(first);
            if !rest.is_empty() {
                out.push('.');
                out.push_str(rest);
            }
            let sign = if self.exponent < 0 { '-' } else { '+' };
            // Writing to a String cannot fail.
            let _ = write!(out, "e{sign}{:02}", self.exponent.unsigned_abs());
        } else if self.exponent < 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', (-self.exponent - 1) as usize));
            out.push_str(&self.digits);
        } else {
            let whole = self.exponent as usize + 1;
            match self.digits.split_at_checked(whole) {
                Some((left, right)) if !right.is_empty() => {
                    out.push_str(left);
                    out.push('.');
                    out.push_str(right);
                }
                _ => self.pad(whole, out),
            }
        }
    }

    fn pad(&self, whole: usize, out: &mut String) {
        out.push_str(&self.digits);
        out.extend(std::iter::repeat_n('0', whole.saturating_sub(self.digits.len())));
    }
}

/// A float as `strconv.FormatFloat(f, 'g', -1, 64)`.
pub(crate) fn general(f: f64, out: &mut String) {
    Digits::of(f).general(out);
}

/// The same for 32-bit precision: how sigs yaml spells a float where text is wanted.
pub(crate) fn general32(f: f64) -> String {
    let mut out = String::new();
    let narrow = f as f32;
    if f.is_nan() {
        out.push_str(".nan");
    } else if narrow.is_infinite() {
        out.push_str(if f > 0.0 { ".inf" } else { "-.inf" });
    } else {
        Digits::of_narrow(narrow).general(&mut out);
    }
    out
}

/// The digits of an integral float below 1e21 in JSON text: the shortest ones, padded with zeros, not the exact value.
pub(crate) fn integral_text(f: f64) -> Option<String> {
    if f.fract() != 0.0 || f.abs() >= 1e21 {
        return None;
    }
    if f == 0.0 {
        return Some("0".to_owned());
    }
    let digits = Digits::of(f);
    let mut out = String::with_capacity(24);
    if digits.negative {
        out.push('-');
    }
    digits.pad(digits.exponent as usize + 1, &mut out);
    Some(out)
}

/// The integer that a float turns into on its way through JSON text: integral, below 1e21, and in range.
pub(crate) fn integral(f: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if f.fract() == 0.0 && f.abs() <= EXACT { Some(f as i64) } else { integral_text(f)?.parse().ok() }
}
