//! Anchors, aliases and tags.

use std::borrow::Cow;

use super::Scanner;
use super::token::{Token, TokenKind};
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::text::chars::{is_word, width};

impl<'a> Scanner<'a> {
    pub(super) fn scan_anchor(&mut self, kind: TokenKind) -> Result<Token<'a>, Fault> {
        let start = self.input.mark;
        self.input.skip();
        let name = self.scan_word()?;
        let ended = self.input.is_blankz(0)
            || matches!(self.input.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ended {
            return self.error(start, "did not find expected alphabetic or numeric character");
        }
        Ok(Token::text(kind, start, Cow::Borrowed(name)))
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.input.mark;
        self.input.cache(2)?;
        let mut handle = "";
        let suffix;
        if self.input.at(1) == b'<' {
            self.input.skip();
            self.input.skip();
            suffix = self.scan_tag_uri(None, start)?;
            if self.input.at(0) != b'>' {
                return self.error(start, "did not find the expected '>'");
            }
            self.input.skip();
        } else {
            let head = self.scan_tag_handle(false, start)?;
            if head.len() > 1 && head.ends_with('!') {
                handle = head;
                suffix = self.scan_tag_uri(None, start)?;
            } else {
                let rest = self.scan_tag_uri(Some(head), start)?;
                // The tag `!` alone has no handle; it means that the scalar is not plain.
                (handle, suffix) = if rest.is_empty() { ("", "!".to_owned()) } else { ("!", rest) };
            }
        }
        self.input.cache(1)?;
        if !self.input.is_blankz(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        Ok(Token::tag(TokenKind::Tag, start, handle, &suffix))
    }

    pub(super) fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Result<&'a str, Fault> {
        self.input.cache(1)?;
        if self.input.at(0) != b'!' {
            return self.error(start, "did not find expected '!'");
        }
        let from = self.input.pos;
        self.input.skip();
        self.scan_word()?;
        if self.input.at(0) == b'!' {
            self.input.skip();
        } else if directive && self.input.pos != from + 1 {
            return self.error(start, "did not find expected '!'");
        }
        Ok(self.input.slice(from, self.input.pos))
    }

    /// The rest of a tag. `head` was read as a handle and turned out not to be one.
    pub(super) fn scan_tag_uri(&mut self, head: Option<&str>, start: Mark) -> Result<String, Fault> {
        let mut uri = head.and_then(|h| h.get(1..)).unwrap_or_default().as_bytes().to_vec();
        let mut found = head.is_some();
        self.input.cache(1)?;
        loop {
            match self.input.at(0) {
                b'%' => self.scan_uri_escapes(&mut uri, start)?,
                b if is_word(b) || br";/?:@&=+$,.!~*'()[]".contains(&b) => {
                    uri.push(b);
                    self.input.skip();
                }
                _ => break,
            }
            self.input.cache(1)?;
            found = true;
        }
        if !found {
            return self.error(start, "did not find expected tag URI");
        }
        Ok(String::from_utf8(uri).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// The `%xx` octets of one character.
    fn scan_uri_escapes(&mut self, uri: &mut Vec<u8>, start: Mark) -> Result<(), Fault> {
        let mut left = None;
        while left != Some(0) {
            self.input.cache(3)?;
            let hex = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
            let (Some(high), Some(low), b'%') = (hex(self.input.at(1)), hex(self.input.at(2)), self.input.at(0)) else {
                return self.error(start, "did not find URI escaped octet");
            };
            let octet = high << 4 | low;
            left = match left {
                None if matches!(octet, 0x80..=0xBF | 0xF8..) => {
                    return self.error(start, "found an incorrect leading UTF-8 octet");
                }
                None => Some(width(octet) - 1),
                Some(_) if octet & 0xC0 != 0x80 => {
                    return self.error(start, "found an incorrect trailing UTF-8 octet");
                }
                Some(n) => Some(n - 1),
            };
            uri.push(octet);
            for _ in 0..3 {
                self.input.skip();
            }
        }
        Ok(())
    }
}
