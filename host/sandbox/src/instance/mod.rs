//! The store of one call: its memory, processor time, clocks and output, and the host functions that it can reach.

pub(crate) mod clock;
mod imports;
pub(crate) mod memory;
pub(crate) mod meter;
pub(crate) mod network;
mod stack;
pub(crate) mod stdio;
pub(crate) mod store;
pub(crate) mod trap;
