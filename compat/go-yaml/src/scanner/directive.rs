//! `%YAML` and `%TAG` lines.

use super::Scanner;
use super::token::{Token, TokenKind};
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::text::chars::{is_blank, is_word};

impl<'a> Scanner<'a> {
    pub(super) fn scan_directive(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.input.mark;
        self.input.skip();
        let name = self.scan_directive_name(start)?;
        let token = match name {
            "YAML" => {
                let supported = self.scan_version(start)? == (1, 1);
                let kind = if supported { TokenKind::VersionDirective } else { TokenKind::ForeignVersion };
                Token::understood(kind, start)
            }
            "TAG" => self.scan_tag_directive(start)?,
            _ => return self.error(start, "found unknown directive name"),
        };
        self.skip_blanks()?;
        self.skip_comment()?;
        if !self.input.is_breakz() {
            return self.error(start, "did not find expected comment or line break");
        }
        if self.input.is_break(0) {
            self.input.cache(2)?;
            self.input.skip_line();
        }
        Ok(token)
    }

    /// Moves over word characters and gives them.
    pub(super) fn scan_word(&mut self) -> Result<&'a str, Fault> {
        self.input.cache(1)?;
        let from = self.input.pos;
        while is_word(self.input.at(0)) {
            self.input.skip();
            self.input.cache(1)?;
        }
        Ok(self.input.slice(from, self.input.pos))
    }

    fn scan_directive_name(&mut self, start: Mark) -> Result<&'a str, Fault> {
        let name = self.scan_word()?;
        if name.is_empty() {
            return self.error(start, "could not find expected directive name");
        }
        if !self.input.is_blankz(0) {
            return self.error(start, "found unexpected non-alphabetical character");
        }
        Ok(name)
    }

    fn scan_version(&mut self, start: Mark) -> Result<(u8, u8), Fault> {
        self.skip_blanks()?;
        let major = self.scan_version_number(start)?;
        if self.input.at(0) != b'.' {
            return self.error(start, "did not find expected digit or '.' character");
        }
        self.input.skip();
        let minor = self.scan_version_number(start)?;
        Ok((major, minor))
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u8, Fault> {
        self.input.cache(1)?;
        let (mut value, mut length) = (0u8, 0);
        while self.input.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.error(start, "found extremely long version number");
            }
            value = value * 10 + (self.input.at(0) - b'0');
            self.input.skip();
            self.input.cache(1)?;
        }
        if length == 0 {
            return self.error(start, "did not find expected version number");
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<Token<'a>, Fault> {
        self.skip_blanks()?;
        let handle = self.scan_tag_handle(true, start)?;
        self.input.cache(1)?;
        if !is_blank(self.input.at(0)) {
            return self.error(start, "did not find expected whitespace");
        }
        self.skip_blanks()?;
        let prefix = self.scan_tag_uri(None, start)?;
        self.input.cache(1)?;
        if !self.input.is_blankz(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        Ok(Token::tag(TokenKind::TagDirective, start, handle, &prefix))
    }
}
