//! Which type a plain scalar has: go-yaml's `resolve`, YAML 1.1 with its own corners.

use super::number::{is_yaml_float, parse_binary, parse_float, parse_int, parse_uint};
use go_std::time::parse_time;

/// The layouts of timestamps that go-yaml tries.
const TIMESTAMPS: [&str; 4] =
    ["2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"];

/// The type and value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above the signed range.
    Uint(u64),
    Float(f64),
    /// Kept as the text that was written.
    Timestamp,
    Str,
}

impl Resolved {
    /// The tag in the library's short form, for its messages.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Str => "!!str",
        }
    }
}

/// Resolves a scalar without a tag.
pub(crate) fn resolve(text: &str) -> Resolved {
    resolve_as(text, true)
}

/// Resolves a scalar; a date counts as one only where no other type was asked for.
pub(crate) fn resolve_as(text: &str, may_be_timestamp: bool) -> Resolved {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => special_float(text).or_else(|| parse_float(text).map(Resolved::Float)).unwrap_or(Resolved::Str),
        Some(b'+' | b'-' | b'0'..=b'9') => special_float(text).unwrap_or_else(|| number(text, may_be_timestamp)),
        Some(_) => Resolved::Str,
    }
}

fn word(text: &str) -> Resolved {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::Str,
    }
}

fn special_float(text: &str) -> Option<Resolved> {
    Some(Resolved::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

fn is_timestamp(text: &str) -> bool {
    // As in go-yaml, the first five bytes decide for most scalars, before a layout is tried.
    let year =
        matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()));
    year && TIMESTAMPS.iter().any(|layout| parse_time(layout, text).is_ok())
}

fn number(text: &str, may_be_timestamp: bool) -> Resolved {
    if may_be_timestamp && is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(int) = parse_int(plain) {
        return Resolved::Int(int);
    }
    if let Some(uint) = parse_uint(plain) {
        return Resolved::Uint(uint);
    }
    if is_yaml_float(plain)
        && let Some(float) = parse_float(plain)
    {
        return Resolved::Float(float);
    }
    // go-yaml also accepts a sign after the prefix, as in `0b-1`.
    plain.strip_prefix("0b").and_then(parse_binary).map_or(Resolved::Str, Resolved::Int)
}

/// `12:30:45` and its like: numbers to other YAML 1.1 readers, so they are written with quotes.
pub(crate) fn is_base60(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !rest.as_bytes().first().is_some_and(u8::is_ascii_digit) || !rest.contains(':') {
        return false;
    }
    let (sixties, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut parts = sixties.split(':');
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let sixty = |s: &str| matches!(s.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let whole = parts.next().is_some_and(digits);
    let mut count = 0;
    let rest_fits = parts.all(|part| {
        count += 1;
        sixty(part)
    });
    whole && rest_fits && count > 0 && digits(fraction)
}
