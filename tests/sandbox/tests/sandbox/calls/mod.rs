//! What the calls into each kind of plugin answer, and what of it is believed.

pub(crate) mod answers;
pub(crate) mod credentials;
pub(crate) mod evaluator;
pub(crate) mod notifying;
pub(crate) mod rendering;
mod structured;
pub(crate) mod words;
