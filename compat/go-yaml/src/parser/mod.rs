//! The parser: tokens to events, a port of go-yaml's (and so libyaml's) state machine.
//!
//! Owns the grammar. It does not recurse, and each event carries the place where its node begins.

mod block;
mod document;
mod flow;
mod node;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::Mark;
use crate::error::fault::Fault;
use crate::scanner::Scanner;
use crate::scanner::token::{Style, TokenKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias,
    Scalar,
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

/// An event and where it stands in the text.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) kind: EventKind,
    pub(crate) style: Style,
    /// The type of the scalar follows from its text.
    pub(crate) implicit: bool,
    pub(crate) start: Mark,
    /// The scalar, or the name of an alias.
    pub(crate) value: Cow<'a, str>,
    /// Rare, so they stand elsewhere.
    pub(crate) properties: Option<Box<Properties<'a>>>,
}

/// What stands before a node; empty when there is none.
#[derive(Debug, Default)]
pub(crate) struct Properties<'a> {
    pub(crate) anchor: Cow<'a, str>,
    /// In its long form.
    pub(crate) tag: Cow<'a, str>,
}

impl Event<'_> {
    fn bare(kind: EventKind, start: Mark) -> Self {
        Self { kind, style: Style::Plain, implicit: false, start, value: Cow::Borrowed(""), properties: None }
    }

    /// The scalar that stands where nothing was written.
    fn empty_scalar(at: Mark) -> Self {
        Self { implicit: true, ..Self::bare(EventKind::Scalar, at) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirst,
    BlockSequence,
    IndentlessSequence,
    BlockMappingFirst,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequence,
    FlowSequencePairKey,
    FlowSequencePairValue,
    FlowSequencePairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// Reads events from a text.
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    marks: Vec<Mark>,
    /// The prefix of each handle of the current document. A map, because a text may declare a hundred thousand of them.
    tag_directives: BTreeMap<String, String>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self::over(Scanner::new(text))
    }

    /// A parser of another text, with the memory of this one.
    pub(crate) fn again(self, text: &'a str) -> Self {
        let Self { scanner, mut states, mut marks, .. } = self;
        states.clear();
        marks.clear();
        Self { states, marks, ..Self::over(scanner.again(text)) }
    }

    fn over(scanner: Scanner<'a>) -> Self {
        Self {
            scanner,
            state: State::StreamStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: BTreeMap::new(),
        }
    }

    #[inline]
    pub(crate) fn next_event(&mut self) -> Result<Event<'a>, Fault> {
        match self.state {
            State::StreamStart => self.parse_stream_start(),
            State::ImplicitDocumentStart => self.parse_document_start(true),
            State::DocumentStart => self.parse_document_start(false),
            State::DocumentContent => self.parse_document_content(),
            State::DocumentEnd => self.parse_document_end(),
            State::BlockNode => self.parse_node(true, false),
            State::BlockSequenceFirst => self.parse_block_sequence(true),
            State::BlockSequence => self.parse_block_sequence(false),
            State::IndentlessSequence => self.parse_indentless_sequence(),
            State::BlockMappingFirst => self.parse_block_mapping_key(true),
            State::BlockMappingKey => self.parse_block_mapping_key(false),
            State::BlockMappingValue => self.parse_block_mapping_value(),
            State::FlowSequenceFirst => self.parse_flow_sequence(true),
            State::FlowSequence => self.parse_flow_sequence(false),
            State::FlowSequencePairKey => self.parse_pair_key(),
            State::FlowSequencePairValue => self.parse_pair_value(),
            State::FlowSequencePairEnd => self.parse_pair_end(),
            State::FlowMappingFirst => self.parse_flow_mapping_key(true),
            State::FlowMappingKey => self.parse_flow_mapping_key(false),
            State::FlowMappingValue => self.parse_flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.parse_flow_mapping_value(true),
            State::End => Ok(Event::bare(EventKind::StreamEnd, Mark::default())),
        }
    }

    #[inline]
    fn peek(&mut self) -> Result<(TokenKind, Mark), Fault> {
        self.scanner.peek()
    }

    /// Moves over an indicator; gives the place behind it.
    fn pass(&mut self) -> Mark {
        self.scanner.take().map(|token| token.end()).unwrap_or_default()
    }

    fn skip(&mut self) {
        self.scanner.take();
    }

    /// Back to the state that was waiting for the node just finished.
    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Opens a collection: records where it began and skips its first token.
    fn open(&mut self) -> Result<(), Fault> {
        let (_, start) = self.peek()?;
        self.marks.push(start);
        self.skip();
        Ok(())
    }

    /// Closes a collection at its last token.
    fn close(&mut self, kind: EventKind, start: Mark) -> Event<'a> {
        self.pop_state();
        self.marks.pop();
        self.skip();
        Event::bare(kind, start)
    }

    fn opened_at(&mut self) -> Mark {
        self.marks.pop().unwrap_or_default()
    }
}
