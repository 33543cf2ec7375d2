//! The library turns a value into JSON text and reads that as YAML before it writes. Most strings come through unchanged; these
//! rules say what happens to the others.

use std::borrow::Cow;

use super::WriteError;
use crate::text::chars::is_control;

/// A key must end within this many characters of JSON text.
const MAX_KEY: usize = 1024;
/// A JSON escape is at most this long, so shorter keys need no counting.
const LONGEST_ESCAPE: usize = 6;
const NEL: char = '\u{85}';

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A string after its way through JSON text: U+0085 is a line break there, so it is folded.
pub(super) fn text(text: &str) -> Result<Cow<'_, str>, WriteError> {
    if text.bytes().all(|b| b < 0x7F) {
        return Ok(Cow::Borrowed(text));
    }
    let mut has_nel = false;
    for (at, c) in text.char_indices() {
        // What is below U+0020 is escaped in JSON.
        if c >= '\u{7F}' && is_control(text.as_bytes(), at) {
            return Err(WriteError::Control { code: u32::from(c), text: excerpt(text) });
        }
        has_nel |= c == NEL;
    }
    if has_nel { fold(text).map(Cow::Owned) } else { Ok(Cow::Borrowed(text)) }
}

/// Folds as a double-quoted scalar is folded: blanks around line breaks go, one break is a space, more are one fewer.
fn fold(text: &str) -> Result<String, WriteError> {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.find([' ', NEL]) {
        let (words, gap) = rest.split_at_checked(first).unwrap_or((rest, ""));
        folded.push_str(words);
        let after = gap.trim_start_matches([' ', NEL]);
        let gap = gap.get(..gap.len() - after.len()).unwrap_or_default();
        match gap.chars().filter(|c| *c == NEL).count() {
            0 => folded.push_str(gap),
            1 => folded.push(' '),
            more => folded.extend(std::iter::repeat_n('\n', more - 1)),
        }
        if gap.ends_with(NEL) && starts_with_indicator(after) {
            return Err(WriteError::Indicator { text: excerpt(text) });
        }
        rest = after;
    }
    folded.push_str(rest);
    Ok(folded)
}

fn starts_with_indicator(text: &str) -> bool {
    let rest = text.strip_prefix("---").or_else(|| text.strip_prefix("..."));
    rest.is_some_and(|rest| rest.starts_with([' ', NEL]))
}

/// Can the library read this key back?
pub(super) fn check_key(key: &str) -> Result<(), WriteError> {
    if key.len() <= MAX_KEY / LONGEST_ESCAPE && key.bytes().all(|b| b < 0x7F) {
        return Ok(());
    }
    text(key)?;
    let length: usize = key
        .chars()
        .map(|c| match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0C' => 2,
            '\0'..='\x1F' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => LONGEST_ESCAPE,
            _ => 1,
        })
        .sum();
    if key.contains(NEL) || length + 2 > MAX_KEY {
        return Err(WriteError::Key { key: excerpt(key) });
    }
    Ok(())
}
