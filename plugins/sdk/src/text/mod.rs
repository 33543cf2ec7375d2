//! Text that plugins read and write: JSON with errors that name the place, names, suggestions.

pub mod json;
pub mod names;
pub mod suggest;
