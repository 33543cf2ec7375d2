//! Cluster mode: the custom resources on an API server, watched, reconciled, their status written.
//!
//! ```text
//! ResourceSetInputProvider ──▶ providers ──status.exportedInputs──▶ (watch) ──▶ sets ──▶ Target
//! ```
//!
//! # Guarantees
//! Status of an object is written by its own controller only, and only when something changed (law 4). A finalizer leaves
//! when the ledger is empty (law 5). One object that cannot be decoded does not stop the others.

mod again;
mod context;
mod deletion;
mod failures;
mod filled;
mod finalizer;
mod offers;
mod providers;
mod rights;
mod secrets;
mod sets;
mod size;
mod status;
mod task;
mod turns;
mod watch;
mod written;

pub use context::{Clients, Context, Options, Rights};
pub use watch::run;
