//! Strings: the choice of the style, and writing in each of them.

use super::analysis::Analysis;
use super::{Context, Emitter, STEP};
use crate::scalar::resolve::{Resolved, is_base60, resolve};
use crate::scanner::token::Style;
use crate::text::chars::{Run, byte, is_break, is_printable, width};

/// Lines are folded at the first blank after this column.
const BEST_WIDTH: usize = 80;

impl Emitter<'_> {
    pub(super) fn string(&mut self, text: &str, analysis: &Analysis, context: Context) {
        let simple_key = context == Context::SimpleKey;
        let outer = self.indent;
        self.indent = Some(outer.map_or(STEP, |indent| indent + STEP));
        match style(text, analysis, simple_key) {
            Style::Plain | Style::Folded | Style::Flow => self.plain(text, !simple_key),
            Style::SingleQuoted => self.single_quoted(text, !simple_key),
            Style::DoubleQuoted => self.double_quoted(text, !simple_key),
            Style::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    /// Copies the character at `at`.
    fn copy(&mut self, text: &str, at: usize) -> usize {
        let next = at + width(byte(text.as_bytes(), at));
        self.out.push_str(text.get(at..next).unwrap_or_default());
        self.column += 1;
        next
    }

    /// Copies the run of characters at `at` that need no escape, or the single character there.
    fn copy_run(&mut self, text: &str, at: usize) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        let (run, _) = rest.split_at_checked(Run::QUOTED.length(rest.as_bytes())).unwrap_or_default();
        if run.is_empty() {
            return self.copy(text, at);
        }
        self.out.push_str(run);
        self.column += run.len();
        at + run.len()
    }

    /// Copies the line break at `at`.
    fn copy_break(&mut self, text: &str, at: usize) -> usize {
        let next = self.copy(text, at);
        self.column = 0;
        self.indention = true;
        next
    }

    fn plain(&mut self, text: &str, may_fold: bool) {
        self.space();
        let bytes = text.as_bytes();
        if !may_fold || self.column + bytes.len() <= BEST_WIDTH {
            self.out.push_str(text);
            self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
        } else {
            let mut after_space = false;
            let mut at = 0;
            while at < bytes.len() {
                let is_space = byte(bytes, at) == b' ';
                if is_space && !after_space && self.column > BEST_WIDTH && byte(bytes, at + 1) != b' ' {
                    self.write_indent();
                    at += 1;
                } else {
                    at = self.copy_run(text, at);
                    self.indention = false;
                }
                after_space = is_space;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, may_fold: bool) {
        self.space();
        self.indicator_after("'");
        let bytes = text.as_bytes();
        let (mut after_space, mut after_break) = (false, false);
        let mut at = 0;
        while at < bytes.len() {
            let lead = byte(bytes, at);
            if lead == b' ' {
                let inside = at > 0 && at + 1 < bytes.len() && byte(bytes, at + 1) != b' ';
                if may_fold && !after_space && self.column > BEST_WIDTH && inside {
                    self.write_indent();
                    at += 1;
                } else {
                    at = self.copy(text, at);
                }
                after_space = true;
            } else if is_break(bytes, at) {
                at = self.copy_break(text, at);
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if lead == b'\'' {
                    self.put('\'');
                }
                at = self.copy_run(text, at);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.indicator_after("'");
    }

    fn double_quoted(&mut self, text: &str, may_fold: bool) {
        self.space();
        self.indicator_after("\"");
        let bytes = text.as_bytes();
        // The library tests the first character of the text here, not the character it is about to write.
        let escape_all = text.starts_with('\u{FEFF}');
        let mut after_space = false;
        let mut at = 0;
        while at < bytes.len() {
            let lead = byte(bytes, at);
            if escape_all || !is_printable(bytes, at) || is_break(bytes, at) || matches!(lead, b'"' | b'\\') {
                let next = at + width(lead);
                text.get(at..next).unwrap_or_default().chars().for_each(|c| self.escape(c));
                at = next;
                after_space = false;
            } else if lead == b' ' {
                let inside = at > 0 && at + 1 < bytes.len();
                if may_fold && !after_space && self.column > BEST_WIDTH && inside {
                    self.write_indent();
                    if byte(bytes, at + 1) == b' ' {
                        self.put('\\');
                    }
                    at += 1;
                } else {
                    at = self.copy(text, at);
                }
                after_space = true;
            } else {
                at = self.copy_run(text, at);
                after_space = false;
            }
        }
        self.indicator_after("\"");
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => return self.escape_code(u32::from(c)),
        };
        self.put('\\');
        self.put(short);
    }

    fn escape_code(&mut self, code: u32) {
        let text = match code {
            0..=0xFF => format!("\\x{code:02X}"),
            0x100..=0xFFFF => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.out.push_str(&text);
        self.column += text.len();
    }

    fn literal(&mut self, text: &str) {
        self.space();
        self.indicator_after("|");
        let bytes = text.as_bytes();
        if byte(bytes, 0) == b' ' || is_break(bytes, 0) {
            self.indicator_after("2");
        }
        match chomping(text) {
            "" => {}
            sign => self.indicator_after(sign),
        }
        self.line_feed();
        self.indention = true;
        self.whitespace = true;
        let mut after_break = true;
        let mut at = 0;
        while at < bytes.len() {
            if is_break(bytes, at) {
                at = self.copy_break(text, at);
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            let mut end = at + Run::TEXT.length(bytes.get(at..).unwrap_or_default());
            while end < bytes.len() && !is_break(bytes, end) {
                end += 1;
            }
            let line = text.get(at..end).unwrap_or_default();
            self.out.push_str(line);
            self.column += line.chars().count();
            self.indention = false;
            after_break = false;
            at = end;
        }
    }
}

/// The style a string is written in.
fn style(text: &str, analysis: &Analysis, simple_key: bool) -> Style {
    let wanted = if analysis.multiline && text.contains('\n') {
        Style::Literal
    } else if matches!(resolve(text), Resolved::Str) && !is_base60(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    match wanted {
        Style::Plain if analysis.plain_allowed => Style::Plain,
        Style::Plain if analysis.single_quoted_allowed => Style::SingleQuoted,
        Style::Literal if analysis.block_allowed && !simple_key => Style::Literal,
        _ => Style::DoubleQuoted,
    }
}

/// `-` without a final line break, `+` with more than one.
fn chomping(text: &str) -> &'static str {
    let is_break = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut end = text.chars().rev();
    match (end.next().is_some_and(is_break), end.next()) {
        (false, _) => "-",
        (true, None) => "+",
        (true, Some(c)) if is_break(c) => "+",
        _ => "",
    }
}
