//! The user's selection of inputs, owned by the host: one implementation for every plugin in every language.
//!
//! The order is fixed: include, exclude, labels, version range, sort (tags), limit, skip, default values.

mod budgeted_filter;
mod export;
mod filter;
mod identity;
mod limit;
mod pattern;
mod select;
mod served;
mod skip;
mod snapshot;
mod unreadable;
mod version;

pub use budgeted_filter::BudgetedFilter;
pub use export::with_defaults;
pub use filter::{DEFAULT_LIMIT, Filter, FilterError, FilterSpec, MAX_LIMIT};
pub use select::{
    Coverage, MAX_ANSWER_BYTES, MAX_EXPORTED_BYTES, MAX_FILTER_WORK, MAX_ID_CHARS, MAX_INPUT_BYTES, MAX_INPUTS,
    Question, SelectError, Selected, select,
};
pub use served::{LimitRule, NameKind, ServedType};
pub use snapshot::{ANY, Freshness, Snapshot, UnreadableInputs};
pub use unreadable::sort_out;
pub use version::RangeError;
