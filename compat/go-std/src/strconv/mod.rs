//! Numbers and quoted text as Go's `strconv` reads and writes them.
//!
//! ```
//! use go_std::strconv::{NumberError, format_float, parse_float, parse_int, quote};
//!
//! assert_eq!(parse_int(b"0x_1F", 0), (31, None));
//! assert_eq!(parse_int(b"9999999999999999999", 10), (i64::MAX, Some(NumberError::Range)), "Go saturates");
//! assert_eq!(parse_float(b"0x1p-2"), Ok(0.25));
//! assert_eq!(format_float(1e6, b'g', None), "1e+06");
//! assert_eq!(quote(b"a\xff\n"), r#""a\xff\n""#);
//! ```

mod format_float;
mod parse_float;
mod quote;

pub use format_float::{format_float, format_float32};
pub use parse_float::parse_float;
pub use quote::{Charset, can_backquote, quote, quote_rune, quote_to_ascii};

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not a number at all.
    #[error("invalid syntax")]
    Syntax,
    /// A number that does not fit.
    #[error("value out of range")]
    Range,
}

/// Reads an unsigned integer (`strconv.ParseUint(s, base, 64)`); with base 0 the prefix names the base.
///
/// # Errors
/// [`NumberError`] where Go refuses the text; on [`NumberError::Range`] Go's value is `u64::MAX`.
pub fn parse_uint(s: &[u8], base: u32) -> Result<u64, NumberError> {
    let (digits, radix) = match (base, s) {
        (_, []) => return Err(NumberError::Syntax),
        (0, [b'0', b'b' | b'B', rest @ ..]) if !rest.is_empty() => (rest, 2),
        (0, [b'0', b'o' | b'O', rest @ ..]) if !rest.is_empty() => (rest, 8),
        (0, [b'0', b'x' | b'X', rest @ ..]) if !rest.is_empty() => (rest, 16),
        (0, [b'0', rest @ ..]) => (rest, 8),
        (0, _) => (s, 10),
        (base, _) => (s, base),
    };
    let mut n: u64 = 0;
    let mut underscores = false;
    for &c in digits {
        if c == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let digit = char::from(c).to_digit(36).filter(|d| *d < radix).ok_or(NumberError::Syntax)?;
        n = n.checked_mul(u64::from(radix)).and_then(|n| n.checked_add(u64::from(digit))).ok_or(NumberError::Range)?;
    }
    if underscores && !underscores_ok(s) {
        return Err(NumberError::Syntax);
    }
    Ok(n)
}

/// Reads an integer (`strconv.ParseInt(s, base, 64)`): the value and the error, because Go returns the nearest integer with
/// [`NumberError::Range`].
pub fn parse_int(s: &[u8], base: u32) -> (i64, Option<NumberError>) {
    let (negative, digits) = match s {
        [b'+', rest @ ..] => (false, rest),
        [b'-', rest @ ..] => (true, rest),
        _ => (false, s),
    };
    let magnitude = match parse_uint(digits, base) {
        Ok(n) => n,
        Err(NumberError::Range) => u64::MAX,
        Err(error) => return (0, Some(error)),
    };
    match (negative, magnitude) {
        (false, n) => i64::try_from(n).map_or((i64::MAX, Some(NumberError::Range)), |n| (n, None)),
        (true, n) if n > 1 << 63 => (i64::MIN, Some(NumberError::Range)),
        (true, n) => ((n as i64).wrapping_neg(), None),
    }
}

/// Whether underscores stand only between digits, or after a base prefix.
fn underscores_ok(s: &[u8]) -> bool {
    let s = match s {
        [b'+' | b'-', rest @ ..] => rest,
        _ => s,
    };
    let (mut saw, hex, s) = match s {
        [b'0', x @ (b'b' | b'B' | b'o' | b'O' | b'x' | b'X'), rest @ ..] => ('0', matches!(x, b'x' | b'X'), rest),
        _ => ('^', false, s),
    };
    for &c in s {
        if c.is_ascii_digit() || hex && c.is_ascii_hexdigit() {
            saw = '0';
        } else if c == b'_' {
            if saw != '0' {
                return false;
            }
            saw = '_';
        } else {
            if saw == '_' {
                return false;
            }
            saw = '!';
        }
    }
    saw != '_'
}

/// Go's conversion of a float to int64 on amd64: everything that does not fit is the smallest integer.
pub fn float_to_int(f: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) { f as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_saturate_and_say_so() {
        assert_eq!(parse_int(b"9999999999999999999", 10), (i64::MAX, Some(NumberError::Range)));
        assert_eq!(parse_int(b"-9223372036854775808", 10), (i64::MIN, None));
        assert_eq!(parse_int(b"0x1F", 0), (31, None));
        assert_eq!(parse_int(b"1_000", 0), (1000, None));
        assert_eq!(parse_int(b"1__0", 0).1, Some(NumberError::Syntax));
        assert_eq!(parse_int(b"0777", 8), (511, None));
        assert_eq!(parse_int(b"", 10).1, Some(NumberError::Syntax));
    }

    #[test]
    fn floats_are_read_as_go_does() {
        assert_eq!(parse_float(b"1_000"), Ok(1000.0));
        assert_eq!(parse_float(b"0x1p-2"), Ok(0.25));
        assert_eq!(parse_float(b"Inf"), Ok(f64::INFINITY));
        assert_eq!(parse_float(b"1e400"), Err(NumberError::Range));
        assert_eq!(parse_float(b"1e"), Err(NumberError::Syntax));
        assert_eq!(parse_float(b"0x1"), Err(NumberError::Syntax));
    }

    #[test]
    fn floats_are_written_as_go_does() {
        assert_eq!(format_float(1e21, b'g', None), "1e+21");
        assert_eq!(format_float(100_000.0, b'g', None), "100000");
        assert_eq!(format_float(1e-5, b'g', None), "1e-05");
        assert_eq!(format_float(2.5, b'f', Some(0)), "2");
        assert_eq!(format_float(1.0, b'x', None), "0x1p+00");
        assert_eq!(format_float(123_456.789, b'g', Some(3)), "1.23e+05");
        assert_eq!(format_float(-0.0, b'g', None), "-0");
    }
}
