//! Decides which token comes next and puts it into the queue.

use std::borrow::Cow;

use super::token::{Style, Token, TokenKind};
use super::{MAX_LEVELS, MAX_SIMPLE_KEY, Scanner, SimpleKey};
use crate::error::fault::Fault;
use crate::text::chars::Run;

impl Scanner<'_> {
    // Not inlined: the caller usually finds that nothing has to be fetched.
    #[inline(never)]
    pub(super) fn fetch_next(&mut self) -> Result<(), Fault> {
        if !self.started {
            self.input.cache(1)?;
            self.started = true;
            self.simple_keys.push(SimpleKey::default());
            self.push(TokenKind::StreamStart, self.input.mark);
            return Ok(());
        }
        self.scan_to_next_token()?;
        self.unroll_indent(i64::from(self.input.mark.column));
        self.input.cache(4)?;
        if self.input.is_end() {
            return self.fetch_stream_end();
        }
        let first = self.input.at(0);
        if first == b'%' && self.input.mark.column == 0 {
            return self.fetch_directive();
        }
        if self.input.is_document_indicator(b'-') {
            return self.fetch_document_indicator(TokenKind::DocumentStart);
        }
        if self.input.is_document_indicator(b'.') {
            return self.fetch_document_indicator(TokenKind::DocumentEnd);
        }
        let in_flow = self.flow_level > 0;
        match first {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.input.is_blankz(1) => self.fetch_block_entry(),
            b'?' if in_flow || self.input.is_blankz(1) => self.fetch_key(),
            b':' if in_flow || self.input.is_blankz(1) => self.fetch_value(),
            b'*' => self.fetch_anchor(TokenKind::Alias),
            b'&' => self.fetch_anchor(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(true),
            b'>' if !in_flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted(true),
            b'"' => self.fetch_quoted(false),
            _ if self.starts_plain(first, in_flow) => self.fetch_plain(),
            _ => self.error(self.input.mark, "found character that cannot start any token"),
        }
    }

    fn starts_plain(&self, first: u8, in_flow: bool) -> bool {
        match first {
            b'-' => !matches!(self.input.at(1), b' ' | b'\t'),
            b'?' | b':' => !in_flow && !self.input.is_blankz(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' => false,
            _ => !self.input.is_blankz(0),
        }
    }

    /// Skips spaces, comments and line breaks; tabs only where they cannot be taken for indentation.
    fn scan_to_next_token(&mut self) -> Result<(), Fault> {
        loop {
            self.input.cache(1)?;
            if self.input.mark.column == 0 && self.input.buffer_starts_with_mark() {
                self.input.skip();
                self.input.cache(1)?;
            }
            // The scalar before has often passed the gap already.
            if self.input.is_text() {
                return Ok(());
            }
            self.input.skip_run(Run::SPACES);
            while self.input.at(0) == b' '
                || (self.input.at(0) == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed))
            {
                self.input.skip();
                self.input.cache(1)?;
            }
            self.skip_comment()?;
            if !self.input.is_break(0) {
                return Ok(());
            }
            self.input.cache(2)?;
            self.input.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    #[inline]
    pub(super) fn skip_comment(&mut self) -> Result<(), Fault> {
        if self.input.at(0) == b'#' { self.skip_line_text() } else { Ok(()) }
    }

    /// Moves to the end of the line.
    pub(super) fn skip_line_text(&mut self) -> Result<(), Fault> {
        loop {
            self.input.skip_run(Run::TEXT);
            if self.input.is_breakz() {
                return Ok(());
            }
            self.input.skip();
            self.input.cache(1)?;
        }
    }

    pub(super) fn skip_blanks(&mut self) -> Result<(), Fault> {
        self.input.cache(1)?;
        while self.input.is_blank() {
            self.input.skip();
            self.input.cache(1)?;
        }
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), Fault> {
        if self.input.mark.column != 0 {
            self.input.mark.column = 0;
            self.input.mark.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(TokenKind::StreamEnd, self.input.mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.input.mark;
        for _ in 0..3 {
            self.input.skip();
        }
        self.push(kind, start);
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind) {
        self.tokens.push_back(Token::indicator(kind, self.input.mark));
        self.input.skip();
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.increase_flow_level()?;
        self.simple_key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.decrease_flow_level();
        self.simple_key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Fault> {
        let mark = self.input.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error(mark, "block sequence entries are not allowed in this context");
            }
            self.roll_indent(mark.column, None, TokenKind::BlockSequenceStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        let mark = self.input.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error(mark, "mapping keys are not allowed in this context");
            }
            self.roll_indent(mark.column, None, TokenKind::BlockMappingStart, mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let at = self.simple_keys.len().saturating_sub(1);
        if self.key_is_valid(at)? {
            let key = self.simple_keys.get(at).copied().unwrap_or_default();
            self.insert(Some(key.token), TokenKind::Key, key.mark);
            self.roll_indent(key.mark.column, Some(key.token), TokenKind::BlockMappingStart, key.mark)?;
            if let Some(key) = self.simple_keys.get_mut(at) {
                key.possible = false;
            }
            self.forget_key_of(key.token);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                let mark = self.input.mark;
                if !self.simple_key_allowed {
                    return self.error(mark, "mapping values are not allowed in this context");
                }
                self.roll_indent(mark.column, None, TokenKind::BlockMappingStart, mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }

    fn fetch_anchor(&mut self, kind: TokenKind) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(kind)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.scan_block_scalar(literal)
    }

    fn fetch_quoted(&mut self, single: bool) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        self.scan_quoted(single)
    }

    fn fetch_plain(&mut self) -> Result<(), Fault> {
        let simple = self.flow_level == 0 && self.indents.len() < MAX_LEVELS && self.input.is_plain();
        if self.simple_key_allowed && simple {
            return self.fetch_plain_or_key();
        }
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        self.scan_plain()
    }

    /// A plain scalar of a block where a key may stand. Most are a word and its `:`, whose tokens are known at once: nothing has
    /// to be remembered, held back or inserted. The tokens and errors are those of the slow path.
    fn fetch_plain_or_key(&mut self) -> Result<(), Fault> {
        let start = self.input.mark;
        let from = self.input.pos;
        let key = self.new_simple_key()?;
        self.pass_word()?;
        // A word ends only before what ends a scalar, so this `:` begins a value.
        let is_key = self.input.at(0) == b':' && self.input.mark.column - start.column <= MAX_SIMPLE_KEY;
        self.simple_key_allowed = false;
        if !is_key {
            self.keep_simple_key(key);
            return self.scan_plain_after(start, from);
        }
        if let Some(last) = self.simple_keys.last_mut() {
            *last = SimpleKey { possible: false, ..key };
        }
        self.roll_indent(start.column, None, TokenKind::BlockMappingStart, start)?;
        self.push(TokenKind::Key, start);
        self.push_scalar(Style::Plain, start, Cow::Borrowed(self.input.slice(from, self.input.pos)));
        self.push_indicator(TokenKind::Value);
        Ok(())
    }
}
