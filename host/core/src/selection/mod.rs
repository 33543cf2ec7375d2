//! The user's selection of inputs, owned by the host: one implementation for every plugin in every language.
//!
//! The order is fixed: include, exclude, labels, version range, sort (tags), limit, skip, default values.

pub mod asked;
mod export;
pub mod filter;
mod identity;
mod limit;
pub mod odd;
pub mod pattern;
pub mod select;
pub mod served;
pub mod skip;
pub mod version;

pub use asked::Asked;
pub use filter::{Filter, FilterError, FilterSpec};
pub use select::{Coverage, Question, SelectError, Selected, select};
pub use served::{LimitRule, NameKind, ServedType};
