//! The custom resources of `fluxcd.controlplane.io/v1` with all fields of Flux Operator, and some of our own.
//!
//! ```text
//! ResourceSet ──TryFrom──▶ core::spec::SetSpec        ResourceSetInputProvider ──TryFrom──▶ core::spec::ProviderSpec
//! ```
//!
//! # Guarantees
//! Every manifest that Flux Operator's CRDs accept is accepted; what is refused is refused in the same words. Our own
//! fields are optional: `spec.config` and types of other plugins on providers, `spec.renderer` and
//! `inputStrategy.idFrom` on sets, and more in status.

mod condition;
mod convert;
mod crds;
mod external_artifact;
mod provider;
mod receiver;
mod reference;
mod schema;
mod set;
mod set_status;

pub use condition::{Condition, read as read_conditions, write as write_conditions};
pub use convert::inputs_from;
pub use crds::{CrdError, crds, crds_yaml};
pub use external_artifact::{ExternalArtifact, ExternalArtifactStatus, StoredArtifact};
pub use provider::{
    NextSchedule, ResourceSetInputProvider, ResourceSetInputProviderSpec, ResourceSetInputProviderStatus, Stale,
};
pub use receiver::{Receiver, ReceiverResource, ReceiverSpec, ReceiverStatus};
pub use reference::Schedule;
pub use set::{ResourceSet, ResourceSetSpec};
pub use set_status::{HighWaterMark, Inventory, InventoryEntry, PendingPrune, ResourceSetStatus};
