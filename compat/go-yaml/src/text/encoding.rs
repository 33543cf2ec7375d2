//! From bytes to text: UTF-8 with or without a byte order mark, or UTF-16 with one.

use std::borrow::Cow;

use crate::error::{Location, ReadError};

/// The text of a file. A UTF-8 byte order mark is kept; the reader passes over it.
///
/// # Errors
/// When a byte sequence is not a character, also in comments.
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let first = bytes.get(error.valid_up_to()).copied().unwrap_or(0);
                let problem = match first {
                    _ if error.error_len().is_none() => "incomplete UTF-8 octet sequence",
                    0x80..=0xBF | 0xF8..=0xFF => "invalid leading UTF-8 octet",
                    _ => "invalid trailing UTF-8 octet",
                };
                Err(ReadError::Encoding { problem, at: after(&String::from_utf8_lossy(before)) })
            }
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, ReadError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(ReadError::Encoding { problem: "unexpected low surrogate area", at: after(&text) }),
        }
    }
    if !odd.is_empty() {
        return Err(ReadError::Encoding { problem: "incomplete UTF-16 character", at: after(&text) });
    }
    Ok(Cow::Owned(text))
}

/// The place right after a text.
fn after(text: &str) -> Location {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Location { line: text.bytes().filter(|b| *b == b'\n').count() as u32 + 1, column: last.chars().count() as u32 + 1 }
}
