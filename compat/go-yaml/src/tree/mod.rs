//! The node tree of one document: what was written, with places, before types are decided.
//!
//! All nodes are in one arena; an alias refers to the node that it names, which may contain it. Depth and size are bounded, so recursion over
//! the tree is safe.

mod build;

use std::borrow::Cow;

pub(crate) use build::Documents;

use crate::parser::Properties;
use crate::scanner::token::Style;

/// Deepest nesting that is read or written. go-yaml stops at 10,000; manifests have a few dozen levels at most, and this much
/// fits the 1 MiB stack of a WebAssembly guest.
pub const MAX_DEPTH: usize = 500;
/// Longest text that is read, in bytes.
pub const MAX_SIZE: usize = 64 << 20;

/// Index of a node in its arena.
pub(crate) type NodeId = u32;
/// "There is no further node".
pub(crate) const NONE: NodeId = NodeId::MAX;

#[derive(Debug)]
pub(crate) struct NodeData<'a> {
    pub(crate) content: Content<'a>,
    /// Of scalars only; on collections they mean nothing to the library.
    pub(crate) properties: Option<Box<Properties<'a>>>,
    /// Counted from one.
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The next node of the same collection.
    pub(crate) next: NodeId,
}

impl NodeData<'_> {
    /// The tag in its long form, or nothing.
    pub(crate) fn tag(&self) -> &str {
        self.properties.as_ref().map_or("", |properties| &properties.tag)
    }
}

#[derive(Debug)]
pub(crate) enum Content<'a> {
    Scalar {
        text: Cow<'a, str>,
        style: Style,
        implicit: bool,
    },
    Sequence {
        first: NodeId,
        style: Style,
    },
    /// Keys and values take turns.
    Mapping {
        first: NodeId,
        style: Style,
    },
    Alias {
        name: Cow<'a, str>,
        target: NodeId,
    },
}

/// The nodes of one document.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) nodes: Vec<NodeData<'a>>,
    pub(crate) root: NodeId,
}

impl Default for Tree<'_> {
    fn default() -> Self {
        Self { nodes: Vec::new(), root: NONE }
    }
}

impl<'a> Tree<'a> {
    pub(crate) fn node(&self, id: NodeId) -> Option<&NodeData<'a>> {
        self.nodes.get(id as usize)
    }

    /// The node behind an alias, or the node itself.
    pub(crate) fn resolved(&self, id: NodeId) -> NodeId {
        match self.node(id) {
            Some(NodeData { content: Content::Alias { target, .. }, .. }) => *target,
            _ => id,
        }
    }

    pub(crate) fn children(&self, first: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut at = first;
        std::iter::from_fn(move || {
            let node = self.node(at)?;
            Some(std::mem::replace(&mut at, node.next))
        })
    }

    /// The key and value nodes of a mapping.
    pub(crate) fn pairs(&self, first: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let mut children = self.children(first);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// Is this key a merge key?
    pub(crate) fn is_merge(&self, key: NodeId) -> bool {
        match self.node(key) {
            Some(node @ NodeData { content: Content::Scalar { text, implicit, .. }, .. }) => {
                text == "<<" && (*implicit || node.tag() == "tag:yaml.org,2002:merge")
            }
            _ => false,
        }
    }
}
