//! Text with bytes that are not UTF-8, and how the messages of Go's `time` quote text.

use std::borrow::Cow;

/// Each byte that is not UTF-8 becomes one private character above this one.
const STRAY: u32 = 0x10_FF00;

/// Bytes as text that can be compared and quoted without loss: what [`parse_time`](super::parse_time) and
/// [`parse_duration`](super::parse_duration) take for a Go string that is not UTF-8.
pub fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(STRAY + u32::from(*byte))));
    }
    Cow::Owned(text)
}

/// Quotes as `time` does: everything but printable ASCII as the hexadecimal codes of its bytes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            c if u32::from(c) & !0xFF == STRAY => out.push_str(&format!("\\x{:02x}", u32::from(c) & 0xFF)),
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='\u{7f}' => out.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("\\x{byte:02x}"))),
        }
    }
    out.push('"');
    out
}
