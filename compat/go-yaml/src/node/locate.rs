//! From a path in the value back to the place in the text.

use super::{Kind, Node, parse_first};
use crate::error::Location;
use crate::scalar::resolve::{Resolved, resolve};

/// One step of a path into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// The value of a key.
    Key(String),
    /// An element of a list, from zero.
    Index(usize),
}

impl From<&str> for PathSegment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

fn first_document(text: &str) -> Option<Node<'_>> {
    parse_first(text).ok()?
}

/// Where a path of the first document was written: the place of the last key, or of the last element. None when there is no such
/// path, or the text cannot be read.
#[must_use]
pub fn locate(text: &str, path: &[PathSegment]) -> Option<Location> {
    first_document(text)?.locate(path)
}

/// The text of a scalar as it was written, by the keys that lead to it in the first document. For telling `101` from `"101"`
/// after YAML has made it a number: it is the text in either case. None when there is no such scalar, and for null.
#[must_use]
pub fn plain_scalar(text: &str, path: &[&str]) -> Option<String> {
    first_document(text)?.plain_scalar(path)
}

impl Node<'_> {
    /// As [`locate`], from this node.
    #[must_use]
    pub fn locate(&self, path: &[PathSegment]) -> Option<Location> {
        let mut node = self.clone();
        let mut at = node.location();
        for segment in path {
            node = match segment {
                PathSegment::Key(key) => {
                    let (key, value) = node.entry(key)?;
                    at = key.location();
                    value
                }
                PathSegment::Index(index) => {
                    let item = node.items().into_iter().nth(*index)?;
                    at = item.location();
                    item
                }
            };
        }
        Some(at)
    }

    /// As [`plain_scalar`], from this node.
    #[must_use]
    pub fn plain_scalar(&self, path: &[&str]) -> Option<String> {
        let mut node = self.clone();
        for key in path {
            node = node.get(key)?;
        }
        if node.kind() != Kind::Scalar || node.is_null() {
            return None;
        }
        node.text().map(str::to_owned)
    }

    /// Is this scalar null, and not a quoted `null`?
    #[must_use]
    pub fn is_null(&self) -> bool {
        let plain = self.style() == crate::Style::Plain;
        match (self.text(), self.tag()) {
            (Some(_), "tag:yaml.org,2002:null") => true,
            (Some(text), "") => plain && matches!(resolve(text), Resolved::Null),
            _ => false,
        }
    }
}
