//! The question that an answer is selected by, the selection, and the errors that reject an answer as a whole.

use crate::conditions::{Disposition, Explain, Notice, Reason};
use crate::selection::filter::Filter;
use crate::selection::served::ServedType;
use crate::selection::skip;
use orangery_plugin_documents::Facts;
use serde_json::{Map, Value};

/// The most inputs in one answer.
pub const MAX_INPUTS: usize = 10_000;
/// The most bytes of one answer, as JSON.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;
/// The most bytes of one input, as JSON.
pub const MAX_INPUT_BYTES: usize = 32 << 10;
/// The most characters of an id.
pub const MAX_ID_CHARS: usize = 253;
/// The most bytes of all exported inputs, as JSON: they are in the provider's status, and etcd refuses objects larger
/// than 1.5 MiB.
pub const MAX_EXPORTED_BYTES: usize = 1_000_000;

/// Work that the filter's expressions may cost on one answer: bytes of their programs times bytes of the names, about two seconds.
/// The ordinary expressions of people pass with more names than an answer can have.
pub const MAX_FILTER_WORK: usize = 8 << 30;

/// Stands for any input in [`Selected::unreadable`] and in a provider's status.
pub const ANY: &str = "*";

/// Whether an answer lists everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// An input that is missing from it is gone.
    Complete,
    /// It adds and updates inputs, and removes none.
    Partial,
}

/// What an answer is selected by.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The type that answered.
    pub served: &'a ServedType,
    /// The filter of `spec.filter`.
    pub filter: &'a Filter,
    /// The labels of `spec.skip.labels`.
    pub skip: &'a [String],
    /// The values of `spec.defaultValues`.
    pub defaults: &'a Map<String, Value>,
    /// What is exported now.
    pub exported: &'a [Map<String, Value>],
    /// What waits now, as [`Selected::waiting`] told it: admitted before newer inputs.
    pub waiting: &'a [String],
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selected {
    /// The inputs, with their defaults, in the order of the answer (tags: best first).
    pub exported: Vec<Map<String, Value>>,
    /// What waits because the limit is reached: `id`, or `id/name` where the id is a checksum of the name.
    pub waiting: Vec<String>,
    /// Items that could not be read: identities as in `waiting`, or [`ANY`].
    pub unreadable: Vec<String>,
    /// What is known of each of them besides, in the same order. Nothing of an input that this answer did not hold.
    pub facts: Vec<Facts>,
    /// Remarks for status.
    pub notices: Vec<Notice>,
}

/// Why an answer is rejected as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// More inputs than any answer may have.
    #[error(
        "the provider answered {0} inputs, more than the maximum of {MAX_INPUTS}; narrow it down with spec.config or spec.filter"
    )]
    TooMany(usize),
    /// More bytes than any answer may have.
    #[error("the provider answered {0} bytes of inputs, more than the maximum of {MAX_ANSWER_BYTES}")]
    TooBig(usize),
    /// The filter's expressions are too large for so many names.
    #[error(
        "the expressions of spec.filter are too large for the {0} names of the answer; use fewer and smaller repetitions and classes"
    )]
    FilterTooLarge(usize),
    /// Two inputs have one id and one name.
    #[error("inputs at indexes {first} and {second} have the same id {id:?} and the same name {name:?}")]
    DuplicateId {
        /// Position of the first.
        first: usize,
        /// Position of the second.
        second: usize,
        /// The id that two inputs have.
        id: String,
        /// The name; empty if the type has none.
        name: String,
    },
    /// What is selected does not fit into the object's status.
    #[error(
        "{count} inputs of together {bytes} bytes do not fit into the status of one object (maximum {MAX_EXPORTED_BYTES}); lower \
         spec.filter.limit or split the provider"
    )]
    StatusTooBig {
        /// The number of inputs.
        count: usize,
        /// The number of bytes.
        bytes: usize,
    },
}

impl Explain for SelectError {
    fn reason(&self) -> Reason {
        match self {
            Self::TooMany(_) | Self::TooBig(_) | Self::FilterTooLarge(_) | Self::StatusTooBig { .. } => {
                Reason::LimitReached
            }
            Self::DuplicateId { .. } => Reason::MalformedResponse,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::TooMany(_)
            | Self::TooBig(_)
            | Self::FilterTooLarge(_)
            | Self::StatusTooBig { .. }
            | Self::DuplicateId { .. } => Disposition::Retry,
        }
    }
}

/// Bytes of the attributes of an input, as JSON.
pub(super) fn size(map: &Map<String, Value>) -> usize {
    serde_json::to_vec(map).map_or(usize::MAX, |text| text.len())
}

/// The name of a fresh or exported input; empty if it has none.
pub(super) fn name<'a>(attributes: &'a Map<String, Value>, served: &ServedType) -> &'a str {
    attributes.get(&served.name_attribute).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the filter wants a fresh or exported input.
pub(super) fn wants(attributes: &Map<String, Value>, question: &Question<'_>) -> bool {
    question.filter.wants(name(attributes, question.served), &skip::labels(attributes))
}
