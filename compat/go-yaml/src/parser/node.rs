//! One node: its properties (tag, anchor) and what it begins with.

use std::borrow::Cow;

use super::{Event, EventKind, Parser, Properties, State};
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::scanner::token::{Style, TokenKind as T};

impl<'a> Parser<'a> {
    pub(super) fn parse_node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        let properties = match kind {
            T::Alias => {
                let value = self.scanner.take().map(|token| token.value).unwrap_or_default();
                self.pop_state();
                return Ok(Event { value, ..Event::bare(EventKind::Alias, start) });
            }
            T::Anchor | T::Tag => Some(self.parse_properties(start)?),
            _ => None,
        };
        let (kind, found) = self.peek()?;
        let tag = properties.as_ref().map_or("", |properties| &properties.tag);
        let (kind, style, state) = match kind {
            T::Scalar => {
                let (style, value) = self.scanner.take().map(|token| (token.style, token.value)).unwrap_or_default();
                let implicit = (tag.is_empty() && style == Style::Plain) || tag == "!";
                self.pop_state();
                return Ok(Event { kind: EventKind::Scalar, style, implicit, start, value, properties });
            }
            T::BlockMappingStart if block => (EventKind::MappingStart, Style::Plain, State::BlockMappingFirst),
            T::BlockSequenceStart if block => (EventKind::SequenceStart, Style::Plain, State::BlockSequenceFirst),
            T::BlockEntry if indentless => (EventKind::SequenceStart, Style::Plain, State::IndentlessSequence),
            T::FlowMappingStart => (EventKind::MappingStart, Style::Flow, State::FlowMappingFirst),
            T::FlowSequenceStart => (EventKind::SequenceStart, Style::Flow, State::FlowSequenceFirst),
            _ if properties.is_some() => {
                let implicit = tag.is_empty();
                self.pop_state();
                return Ok(Event { properties, implicit, ..Event::bare(EventKind::Scalar, start) });
            }
            _ => return Err(Fault::in_context(start, "did not find expected node content", found)),
        };
        self.state = state;
        Ok(Event { style, properties, ..Event::bare(kind, start) })
    }

    #[inline(never)]
    fn parse_properties(&mut self, start: Mark) -> Result<Box<Properties<'a>>, Fault> {
        let mut anchor = None;
        let mut tag = None;
        loop {
            let (kind, mark) = self.peek()?;
            match kind {
                T::Anchor if anchor.is_none() => anchor = self.scanner.take(),
                T::Tag if tag.is_none() => tag = self.scanner.take().map(|token| (token, mark)),
                _ => break,
            }
        }
        let tag = match tag {
            None => Cow::Borrowed(""),
            Some((token, mark)) => match token.parts() {
                ("", _) => token.value,
                (handle, rest) => match self.prefix_of(handle) {
                    Some(prefix) => Cow::Owned(format!("{prefix}{rest}")),
                    None => return Err(Fault::in_context(start, "found undefined tag handle", mark)),
                },
            },
        };
        Ok(Box::new(Properties { anchor: anchor.map(|token| token.value).unwrap_or_default(), tag }))
    }
}
