//! The plan: what is applied in which order, what is stale, and the ledger to write before the first apply.
//!
//! # Guarantees
//! Everything that was owned or will be owned is in [`Plan::ledger`] (law 2). No object is both applied and stale. An object that
//! cannot be applied at all (no name, an impossible kind) fails its environment before anything of it is written: the objects of
//! a failed environment are neither applied nor stale.

mod check;
mod halted;
mod make;
mod occupied;
mod order;
mod report;
mod settle;
mod sources;
mod still_wanted;

pub use check::{NotApplicable, check_names};
pub use halted::Halted;
pub use make::plan;
pub use occupied::{Occupied, contained, take_occupied};
pub use order::{deletion_order, is_deleted_first, may_grant_rights};
pub use report::{
    Action, ApplyReport, Change, ContestedObject, Deadline, FailedObject, PruneReport, RetainedObject,
    TerminatingObject, UnreadyObject,
};
pub use settle::{mark_terminating, settle};
pub use still_wanted::{remove_still_wanted, wanted_uids};

use crate::desired::FailedEnvironment;
use crate::input::NamespacedName;
use crate::ledger::{InputRef, Ledger, LedgerEntry, Mark};
use crate::object::{Object, ObjectKey};
use std::sync::Arc;
use std::time::Duration;

/// Who owns the objects: the ResourceSet. Written as the two owner labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Namespace and name of the ResourceSet.
    pub name: NamespacedName,
    /// The service account to impersonate in that namespace, if any.
    pub service_account: Option<String>,
    /// The set itself asks for re-creation on immutable fields (annotation `force: enabled`).
    pub force: bool,
}

/// What to wait for after a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageGate {
    /// Custom resource definitions, namespaces, cluster roles; kinds that end in `Class`: must be ready before the next stage.
    UntilReady,
    /// Go on at once.
    None,
}

/// One object to apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What to apply, owner labels included.
    pub object: Object,
    /// Which template of which manifest, and which input gave it; for messages.
    pub origin: String,
    /// The input that gave it; `None` without inputs, and for an object that all inputs gave, which is shared.
    pub input: Option<InputRef>,
    /// Further inputs that gave an equal object.
    pub sharers: Vec<InputRef>,
    /// Which template gave it: `resources[2]`.
    pub template: Arc<str>,
    /// The sources of its own step that it names: it is applied when they are ready. Empty in steps that nothing waits for.
    pub after: Vec<ObjectKey>,
}

impl Planned {
    /// The environments that need it; none if it is shared.
    pub fn environments(&self) -> impl Iterator<Item = &InputRef> {
        self.input.iter().chain(&self.sharers)
    }
}

/// Objects that may be applied concurrently.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The objects, sorted.
    pub objects: Vec<Planned>,
    /// What to wait for afterwards.
    pub gate: StageGate,
}

/// One step of the set; a set without `spec.steps` has one without a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name of the step.
    pub name: Option<String>,
    /// Time to wait for readiness after this step; `None` does not wait.
    pub wait: Option<Duration>,
    /// The stages in order.
    pub stages: Vec<Stage>,
}

/// What is about to happen. Pure value; nothing has been done yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Who owns it all.
    pub owner: Owner,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Entries of the old ledger that nothing renders any more, in the order of deletion.
    pub stale: Vec<LedgerEntry>,
    /// Old ∪ desired: to be written before the first apply (law 2).
    pub ledger: Ledger,
    /// Environments that nothing is applied of.
    pub failed: Vec<FailedEnvironment>,
}

impl Plan {
    /// All objects to apply, in order.
    pub fn objects(&self) -> impl Iterator<Item = &Planned> {
        self.steps.iter().flat_map(|step| &step.stages).flat_map(|stage| &stage.objects)
    }

    /// Allows the apply to adopt the live object with this UID, which no set owns. The ledger must be written before.
    pub fn adopt(&mut self, key: &ObjectKey, uid: &str, mark: Mark) {
        if let Some(entry) = self.ledger.get_mut(key) {
            entry.uid = Some(uid.to_owned());
            entry.mark = mark;
        }
    }

    /// Whether nothing is to be applied.
    #[must_use]
    pub fn applies_nothing(&self) -> bool {
        self.objects().next().is_none()
    }
}

#[cfg(test)]
mod tests;
