//! The chart `charts/orangery` as its users meet it: through the real `helm`, against a real API server; and the image, through
//! a real registry.
//!
//! The programs are built once from the Go module in `programs/`, into the target folder. Needs `go`; its absence is an error,
//! never a skipped test.

mod helm;
pub mod manifests;
mod programs;
mod registry;

pub use helm::{Helm, chart};
pub use programs::{CRANE, HELM, REGISTRY};
pub use registry::Registry;
