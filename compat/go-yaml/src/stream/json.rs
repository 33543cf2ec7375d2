//! JSON documents of a stream, as Go's JSON decoder takes them.

use std::borrow::Cow;

use serde_json::{Deserializer, Number, Value};

/// The first JSON value of a text and the bytes up to its end; none when only blanks are left.
pub(crate) fn first(text: &str) -> Result<Option<(Value, usize)>, String> {
    let start = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if let Some(length) = scalar(start) {
        // serde_json requires a blank after a number or a word, Go does not.
        let mut value = serde_json::from_str(start.get(..length).unwrap_or_default()).map_err(|e| problem(&e, text))?;
        settle_numbers(&mut value, start);
        return Ok(Some((value, text.len() - start.len() + length)));
    }
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        None => Ok(None),
        Some(Ok(mut value)) => {
            settle_numbers(&mut value, text.get(..values.byte_offset()).unwrap_or_default());
            Ok(Some((value, values.byte_offset())))
        }
        Some(Err(error)) => Err(problem(&error, text)),
    }
}

/// The length of a number, `true`, `false` or `null` at the start.
fn scalar(text: &str) -> Option<usize> {
    if let Some(word) = ["true", "false", "null"].iter().find(|word| text.starts_with(**word)) {
        return Some(word.len());
    }
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(byte(0) == b'-');
    let whole = if byte(sign) == b'0' { 1 } else { digits(sign) };
    if whole == 0 {
        return None;
    }
    let mut end = sign + whole;
    if byte(end) == b'.' {
        match digits(end + 1) {
            0 => return None,
            count => end += 1 + count,
        }
    }
    if matches!(byte(end), b'e' | b'E') {
        let sign = usize::from(matches!(byte(end + 1), b'+' | b'-'));
        match digits(end + 1 + sign) {
            0 => return None,
            count => end += 1 + sign + count,
        }
    }
    Some(end)
}

/// Go's words for the mistake that people make: a separator or other YAML after JSON documents.
fn problem(error: &serde_json::Error, text: &str) -> String {
    match text.trim_start_matches([' ', '\t', '\r', '\n']).bytes().next() {
        Some(b'-') => return "invalid character '-' in numeric literal".to_owned(),
        Some(byte) if !matches!(byte, b'{' | b'[' | b'"' | b'0'..=b'9' | b't' | b'f' | b'n') && byte > b' ' => {
            // Go looks at bytes, not at characters.
            return format!("invalid character '{}' looking for beginning of value", char::from(byte));
        }
        _ => {}
    }
    format!("json: {error}")
}

/// Replaces the escapes of unpaired surrogates by that of U+FFFD, which is as long: so Go reads them, where serde_json refuses.
pub(crate) fn mend_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !bytes.windows(4).any(|w| matches!(w, [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'])) {
        return Cow::Borrowed(text);
    }
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(plain) = rest.find('\\') else {
            mended.push_str(rest);
            break;
        };
        mended.push_str(rest.get(..plain).unwrap_or_default());
        at += plain;
        let taken = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // The character after the backslash goes with it.
            _ => 1 + text.get(at + 1..).and_then(|s| s.chars().next()).map_or(0, char::len_utf8),
        };
        mended.push_str(text.get(at..at + taken).unwrap_or_default());
        at += taken;
    }
    Cow::Owned(mended)
}

/// Numbers as Flux Operator keeps them: integers where they fit 64 signed bits, floats otherwise. serde_json makes a float of
/// `-0`, which is an integer here unless the text has it as `-0.0` or `-0e…`.
fn settle_numbers(value: &mut Value, text: &str) {
    match value {
        Value::Number(number) => {
            if let Some(big) = number.as_u64().filter(|_| !number.is_i64()) {
                *value = Number::from_f64(big as f64).map_or(Value::Null, Value::Number);
            } else if number.is_f64() && number.as_f64() == Some(0.0) {
                let written_as_float = ["-0.", "-0e", "-0E"].iter().any(|zero| text.contains(zero));
                let negative = number.as_f64().is_some_and(f64::is_sign_negative);
                if negative && !written_as_float {
                    *value = Value::Number(0.into());
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| settle_numbers(item, text)),
        Value::Object(map) => map.values_mut().for_each(|item| settle_numbers(item, text)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
