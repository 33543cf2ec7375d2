//! The custom resources as the wire has them: `fluxcd.controlplane.io/v1`, complete, with ours beside it.
//!
//! ```text
//! ResourceSet ──TryFrom──▶ core::spec::SetSpec        ResourceSetInputProvider ──TryFrom──▶ core::spec::ProviderSpec
//! ```
//!
//! # Guarantees
//! Every manifest that Flux Operator's CRDs accept is accepted; what is refused is refused in the same words. What is ours
//! is optional: `spec.config` and types of other plugins on providers, `spec.renderer` and `inputStrategy.idFrom` on sets, and more
//! in status.

pub mod condition;
mod convert;
pub mod crds;
pub mod provider;
pub mod reference;
mod schema;
pub mod set;
pub mod set_status;

pub use condition::Condition;
pub use crds::{CrdError, crds, crds_yaml};
pub use provider::{ResourceSetInputProvider, ResourceSetInputProviderSpec, ResourceSetInputProviderStatus};
pub use set::{ResourceSet, ResourceSetSpec};
pub use set_status::ResourceSetStatus;
