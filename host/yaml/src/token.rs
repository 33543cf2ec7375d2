//! Tokens: what the scanner hands to the parser.

use std::borrow::Cow;

use crate::input::Mark;

/// How a scalar or a collection was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes, and every block collection.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `[…]` and `{…}`
    Flow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    StreamStart,
    StreamEnd,
    VersionDirective { supported: bool },
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar(Style),
}

/// One token. `value` is the scalar, the anchor or the tag handle; `suffix` the rest of a tag, or the prefix of a directive.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
    pub(crate) value: Cow<'a, str>,
    pub(crate) suffix: Cow<'a, str>,
}

impl Token<'_> {
    pub(crate) fn bare(kind: TokenKind, start: Mark, end: Mark) -> Self {
        Self { kind, start, end, value: Cow::Borrowed(""), suffix: Cow::Borrowed("") }
    }
}
