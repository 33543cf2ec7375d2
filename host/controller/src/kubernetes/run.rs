//! One reconciliation of one object: the object as the API server has it now, and what its process shares.

use super::context::Context;
use super::events::{ObjectEvent, Severity};
use super::shell::ReconcileError;
use super::status::ObjectStatus;
use super::status::size::Size;
use kube::core::NamespaceResourceScope;
use kube::core::object::HasStatus;
use kube::{Resource, ResourceExt};
use orangery_core::{NamespacedName, Reason, keys};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

/// A custom resource that is reconciled here.
pub(super) trait ManagedObject:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + HasStatus<Status: ObjectStatus>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
}

impl<K> ManagedObject for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + HasStatus<Status: ObjectStatus>
        + Clone
        + Debug
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static
{
}

/// One reconciliation of one object.
pub(super) struct Run<K> {
    /// The object, as the API server has it now.
    pub(super) object: K,
    pub(super) name: NamespacedName,
    pub(super) uid: String,
    /// How large the object is: it must still fit into etcd afterwards.
    pub(super) size: Size,
    pub(super) context: Arc<Context>,
    pub(super) begun: Instant,
}

impl<K: ManagedObject> Run<K> {
    pub(super) fn new(object: K, context: Arc<Context>) -> Self {
        Self {
            name: name_of(&object),
            uid: object.uid().unwrap_or_default(),
            size: Size::of(&object, object.status()),
            object,
            context,
            begun: Instant::now(),
        }
    }

    pub(super) fn generation(&self) -> i64 {
        self.object.meta().generation.unwrap_or_default()
    }

    /// Sends an event about the object.
    pub(super) fn record_event(&self, severity: Severity, reason: Reason, message: String) {
        let about = self.object.object_ref(&());
        self.context.events.send(ObjectEvent { about, severity, reason, message });
    }

    pub(super) fn finalizer_error(&self, source: kube::Error) -> ReconcileError {
        ReconcileError::Finalizer { name: self.name.clone(), source: Box::new(source) }
    }
}

pub(super) fn name_of(object: &impl ResourceExt) -> NamespacedName {
    NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any())
}

/// Whether an annotation suspends the object. A suspended ResourceSet that is deleted leaves its objects behind.
pub(super) fn is_suspended(object: &impl ResourceExt) -> bool {
    object.annotations().get(keys::RECONCILE).is_some_and(|word| word.eq_ignore_ascii_case("disabled"))
}
