//! Text that a plugin chose: untrusted until it has passed through here.
//!
//! # Guarantees
//! One line, bounded, without control characters, with every secret of the call masked and URLs without user info and query
//! values. Nothing else a plugin says reaches status, events or logs.

use orangery_core::url_redaction;
use orangery_egress::Redactor;
use std::fmt;

/// Bytes of a message that are shown.
const MESSAGE_BYTES: usize = 1024;
/// Bytes of a guest's text that are looked at. A guest may write megabytes; text behind this cannot reach the part
/// that is shown, so it is cut off before redaction.
const LOOKED_AT_BYTES: usize = 64 * 1024;

/// One bounded, redacted line of text that a plugin wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
pub struct GuestText(String);

impl GuestText {
    /// A message for people, at most 1 KiB.
    pub(crate) fn message(raw: &str, redact: &Redactor) -> Self {
        Self::bounded(raw, MESSAGE_BYTES, redact)
    }

    /// A text of at most `most` bytes.
    pub(crate) fn bounded(raw: &str, most: usize, redact: &Redactor) -> Self {
        let masked = redact.mask(cut(raw, LOOKED_AT_BYTES));
        let masked = url_redaction::urls_in(&masked);
        let line: String = masked.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
        let line = line.trim();
        let kept = cut(line, most);
        if kept.len() == line.len() {
            Self(line.to_owned())
        } else {
            Self(format!("{}…", cut(kept, most.saturating_sub('…'.len_utf8()))))
        }
    }

    /// The text as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GuestText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters, and those that reorder or hide what follows on a terminal.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The longest prefix of at most `most` bytes that ends between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_egress::SecretText;

    #[test]
    fn it_is_one_line_without_control_characters() {
        let text = GuestText::message("a\nb\u{1b}[31mred\u{202e}x\r\n", &Redactor::default());
        assert_eq!(text.as_str(), "a b [31mred x");
    }

    #[test]
    fn it_is_bounded_between_characters() {
        let text = GuestText::bounded(&"ü".repeat(100), 10, &Redactor::default());
        assert_eq!(text.as_str(), "üüü…");
        assert!(text.as_str().len() <= 10);
    }

    #[test]
    fn a_url_loses_its_user_info_and_its_query_values() {
        let text = GuestText::message("GET https://bot:hunter2@a.example/x?key=hunter2: 404", &Redactor::default());
        assert_eq!(text.as_str(), "GET https://a.example/x?key=…: 404");
    }

    #[test]
    fn a_secret_is_masked_before_the_cut_can_split_it() {
        let redact = Redactor::of([&SecretText::line(b"s3cret-token").unwrap()]);
        assert_eq!(GuestText::bounded("xxs3cret-token", 8, &redact).as_str(), "xx***");
    }
}
