//! The trait that both targets stand behind: a Kubernetes API server, and a local directory.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use orangery_core::{
    ApplyReport, Disposition, Explain, GroupVersionKind, LedgerEntry, NamespacedName, Object, ObjectKey, Owner, Plan,
    PruneReport, Reason, Scopes,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where objects are applied to and pruned from.
///
/// # Guarantees
/// Reports are always returned, errors inside. An object is deleted only if it is ours by ledger, owner labels and UID
/// (law 3). Nothing outside the plan is touched. What exists, carries no owner labels and is not in the ledger is not written
/// to and reported ([`orangery_core::FailedObject::unowned`]); what the ledger calls adopted is not deleted. An object that says
/// `reconcile: disabled` where it is applied to is neither written nor deleted, and reported as frozen.
///
/// # Assumptions
/// The caller has written `plan.ledger` before it calls [`Target::apply`] (law 2), and calls [`Target::prune`] only when
/// the apply is complete, every source is fresh, and the guard is satisfied.
#[async_trait]
pub trait Target: Send + Sync {
    /// Applies the steps in order, stage by stage, waiting where the plan says so. A failing object ends the apply of its
    /// environment; one that no single input gave ends all of it.
    async fn apply(&self, plan: &Plan) -> ApplyReport;

    /// Deletes stale objects in their order: those that are ours and do not ask to be kept.
    async fn prune(&self, owner: &Owner, stale: &[LedgerEntry]) -> PruneReport;

    /// Whether these kinds have namespaces, asked with the rights of `owner`. What cannot be found out is left out.
    async fn scopes(&self, _owner: &Owner, _kinds: &BTreeSet<GroupVersionKind>) -> Scopes {
        Scopes::default()
    }

    /// Leaves adopted objects in place without the labels of `owner`: nobody owns them then, as before. Those that are gone or
    /// are another's count as released too.
    async fn disown(&self, owner: &Owner, adopted: &[LedgerEntry]) -> PruneReport;

    /// Reads one live object with the rights of `owner`, for dependencies and `copyFrom`; `None` if there is none.
    ///
    /// # Errors
    /// The error of the target, with the name of the object.
    async fn read(&self, owner: &Owner, api_version: &str, key: &ObjectKey) -> Result<Option<Object>, ReadError>;

    /// Reads whole objects of one kind with the rights of `owner`, who need not be a set: what providers list. `None` where the kind is
    /// not served; a target without an API server serves none.
    ///
    /// # Errors
    /// The rights are missing, or the target does not answer.
    async fn find(
        &self,
        _owner: &Owner,
        _kind: &GroupVersionKind,
        _query: &ObjectQuery,
    ) -> Result<Option<Vec<Object>>, FindError> {
        Ok(None)
    }

    /// Asks to be told once through [`Target::changed`] when an object that `owner` waits for is no longer as it was read:
    /// `seen` is its resource version, `None` if it was not there. A target that cannot watch does not tell.
    async fn await_change(&self, _owner: &Owner, _api_version: &str, _key: &ObjectKey, _seen: Option<String>) {}

    /// Forgets what is kept in memory of a set that was deleted.
    fn forget(&self, _set: &NamespacedName) {}

    /// How many watches it keeps, for metrics.
    fn watches(&self) -> usize {
        0
    }

    /// The sets to reconcile because somebody else changed or deleted what they applied, or because what they wait for has changed.
    /// Only the first caller receives them.
    fn changed(&self) -> BoxStream<'static, NamespacedName> {
        stream::pending().boxed()
    }
}

/// Which objects of a kind are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectQuery {
    /// One, which may be missing.
    Named {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Those with these labels.
    Selected {
        /// In this namespace; in all if `None`.
        namespace: Option<String>,
        /// A label selector as `kubectl -l` takes it; empty for all.
        labels: String,
    },
}

/// Objects could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FindError {
    /// The identity lacks the right.
    pub forbidden: bool,
    /// What the target said.
    pub message: String,
}

/// Delay after which a missing right is looked for again.
const MISSING_RIGHT: Duration = Duration::from_secs(10);

/// A live object could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {key}: {message}{}", .access.advice())]
pub struct ReadError {
    /// The object that could not be read.
    pub key: ObjectKey,
    /// What the target said.
    pub message: String,
    /// Whether it was refused.
    pub access: ReadAccess,
}

/// Whether the identity may read an object that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAccess {
    /// It may: something else failed.
    Granted,
    /// It lacks the right; retrying alone will not help.
    Forbidden,
}

impl ReadAccess {
    fn advice(self) -> &'static str {
        match self {
            Self::Granted => "",
            Self::Forbidden => "; give the service account of the set the verb get on it",
        }
    }
}

impl Explain for ReadError {
    fn reason(&self) -> Reason {
        Reason::ReconciliationFailed
    }

    /// Retried also when a right is missing, and then soon, because a change of a role is not observed.
    fn disposition(&self) -> Disposition {
        match self.access {
            ReadAccess::Granted => Disposition::Retry,
            ReadAccess::Forbidden => Disposition::RetryAfter(MISSING_RIGHT),
        }
    }
}
