//! Whether the deletion of a set is meant: looks at the definition, and at what else is being deleted.
//!
//! # Guarantees
//! Nothing is decided from a cache that may be old: the definition and the namespaces are read when they are asked about.
//! A held deletion stays held, also over a restart and when the others have gone: the condition `DeletionHeld` is the memory.

use super::{Lifecycle, approval, namespace_ends};
use crate::kubernetes::context::Context;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::Api;
use kube::runtime::reflector::Store;
use kube::{Resource, ResourceExt};
use orangery_api::ResourceSet;
use orangery_core::conditions::ConditionType;
use orangery_core::guard::{DeletionPolicy, Holding, WhyHeld};
use orangery_core::keys;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The definition whose deletion takes all sets along.
const DEFINITION: &str = "resourcesets.fluxcd.controlplane.io";

/// What is to be done about a deletion.
pub(super) enum Decision {
    /// It is meant.
    Proceed,
    /// Others may follow; ask again then.
    Settle(Duration),
    /// It may be an accident: what the condition says.
    Hold(String),
    /// It cannot be told: why, and what to do.
    Unknown(String),
}

/// All sets, and what is known of their deletions.
pub(in crate::kubernetes) struct DeletionProtection {
    sets: Store<ResourceSet>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// DeletionProtection that go on, by the UID of the set.
    seen: BTreeMap<String, Seen>,
    /// DeletionProtection that were carried out a short while ago, by the UID of the set.
    gone: BTreeMap<String, Finished>,
}

struct Seen {
    /// When it was first seen.
    since: Instant,
    /// Its time, if it counted and was begun.
    carried_out: Option<u64>,
}

struct Finished {
    /// The time of the deletion, in milliseconds, by the clock of the API server.
    at: u64,
    /// When it was done.
    done: Instant,
}

/// One deletion that counted.
struct CountedDeletion {
    uid: String,
    namespace: String,
    at: u64,
}

impl DeletionProtection {
    /// Sees the sets of this cache.
    pub(in crate::kubernetes) fn of(sets: Store<ResourceSet>) -> Self {
        Self { sets, memory: Mutex::default() }
    }

