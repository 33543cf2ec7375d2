//! One reconciliation of one object: the object as the API server has it now, and what its process shares.

use super::size::Size;
use super::{ManagedObject, ReconcileError, name_of};
use crate::kubernetes::context::Context;
use crate::kubernetes::events::{ObjectEvent, Severity};
use kube::ResourceExt;
use orangery_core::{NamespacedName, Reason};
use std::sync::Arc;
use std::time::Instant;

/// One reconciliation of one object.
pub(in crate::kubernetes) struct Run<K> {
    /// The object, as the API server has it now.
    pub(in crate::kubernetes) object: K,
    pub(in crate::kubernetes) name: NamespacedName,
    pub(in crate::kubernetes) uid: String,
    /// How large the object is: it must still fit into etcd afterwards.
    pub(in crate::kubernetes) size: Size,
    pub(in crate::kubernetes) context: Arc<Context>,
    pub(in crate::kubernetes) begun: Instant,
}

impl<K: ManagedObject> Run<K> {
    pub(in crate::kubernetes) fn new(object: K, context: Arc<Context>) -> Self {
        Self {
            name: name_of(&object),
            uid: object.uid().unwrap_or_default(),
            size: Size::of(&object, object.status()),
            object,
            context,
            begun: Instant::now(),
        }
    }

    pub(in crate::kubernetes) fn generation(&self) -> i64 {
        self.object.meta().generation.unwrap_or_default()
    }

    /// Sends an event about the object.
    pub(in crate::kubernetes) fn record_event(&self, severity: Severity, reason: Reason, message: String) {
        let about = self.object.object_ref(&());
        self.context.events.send(ObjectEvent { about, severity, reason, message });
    }

    pub(in crate::kubernetes) fn finalizer_error(&self, source: kube::Error) -> ReconcileError {
        ReconcileError::Finalizer { name: self.name.clone(), source: Box::new(source) }
    }
}
