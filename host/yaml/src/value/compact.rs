//! A value as compact JSON.

use super::Json;
use crate::word;

/// Appends a value.
pub(super) fn write(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => out.push_str(&number.to_string()),
        Json::String(text) => write_text(text, out),
        Json::Array(list) => {
            out.push('[');
            for (nth, item) in list.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(object) => {
            out.push('{');
            for (nth, (key, value)) in object.entries.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// A text in quotes. Most need no escapes, and those are found eight bytes at a time.
fn write_text(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut written = 0;
    let mut at = next_escape(text.as_bytes(), 0);
    while let Some(byte) = text.as_bytes().get(at).copied() {
        out.push_str(text.get(written..at).unwrap_or_default());
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            other => {
                out.push_str(if other < 0x10 { "\\u000" } else { "\\u001" });
                out.push(char::from_digit(u32::from(other & 15), 16).unwrap_or('0'));
            }
        }
        written = at + 1;
        at = next_escape(text.as_bytes(), written);
    }
    out.push_str(text.get(written..).unwrap_or_default());
    out.push('"');
}

/// The place of the first byte from here on that JSON escapes, or the end.
fn next_escape(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        if has_escape(*eight) {
            break;
        }
        at += 8;
    }
    // Fewer than eight are left: the last ones go at once too, together with some that were looked at before.
    if at + 8 > bytes.len() && last_eight(bytes).is_some_and(|eight| !has_escape(eight)) {
        return bytes.len();
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let escaped = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    rest.iter().position(escaped).map_or(bytes.len(), |found| at + found)
}

/// The last eight bytes; of fewer, but at least four, all of them and some twice.
fn last_eight(bytes: &[u8]) -> Option<[u8; 8]> {
    if let Some(eight) = bytes.last_chunk() {
        return Some(*eight);
    }
    let ([a, b, c, d], [e, f, g, h]) = (*bytes.first_chunk()?, *bytes.last_chunk()?);
    Some([a, b, c, d, e, f, g, h])
}

/// Does JSON escape one of these?
fn has_escape(eight: [u8; 8]) -> bool {
    let text = word::of(eight);
    let signs = word::zeros(text ^ word::all(b'"')) | word::zeros(text ^ word::all(b'\\'));
    word::controls(text) | signs != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn json_is_written_as_serde_json_writes_it() {
        let mut values = vec![
            json!({"a": [1, -2, 1.5, 1e300, -0.0, null, true, false], "": {}, "b": []}),
            json!(u64::MAX),
            json!(i64::MIN),
            json!("ünïcödé \u{2028} \u{7f} 😀"),
        ];
        // Each escaped byte at each place of a word, alone and among letters that look like one.
        for code in (0..0x80_u8).map(char::from) {
            for before in 0..17 {
                values.push(json!(format!("{}{code}{}", "é".repeat(before % 3) + &"x".repeat(before), "yyyy!#[]^")));
            }
        }
        for value in values {
            assert_eq!(Json::from(value.clone()).to_json(), value.to_string());
            assert_eq!(Value::from(Json::from(value.clone())), value);
        }
    }
}
