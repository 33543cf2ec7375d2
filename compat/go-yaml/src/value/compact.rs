//! A value as compact JSON.

use super::Json;
use crate::text::word;

/// Appends a value.
pub(super) fn write(value: &Json<'_>, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Json::String(text) => write_text(text.as_bytes(), out),
        Json::Array(list) => {
            out.push(b'[');
            for (nth, item) in list.iter().enumerate() {
                if nth > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Json::Object(object) => {
            out.push(b'{');
            for (nth, (key, value)) in object.entries.iter().enumerate() {
                if nth > 0 {
                    out.push(b',');
                }
                write_text(key.as_bytes(), out);
                out.push(b':');
                write(value, out);
            }
            out.push(b'}');
        }
    }
}

/// A text in quotes. Most have nothing to escape: they are looked at and copied eight bytes at a time, as in a sandbox a call that
/// copies a few bytes costs more than the bytes.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let (words, rest) = text.as_chunks();
    for eight in words {
        if has_escape(*eight) {
            eight.iter().for_each(|byte| write_byte(*byte, out));
        } else {
            out.extend_from_slice(eight);
        }
    }
    let rest = match rest {
        [a, b, c, d, rest @ ..] if !has_escape([*a, *b, *c, *d, *a, *b, *c, *d]) => {
            out.extend_from_slice(&[*a, *b, *c, *d]);
            rest
        }
        _ => rest,
    };
    rest.iter().for_each(|byte| write_byte(*byte, out));
    out.push(b'"');
}

/// A byte of a text, escaped if JSON wants that.
fn write_byte(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\r' => out.extend_from_slice(b"\\r"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0c => out.extend_from_slice(b"\\f"),
        0..0x20 => {
            out.extend_from_slice(if byte < 0x10 { b"\\u000" } else { b"\\u001" });
            out.push(b"0123456789abcdef".get(usize::from(byte & 15)).copied().unwrap_or(b'0'));
        }
        other => out.push(other),
    }
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
        // Each escaped byte at each position of a word, alone and among similar bytes.
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
