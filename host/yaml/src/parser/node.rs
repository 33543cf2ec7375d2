//! One node: its properties (tag, anchor) and what it begins with.

use std::borrow::Cow;

use super::{Event, EventKind, Parser, State};
use crate::fault::Fault;
use crate::input::Mark;
use crate::token::{Style, TokenKind as T};

/// Tag and anchor before a node.
struct Properties<'a> {
    anchor: Cow<'a, str>,
    tag: Cow<'a, str>,
    start: Mark,
}

impl<'a> Parser<'a> {
    pub(super) fn parse_node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>, Fault> {
        let (kind, start, _) = self.peek()?;
        if kind == T::Alias {
            self.pop_state();
            let mut event = Event::bare(EventKind::Alias, start);
            event.anchor = self.scanner.take().map(|token| token.value).unwrap_or_default();
            return Ok(event);
        }
        let properties = self.parse_properties(start)?;
        let (kind, found, _) = self.peek()?;
        let untagged = properties.tag.is_empty();
        let mut event = Event::bare(EventKind::SequenceStart, properties.start);
        match kind {
            T::BlockEntry if indentless => self.state = State::IndentlessSequence,
            T::Scalar(style) => {
                event.kind = EventKind::Scalar;
                event.style = style;
                event.implicit = (untagged && style == Style::Plain) || properties.tag == "!";
                event.value = self.scanner.take().map(|token| token.value).unwrap_or_default();
                self.pop_state();
            }
            T::FlowSequenceStart => {
                event.style = Style::Flow;
                self.state = State::FlowSequenceFirst;
            }
            T::FlowMappingStart => {
                event.kind = EventKind::MappingStart;
                event.style = Style::Flow;
                self.state = State::FlowMappingFirst;
            }
            T::BlockSequenceStart if block => self.state = State::BlockSequenceFirst,
            T::BlockMappingStart if block => {
                event.kind = EventKind::MappingStart;
                self.state = State::BlockMappingFirst;
            }
            _ if !properties.anchor.is_empty() || !untagged => {
                event.kind = EventKind::Scalar;
                event.implicit = untagged;
                self.pop_state();
            }
            _ => return Err(Fault::in_context(properties.start, "did not find expected node content", found)),
        }
        event.anchor = properties.anchor;
        event.tag = properties.tag;
        Ok(event)
    }

    fn parse_properties(&mut self, start: Mark) -> Result<Properties<'a>, Fault> {
        let mut anchor = None;
        let mut tag = None;
        loop {
            let (kind, mark, _) = self.peek()?;
            match kind {
                T::Anchor if anchor.is_none() => anchor = self.scanner.take(),
                T::Tag if tag.is_none() => tag = self.scanner.take().map(|token| (token, mark)),
                _ => break,
            }
        }
        let tag = match tag {
            None => Cow::Borrowed(""),
            Some((token, _)) if token.value.is_empty() => token.suffix,
            Some((token, mark)) => match self.prefix_of(&token.value) {
                Some(prefix) => Cow::Owned(format!("{prefix}{}", token.suffix)),
                None => return Err(Fault::in_context(start, "found undefined tag handle", mark)),
            },
        };
        Ok(Properties { anchor: anchor.map(|token| token.value).unwrap_or_default(), tag, start })
    }
}
