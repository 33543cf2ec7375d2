//! What the calls into each kind of plugin answer, and what of it is believed.

pub(crate) mod answers;
pub(crate) mod evaluator;
pub(crate) mod rendering;
pub(crate) mod reporting;
mod structured;
pub(crate) mod words;
