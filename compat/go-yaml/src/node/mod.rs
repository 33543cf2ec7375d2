//! The public view of a node: a cheap handle into its document.

mod locate;

pub use locate::{PathSegment, locate, plain_scalar};

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::decode::to_value;
use crate::error::{Location, ReadError};
use crate::scalar::{coerced, key_text};
use crate::scanner::token::Style;
use crate::tree::{Content, Documents, NodeData, NodeId, Tree};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, a number, a bool, null: a leaf.
    Scalar,
    /// A block or flow list.
    Sequence,
    /// A block or flow map.
    Mapping,
}

/// A node of a parsed document. Aliases are resolved: a node is what its alias names. Cloning is cheap.
#[derive(Clone)]
pub struct Node<'a> {
    tree: Arc<Tree<'a>>,
    /// What was written at this place, perhaps an alias.
    written: NodeId,
    id: NodeId,
}

/// Merges may refer to each other in a circle or multiply. Reading such a document fails, and a look-up in it must end.
struct Lookups {
    depth: usize,
    left: usize,
}

/// Parses every document of a text. An empty text has none.
///
/// # Errors
/// When the text is not YAML, or nested too deeply.
pub fn parse(text: &str) -> Result<Vec<Node<'_>>, ReadError> {
    let mut documents = Documents::new(text)?;
    let mut roots = Vec::new();
    while let Some(tree) = documents.next_tree().map_err(|error| *error)? {
        let root = tree.root;
        roots.push(Node::new(&Arc::new(tree), root));
    }
    Ok(roots)
}

/// Parses the first document of a text, whatever follows it. An empty text has none.
///
/// # Errors
/// When the document is not YAML, or nested too deeply.
pub fn parse_first(text: &str) -> Result<Option<Node<'_>>, ReadError> {
    let tree = Documents::new(text)?.next_tree().map_err(|error| *error)?;
    Ok(tree.map(|tree| {
        let root = tree.root;
        Node::new(&Arc::new(tree), root)
    }))
}

impl<'a> Node<'a> {
    pub(super) fn new(tree: &Arc<Tree<'a>>, written: NodeId) -> Self {
        Self { tree: Arc::clone(tree), written, id: tree.resolved(written) }
    }

    fn data(&self) -> Option<&NodeData<'a>> {
        self.tree.node(self.id)
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.data().map(|data| &data.content) {
            Some(Content::Sequence { .. }) => Kind::Sequence,
            Some(Content::Mapping { .. }) => Kind::Mapping,
            Some(Content::Scalar { .. } | Content::Alias { .. }) | None => Kind::Scalar,
        }
    }

    /// The tag of a scalar in its long form (`tag:yaml.org,2002:int`), empty when none was written.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.data().map_or("", NodeData::tag)
    }

    /// How it was written.
    #[must_use]
    pub fn style(&self) -> Style {
        match self.data().map(|data| &data.content) {
            Some(Content::Scalar { style, .. } | Content::Sequence { style, .. } | Content::Mapping { style, .. }) => {
                *style
            }
            _ => Style::Plain,
        }
    }

    /// Where it was written; for an alias the place of the alias.
    #[must_use]
    pub fn location(&self) -> Location {
        self.tree
            .node(self.written)
            .map_or(Location { line: 1, column: 1 }, |data| Location { line: data.line, column: data.column })
    }

    /// Line, from one.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.location().line
    }

    /// Column in characters, from one.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.location().column
    }

    /// The text of a scalar as it was written (escapes and folding undone, type not decided); none for collections.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.data().map(|data| &data.content) {
            Some(Content::Scalar { text, .. }) => Some(text),
            _ => None,
        }
    }

    /// The elements of a sequence; empty for anything else.
    #[must_use]
    pub fn items(&self) -> Vec<Node<'a>> {
        match self.data().map(|data| &data.content) {
            Some(Content::Sequence { first, .. }) => {
                self.tree.children(*first).map(|id| Self::new(&self.tree, id)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The keys and values of a mapping as they were written, merge keys included; empty for anything else.
    #[must_use]
    pub fn entries(&self) -> Vec<(Node<'a>, Node<'a>)> {
        match self.data().map(|data| &data.content) {
            Some(Content::Mapping { first, .. }) => self
                .tree
                .pairs(*first)
                .map(|(key, value)| (Self::new(&self.tree, key), Self::new(&self.tree, value)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The entry of a mapping that counts for `key` (the last one, merges in source order): its key and its value. For a
    /// merged-in entry both are where the merged mapping has them.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        self.lookup(self.id, key, &mut Lookups { depth: 0, left: 1000 })
            .map(|(key, value)| (Self::new(&self.tree, key), Self::new(&self.tree, value)))
    }

    /// The value of a mapping that counts for `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|(_, value)| value)
    }

    fn lookup(&self, id: NodeId, key: &str, lookups: &mut Lookups) -> Option<(NodeId, NodeId)> {
        let Some(NodeData { content: Content::Mapping { first, .. }, .. }) = self.tree.node(id) else { return None };
        let mut found = None;
        for (at, value) in self.tree.pairs(*first) {
            if self.tree.is_merge(at) {
                found = self.lookup_merged(self.tree.resolved(value), key, lookups).or(found);
            } else if key_text(&self.tree, self.tree.resolved(at)).as_deref() == Some(key) {
                found = Some((at, value));
            }
        }
        found
    }

    fn lookup_merged(&self, id: NodeId, key: &str, lookups: &mut Lookups) -> Option<(NodeId, NodeId)> {
        if lookups.depth > 16 || lookups.left == 0 {
            return None;
        }
        lookups.depth += 1;
        lookups.left -= 1;
        let found = match self.tree.node(id).map(|data| &data.content) {
            Some(Content::Sequence { first, .. }) => {
                self.tree.children(*first).find_map(|child| self.lookup_merged(self.tree.resolved(child), key, lookups))
            }
            _ => self.lookup(id, key, lookups),
        };
        lookups.depth -= 1;
        found
    }

    /// The value, as [`crate::from_str`] gives it.
    ///
    /// # Errors
    /// When JSON has no such value: a null key, `.nan`, a bad `!!int`, too many aliases.
    pub fn to_value(&self) -> Result<Value, ReadError> {
        to_value(&self.tree, self.id).map(Value::from).map_err(|error| *error)
    }

    /// The text a string-typed field gets from this scalar: strings as they are, numbers and bools in the spelling of
    /// sigs yaml (`0x10` ⇒ `16`, `yes` ⇒ `true`, floats with 32-bit precision), null ⇒ empty. None for collections.
    #[must_use]
    pub fn coerced(&self) -> Option<String> {
        coerced(&self.tree, self.id)
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.kind(), self.location())
    }
}
