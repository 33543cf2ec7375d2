//! Status: what it holds during a reconciliation, and how it is written.

mod change;
pub(super) mod change_log;
pub(super) mod history;
pub(super) mod ledger;
mod packed;
mod patch;

pub(super) use change::{Published, StatusChange};
