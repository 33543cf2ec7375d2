//! Why a pattern is refused, in Go's words.

/// Why a pattern is refused. The text is that of Go's `syntax.Error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The pattern is not valid in RE2 syntax.
    #[error("error parsing regexp: {code}: `{part}`")]
    Syntax {
        /// What is wrong, for example `missing closing ]`.
        code: &'static str,
        /// The part of the pattern that is wrong.
        part: String,
    },
    /// The compiled program is larger than the limit.
    #[error("error parsing regexp: expression too large: `{pattern}`")]
    TooLarge {
        /// The whole pattern.
        pattern: String,
    },
}

impl RegexError {
    pub(super) fn new(code: &'static str, part: impl Into<String>) -> Self {
        Self::Syntax { code, part: part.into() }
    }
}
