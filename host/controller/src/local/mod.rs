//! Local mode: the same pipeline, with manifests from files and a directory as the target. What a cluster keeps in the status of
//! the custom resources is kept beside the objects.
//!
//! # Guarantees
//! Ledger and last good inputs outlive the process, so that law 1 and the guard hold from one run to the next. A set whose
//! manifest is no longer given keeps its objects until its removal is asked for.

mod conditions;
mod overlay;
mod pass;
mod rows;
mod saved_state;

pub use pass::{Local, Manifests};
pub use rows::{Pass, ProviderRow, SetRow};
pub use saved_state::{SavedProvider, SavedSet, SavedStateError};
