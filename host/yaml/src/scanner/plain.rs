//! Plain scalars.

use super::Scanner;
use super::text::Gathered;
use crate::fault::Fault;
use crate::token::{Style, Token, TokenKind};

/// Blanks and line breaks between two words of a plain or quoted scalar.
#[derive(Default)]
pub(super) struct Gap {
    /// Where blanks on the same line begin and end.
    pub(super) blanks: Option<(usize, usize)>,
    pub(super) first_break: &'static str,
    pub(super) more_breaks: String,
    /// A line break was passed: blanks are indentation now.
    pub(super) broken: bool,
}

impl Gap {
    /// Puts the gap into the text: blanks as they are, one break as a space, more breaks as the breaks after the first.
    pub(super) fn close(&mut self, text: &mut Gathered<'_>) {
        if self.broken {
            if self.first_break == "\n" {
                text.push(if self.more_breaks.is_empty() { " " } else { &self.more_breaks });
            } else {
                text.push(self.first_break);
                text.push(&self.more_breaks);
            }
            self.first_break = "";
            self.more_breaks.clear();
            self.broken = false;
        } else if let Some((from, to)) = self.blanks {
            text.range(from, to);
        }
        self.blanks = None;
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.input.mark;
        let indent = self.indent + 1;
        let mut end = start;
        let mut text = Gathered::new(self.input.text, self.input.pos);
        let mut gap = Gap::default();
        loop {
            self.input.cache(4)?;
            if self.input.is_document_indicator(b'-') || self.input.is_document_indicator(b'.') {
                break;
            }
            if self.input.at(0) == b'#' {
                break;
            }
            let from = self.input.pos;
            loop {
                self.input.skip_run(|b| !matches!(b, b' ' | b':' | b',' | b'?' | b'[' | b']' | b'{' | b'}'));
                if self.input.is_blankz(0) || self.ends_plain() {
                    break;
                }
                self.input.skip();
                self.input.cache(2)?;
            }
            if self.input.pos > from {
                gap.close(&mut text);
                text.range(from, self.input.pos);
                end = self.input.mark;
            }
            if !(self.input.is_blank() || self.input.is_break(0)) {
                break;
            }
            self.input.cache(1)?;
            while self.input.is_blank() || self.input.is_break(0) {
                if self.input.at(0) == b'\t' && gap.broken && i64::from(self.input.mark.column) < indent {
                    return self.error(start, "found a tab character that violates indentation");
                }
                self.pass_gap(&mut gap)?;
            }
            if self.flow_level == 0 && i64::from(self.input.mark.column) < indent {
                break;
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        let mut token = Token::bare(TokenKind::Scalar(Style::Plain), start, end);
        token.value = text.finish();
        Ok(token)
    }

    /// `: ` anywhere, and the flow indicators inside `[]` and `{}`.
    fn ends_plain(&self) -> bool {
        match self.input.at(0) {
            b':' => self.input.is_blankz(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }

    /// Moves over one blank or line break of a gap.
    pub(super) fn pass_gap(&mut self, gap: &mut Gap) -> Result<(), Fault> {
        if self.input.is_blank() {
            let from = self.input.pos;
            self.input.skip();
            if !gap.broken {
                gap.blanks = Some((gap.blanks.map_or(from, |(first, _)| first), self.input.pos));
            }
        } else {
            self.input.cache(2)?;
            let kept = self.input.skip_line();
            if gap.broken {
                gap.more_breaks.push_str(kept);
            } else {
                gap.first_break = kept;
                gap.broken = true;
                gap.blanks = None;
            }
        }
        self.input.cache(1)
    }
}
