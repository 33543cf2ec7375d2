//! Literal (`|`) and folded (`>`) scalars.

use super::Scanner;
use super::text::Gathered;
use super::token::Style;
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::text::chars::is_blank;

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        let start = self.input.mark;
        self.input.skip();
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut indent = increment.map_or(0, |n| self.indent.max(0) + n);

        let mut breaks = String::new();
        self.scan_block_breaks(&mut indent, &mut breaks, start)?;
        let mut text = Gathered::new(self.input.text, self.input.pos);
        let mut leading_break = "";
        let mut leading_blank = false;
        self.input.cache(1)?;
        while i64::from(self.input.mark.column) == indent && !self.input.is_end() {
            let trailing_blank = is_blank(self.input.at(0));
            if !literal && !leading_blank && !trailing_blank && leading_break == "\n" {
                if breaks.is_empty() {
                    text.push(" ");
                }
            } else if !leading_break.is_empty() {
                text.push(leading_break);
            }
            if !breaks.is_empty() {
                text.push(&breaks);
                breaks.clear();
            }
            leading_blank = trailing_blank;
            let from = self.input.pos;
            self.skip_line_text()?;
            text.range(from, self.input.pos);
            self.input.cache(2)?;
            leading_break = self.input.skip_line();
            self.scan_block_breaks(&mut indent, &mut breaks, start)?;
        }
        if chomping != Chomping::Strip && !leading_break.is_empty() {
            text.push(leading_break);
        }
        if chomping == Chomping::Keep && !breaks.is_empty() {
            text.push(&breaks);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        self.push_scalar(style, start, text.finish());
        Ok(())
    }

    /// The chomping and indentation indicators, in either order, and the rest of the line.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, Option<i64>), Fault> {
        self.input.cache(1)?;
        let mut chomping = Chomping::Clip;
        let mut increment = None;
        if let Some(found) = self.scan_chomping() {
            chomping = found;
            self.input.cache(1)?;
            increment = self.scan_increment(start)?;
        } else if let Some(found) = self.scan_increment(start)? {
            increment = Some(found);
            self.input.cache(1)?;
            chomping = self.scan_chomping().unwrap_or(Chomping::Clip);
        }
        self.skip_blanks()?;
        self.skip_comment()?;
        if !self.input.is_breakz() {
            return self.error(start, "did not find expected comment or line break");
        }
        if self.input.is_break(0) {
            self.input.cache(2)?;
            self.input.skip_line();
        }
        Ok((chomping, increment))
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let found = match self.input.at(0) {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.input.skip();
        Some(found)
    }

    fn scan_increment(&mut self, start: Mark) -> Result<Option<i64>, Fault> {
        let digit = self.input.at(0);
        if !digit.is_ascii_digit() {
            return Ok(None);
        }
        if digit == b'0' {
            return self.error(start, "found an indentation indicator equal to 0");
        }
        self.input.skip();
        Ok(Some(i64::from(digit - b'0')))
    }

    /// Skips indentation and empty lines; determines the indentation if it is not known yet.
    fn scan_block_breaks(&mut self, indent: &mut i64, breaks: &mut String, start: Mark) -> Result<(), Fault> {
        let mut deepest = 0;
        loop {
            self.input.cache(1)?;
            while (*indent == 0 || i64::from(self.input.mark.column) < *indent) && self.input.at(0) == b' ' {
                self.input.skip();
                self.input.cache(1)?;
            }
            let column = i64::from(self.input.mark.column);
            deepest = deepest.max(column);
            if (*indent == 0 || column < *indent) && self.input.at(0) == b'\t' {
                return self.error(start, "found a tab character where an indentation space is expected");
            }
            if !self.input.is_break(0) {
                break;
            }
            self.input.cache(2)?;
            breaks.push_str(self.input.skip_line());
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
