//! What a string contains, and so in which styles it may be written.

use crate::text::chars::{Run, byte, is_blank, is_blankz, is_break, is_printable, width};

/// The styles a string may be written in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) plain_allowed: bool,
    pub(super) single_quoted_allowed: bool,
    pub(super) block_allowed: bool,
}

/// What was seen on the way through.
#[derive(Default)]
struct Seen {
    indicators: bool,
    breaks: bool,
    special: bool,
    /// A blank or break at either end.
    ragged: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
}

impl Analysis {
    /// Most strings are names: nothing about them needs a second look, and they come through JSON text as they are.
    pub(super) fn of_name(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let signs = matches!(bytes, [] | [b'-', ..] | [b'.', b'.', b'.', ..]);
        (!signs && Run::NAME.is_all(bytes)).then_some(Self {
            multiline: false,
            plain_allowed: true,
            single_quoted_allowed: true,
            block_allowed: true,
        })
    }

    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Self { multiline: false, plain_allowed: true, single_quoted_allowed: true, block_allowed: false };
        }
        let seen = look(bytes);
        let odd = seen.space_break || seen.special;
        Self {
            multiline: seen.breaks,
            plain_allowed: !(seen.ragged || seen.break_space || odd || seen.breaks || seen.indicators),
            single_quoted_allowed: !(seen.break_space || odd),
            block_allowed: !(seen.trailing_space || odd),
        }
    }
}

fn look(bytes: &[u8]) -> Seen {
    let mut seen = Seen { indicators: bytes.starts_with(b"---") || bytes.starts_with(b"..."), ..Seen::default() };
    let mut after_white = true;
    let (mut after_space, mut after_break) = (false, false);
    let mut at = 0;
    while at < bytes.len() {
        // Behind the first character a name is just a name.
        let name = if at == 0 { 0 } else { Run::NAME.length(bytes.get(at..).unwrap_or_default()) };
        if name > 0 {
            at += name;
            (after_white, after_space, after_break) = (false, false, false);
            continue;
        }
        let lead = byte(bytes, at);
        let next = at + width(lead);
        let last = next >= bytes.len();
        let before_white = last || is_blank(byte(bytes, next));
        match lead {
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`'
                if at == 0 =>
            {
                seen.indicators = true;
            }
            b'?' | b'-' if at == 0 && before_white => seen.indicators = true,
            b':' if before_white => seen.indicators = true,
            b'#' if after_white => seen.indicators = true,
            _ => {}
        }
        seen.special |= !is_printable(bytes, at);
        let is_space = lead == b' ';
        let breaks = is_break(bytes, at);
        if is_space {
            seen.ragged |= at == 0 || last;
            seen.trailing_space |= last;
            seen.break_space |= after_break;
        } else if breaks {
            seen.breaks = true;
            seen.ragged |= at == 0 || last;
            seen.space_break |= after_space;
        }
        (after_space, after_break) = (is_space, breaks);
        after_white = is_blankz(bytes, at);
        at = next;
    }
    seen
}
