//! Builds trees from events.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Content, MAX_DEPTH, MAX_SIZE, NONE, NodeData, NodeId, Tree};
use crate::error::{Location, ReadError};
use crate::parser::{Event, EventKind, Parser};

/// The documents of a text, one after another.
pub(crate) struct Documents<'a> {
    parser: Parser<'a>,
    text: &'a str,
    started: bool,
}

/// A collection that is still open.
struct Open {
    id: NodeId,
    last: NodeId,
}

/// A tree in the making.
struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open>,
    anchors: HashMap<Cow<'a, str>, NodeId>,
}

impl<'a> Documents<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, ReadError> {
        if text.len() > MAX_SIZE {
            return Err(ReadError::TooLarge { size: text.len(), limit: MAX_SIZE });
        }
        // go-yaml reads an empty text as an empty line.
        let text = if text.is_empty() { "\n" } else { text };
        Ok(Self { parser: Parser::new(text), text, started: false })
    }

    /// The next document; none at the end of the text.
    pub(crate) fn next_tree(&mut self) -> Result<Option<Tree<'a>>, ReadError> {
        if !self.started {
            self.next_event()?;
            self.started = true;
        }
        if self.next_event()?.kind != EventKind::DocumentStart {
            return Ok(None);
        }
        let mut builder = Builder {
            tree: Tree { nodes: Vec::with_capacity(64), root: NONE },
            open: Vec::new(),
            anchors: HashMap::new(),
        };
        loop {
            let event = self.next_event()?;
            match event.kind {
                EventKind::DocumentEnd | EventKind::StreamEnd => break,
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    builder.open.pop();
                }
                _ => builder.add(event)?,
            }
        }
        Ok(Some(builder.tree))
    }

    fn next_event(&mut self) -> Result<Event<'a>, ReadError> {
        self.parser.next_event().map_err(|fault| ReadError::malformed(fault, self.text))
    }
}

impl<'a> Builder<'a> {
    fn add(&mut self, event: Event<'a>) -> Result<(), ReadError> {
        let id = self.tree.nodes.len() as NodeId;
        let at = Location { line: event.start.line + 1, column: event.start.column + 1 };
        let mut tag = Cow::Borrowed("");
        let content = match event.kind {
            EventKind::Alias => match self.anchors.get(&event.anchor) {
                Some(target) => Content::Alias { name: event.anchor, target: *target },
                None => return Err(ReadError::unusable(format!("unknown anchor '{}' referenced", event.anchor), at)),
            },
            kind => {
                if !event.anchor.is_empty() {
                    self.anchors.insert(event.anchor, id);
                }
                match kind {
                    EventKind::SequenceStart => Content::Sequence { first: NONE, style: event.style },
                    EventKind::MappingStart => Content::Mapping { first: NONE, style: event.style },
                    _ => {
                        // Tags count on scalars only, as in the library.
                        tag = event.tag;
                        Content::Scalar { text: event.value, style: event.style, implicit: event.implicit }
                    }
                }
            }
        };
        let is_collection = matches!(content, Content::Sequence { .. } | Content::Mapping { .. });
        self.tree.nodes.push(NodeData { content, tag, line: at.line, column: at.column, next: NONE });
        self.hang(id);
        if is_collection {
            if self.open.len() >= MAX_DEPTH {
                return Err(ReadError::TooDeep { limit: MAX_DEPTH, at });
            }
            self.open.push(Open { id, last: NONE });
        }
        Ok(())
    }

    /// Makes `id` the next child of the innermost open collection.
    fn hang(&mut self, id: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.tree.root = id;
            return;
        };
        let last = std::mem::replace(&mut open.last, id);
        if last != NONE {
            if let Some(sibling) = self.tree.nodes.get_mut(last as usize) {
                sibling.next = id;
            }
        } else if let Some(parent) = self.tree.nodes.get_mut(open.id as usize) {
            match &mut parent.content {
                Content::Sequence { first, .. } | Content::Mapping { first, .. } => *first = id,
                Content::Scalar { .. } | Content::Alias { .. } => {}
            }
        }
    }
}
