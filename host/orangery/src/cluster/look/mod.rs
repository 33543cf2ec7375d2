//! Commands that only read.

pub(super) mod get;
