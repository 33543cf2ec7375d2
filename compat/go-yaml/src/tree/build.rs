//! Builds trees from events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;

use super::{Content, MAX_DEPTH, MAX_SIZE, NONE, NodeData, NodeId, Tree};
use crate::error::fault::Fault;
use crate::error::{Location, ReadError, Refusal};
use crate::parser::{Event, EventKind, Parser};

/// The documents of a text, one after another.
pub(crate) struct Documents<'a> {
    parser: Parser<'a>,
    builder: Builder<'a>,
    text: &'a str,
}

/// A collection that is still open.
struct Open {
    id: NodeId,
    last: NodeId,
}

/// A tree that is being built.
#[derive(Default)]
struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open>,
    anchors: HashMap<Cow<'a, str>, NodeId>,
}

/// The text as it is read, if it is not too long.
fn readable(text: &str) -> Result<&str, ReadError> {
    if text.len() > MAX_SIZE {
        return Err(ReadError::TooLarge { size: text.len(), limit: MAX_SIZE });
    }
    // go-yaml reads an empty text as an empty line.
    Ok(if text.is_empty() { "\n" } else { text })
}

impl<'a> Documents<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, ReadError> {
        let text = readable(text)?;
        Ok(Self { parser: Parser::new(text), builder: Builder::default(), text })
    }

    /// The documents of another text, with the memory that these and their last tree took.
    pub(crate) fn again(self, text: &'a str, last: Tree<'a>) -> Result<Self, ReadError> {
        let Self { parser, mut builder, .. } = self;
        let text = readable(text)?;
        builder.tree = last;
        Ok(Self { parser: parser.again(text), builder, text })
    }

    /// The next document; none at the end of the text.
    pub(crate) fn next_tree(&mut self) -> Result<Option<Tree<'a>>, Refusal> {
        loop {
            let event = match self.parser.next_event() {
                Ok(event) => event,
                Err(fault) => return Err(self.malformed(&fault)),
            };
            match event.kind {
                EventKind::StreamStart => {}
                EventKind::DocumentStart => self.builder.begin(self.text.len()),
                EventKind::DocumentEnd => return Ok(Some(mem::take(&mut self.builder.tree))),
                EventKind::StreamEnd => return Ok(None),
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    self.builder.open.pop();
                }
                _ => self.builder.add(event)?,
            }
        }
    }

    #[cold]
    fn malformed(&self, fault: &Fault) -> Refusal {
        ReadError::malformed(fault, self.text).into()
    }
}

impl<'a> Builder<'a> {
    /// Begins a document of a text of that many bytes.
    fn begin(&mut self, bytes: usize) {
        self.tree.root = NONE;
        self.tree.nodes.clear();
        // A text rarely has more than one node for each six bytes, and one of many documents has small ones.
        self.tree.nodes.reserve((bytes / 6 + 1).min(64));
        self.open.clear();
        // A new map, because clearing a map takes time in proportion to its capacity.
        self.anchors = HashMap::new();
    }

    fn add(&mut self, event: Event<'a>) -> Result<(), Refusal> {
        let Event { kind, style, implicit, start, value, mut properties } = event;
        let id = self.tree.nodes.len() as NodeId;
        let at = Location { line: start.line + 1, column: start.column + 1 };
        if let Some(properties) = properties.as_mut().filter(|properties| !properties.anchor.is_empty()) {
            self.anchors.insert(mem::take(&mut properties.anchor), id);
        }
        let content = match kind {
            EventKind::Alias => match self.anchors.get(&value) {
                Some(target) => Content::Alias { name: value, target: *target },
                None => return Err(ReadError::unusable(format!("unknown anchor '{value}' referenced"), at).into()),
            },
            EventKind::SequenceStart => Content::Sequence { first: NONE, style },
            EventKind::MappingStart => Content::Mapping { first: NONE, style },
            _ => Content::Scalar { text: value, style, implicit },
        };
        let is_collection = matches!(kind, EventKind::SequenceStart | EventKind::MappingStart);
        if is_collection {
            properties = None;
        }
        self.tree.nodes.push(NodeData { content, properties, line: at.line, column: at.column, next: NONE });
        self.hang(id);
        if is_collection {
            if self.open.len() >= MAX_DEPTH {
                return Err(ReadError::TooDeep { limit: MAX_DEPTH, at }.into());
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
        let last = mem::replace(&mut open.last, id);
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
