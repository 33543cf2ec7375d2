//! One custom resource during a reconciliation: what both kinds have in common, their size and their finalizer.

mod error;
pub(super) mod finalizer;
mod run;
pub(super) mod size;

pub(super) use error::ReconcileError;
pub(super) use run::Run;

use kube::core::NamespaceResourceScope;
use kube::core::object::HasStatus;
use kube::{Resource, ResourceExt};
use orangery_api::Condition;
use orangery_core::spec::Management;
use orangery_core::{InputList, NamespacedName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;

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

/// What the statuses of both custom resources have in common.
pub(super) trait ObjectStatus: Clone + Default + Serialize + Send + Sync {
    fn conditions(&self) -> &[Condition];

    fn set_conditions(&mut self, conditions: Vec<Condition>);

    /// Notes which generation was acted on; `None` where another operator acts on the next ones, and does not note it.
    fn note_generation(&mut self, generation: Option<i64>);

    /// Notes the annotations that ask for a reconciliation as handled.
    fn note_handled(&mut self, annotations: &BTreeMap<String, String>);

    /// Takes out the inputs that it exports. They stay text from the watch to the patch, because parsing them costs more than
    /// everything else; `None` if there is no such field.
    fn take_inputs(&mut self) -> Option<InputList> {
        None
    }
}

pub(super) fn name_of(object: &impl ResourceExt) -> NamespacedName {
    NamespacedName::new(object.namespace().unwrap_or_default(), object.name_any())
}

/// Whether an annotation suspends the object. A suspended ResourceSet that is deleted leaves its objects behind.
pub(super) fn is_suspended(object: &impl ResourceExt) -> bool {
    !Management::of(object.annotations()).is_active()
}
