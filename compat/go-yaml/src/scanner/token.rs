//! Tokens: what the scanner hands to the parser.

use std::borrow::Cow;

use crate::error::Mark;

/// How a scalar or a collection was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// Without quotes, and every block collection.
    #[default]
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
    /// `%YAML 1.1`
    VersionDirective,
    /// `%YAML` of any other version.
    ForeignVersion,
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
    Scalar,
}

/// One token. Small, because it is moved a few times: a tag keeps its two parts in one text.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    /// Of a scalar.
    pub(crate) style: Style,
    /// The number of characters of an indicator; zero if it is implicit.
    width: u8,
    /// Where the handle of `value` ends.
    handle: u32,
    pub(crate) start: Mark,
    /// The scalar, the name of the anchor, the handle and the rest of a tag, the handle and the prefix of a directive.
    pub(crate) value: Cow<'a, str>,
}

impl<'a> Token<'a> {
    /// A token without a character in the text: a block begins or ends, a key without `?`.
    pub(crate) fn understood(kind: TokenKind, start: Mark) -> Self {
        Self::text(kind, start, Cow::Borrowed(""))
    }

    /// A sign of one character.
    pub(crate) fn indicator(kind: TokenKind, start: Mark) -> Self {
        Self { width: 1, ..Self::understood(kind, start) }
    }

    pub(crate) fn text(kind: TokenKind, start: Mark, value: Cow<'a, str>) -> Self {
        Self { kind, style: Style::Plain, width: 0, handle: 0, start, value }
    }

    pub(crate) fn scalar(style: Style, start: Mark, value: Cow<'a, str>) -> Self {
        Self { style, ..Self::text(TokenKind::Scalar, start, value) }
    }

    /// A tag or a tag directive.
    pub(crate) fn tag(kind: TokenKind, start: Mark, handle: &str, rest: &str) -> Self {
        Self { handle: handle.len() as u32, ..Self::text(kind, start, Cow::Owned(format!("{handle}{rest}"))) }
    }

    /// The handle of a tag, and what follows it.
    pub(crate) fn parts(&self) -> (&str, &str) {
        self.value.split_at_checked(self.handle as usize).unwrap_or(("", &self.value))
    }

    /// The place right after an indicator.
    pub(crate) fn end(&self) -> Mark {
        Mark { column: self.start.column + u32::from(self.width), ..self.start }
    }
}
