//! Reading floating-point numbers: `strconv.ParseFloat`.

use super::{NumberError, underscores_ok};
use std::borrow::Cow;

/// Reads a float, decimal or hexadecimal (`strconv.ParseFloat(s, 64)`).
///
/// # Errors
/// [`NumberError::Syntax`] for what is not a number, [`NumberError::Range`] for what rounds to infinity.
pub fn parse_float(s: &[u8]) -> Result<f64, NumberError> {
    if let Some(f) = special(s) {
        return Ok(f);
    }
    let text = std::str::from_utf8(s).map_err(|_| NumberError::Syntax)?;
    if text.contains('_') && !underscores_ok(s) {
        return Err(NumberError::Syntax);
    }
    let text = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let magnitude = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => parse_hex(hex)?,
        None => parse_decimal(digits)?,
    };
    if magnitude.is_infinite() {
        return Err(NumberError::Range);
    }
    Ok(if negative { -magnitude } else { magnitude })
}

fn special(s: &[u8]) -> Option<f64> {
    let (negative, signed, word) = match s {
        [b'-', rest @ ..] => (true, true, rest),
        [b'+', rest @ ..] => (false, true, rest),
        _ => (false, false, s),
    };
    if word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity") {
        return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    (!signed && word.eq_ignore_ascii_case(b"nan")).then_some(f64::NAN)
}

fn parse_decimal(digits: &str) -> Result<f64, NumberError> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (digits.get(..at).unwrap_or_default(), digits.get(at + 1..)),
        None => (digits, None),
    };
    let dots = mantissa.matches('.').count();
    let valid = dots <= 1
        && mantissa.bytes().any(|b| b.is_ascii_digit())
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && exponent.is_none_or(is_exponent);
    if !valid {
        return Err(NumberError::Syntax);
    }
    digits.parse().map_err(|_| NumberError::Syntax)
}

fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A hexadecimal mantissa with its obligatory binary exponent, rounded to nearest even.
fn parse_hex(text: &str) -> Result<f64, NumberError> {
    let at = text.find(['p', 'P']).ok_or(NumberError::Syntax)?;
    let (mantissa, exponent) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    if !is_exponent(exponent) || mantissa.matches('.').count() > 1 {
        return Err(NumberError::Syntax);
    }
    let (mut value, mut scale, mut sticky, mut seen_dot, mut digits) = (0_u64, 0_i64, false, false, 0);
    for c in mantissa.chars() {
        if c == '.' {
            seen_dot = true;
            continue;
        }
        let digit = c.to_digit(16).ok_or(NumberError::Syntax)?;
        digits += 1;
        if value >> 60 == 0 {
            value = value << 4 | u64::from(digit);
            scale -= if seen_dot { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            scale += if seen_dot { 0 } else { 4 };
        }
    }
    if digits == 0 {
        return Err(NumberError::Syntax);
    }
    let exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') { -100_000 } else { 100_000 });
    Ok(assemble(value, (scale + exponent).clamp(-200_000, 200_000), sticky))
}

/// `value * 2^exponent`, rounded once.
fn assemble(value: u64, exponent: i64, sticky: bool) -> f64 {
    if value == 0 {
        return 0.0;
    }
    let bits = 64 - i64::from(value.leading_zeros());
    let top = bits + exponent - 1;
    if top > 1023 {
        return f64::INFINITY;
    }
    // The exponent of the last bit that a float of this magnitude has.
    let last = (top - 52).max(-1074);
    let shift = last - exponent;
    let rounded = if shift <= 0 {
        value << (-shift).min(63)
    } else if shift > 64 {
        0
    } else {
        let wide = u128::from(value);
        let kept = (wide >> shift) as u64;
        let dropped = wide & ((1_u128 << shift) - 1);
        let half = 1_u128 << (shift - 1);
        kept + u64::from(dropped > half || dropped == half && (sticky || kept & 1 == 1))
    };
    rounded as f64 * two_to(last)
}

fn two_to(exponent: i64) -> f64 {
    // Two steps keep subnormal results exact: the product is representable.
    match i32::try_from(exponent) {
        Ok(e) if e < -1000 => 2_f64.powi(-1000) * 2_f64.powi(e + 1000),
        Ok(e) => 2_f64.powi(e),
        Err(_) => 0.0,
    }
}
