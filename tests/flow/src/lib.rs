//! The whole operator against a real API server and a simulated forge: what the flow tests are written with.
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! let mut world = orangery_test_flow::World::new("story").await?;
//! world.start().await?;
//! world.apply("apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\n…").await?;
//! world.has_objects("ConfigMap", &["app-1"]).await?;
//! # Ok(()) }
//! ```
//!
//! # Guarantees
//! Each world has a namespace, a forge and an operator of its own, which sees that namespace only. Every request of that
//! operator is in the audit log under the world's own client name. Stories look at the end state, never at the order of calls.

mod looks;
mod manifest;
mod operator;
mod process;
mod shipped;
mod wishes;
mod world;

pub use operator::sandbox;
pub use process::{Launch, Process, get};
pub use shipped::Shipped;
pub use world::{End, PROVIDER, SET, World};
