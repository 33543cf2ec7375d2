//! Scans plain scalars, which have no quotes.

use std::borrow::Cow;

use super::Scanner;
use super::text::Gathered;
use super::token::Style;
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::text::chars::Run;

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
    /// Appends the gap: blanks as they are, a single break as a space, several breaks as the breaks after the first.
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
    pub(super) fn scan_plain(&mut self) -> Result<(), Fault> {
        let start = self.input.mark;
        let from = self.input.pos;
        // The caller has checked that the first character belongs to a plain scalar.
        self.pass_word()?;
        self.scan_plain_after(start, from)
    }

    /// What follows the first word, which began at `from`.
    pub(super) fn scan_plain_after(&mut self, start: Mark, from: usize) -> Result<(), Fault> {
        if !self.is_gap() {
            self.push_scalar(Style::Plain, start, Cow::Borrowed(self.input.slice(from, self.input.pos)));
            return Ok(());
        }
        let mut text = Gathered::new(self.input.text, from);
        text.range(from, self.input.pos);
        self.scan_more_words(start, text)
    }

    /// The gap after the first word, and what follows it.
    fn scan_more_words(&mut self, start: Mark, mut text: Gathered<'a>) -> Result<(), Fault> {
        let indent = self.indent + 1;
        let mut gap = Gap::default();
        while self.is_gap() {
            self.input.cache(1)?;
            while self.is_gap() {
                if self.input.at(0) == b'\t' && gap.broken && i64::from(self.input.mark.column) < indent {
                    return self.error(start, "found a tab character that violates indentation");
                }
                self.pass_gap(&mut gap)?;
                if gap.broken {
                    self.input.skip_run(Run::SPACES);
                }
            }
            if self.flow_level == 0 && i64::from(self.input.mark.column) < indent {
                break;
            }
            self.input.cache(4)?;
            if self.input.is_document_indicator(b'-') || self.input.is_document_indicator(b'.') {
                break;
            }
            if self.input.at(0) == b'#' {
                break;
            }
            let from = self.input.pos;
            self.pass_word()?;
            if self.input.pos > from {
                gap.close(&mut text);
                text.range(from, self.input.pos);
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        self.push_scalar(Style::Plain, start, text.finish());
        Ok(())
    }

    fn is_gap(&self) -> bool {
        self.input.is_blank() || self.input.is_break(0)
    }

    /// Moves to the end of a word.
    #[inline]
    pub(super) fn pass_word(&mut self) -> Result<(), Fault> {
        loop {
            self.input.skip_run(Run::WORD);
            if self.input.is_blankz(0) || self.ends_plain() {
                return Ok(());
            }
            self.input.skip();
            self.input.cache(2)?;
        }
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
