//! What interrupts a reconciliation.

use crate::pipeline::converge::LedgerError;
use orangery_core::NamespacedName;

/// What interrupts a reconciliation before its outcome is published. It is retried with back-off.
#[derive(Debug, thiserror::Error)]
pub(in crate::kubernetes) enum ReconcileError {
    /// The object could not be loaded.
    #[error("the object cannot be read: {0}")]
    Load(#[source] Box<kube::Error>),
    /// The status could not be patched.
    #[error("the status of {name} could not be written: {source}")]
    Status { name: NamespacedName, source: Box<kube::Error> },
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The finalizer could not be added or removed.
    #[error("the finalizer of {name} could not be changed: {source}")]
    Finalizer { name: NamespacedName, source: Box<kube::Error> },
    /// Nothing is deleted before it is known what else is being deleted.
    #[error("{what} cannot be read: {source}")]
    Surroundings { what: String, source: Box<kube::Error> },
    /// The task of the reconciliation panicked.
    #[error("the reconciliation broke, which is a defect of the operator: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}