    /// Decides about one deletion.
    pub(super) async fn decide(
        &self,
        context: &Context,
        object: &ResourceSet,
        ending: Lifecycle,
        objects: usize,
    ) -> Decision {
        let policy = context.options.deletions;
        let uid = object.uid().unwrap_or_default();
        if policy.hold == Holding::Off || approval(object) == Some(uid.as_str()) {
            return Decision::Proceed;
        }
        if let Some(message) = held(object) {
            return Decision::Hold(message);
        }
        match definition(context).await {
            Ok(Lifecycle::Active) => {}
            Ok(Lifecycle::Terminating) => return Decision::Hold(WhyHeld::Definition.message(&uid, objects)),
            Err(error) => {
                return Decision::Unknown(format!(
                    "nothing is deleted, because it cannot be told whether the definition {DEFINITION} is being deleted: {error}; \
                     the operator needs the verb get on it, see config/deploy/rbac.yaml"
                ));
            }
        }
        if ending == Lifecycle::Terminating {
            return Decision::Proceed;
        }
        let state = self.sets.state();
        let known = self.known_for(object);
        let settling = policy.settling(state.len());
        if known < settling {
            return Decision::Settle(settling - known);
        }
        match self.many(policy, context, object, &state).await {
            Some(why) => Decision::Hold(why.message(&uid, objects)),
            None => {
                self.carries_out(object);
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

    /// The deletion is carried out from now on: it counted, also when nothing is left to be deleted any more.
    fn carries_out(&self, object: &ResourceSet) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = counted(object)
            && let Some(seen) = memory.seen.get_mut(&counted.uid)
        {
            seen.carried_out = Some(counted.at);
        }
    }

    /// The set is released. If its objects went with it, its deletion counted for a while.
    pub(super) fn is_gone(&self, object: &ResourceSet) {
        let uid = object.uid().unwrap_or_default();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = memory.seen.remove(&uid).and_then(|seen| seen.carried_out) {
            memory.gone.insert(uid, Finished { at, done: Instant::now() });
        }
    }

    async fn many(
        &self,
        policy: DeletionPolicy,
        context: &Context,
        object: &ResourceSet,
        state: &[Arc<ResourceSet>],
    ) -> Option<WhyHeld> {
        let own = counted(object)?;
        let mut deleted: Vec<CountedDeletion> =
            state.iter().filter_map(|set| counted(set)).filter(|one| one.uid != own.uid).collect();
        let mut all: BTreeSet<String> = state.iter().filter_map(|set| set.uid()).collect();
        all.insert(own.uid.clone());
        let gone = self.lately_gone(policy, &all);
        all.extend(gone.keys().cloned());
        deleted.retain(|one| !gone.contains_key(&one.uid));
        let times = |deleted: &[CountedDeletion]| -> Vec<u64> {
            std::iter::once(own.at).chain(deleted.iter().map(|one| one.at)).chain(gone.values().copied()).collect()
        };
        // Namespaces are asked about only where it matters.
        policy.too_many(own.at, &times(&deleted), all.len())?;
        let mut ends: BTreeMap<String, Lifecycle> = BTreeMap::new();
        for namespace in deleted.iter().map(|one| &one.namespace).collect::<BTreeSet<_>>() {
            // If it cannot be found out, its sets count.
            let ending = namespace_ends(context, namespace).await.unwrap_or(Lifecycle::Active);
            ends.insert(namespace.clone(), ending);
        }
        let is_ending = |namespace: &str| ends.get(namespace) == Some(&Lifecycle::Terminating);
        let without = state.iter().filter(|set| set.namespace().is_some_and(|namespace| is_ending(&namespace))).count();
        deleted.retain(|one| !is_ending(&one.namespace));
        policy.too_many(own.at, &times(&deleted), all.len().saturating_sub(without)).map(WhyHeld::Many)
    }

    /// Times of the deletions that were carried out within the policy's time. Forgets what is older, and first sights of
    /// sets that nobody knows any more.
    fn lately_gone(&self, policy: DeletionPolicy, present: &BTreeSet<String>) -> BTreeMap<String, u64> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice the time: what was deleted may have taken a while to go.
        memory.gone.retain(|_, gone| gone.done.elapsed() < policy.within * 2);
        memory.seen.retain(|uid, _| present.contains(uid));
        memory.gone.iter().map(|(uid, gone)| (uid.clone(), gone.at)).collect()
    }
}

/// Whether the set is suspended: it leaves without its objects.
pub(super) fn is_suspended(object: &ResourceSet) -> bool {
    object.annotations().get(keys::RECONCILE).is_some_and(|word| word.eq_ignore_ascii_case("disabled"))
}

/// A deletion that may be part of an accident. One that takes no object along is no harm.
fn counted(object: &ResourceSet) -> Option<CountedDeletion> {
    let at = object.meta().deletion_timestamp.as_ref()?.0.as_millisecond();
    let uid = object.uid().unwrap_or_default();
    let owns = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    if owns.is_none_or(|owned| owned.entries.is_empty())
        || is_suspended(object)
        || approval(object) == Some(uid.as_str())
    {
        return None;
    }
    Some(CountedDeletion {
        uid,
        namespace: object.namespace().unwrap_or_default(),
        at: u64::try_from(at).unwrap_or_default(),
    })
}

/// What the condition `DeletionHeld` says, if the deletion is held already.
fn held(object: &ResourceSet) -> Option<String> {
    let conditions = &object.status.as_ref()?.conditions;
    let held = conditions.iter().find(|condition| condition.type_ == ConditionType::DeletionHeld.as_str())?;
    Some(held.message.clone())
}

async fn definition(context: &Context) -> Result<Lifecycle, kube::Error> {
    let api: Api<CustomResourceDefinition> = Api::all(context.client.clone());
    let found = api.get_metadata_opt(DEFINITION).await?;
    // Without a definition there would be no set; an API server that has it elsewhere deletes nothing with it.
    let terminating = found.is_some_and(|found| found.metadata.deletion_timestamp.is_some());
    Ok(if terminating { Lifecycle::Terminating } else { Lifecycle::Active })
}
