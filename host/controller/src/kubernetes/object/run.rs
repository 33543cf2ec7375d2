//! One reconciliation of one object: the object as the API server has it now, and what its process shares.

use super::size::Size;
use super::{ManagedObject, ReconcileError, name_of};
use crate::kubernetes::context::{Context, now};
use crate::kubernetes::events::{ObjectEvent, Severity, catalog};
use crate::pipeline::requeue::Reader;
use kube::ResourceExt;
use orangery_core::checksum::DataRef;
use orangery_core::{NamespacedName, Reason, keys};
use std::collections::{BTreeMap, BTreeSet};
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

    /// Remembers which ConfigMaps and Secrets the object reads: a change of one of them reconciles it again.
    pub(in crate::kubernetes) fn reads(&self, kind: &'static str, sources: BTreeSet<DataRef>) {
        let reader = Reader { kind, name: self.name.clone() };
        self.context.sources.record(reader, sources, self.begun);
    }

    /// Sends an event about the object.
    pub(in crate::kubernetes) fn record_event(&self, severity: Severity, reason: Reason, message: String) {
        self.record_event_with(severity, reason, message, BTreeMap::new());
    }

    /// Sends an event about the object, with metadata.
    pub(in crate::kubernetes) fn record_event_with(
        &self,
        severity: Severity,
        reason: Reason,
        message: String,
        mut metadata: BTreeMap<String, String>,
    ) {
        let about = self.object.object_ref(&());
        // What the object asks to have in each of its notifications.
        let own = self.object.annotations().iter().filter(|(key, _)| key.starts_with(keys::EVENT_METADATA_PREFIX));
        metadata.extend(own.map(|(key, value)| (key.clone(), value.clone())));
        let audience = catalog::audience(reason, severity);
        self.context.events.send(ObjectEvent { about, severity, reason, message, audience, metadata, at: now() });
    }

    pub(in crate::kubernetes) fn finalizer_error(&self, source: kube::Error) -> ReconcileError {
        ReconcileError::Finalizer { name: self.name.clone(), source: Box::new(source) }
    }
}
