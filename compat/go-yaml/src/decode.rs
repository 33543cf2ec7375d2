//! From nodes to values: maps, lists, merges and aliases, as go-yaml decodes and sigs yaml makes JSON of it.
//!
//! Of duplicate keys the last one wins, and merge keys take effect where they stand. Bounded by go-yaml's ratio of aliases, by our depth, and
//! by the number of bytes that aliases may multiply.

use std::borrow::Cow;

use crate::error::{ReadError, Refusal};
use crate::scalar::{key_of, place, scalar, value_of};
use crate::tree::{Content, MAX_DEPTH, MAX_SIZE, NodeData, NodeId, Tree};
use crate::value::{Json, Object};

/// From this many decoded nodes on, fewer of them may come from aliases (99 %, falling to 10 % at `RATIO_HIGH`).
const RATIO_LOW: f64 = 400_000.0;
const RATIO_HIGH: f64 = 4_000_000.0;

/// The value of a node.
pub(crate) fn to_value<'a>(tree: &Tree<'a>, id: NodeId) -> Result<Json<'a>, Refusal> {
    // The library counts the document as a node of its own.
    let mut decoder = Decoder { tree, decoded: 1, aliased: 0, copied: 0, depth: 0, aliases: Vec::new() };
    decoder.value(id)
}

struct Decoder<'t, 'a> {
    tree: &'t Tree<'a>,
    decoded: u64,
    aliased: u64,
    /// Bytes of text that aliases made us copy.
    copied: usize,
    depth: usize,
    /// Alias nodes being followed.
    aliases: Vec<NodeId>,
}

#[cold]
fn excessive(node: &NodeData<'_>) -> Refusal {
    ReadError::unusable("document contains excessive aliasing", place(node)).into()
}

/// A mapping that is being decoded.
#[derive(Default)]
struct Gathering<'a> {
    entries: Vec<(Cow<'a, str>, Json<'a>)>,
    /// Entries that JSON cannot represent; they count only if no later entry of the same name replaces them.
    refused: Vec<(Option<Cow<'a, str>>, Refusal)>,
}

impl<'a> Gathering<'a> {
    fn keep(&mut self, name: Option<Cow<'a, str>>, value: Json<'a>) {
        // Without a name the mapping is refused already.
        let Some(name) = name else { return };
        if !self.refused.is_empty() {
            self.refused.retain(|(refused, _)| refused.as_ref() != Some(&name));
        }
        self.entries.push((name, value));
    }
}

