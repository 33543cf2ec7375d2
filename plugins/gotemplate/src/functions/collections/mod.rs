//! Functions of lists and maps.

pub(super) mod dicts;
pub(super) mod lists;
pub(super) mod sequences;
