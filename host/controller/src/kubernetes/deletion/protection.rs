//! Decides whether the deletion of a set looks like an accident, from its definition and from what else is being deleted.
//!
//! # Guarantees
//! Nothing is decided from a cache that may be old: the definition and the namespaces are read when they matter. A held deletion
//! stays held, also over a restart and after the other sets have gone, because the condition `DeletionHeld` records it.

use super::{Lifecycle, approval, namespace_lifecycle};
use crate::kubernetes::context::Context;
use crate::kubernetes::object::{Run, is_suspended};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::Api;
use kube::runtime::reflector::Store;
use kube::{Resource, ResourceExt};
use orangery_api::ResourceSet;
use orangery_core::Timestamp;
use orangery_core::conditions::ConditionType;
use orangery_core::guard::{DeletionHold, DeletionHoldReason, DeletionPolicy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The definition whose deletion deletes all sets.
const DEFINITION: &str = "resourcesets.fluxcd.controlplane.io";

/// What is done about a deletion.
pub(super) enum Decision {
    /// It is intended.
    Proceed,
    /// Other deletions may follow, so decide after this time.
    Settle(Duration),
    /// It may be an accident; the message of the condition.
    Hold(String),
    /// It cannot be decided; why, and what to do.
    Unknown(String),
}

/// All sets, and their deletions so far.
pub(in crate::kubernetes) struct DeletionProtection {
    sets: Store<ResourceSet>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// Deletions under way, by the UID of the set.
    seen: BTreeMap<String, Seen>,
    /// Deletions that were finished recently, by the UID of the set.
    gone: BTreeMap<String, Finished>,
}

struct Seen {
    /// When it was first seen.
    since: Instant,
    /// The time of the deletion, once it was allowed to proceed, if it counts.
    carried_out: Option<Timestamp>,
}

struct Finished {
    /// The time of the deletion by the clock of the API server.
    at: Timestamp,
    /// When it was finished.
    done: Instant,
}

/// A deletion that counts towards an accident.
struct CountedDeletion {
    uid: String,
    namespace: String,
    at: Timestamp,
}

impl DeletionProtection {
    /// Protects the sets of this cache.
    pub(in crate::kubernetes) fn of(sets: Store<ResourceSet>) -> Self {
        Self { sets, memory: Mutex::default() }
    }

    /// Decides about one deletion.
    pub(super) async fn decide(&self, run: &Run<ResourceSet>, namespace: Lifecycle, objects: usize) -> Decision {
        let (context, object) = (run.context.as_ref(), &run.object);
        let policy = context.options.deletions;
        let uid = object.uid().unwrap_or_default();
        if policy.hold == DeletionHold::Off || approval(object) == Some(uid.as_str()) {
            return Decision::Proceed;
        }
        if let Some(message) = held(object) {
            return Decision::Hold(message);
        }
        match definition(context).await {
            Ok(Lifecycle::Active) => {}
            Ok(Lifecycle::Terminating) => return Decision::Hold(DeletionHoldReason::Definition.message(&uid, objects)),
            Err(error) => {
                return Decision::Unknown(format!(
                    "nothing is deleted, because it cannot be told whether the definition {DEFINITION} is being deleted: {error}; \
                     the operator needs the verb get on it, see config/deploy/rbac.yaml"
                ));
            }
        }
        if namespace == Lifecycle::Terminating {
            return Decision::Proceed;
        }
        let state = self.sets.state();
        let known = self.known_for(object);
        let settling = policy.settling(state.len());
        if known < settling {
            return Decision::Settle(settling - known);
        }
        match self.many(policy, run, &state).await {
            Some(why) => Decision::Hold(why.message(&uid, objects)),
            None => {
                self.proceeds(object);
                Decision::Proceed
            }
        }
    }

    /// How long the deletion of this set has been known.
    pub(super) fn known_for(&self, object: &ResourceSet) -> Duration {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || Seen { since: Instant::now(), carried_out: None };
        memory.seen.entry(object.uid().unwrap_or_default()).or_insert_with(first).since.elapsed()
    }

    /// Notes that the deletion proceeds. It counts from now on, also after everything of it is deleted.
    fn proceeds(&self, object: &ResourceSet) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = counted(object)
            && let Some(seen) = memory.seen.get_mut(&counted.uid)
        {
            seen.carried_out = Some(counted.at);
        }
    }

    /// Notes that the set is released. If its objects were deleted, its deletion counts for a while.
    pub(super) fn forget(&self, object: &ResourceSet) {
        let uid = object.uid().unwrap_or_default();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = memory.seen.remove(&uid).and_then(|seen| seen.carried_out) {
            memory.gone.insert(uid, Finished { at, done: Instant::now() });
        }
    }

    /// Whether too many sets are being deleted at about the same time. Sets of a terminating namespace do not count.
    async fn many(
        &self,
        policy: DeletionPolicy,
        run: &Run<ResourceSet>,
        state: &[Arc<ResourceSet>],
    ) -> Option<DeletionHoldReason> {
        let own = counted(&run.object)?;
        let mut deleted: Vec<CountedDeletion> =
            state.iter().filter_map(|set| counted(set)).filter(|one| one.uid != own.uid).collect();
        let mut all: BTreeSet<String> = state.iter().filter_map(|set| set.uid()).collect();
        all.insert(own.uid.clone());
        let gone = self.recently_finished(policy, &all);
        all.extend(gone.keys().cloned());
        deleted.retain(|one| !gone.contains_key(&one.uid));
        let times = |deleted: &[CountedDeletion]| -> Vec<Timestamp> {
            std::iter::once(own.at).chain(deleted.iter().map(|one| one.at)).chain(gone.values().copied()).collect()
        };
        // Namespaces are read only where they can make a difference.
        policy.too_many(own.at, &times(&deleted), all.len())?;
        let mut lifecycles: BTreeMap<String, Lifecycle> = BTreeMap::new();
        for namespace in deleted.iter().map(|one| &one.namespace).collect::<BTreeSet<_>>() {
            // The sets of a namespace that cannot be read count.
            let lifecycle = namespace_lifecycle(run, namespace).await.unwrap_or(Lifecycle::Active);
            lifecycles.insert(namespace.clone(), lifecycle);
        }
        let is_terminating = |namespace: &str| lifecycles.get(namespace) == Some(&Lifecycle::Terminating);
        let without =
            state.iter().filter(|set| set.namespace().is_some_and(|namespace| is_terminating(&namespace))).count();
        deleted.retain(|one| !is_terminating(&one.namespace));
        policy
            .too_many(own.at, &times(&deleted), all.len().saturating_sub(without))
            .map(DeletionHoldReason::MassDeletion)
    }

    /// Times of the deletions that were finished recently. Forgets older ones, and deletions of sets that no longer exist.
    fn recently_finished(&self, policy: DeletionPolicy, present: &BTreeSet<String>) -> BTreeMap<String, Timestamp> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice the window of the policy: a deletion may have taken a while to finish.
        memory.gone.retain(|_, gone| gone.done.elapsed() < policy.within * 2);
        memory.seen.retain(|uid, _| present.contains(uid));
        memory.gone.iter().map(|(uid, gone)| (uid.clone(), gone.at)).collect()
    }
}

