//! Why a text could not be read.

pub(crate) mod fault;
mod lookalike;

pub use lookalike::Advice;

use std::fmt;

use fault::Fault;
use lookalike::advise;

/// A place in the text, counted from zero in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A place in a text, counted from one, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Line, from one.
    pub line: u32,
    /// Column in characters, from one.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text could not be read. The words after `yaml:` are go-yaml's own, including the line it counts (which is one too small
/// for some); the place in brackets is exact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text is not YAML.
    #[error("yaml: {}{problem} ({at}){}", SaidLine(*said_line), Because(advice.as_ref()))]
    Malformed {
        /// What the library says.
        problem: String,
        /// The line the library names.
        said_line: Option<u32>,
        /// Where it is.
        at: Location,
        /// What probably caused it, and what to do.
        advice: Option<Advice>,
    },
    /// It is YAML, but not a value that JSON has.
    #[error("yaml: {problem} ({at})")]
    Unusable {
        /// What the library says.
        problem: String,
        /// Where it is.
        at: Location,
    },
    /// It is YAML and a value, but JSON cannot represent it.
    #[error("{problem} ({at})")]
    NotJson {
        /// What the library says.
        problem: String,
        /// Where it is.
        at: Location,
    },
    /// Text after `---` in a stream of documents.
    #[error("invalid Yaml document separator: {text} ({at}): only spaces or a comment may follow `---` on its line")]
    Separator {
        /// What follows the separator.
        text: String,
        /// Where it is.
        at: Location,
    },
    /// A stream of several JSON documents continues with something else.
    #[error("{problem} ({at}): after two JSON documents only JSON documents may follow")]
    NotJsonStream {
        /// What the JSON reader says.
        problem: String,
        /// Where it is.
        at: Location,
    },
    /// The text is not UTF-8 (or UTF-16 with a byte order mark).
    #[error("yaml: {problem} ({at}): save the file as UTF-8")]
    Encoding {
        /// What the library says.
        problem: &'static str,
        /// Where it is.
        at: Location,
    },
    /// Nested more deeply than is read.
    #[error("yaml: exceeded max depth of {limit} ({at})")]
    TooDeep {
        /// The deepest that is read.
        limit: usize,
        /// Where it is.
        at: Location,
    },
    /// Longer than is read.
    #[error("yaml: the text of {size} bytes is longer than the {limit} bytes that are read: split it")]
    TooLarge {
        /// Its length in bytes.
        size: usize,
        /// The longest that is read.
        limit: usize,
    },
}

/// The error inside the crate: boxed, so that the results that carry it stay small.
pub(crate) type Refusal = Box<ReadError>;

impl ReadError {
    pub(crate) fn malformed(fault: &Fault, text: &str) -> Self {
        let Mark { line, column } = fault.at();
        let at = Location { line: line + 1, column: column + 1 };
        Self::Malformed {
            said_line: fault.said_line(),
            advice: advise(text, at),
            problem: fault.problem().to_owned(),
            at,
        }
    }

    pub(crate) fn unusable(problem: impl Into<String>, at: Location) -> Self {
        Self::Unusable { problem: problem.into(), at }
    }

    pub(crate) fn not_json(problem: impl Into<String>, at: Location) -> Self {
        Self::NotJson { problem: problem.into(), at }
    }

    /// Where the error is; none when it concerns the whole text.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        match self {
            Self::Malformed { at, .. }
            | Self::Unusable { at, .. }
            | Self::NotJson { at, .. }
            | Self::Separator { at, .. }
            | Self::NotJsonStream { at, .. }
            | Self::Encoding { at, .. }
            | Self::TooDeep { at, .. } => Some(*at),
            Self::TooLarge { .. } => None,
        }
    }

    /// The same error in a text that has `lines` lines before this one.
    #[must_use]
    pub fn moved_down(mut self, lines: u32) -> Self {
        match &mut self {
            Self::Malformed { at, said_line, advice, .. } => {
                at.line += lines;
                *said_line = match *said_line {
                    Some(line) => Some(line + lines),
                    None => (lines > 0).then_some(at.line),
                };
                if let Some(advice) = advice {
                    advice.move_down(lines);
                }
            }
            Self::Unusable { at, .. }
            | Self::NotJson { at, .. }
            | Self::Separator { at, .. }
            | Self::NotJsonStream { at, .. }
            | Self::Encoding { at, .. }
            | Self::TooDeep { at, .. } => at.line += lines,
            Self::TooLarge { .. } => {}
        }
        self
    }
}

/// `line 3: `, as the library begins its message, or nothing.
struct SaidLine(Option<u32>);

impl fmt::Display for SaidLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, "line {line}: "))
    }
}

/// `: advice`, or nothing.
struct Because<'e>(Option<&'e Advice>);

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |advice| write!(f, ": {advice}"))
    }
}
