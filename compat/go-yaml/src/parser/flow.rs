//! Flow sequences and mappings.

use super::{Event, EventKind, Parser, State};
use crate::error::fault::Fault;
use crate::scanner::token::{Style, TokenKind as T};

impl<'a> Parser<'a> {
    pub(super) fn parse_flow_sequence(&mut self, first: bool) -> Result<Event<'a>, Fault> {
        if first {
            self.open()?;
        }
        let (mut kind, mut start) = self.peek()?;
        if kind != T::FlowSequenceEnd {
            if !first {
                if kind != T::FlowEntry {
                    return Err(Fault::in_context(self.opened_at(), "did not find expected ',' or ']'", start));
                }
                self.skip();
                (kind, start) = self.peek()?;
            }
            if kind == T::Key {
                self.state = State::FlowSequencePairKey;
                self.skip();
                return Ok(Event { style: Style::Flow, ..Event::bare(EventKind::MappingStart, start) });
            }
            if kind != T::FlowSequenceEnd {
                self.states.push(State::FlowSequence);
                return self.parse_node(false, false);
            }
        }
        Ok(self.close(EventKind::SequenceEnd, start))
    }

    /// The key of a `[key: value]` pair.
    pub(super) fn parse_pair_key(&mut self) -> Result<Event<'a>, Fault> {
        let (kind, _) = self.peek()?;
        if !matches!(kind, T::Value | T::FlowEntry | T::FlowSequenceEnd) {
            self.states.push(State::FlowSequencePairValue);
            return self.parse_node(false, false);
        }
        // The library drops the token here.
        let end = self.pass();
        self.state = State::FlowSequencePairValue;
        Ok(Event::empty_scalar(end))
    }

    pub(super) fn parse_pair_value(&mut self) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        if kind == T::Value {
            self.skip();
            let (next, _) = self.peek()?;
            if !matches!(next, T::FlowEntry | T::FlowSequenceEnd) {
                self.states.push(State::FlowSequencePairEnd);
                return self.parse_node(false, false);
            }
        }
        self.state = State::FlowSequencePairEnd;
        Ok(Event::empty_scalar(start))
    }

    pub(super) fn parse_pair_end(&mut self) -> Result<Event<'a>, Fault> {
        let (_, start) = self.peek()?;
        self.state = State::FlowSequence;
        Ok(Event::bare(EventKind::MappingEnd, start))
    }

    pub(super) fn parse_flow_mapping_key(&mut self, first: bool) -> Result<Event<'a>, Fault> {
        if first {
            self.open()?;
        }
        let (mut kind, mut start) = self.peek()?;
        if kind != T::FlowMappingEnd {
            if !first {
                if kind != T::FlowEntry {
                    return Err(Fault::in_context(self.opened_at(), "did not find expected ',' or '}'", start));
                }
                self.skip();
                (kind, start) = self.peek()?;
            }
            if kind == T::Key {
                self.skip();
                let (next, at) = self.peek()?;
                if matches!(next, T::Value | T::FlowEntry | T::FlowMappingEnd) {
                    self.state = State::FlowMappingValue;
                    return Ok(Event::empty_scalar(at));
                }
                self.states.push(State::FlowMappingValue);
                return self.parse_node(false, false);
            }
            if kind != T::FlowMappingEnd {
                self.states.push(State::FlowMappingEmptyValue);
                return self.parse_node(false, false);
            }
        }
        Ok(self.close(EventKind::MappingEnd, start))
    }

    pub(super) fn parse_flow_mapping_value(&mut self, empty: bool) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        self.state = State::FlowMappingKey;
        if !empty && kind == T::Value {
            self.skip();
            let (next, at) = self.peek()?;
            if !matches!(next, T::FlowEntry | T::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.parse_node(false, false);
            }
            return Ok(Event::empty_scalar(at));
        }
        Ok(Event::empty_scalar(start))
    }
}