/// The deletion of a set, if it counts: it was not approved, and deletes objects.
fn counted(object: &ResourceSet) -> Option<CountedDeletion> {
    let at = object.meta().deletion_timestamp.as_ref()?.0;
    let uid = object.uid().unwrap_or_default();
    let owns = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    if owns.is_none_or(|owned| owned.entries.is_empty())
        || is_suspended(object)
        || approval(object) == Some(uid.as_str())
    {
        return None;
    }
    Some(CountedDeletion { uid, namespace: object.namespace().unwrap_or_default(), at: SystemTime::from(at).into() })
}

/// The message of the condition `DeletionHeld`, if the deletion is held already.
fn held(object: &ResourceSet) -> Option<String> {
    let conditions = &object.status.as_ref()?.conditions;
    let held = conditions.iter().find(|condition| condition.type_ == ConditionType::DeletionHeld.as_str())?;
    Some(held.message.clone())
}

async fn definition(context: &Context) -> Result<Lifecycle, kube::Error> {
    let api: Api<CustomResourceDefinition> = Api::all(context.client.clone());
    let found = api.get_metadata_opt(DEFINITION).await?;
    // An API server that has sets without this definition does not delete them with it.
    let terminating = found.is_some_and(|found| found.metadata.deletion_timestamp.is_some());
    Ok(if terminating { Lifecycle::Terminating } else { Lifecycle::Active })
}
