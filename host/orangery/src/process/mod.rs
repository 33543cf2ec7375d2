//! What the process shows of itself: exit codes, errors on stderr, logs, tables.

pub mod exit;
pub mod failure;
pub mod logging;
pub mod plugin_log;
pub(crate) mod table;
