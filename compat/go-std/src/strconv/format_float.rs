//! Writing floating-point numbers: `strconv.FormatFloat`.

use std::fmt::{LowerExp, Write};
use std::str::FromStr;

/// No float has more digits than this after its point, and `format!` accepts at most 65535.
const EXACT: usize = 1100;

fn padded(text: String, zeros: usize) -> String {
    text + &"0".repeat(zeros)
}

/// The decimal digits of a positive number and the place of the point: `0.d1d2… * 10^point`.
struct Digits {
    digits: String,
    point: i32,
}

/// Writes a float (`strconv.FormatFloat(f, verb, precision, 64)`); without a precision, with the fewest digits that read back as the
/// same float.
pub fn format_float(f: f64, verb: u8, precision: Option<usize>) -> String {
    if f.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    if f.is_infinite() {
        return if sign.is_empty() { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let magnitude = f.abs();
    let body = match verb {
        b'b' => return binary(f),
        b'x' | b'X' => hexadecimal(magnitude, precision, verb),
        b'e' | b'E' => exponential(&digits_for(magnitude, precision.map(|p| p + 1)), precision, verb),
        b'f' | b'F' => match precision {
            Some(p) => padded(format!("{magnitude:.*}", p.min(EXACT)), p.saturating_sub(EXACT)),
            None => fixed(&shortest(magnitude, 15)),
        },
        _ => {
            let significant = precision.map(|p| p.max(1));
            general(digits_for(magnitude, significant), significant, verb)
        }
    };
    format!("{sign}{body}")
}

/// `strconv.FormatFloat(f, 'g', -1, 32)` of a finite float.
pub fn format_float32(f: f32) -> String {
    let sign = if f.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", general(shortest(f.abs(), 6), None, b'g'))
}

/// `count` significant digits, correctly rounded, or the shortest.
fn digits_for(f: f64, count: Option<usize>) -> Digits {
    match count {
        Some(n) => Digits::read(&format!("{f:.*e}", n.saturating_sub(1).min(EXACT))),
        None => shortest(f, 15),
    }
}

impl Digits {
    /// Reads digits and exponent from a text such as `d.ddde-7`.
    fn read(scientific: &str) -> Self {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
        Self { digits, point: exponent.parse().unwrap_or(0) + 1 }
    }
}

/// The fewest digits that read back as the same float. Where two texts are equally near, Rust takes the larger and Go the one that
/// ends with an even digit; that happens only where `tie` digits or more are needed, which is nearly all that the type has.
fn shortest<F>(f: F, tie: usize) -> Digits
where
    F: LowerExp + FromStr + PartialEq,
{
    let found = Digits::read(&format!("{f:e}"));
    if found.digits.len() < tie {
        return found;
    }
    let exact = Digits::read(&format!("{f:.40e}"));
    let (head, tail) = exact.digits.split_at_checked(found.digits.len()).unwrap_or((&exact.digits, ""));
    let is_tie = tail.strip_prefix('5').is_some_and(|rest| rest.bytes().all(|b| b == b'0'));
    let is_even = head.bytes().last().is_some_and(|digit| digit % 2 == 0);
    let reads_back = || format!("0.{head}e{}", exact.point).parse().is_ok_and(|read: F| read == f);
    if is_tie && is_even && exact.point == found.point && reads_back() {
        return Digits { digits: head.to_owned(), point: exact.point };
    }
    found
}

fn exponential(d: &Digits, precision: Option<usize>, verb: u8) -> String {
    let mut out = String::new();
    let mut digits = d.digits.chars();
    out.push(digits.next().unwrap_or('0'));
    let rest: String = digits.collect();
    let wanted = precision.unwrap_or(rest.len());
    if wanted > 0 {
        out.push('.');
        out.push_str(&rest);
        out.push_str(&"0".repeat(wanted.saturating_sub(rest.len())));
    }
    let exponent = d.point - 1;
    out.push(char::from(verb));
    out.push(if exponent < 0 { '-' } else { '+' });
    let _ = write!(out, "{:02}", exponent.abs());
    out
}

fn general(mut d: Digits, significant: Option<usize>, verb: u8) -> String {
    // `%e` is used if the exponent is less than -4 or not less than the precision, and with the shortest digits from 6 on.
    let mut limit = significant.unwrap_or(6);
    let length = d.digits.trim_end_matches('0').len();
    if significant.is_some() && limit > length && length >= usize::try_from(d.point.max(0)).unwrap_or(0) {
        limit = length;
    }
    d.digits.truncate(length.max(1));
    let exponent = d.point - 1;
    if exponent < -4 || exponent >= i32::try_from(limit).unwrap_or(i32::MAX) {
        let e = if verb == b'G' { b'E' } else { b'e' };
        let precision = d.digits.len() - 1;
        return exponential(&d, Some(precision), e);
    }
    fixed(&d)
}

fn fixed(d: &Digits) -> String {
    let point = usize::try_from(d.point).unwrap_or(0);
    if d.point <= 0 {
        let zeros = "0".repeat(usize::try_from(-d.point).unwrap_or(0));
        return if d.digits == "0" { "0".to_owned() } else { format!("0.{zeros}{}", d.digits) };
    }
    if d.digits.len() <= point {
        return padded(d.digits.clone(), point - d.digits.len());
    }
    let (whole, fraction) = d.digits.split_at(point);
    format!("{whole}.{fraction}")
}

/// Mantissa and exponent as integers: `4503599627370496p-52`.
fn binary(f: f64) -> String {
    let (mantissa, exponent) = parts(f.abs());
    let sign = if f.is_sign_negative() { "-" } else { "" };
    format!("{sign}{mantissa}p{exponent:+}")
}

fn parts(f: f64) -> (u64, i32) {
    let bits = f.to_bits();
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

fn hexadecimal(f: f64, precision: Option<usize>, verb: u8) -> String {
    let (mut mantissa, mut exponent) = parts(f);
    exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    mantissa <<= 8;
    while mantissa != 0 && mantissa >> 60 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(p) = precision.filter(|p| *p < 15) {
        let shift = 60 - 4 * u32::try_from(p).unwrap_or(0);
        let extra = mantissa & ((1 << shift) - 1);
        mantissa >>= shift;
        let half = 1_u64 << (shift - 1);
        if extra > half || extra == half && mantissa & 1 == 1 {
            mantissa += 1;
        }
        mantissa <<= shift;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        Some(p) => {
            fraction.truncate(p);
            fraction = padded(fraction.clone(), p.saturating_sub(fraction.len()));
        }
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("0x{}{dot}{fraction}p{sign}{:02}", mantissa >> 60, exponent.abs());
    if verb == b'X' { text.to_uppercase() } else { text }
}
