//! The layer: the bytes that Flux packs, the same ones everywhere, and archives that are refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod packed;
