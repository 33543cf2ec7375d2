//! Numbers in plain scalars as go-yaml hands them to `strconv`, and floats as sigs yaml writes them.

use go_std::strconv;

/// An unsigned integer in the base that its prefix names (`0x`, `0b`, `0o`, `0`).
pub(crate) fn parse_uint(s: &str) -> Option<u64> {
    strconv::parse_uint(s.as_bytes(), 0).ok()
}

/// As [`parse_uint`], with a sign.
pub(crate) fn parse_int(s: &str) -> Option<i64> {
    signed(s, 0)
}

/// Binary digits with an optional sign.
pub(crate) fn parse_binary(s: &str) -> Option<i64> {
    signed(s, 2)
}

fn signed(s: &str, base: u32) -> Option<i64> {
    match strconv::parse_int(s.as_bytes(), base) {
        (value, None) => Some(value),
        (_, Some(_)) => None,
    }
}

/// A float that is in range.
pub(crate) fn parse_float(s: &str) -> Option<f64> {
    strconv::parse_float(s.as_bytes()).ok().filter(|f| f.is_finite())
}

/// Whether a text matches `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
pub(crate) fn is_yaml_float(s: &str) -> bool {
    let sign = |s: &str| usize::from(s.starts_with(['+', '-']));
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let rest = s.get(sign(s)..).unwrap_or_default();
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
            let exponent = exponent.get(sign(exponent)..).unwrap_or_default();
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// How sigs yaml spells a float where text is wanted: with 32-bit precision.
pub(crate) fn general32(f: f64) -> String {
    let narrow = f as f32;
    if f.is_nan() {
        ".nan".to_owned()
    } else if narrow.is_infinite() {
        if f > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else {
        strconv::format_float32(narrow)
    }
}

/// The digits of an integral float below 1e21 in JSON text: the shortest ones, padded with zeros, not the exact value.
pub(crate) fn integral_text(f: f64) -> Option<String> {
    if f.fract() != 0.0 || f.abs() >= 1e21 {
        return None;
    }
    // `-0` has no sign here.
    Some(strconv::format_float(if f == 0.0 { 0.0 } else { f }, b'f', None))
}

/// The integer that a float becomes on its way through JSON text: integral, below 1e21, and in range.
pub(crate) fn integral(f: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if f.fract() == 0.0 && f.abs() <= EXACT { Some(f as i64) } else { integral_text(f)?.parse().ok() }
}
