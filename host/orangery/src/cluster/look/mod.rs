//! Commands that only read.

pub(super) mod diff;
pub(super) mod events;
pub(super) mod export;
pub(super) mod get;
pub(super) mod logs;
pub(super) mod stats;
pub(super) mod trace;
pub(super) mod tree;
pub(super) mod version;
