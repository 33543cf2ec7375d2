//! The character classes of the scanner and the emitter, over UTF-8 bytes.
//!
//! Owns: what is a line break, a blank, a word character and a printable character in YAML 1.1.
//! Promises: reading past the end sees a NUL byte, which every class treats as the end of the text.

/// The byte at `at`, or NUL past the end.
pub(crate) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// How many bytes the character starting with `lead` takes.
pub(crate) fn width(lead: u8) -> usize {
    match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

/// Digits, ASCII letters, `_` and `-`: anchors, tag handles, directive names.
pub(crate) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

/// Space or tab.
pub(crate) fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// CR, LF, NEL, LS or PS at `at`.
pub(crate) fn is_break(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'\n' | b'\r' => true,
        0xC2 => byte(bytes, at + 1) == 0x85,
        0xE2 => byte(bytes, at + 1) == 0x80 && matches!(byte(bytes, at + 2), 0xA8 | 0xA9),
        _ => false,
    }
}

/// A line break or the end.
pub(crate) fn is_breakz(bytes: &[u8], at: usize) -> bool {
    byte(bytes, at) == 0 || is_break(bytes, at)
}

/// A blank, a line break or the end.
pub(crate) fn is_blankz(bytes: &[u8], at: usize) -> bool {
    let b = byte(bytes, at);
    // Plain ASCII text is the common case: one comparison decides.
    if b > b' ' && b < 0x7F {
        return false;
    }
    is_blank(b) || is_breakz(bytes, at)
}

/// May the character at `at` stand in the output unescaped? Everything above U+FFFF may not.
pub(crate) fn is_printable(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'\n' | 0x20..=0x7E => true,
        0xC2 => byte(bytes, at + 1) >= 0xA0,
        0xC3..=0xEC | 0xEE => true,
        0xED => byte(bytes, at + 1) < 0xA0,
        0xEF => !matches!((byte(bytes, at + 1), byte(bytes, at + 2)), (0xBB, 0xBF) | (0xBF, 0xBE | 0xBF)),
        _ => false,
    }
}

/// Is the character at `at` one that may not stand in a YAML text at all?
pub(crate) fn is_control(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'\t' | b'\n' | b'\r' => false,
        0..=0x1F | 0x7F => true,
        0xC2 => matches!(byte(bytes, at + 1), 0x80..=0x84 | 0x86..=0x9F),
        0xEF => byte(bytes, at + 1) == 0xBF && matches!(byte(bytes, at + 2), 0xBE | 0xBF),
        _ => false,
    }
}
