//! Status: what it holds during a reconciliation, how it is written, and how large it may become.

mod change;
pub(super) mod ledger;
mod patch;
pub(super) mod size;

pub(super) use change::{ObjectStatus, Published, StatusChange};
