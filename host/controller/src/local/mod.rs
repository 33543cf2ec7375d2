//! Local mode: the same pipeline, with manifests from files and a directory as the target. What a cluster keeps in status is kept in
//! files beside the objects.
//!
//! # Guarantees
//! Ledger and last good inputs outlive the process, so that law 1 and the guard hold from one run to the next. A set without a
//! manifest keeps its objects until its removal is requested.

mod conditions;
mod overlay;
mod pass;
mod rows;
mod saved_state;

pub use pass::{Local, Manifests};
pub use rows::{Pass, ProviderRow, SetRow};
pub use saved_state::{SavedProvider, SavedSet, SavedStateError};
