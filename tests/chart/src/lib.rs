//! The chart `charts/orangery` as its users meet it: through the real `helm`, against a real API server; and the image, through
//! a real registry.
//!
//! `helm` is built once from the Go module in `programs/`, into the target folder. Needs `go`; its absence is an error,
//! never a skipped test.

mod helm;
pub mod manifests;
mod programs;

pub use helm::{Helm, chart};
pub use programs::HELM;
