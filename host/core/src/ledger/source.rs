//! Where an input comes from: the set itself or a provider, told apart by kind and name.
//!
//! # Guarantees
//! A set and a provider of one name are two sources. What an older version wrote, a bare name, is read as a source of unknown
//! kind and written back as it was, until the input is seen again.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of sources, with the short names of their definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SourceKind {
    /// The ResourceSet itself: inline inputs.
    Set,
    /// A `ResourceSetInputProvider` of the namespace.
    Provider,
    /// Not known: an older version wrote the name alone.
    Unknown,
}

/// One source of inputs, in the namespace of the set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceRef {
    /// What it is.
    pub kind: SourceKind,
    /// The name of the object.
    pub name: String,
}

/// The source of an input, or all of them where an input is a permutation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputSource(Vec<SourceRef>);

/// Which input an object was rendered from: lets the guard count vanished inputs instead of objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputRef {
    /// Where it comes from.
    pub source: InputSource,
    /// The input's `uid`: 16 hexadecimal characters.
    pub uid: String,
}

const SET: &str = "rset";
const PROVIDER: &str = "rsip";

impl SourceRef {
    /// The set itself, as the source of its inline inputs.
    #[must_use]
    pub fn set(name: impl Into<String>) -> Self {
        Self { kind: SourceKind::Set, name: name.into() }
    }

    /// A reference to a provider of this name.
    #[must_use]
    pub fn provider(name: impl Into<String>) -> Self {
        Self { kind: SourceKind::Provider, name: name.into() }
    }

    fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((SET, name)) => Self::set(name),
            Some((PROVIDER, name)) => Self::provider(name),
            _ => Self { kind: SourceKind::Unknown, name: text.to_owned() },
        }
    }

    fn written(&self) -> String {
        match self.kind {
            SourceKind::Set => format!("{SET}/{}", self.name),
            SourceKind::Provider => format!("{PROVIDER}/{}", self.name),
            SourceKind::Unknown => self.name.clone(),
        }
    }
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SourceKind::Set => f.write_str("the set itself"),
            SourceKind::Provider => write!(f, "provider {}", self.name),
            SourceKind::Unknown => f.write_str(&self.name),
        }
    }
}

impl InputSource {
    /// All sources of an input, in the order of combination.
    #[must_use]
    pub fn new(sources: Vec<SourceRef>) -> Self {
        Self(sources)
    }

    /// The sources one by one.
    #[must_use]
    pub fn parts(&self) -> &[SourceRef] {
        &self.0
    }

    /// Whether the kind of every source is known.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.0.iter().all(|source| source.kind != SourceKind::Unknown)
    }

    /// Whether an input is a permutation: of several sources.
    #[must_use]
    pub fn is_product(&self) -> bool {
        self.0.len() > 1
    }

    /// Whether it is the set itself, alone.
    #[must_use]
    pub fn is_the_set(&self) -> bool {
        matches!(self.0.as_slice(), [SourceRef { kind: SourceKind::Set, .. }])
    }

    /// Whether both have the same names, whatever their kinds.
    #[must_use]
    pub fn has_the_names_of(&self, other: &Self) -> bool {
        self.0.iter().map(|source| &source.name).eq(other.0.iter().map(|source| &source.name))
    }
}

impl From<SourceRef> for InputSource {
    fn from(source: SourceRef) -> Self {
        Self(vec![source])
    }
}

impl fmt::Display for InputSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, source) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" × ")?;
            }
            source.fmt(f)?;
        }
        Ok(())
    }
}

impl InputRef {
    /// Reads `<source>/<uid>`; `None` without a slash. A source is `rset/<name>`, `rsip/<name>` or, in inventories of older
    /// versions, a name alone; several are joined by `+`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (sources, uid) = text.rsplit_once('/')?;
        Some(Self { source: InputSource(sources.split('+').map(SourceRef::parse).collect()), uid: uid.to_owned() })
    }

    /// As the inventory has it.
    #[must_use]
    pub fn written(&self) -> String {
        let sources: Vec<String> = self.source.0.iter().map(SourceRef::written).collect();
        format!("{}/{}", sources.join("+"), self.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_and_a_provider_of_one_name_are_two_sources() {
        let set = InputRef { source: SourceRef::set("previews").into(), uid: "00ff".into() };
        let provider = InputRef { source: SourceRef::provider("previews").into(), uid: "00ff".into() };
        assert_ne!(set, provider);
        for input in [set, provider] {
            assert_eq!(InputRef::parse(&input.written()), Some(input));
        }
    }

    #[test]
    fn a_permutation_keeps_the_kinds_of_its_parts() {
        let parts = vec![SourceRef::set("a"), SourceRef::provider("b")];
        let input = InputRef { source: InputSource::new(parts), uid: "00ff".into() };
        assert_eq!(input.written(), "rset/a+rsip/b/00ff");
        assert_eq!(InputRef::parse("rset/a+rsip/b/00ff"), Some(input.clone()));
        assert_eq!(input.source.to_string(), "the set itself × provider b");
    }

    #[test]
    fn a_name_without_a_kind_is_of_unknown_kind_and_is_written_back() {
        let old = InputRef::parse("a+b/00ff").unwrap();
        assert!(!old.source.is_typed());
        assert_eq!(old.written(), "a+b/00ff");
        let typed = InputRef::parse("rsip/a+rsip/b/00ff").unwrap();
        assert!(old.source.has_the_names_of(&typed.source) && old != typed);
        assert_eq!(InputRef::parse("no-slash"), None);
    }
}
