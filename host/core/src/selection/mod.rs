//! The user's selection of inputs, owned by the host: one implementation for every plugin in every language.
//!
//! The order is fixed: include, exclude, labels, version range, sort (tags), limit, skip, default values.

mod budgeted_filter;
mod filter;
mod pattern;
mod select;
mod served;
mod skip;
mod snapshot;
mod version;

pub use budgeted_filter::BudgetedFilter;
pub use filter::{DEFAULT_LIMIT, Filter, FilterError, FilterSpec, MAX_LIMIT};
pub use select::{
    ANY, Coverage, MAX_ANSWER_BYTES, MAX_EXPORTED_BYTES, MAX_FILTER_WORK, MAX_ID_CHARS, MAX_INPUT_BYTES, MAX_INPUTS,
    Question, SelectError, Selected, select, sort_out, with_defaults,
};
pub use served::{LimitRule, NameKind, ServedType};
pub use snapshot::{Freshness, Snapshot, UnreadableInputs};
pub use version::RangeError;