impl<'a> Decoder<'_, 'a> {
    fn value(&mut self, id: NodeId) -> Result<Json<'a>, Refusal> {
        let Some(node) = self.tree.node(id) else { return Ok(Json::Null) };
        self.count(node)?;
        match &node.content {
            Content::Scalar { text, implicit, .. } => self.scalar_value(node, text, *implicit),
            Content::Sequence { first, .. } => self.list(node, *first),
            Content::Mapping { first, .. } => self.object(node, *first),
            Content::Alias { name, target } => {
                self.follow(id, name, node)?;
                let value = self.value(*target);
                self.aliases.pop();
                value
            }
        }
    }

    // Each type has its own function, so that a level of nesting takes little stack.
    fn scalar_value(&mut self, node: &NodeData<'a>, text: &Cow<'a, str>, implicit: bool) -> Result<Json<'a>, Refusal> {
        self.account(text.len(), node)?;
        value_of(scalar(node, text, implicit)?, text, node)
    }

    fn list(&mut self, node: &NodeData<'_>, first: NodeId) -> Result<Json<'a>, Refusal> {
        self.enter(node)?;
        let mut list = Vec::new();
        let mut refused = None;
        for child in self.tree.children(first) {
            match self.json_value(child)? {
                Ok(value) => list.push(value),
                // What follows may be wrong in a worse way.
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        self.depth -= 1;
        refused.map_or(Ok(Json::Array(list)), Err)
    }

    /// The value of a node, or why JSON cannot represent it: the library decodes everything before it makes JSON of anything.
    fn json_value(&mut self, id: NodeId) -> Result<Result<Json<'a>, Refusal>, Refusal> {
        let (depth, aliases) = (self.depth, self.aliases.len());
        match self.value(id) {
            Err(error) if matches!(*error, ReadError::NotJson { .. }) => {
                // It may have left in the middle of the value.
                self.depth = depth;
                self.aliases.truncate(aliases);
                Ok(Err(error))
            }
            other => other.map(Ok),
        }
    }

    fn object(&mut self, node: &NodeData<'_>, first: NodeId) -> Result<Json<'a>, Refusal> {
        self.enter(node)?;
        let mut gathering = Gathering::default();
        self.mapping(first, &mut gathering)?;
        self.depth -= 1;
        match gathering.refused.pop() {
            Some((_, error)) => Err(error),
            None => Ok(Json::Object(Object::of(gathering.entries))),
        }
    }

    /// go-yaml's guard against documents that are small on disk and huge in memory.
    #[inline]
    fn count(&mut self, node: &NodeData<'_>) -> Result<(), Refusal> {
        self.decoded += 1;
        if !self.aliases.is_empty() {
            self.aliased += 1;
        }
        if self.aliased > 100 && self.decoded > 1000 {
            let decoded = self.decoded as f64;
            let share = ((decoded - RATIO_LOW) / (RATIO_HIGH - RATIO_LOW)).clamp(0.0, 1.0);
            if self.aliased as f64 / decoded > 0.99 - 0.89 * share {
                return Err(excessive(node));
            }
        }
        Ok(())
    }

    /// The library shares the text behind an alias and we copy it, so the bytes are bounded as well.
    fn account(&mut self, bytes: usize, node: &NodeData<'_>) -> Result<(), Refusal> {
        if !self.aliases.is_empty() {
            self.copied += bytes;
            if self.copied > MAX_SIZE {
                return Err(excessive(node));
            }
        }
        Ok(())
    }

    fn enter(&mut self, node: &NodeData<'_>) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ReadError::TooDeep { limit: MAX_DEPTH, at: place(node) }.into());
        }
        Ok(())
    }

    fn follow(&mut self, id: NodeId, name: &str, node: &NodeData<'_>) -> Result<(), Refusal> {
        if self.aliases.contains(&id) {
            return Err(ReadError::unusable(format!("anchor '{name}' value contains itself"), place(node)).into());
        }
        self.aliases.push(id);
        Ok(())
    }

    fn mapping(&mut self, first: NodeId, into: &mut Gathering<'a>) -> Result<(), Refusal> {
        let tree = self.tree;
        for (key, value) in tree.pairs(first) {
            if tree.is_merge(key) {
                self.merge(value, into)?;
                continue;
            }
            let name = match self.key(key) {
                Ok(name) => Some(name),
                Err(error) if matches!(*error, ReadError::NotJson { .. }) => {
                    into.refused.push((None, error));
                    None
                }
                Err(error) => return Err(error),
            };
            match self.json_value(value)? {
                Ok(value) => into.keep(name, value),
                Err(error) => into.refused.push((name, error)),
            }
        }
        Ok(())
    }

    fn key(&mut self, id: NodeId) -> Result<Cow<'a, str>, Refusal> {
        let Some(node) = self.tree.node(id) else { return Ok(Cow::default()) };
        self.count(node)?;
        match &node.content {
            Content::Scalar { text, implicit, .. } => {
                self.account(text.len(), node)?;
                key_of(scalar(node, text, *implicit)?, text.clone(), node)
            }
            Content::Alias { name, target } => {
                self.follow(id, name, node)?;
                let key = self.key(*target);
                self.aliases.pop();
                key
            }
            Content::Sequence { .. } => Err(ReadError::unusable("invalid map key: a list", place(node)).into()),
            Content::Mapping { .. } => Err(ReadError::unusable("invalid map key: a map", place(node)).into()),
        }
    }

    fn merge(&mut self, id: NodeId, into: &mut Gathering<'a>) -> Result<(), Refusal> {
        let Some(node) = self.tree.node(id) else { return Ok(()) };
        match &node.content {
            Content::Sequence { first, .. } => {
                // Backwards, as earlier maps take precedence.
                let children: Vec<NodeId> = self.tree.children(*first).collect();
                children.into_iter().rev().try_for_each(|child| self.merge_one(child, into))
            }
            _ => self.merge_one(id, into),
        }
    }

    fn merge_one(&mut self, id: NodeId, into: &mut Gathering<'a>) -> Result<(), Refusal> {
        let Some(node) = self.tree.node(id) else { return Ok(()) };
        match &node.content {
            Content::Mapping { first, .. } => {
                self.count(node)?;
                self.enter(node)?;
                self.mapping(*first, into)?;
                self.depth -= 1;
                Ok(())
            }
            Content::Alias { name, target }
                if matches!(self.tree.node(*target), Some(NodeData { content: Content::Mapping { .. }, .. })) =>
            {
                self.count(node)?;
                self.follow(id, name, node)?;
                let merged = self.merge_one(*target, into);
                self.aliases.pop();
                merged
            }
            _ => {
                Err(ReadError::unusable("map merge requires map or sequence of maps as the value", place(node)).into())
            }
        }
    }
}
