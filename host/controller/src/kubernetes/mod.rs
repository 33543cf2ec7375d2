//! Cluster mode: the custom resources on an API server, watched, reconciled, their status written.
//!
//! ```text
//! ResourceSetInputProvider ──▶ providers ──status.exportedInputs──▶ (watch) ──▶ sets ──▶ Target
//! ```
//!
//! # Guarantees
//! Status of an object is written by its own controller only, and only when something changed (law 4). A finalizer leaves
//! when the ledger is empty (law 5). One object that cannot be decoded does not stop the others.

mod context;
mod deletion;
pub mod events;
mod finalizer;
pub mod lease;
pub mod metrics;
mod providers;
mod requeue;
mod rights;
mod secrets;
mod sets;
mod status;
mod watch;

pub use context::{Clients, Context, Options, Rights};
pub use watch::run;
