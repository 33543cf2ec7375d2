//! Text that plugins read and write: JSON with errors that name the path, names, and suggestions for misspelled
//! names.

pub mod json;
pub mod names;
pub mod suggest;
