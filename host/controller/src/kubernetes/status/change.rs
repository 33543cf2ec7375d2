//! The status of one object during a reconciliation.

use super::patch::{InputField, StatusPatch};
use crate::kubernetes::context::now;
use crate::kubernetes::object::{ManagedObject, ObjectStatus, ReconcileError, Run};
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::core::object::HasStatus;
use orangery_api::{Condition, read_conditions, write_conditions};
use orangery_core::conditions::{Abnormal, ConditionType, Outcome, Stamp, conclude};

/// The status that the API server has, and the one that is published next.
pub(in crate::kubernetes) struct StatusChange<K: HasStatus> {
    published: K::Status,
    /// What is kept in any case: the published status, with what was noted on the way.
    kept: K::Status,
    next: K::Status,
}

/// Whether a status had to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes) enum Published {
    /// It differed from the published one.
    Changed,
    /// It did not.
    Unchanged,
}

impl<K: ManagedObject> StatusChange<K> {
    pub(in crate::kubernetes) fn of(object: &K) -> Self {
        let published = object.status().cloned().unwrap_or_default();
        Self { next: published.clone(), kept: published.clone(), published }
    }

    pub(in crate::kubernetes) fn published(&self) -> &K::Status {
        &self.published
    }

    pub(in crate::kubernetes) fn next(&self) -> &K::Status {
        &self.next
    }

    pub(in crate::kubernetes) fn next_mut(&mut self) -> &mut K::Status {
        &mut self.next
    }

    pub(in crate::kubernetes) fn published_condition(&self, condition_type: ConditionType) -> Option<&Condition> {
        find(&self.published, condition_type)
    }

    pub(in crate::kubernetes) fn next_condition(&self, condition_type: ConditionType) -> Option<&Condition> {
        find(&self.next, condition_type)
    }

    /// Notes what another writer has published during this reconciliation: the ledger has one of its own.
    pub(in crate::kubernetes) fn note_published(&mut self, write: impl Fn(&mut K::Status)) {
        write(&mut self.published);
        self.note(write);
    }

    /// Notes what is published with the outcome, whatever that is.
    pub(in crate::kubernetes) fn note(&mut self, write: impl Fn(&mut K::Status)) {
        write(&mut self.kept);
        write(&mut self.next);
    }

    pub(in crate::kubernetes) fn note_generation(&mut self, generation: Option<i64>) {
        self.next.note_generation(generation);
    }

    pub(in crate::kubernetes) fn note_handled(&mut self, object: &K) {
        self.next.note_handled(object.annotations());
    }

    /// Drops everything that is neither published nor noted.
    pub(in crate::kubernetes) fn start_over(&mut self) {
        self.next = self.kept.clone();
    }

    /// Writes the conditions of an outcome.
    pub(in crate::kubernetes) fn conclude(
        &mut self,
        outcome: &Outcome,
        abnormal: Option<&[Abnormal]>,
        generation: i64,
    ) {
        let before = read_conditions(self.next.conditions());
        let after = conclude(&before, outcome, abnormal, Stamp { generation, now: now() });
        self.next.set_conditions(write_conditions(after));
    }

    /// Announces the work on a new generation before it begins. A routine reconciliation is not worth a write.
    pub(in crate::kubernetes) async fn begin(&mut self, run: &Run<K>) -> Result<(), ReconcileError> {
        let generation = run.generation();
        // Ready keeps its generation while a ResourceSet waits: then it is Reconciling that knows the present one.
        let known = [ConditionType::Ready, ConditionType::Reconciling];
        let mut known = known.into_iter().filter_map(|condition_type| self.published_condition(condition_type));
        if known.any(|condition| condition.observed_generation == Some(generation)) {
            return Ok(());
        }
        let outcome = Outcome::Progressing { message: "Reconciliation in progress".to_owned() };
        self.conclude(&outcome, None, generation);
        self.publish(run).await.map(|_| ())
    }

    /// Announces the work on something new, which takes longer than a moment.
    pub(in crate::kubernetes) async fn announce(&mut self, run: &Run<K>) -> Result<(), ReconcileError> {
        let outcome = Outcome::Applying { message: "Reconciliation in progress".to_owned() };
        self.conclude(&outcome, None, run.generation());
        self.publish(run).await.map(|_| ())
    }

    /// Patches the status if it changed. The patch names the UID: the status of a deleted object never reaches another object
    /// of the same name.
    pub(in crate::kubernetes) async fn publish(&mut self, run: &Run<K>) -> Result<Published, ReconcileError> {
        let failed = |source| ReconcileError::Status { name: run.name.clone(), source: Box::new(source) };
        let (mut before, mut after) = (self.published.clone(), self.next.clone());
        let inputs = before.take_inputs().zip(after.take_inputs());
        let inputs = inputs.as_ref().map(|(before, after)| InputField { name: "exportedInputs", before, after });
        let patch = StatusPatch::between(run.object.uid(), &before, &after, inputs.as_ref());
        let Some(patch) = patch.map_err(|error| failed(kube::Error::SerdeError(error)))? else {
            return Ok(Published::Unchanged);
        };
        let api: Api<K> = Api::namespaced(run.context.client.clone(), &run.name.namespace);
        let patched = api.patch_status(&run.name.name, &PatchParams::default(), &Patch::Merge(&patch)).await;
        run.context.own_writes.note(&patched.map_err(failed)?);
        self.published = self.next.clone();
        self.kept = self.next.clone();
        Ok(Published::Changed)
    }
}

fn find(status: &impl ObjectStatus, condition_type: ConditionType) -> Option<&Condition> {
    status.conditions().iter().find(|condition| condition.type_ == condition_type.as_str())
}
