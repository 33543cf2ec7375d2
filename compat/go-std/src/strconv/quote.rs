//! `strconv.Quote` and its relatives.

use crate::unicode::{chars, is_print};
use std::fmt::Write;

/// Which characters a quoted text may contain unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// All printable characters.
    Unicode,
    /// Printable ones of ASCII.
    Ascii,
}

/// The text in double quotes with Go's escapes (`strconv.Quote`).
pub fn quote(text: &[u8]) -> String {
    quote_with(text, '"', Charset::Unicode)
}

/// As [`quote`], with everything but ASCII escaped (`strconv.QuoteToASCII`).
pub fn quote_to_ascii(text: &[u8]) -> String {
    quote_with(text, '"', Charset::Ascii)
}

/// `strconv.QuoteRune`, or `strconv.QuoteRuneToASCII`.
pub fn quote_rune(c: char, charset: Charset) -> String {
    let mut out = String::from("'");
    escape(&mut out, c, '\'', charset);
    out.push('\'');
    out
}

/// Whether the text can stand in back quotes unchanged (`strconv.CanBackquote`).
pub fn can_backquote(text: &[u8]) -> bool {
    chars(text).all(|(_, c, length, valid)| {
        valid && c != '\u{feff}' && (length > 1 || (c >= ' ' || c == '\t') && c != '`' && c != '\u{7f}')
    })
}

fn quote_with(text: &[u8], quote: char, charset: Charset) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for (at, c, _, valid) in chars(text) {
        if valid {
            escape(&mut out, c, quote, charset);
        } else if let Some(byte) = text.get(at) {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push(quote);
    out
}

fn escape(out: &mut String, c: char, quote: char, charset: Charset) {
    if c == quote || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if is_print(c) && (charset == Charset::Unicode || c.is_ascii()) {
        out.push(c);
        return;
    }
    let code = u32::from(c);
    let _ = match c {
        '\u{7}' => out.write_str("\\a"),
        '\u{8}' => out.write_str("\\b"),
        '\u{c}' => out.write_str("\\f"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\u{b}' => out.write_str("\\v"),
        c if c < ' ' || c == '\u{7f}' => write!(out, "\\x{code:02x}"),
        _ if code < 0x10000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}
