//! Cluster mode: watches the custom resources of an API server, reconciles them and writes their status.
//!
//! ```text
//! ResourceSetInputProvider ──▶ providers ──status.exportedInputs──▶ (watch) ──▶ sets ──▶ Target
//! ```
//!
//! `shell` is what both kinds of reconciliation have in common; `sets` and `providers` are the work and the status fields.
//!
//! # Guarantees
//! The status of an object is written by its own controller only, and only when something changed (law 4). A finalizer is removed
//! when the ledger is empty (law 5). One object that cannot be decoded does not stop the others.

mod context;
mod deletion;
pub mod events;
pub mod lease;
pub mod metrics;
mod object;
mod providers;
mod rights;
mod sets;
mod shell;
mod status;
mod watch;

pub use context::{Clients, Context, InvalidSelector, LabelSelector, Options, OwnRights, Rights, WatchScope};
pub(crate) use providers::known as known_provider;
pub(crate) use status::ledger::read as read_ledger;
pub(crate) use watch::namespaces::watch as watch_namespaces;
pub use watch::run;
