//! Block sequences and mappings.

use super::{Event, EventKind, Parser, State};
use crate::error::fault::Fault;
use crate::scanner::token::TokenKind as T;

impl<'a> Parser<'a> {
    pub(super) fn parse_block_sequence(&mut self, first: bool) -> Result<Event<'a>, Fault> {
        if first {
            self.open()?;
        }
        let (kind, start) = self.peek()?;
        match kind {
            T::BlockEntry => {
                let end = self.pass();
                let (next, _) = self.peek()?;
                if matches!(next, T::BlockEntry | T::BlockEnd) {
                    self.state = State::BlockSequence;
                    return Ok(Event::empty_scalar(end));
                }
                self.states.push(State::BlockSequence);
                self.parse_node(true, false)
            }
            T::BlockEnd => Ok(self.close(EventKind::SequenceEnd, start)),
            _ => Err(Fault::in_context(self.opened_at(), "did not find expected '-' indicator", start)),
        }
    }

    pub(super) fn parse_indentless_sequence(&mut self) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        if kind != T::BlockEntry {
            self.pop_state();
            return Ok(Event::bare(EventKind::SequenceEnd, start));
        }
        let end = self.pass();
        let (next, _) = self.peek()?;
        if matches!(next, T::BlockEntry | T::Key | T::Value | T::BlockEnd) {
            self.state = State::IndentlessSequence;
            return Ok(Event::empty_scalar(end));
        }
        self.states.push(State::IndentlessSequence);
        self.parse_node(true, false)
    }

    pub(super) fn parse_block_mapping_key(&mut self, first: bool) -> Result<Event<'a>, Fault> {
        if first {
            self.open()?;
        }
        let (kind, start) = self.peek()?;
        match kind {
            T::Key => {
                let end = self.pass();
                let (next, _) = self.peek()?;
                if matches!(next, T::Key | T::Value | T::BlockEnd) {
                    self.state = State::BlockMappingValue;
                    return Ok(Event::empty_scalar(end));
                }
                self.states.push(State::BlockMappingValue);
                self.parse_node(true, true)
            }
            T::BlockEnd => Ok(self.close(EventKind::MappingEnd, start)),
            _ => Err(Fault::in_context(self.opened_at(), "did not find expected key", start)),
        }
    }

    pub(super) fn parse_block_mapping_value(&mut self) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        self.state = State::BlockMappingKey;
        if kind != T::Value {
            return Ok(Event::empty_scalar(start));
        }
        let end = self.pass();
        let (next, _) = self.peek()?;
        if matches!(next, T::Key | T::Value | T::BlockEnd) {
            return Ok(Event::empty_scalar(end));
        }
        self.states.push(State::BlockMappingKey);
        self.parse_node(true, true)
    }
}
