//! Single- and double-quoted scalars.

use super::Scanner;
use super::plain::Gap;
use super::text::Gathered;
use super::token::Style;
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::text::chars::Run;

impl Scanner<'_> {
    pub(super) fn scan_quoted(&mut self, single: bool) -> Result<(), Fault> {
        let start = self.input.mark;
        let quote = if single { b'\'' } else { b'"' };
        self.input.skip();
        let mut text = Gathered::new(self.input.text, self.input.pos);
        let mut gap = Gap::default();
        loop {
            self.input.cache(4)?;
            if self.input.is_document_indicator(b'-') || self.input.is_document_indicator(b'.') {
                return self.error(start, "found unexpected document indicator");
            }
            if self.input.is_end() {
                return self.error(start, "found unexpected end of stream");
            }
            let mut from = self.input.pos;
            loop {
                self.input.skip_run(Run::QUOTED);
                if self.input.is_blankz(0) {
                    break;
                }
                match self.input.at(0) {
                    b'\'' if single && self.input.at(1) == b'\'' => {
                        // The first of the two is kept as text, the second is dropped.
                        self.input.skip();
                        text.range(from, self.input.pos);
                        self.input.skip();
                        from = self.input.pos;
                    }
                    b if b == quote => break,
                    b'\\' if !single && self.input.is_break(1) => {
                        text.range(from, self.input.pos);
                        self.input.cache(3)?;
                        self.input.skip();
                        self.input.skip_line();
                        from = self.input.pos;
                        gap.broken = true;
                        break;
                    }
                    b'\\' if !single => {
                        text.range(from, self.input.pos);
                        text.push_char(self.scan_escape(start)?);
                        from = self.input.pos;
                    }
                    _ => self.input.skip(),
                }
                self.input.cache(2)?;
            }
            text.range(from, self.input.pos);
            self.input.cache(1)?;
            if self.input.at(0) == quote {
                break;
            }
            while self.input.is_blank() || self.input.is_break(0) {
                self.pass_gap(&mut gap)?;
            }
            gap.close(&mut text);
        }
        self.input.skip();
        let style = if single { Style::SingleQuoted } else { Style::DoubleQuoted };
        self.push_scalar(style, start, text.finish());
        Ok(())
    }

    fn scan_escape(&mut self, start: Mark) -> Result<char, Fault> {
        let (digits, simple) = match self.input.at(1) {
            b'0' => (0, '\0'),
            b'a' => (0, '\x07'),
            b'b' => (0, '\x08'),
            b't' | b'\t' => (0, '\t'),
            b'n' => (0, '\n'),
            b'v' => (0, '\x0B'),
            b'f' => (0, '\x0C'),
            b'r' => (0, '\r'),
            b'e' => (0, '\x1B'),
            b' ' => (0, ' '),
            b'"' => (0, '"'),
            b'\'' => (0, '\''),
            b'\\' => (0, '\\'),
            b'N' => (0, '\u{85}'),
            b'_' => (0, '\u{A0}'),
            b'L' => (0, '\u{2028}'),
            b'P' => (0, '\u{2029}'),
            b'x' => (2, ' '),
            b'u' => (4, ' '),
            b'U' => (8, ' '),
            _ => return self.error(start, "found unknown escape character"),
        };
        self.input.skip();
        self.input.skip();
        if digits == 0 {
            return Ok(simple);
        }
        self.input.cache(digits)?;
        let mut value = 0u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.input.at(ahead)).to_digit(16) else {
                return self.error(start, "did not find expected hexdecimal number");
            };
            value = value << 4 | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return self.error(start, "found invalid Unicode character escape code");
        };
        for _ in 0..digits {
            self.input.skip();
        }
        Ok(character)
    }
}
