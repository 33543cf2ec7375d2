//! A real OCI registry on loopback: the one of the CNCF distribution project, built once from the Go module in `programs/`, and
//! `crane`, a client of somebody else.
//!
//! ```no_run
//! # fn story() -> anyhow::Result<()> {
//! let registry = orangery_test_registry::Registry::start()?;
//! let tags = registry.crane(&["ls", &format!("{}/app", registry.address()), "--insecure"])?;
//! # Ok(()) }
//! ```
//!
//! [`Registry::with_password`] asks for a user and a password, [`Registry::with_tokens`] for tokens of a service of its own, as
//! public registries do. [`Gate`] stands before a registry, counts requests, and answers some of them itself.
//!
//! # Assumptions
//! A Go compiler is installed; its absence is an error, never a skipped test.

mod gate;
mod programs;
mod server;
mod tokens;

pub use gate::{Answer, Gate};
pub use programs::CRANE;
pub use server::{PASSWORD, Registry, USER};
