//! Stream, documents and directives.

use super::{Event, EventKind, Parser, State};
use crate::error::Mark;
use crate::error::fault::Fault;
use crate::scanner::token::TokenKind as T;

impl<'a> Parser<'a> {
    pub(super) fn parse_stream_start(&mut self) -> Result<Event<'a>, Fault> {
        let (_, start) = self.peek()?;
        self.state = State::ImplicitDocumentStart;
        self.skip();
        Ok(Event::bare(EventKind::StreamStart, start))
    }

    pub(super) fn parse_document_start(&mut self, implicit: bool) -> Result<Event<'a>, Fault> {
        let (mut kind, mut start) = self.peek()?;
        while !implicit && kind == T::DocumentEnd {
            self.skip();
            (kind, start) = self.peek()?;
        }
        match kind {
            T::StreamEnd => {
                self.state = State::End;
                self.skip();
                Ok(Event::bare(EventKind::StreamEnd, start))
            }
            T::VersionDirective | T::ForeignVersion | T::TagDirective | T::DocumentStart => {
                self.parse_explicit_document(start)
            }
            _ if implicit => {
                self.process_directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                Ok(Event::bare(EventKind::DocumentStart, start))
            }
            _ => self.parse_explicit_document(start),
        }
    }

    fn parse_explicit_document(&mut self, start: Mark) -> Result<Event<'a>, Fault> {
        self.process_directives()?;
        let (kind, found) = self.peek()?;
        if kind != T::DocumentStart {
            return Err(Fault::parser("did not find expected <document start>", found));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.skip();
        Ok(Event::bare(EventKind::DocumentStart, start))
    }

    pub(super) fn parse_document_content(&mut self) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        match kind {
            T::VersionDirective
            | T::ForeignVersion
            | T::TagDirective
            | T::DocumentStart
            | T::DocumentEnd
            | T::StreamEnd => {
                self.pop_state();
                Ok(Event::empty_scalar(start))
            }
            _ => self.parse_node(true, false),
        }
    }

    pub(super) fn parse_document_end(&mut self) -> Result<Event<'a>, Fault> {
        let (kind, start) = self.peek()?;
        if kind == T::DocumentEnd {
            self.skip();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(Event::bare(EventKind::DocumentEnd, start))
    }

    fn process_directives(&mut self) -> Result<(), Fault> {
        let mut has_version = false;
        loop {
            let (kind, start) = self.peek()?;
            match kind {
                T::VersionDirective | T::ForeignVersion if has_version => {
                    return Err(Fault::parser("found duplicate %YAML directive", start));
                }
                T::ForeignVersion => {
                    return Err(Fault::parser("found incompatible YAML document", start));
                }
                T::VersionDirective => {
                    has_version = true;
                    self.skip();
                }
                T::TagDirective => {
                    if let Some(token) = self.scanner.take() {
                        let (handle, prefix) = token.parts();
                        if self.tag_directives.contains_key(handle) {
                            return Err(Fault::parser("found duplicate %TAG directive", start));
                        }
                        self.tag_directives.insert(handle.to_owned(), prefix.to_owned());
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// The prefix of a tag handle: the document's own directive, or YAML's default.
    pub(super) fn prefix_of(&self, handle: &str) -> Option<&str> {
        self.tag_directives.get(handle).map(String::as_str).or(match handle {
            "!" => Some("!"),
            "!!" => Some("tag:yaml.org,2002:"),
            _ => None,
        })
    }
}
