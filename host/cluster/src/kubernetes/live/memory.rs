//! Remembers each applied object, so that a re-check without drift costs no request, and a change costs one.
//!
//! An object is as we left it if the same rendering was applied to the same UID, and nobody has changed those fields since
//! ([`Seen::holds_what`]). In memory; after a restart what the ledger says of the last apply stands for it ([`Memory::recall`]).

use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::live::fights::Fights;
use crate::kubernetes::live::seen::{Seen, short_digest};
use crate::kubernetes::live::wait;
use orangery_core::readiness::has_states;
use orangery_core::{NamespacedName, Object, ObjectKey, Owner};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Stands for the digest of a rendering where none was applied.
const NEVER_APPLIED: u64 = 0;

/// All sets' objects.
#[derive(Default)]
pub(crate) struct Memory {
    sets: Mutex<HashMap<NamespacedName, HashMap<ObjectKey, Left>>>,
    /// The objects that sets wait for, with the resource version that was seen.
    awaited: Mutex<HashMap<NamespacedName, HashMap<ObjectKey, Option<String>>>>,
    /// The objects that others change back.
    pub(crate) fights: Fights,
    /// The sets that hear of objects that were ready and have changed since.
    following: Mutex<HashSet<NamespacedName>>,
    /// The objects of sets that are being deleted.
    ending: Mutex<HashMap<NamespacedName, HashSet<ObjectKey>>>,
}

/// Why an event about an object triggers its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DriftKind {
    /// Somebody else changed or deleted it.
    Moved,
    /// It is waited for, or was ready in a set that follows its objects, and is no longer as it was.
    Awaited,
    /// It was being deleted, and is gone.
    Gone,
}

/// Whether a set hears of objects that were ready and have changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    Yes,
    No,
}

/// One object as we left it.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    /// Digest of what was rendered.
    pub(crate) rendered: u64,
    /// What was seen of it then.
    pub(crate) seen: Seen,
    pub(crate) warnings: Vec<String>,
    /// When it was last compared as a whole.
    pub(crate) checked: Instant,
    /// Its resource version when it was seen to be ready.
    pub(crate) ready: Option<String>,
}

impl Left {
    /// A frozen object: it was seen, and not applied.
    pub(crate) fn frozen(seen: Seen) -> Self {
        Self { rendered: NEVER_APPLIED, seen, warnings: Vec::new(), checked: Instant::now(), ready: None }
    }

    /// Whether it was this rendering, and a full check is not due.
    pub(crate) fn is_good_for(&self, rendered: u64, verify_every: Duration) -> bool {
        // Spread by the object's own digest: a thousand objects applied at once are not all checked at once.
        let spread = f64::from(u8::try_from(self.rendered % 256).unwrap_or_default()) / 256.0;
        self.rendered == rendered && self.checked.elapsed() < verify_every.mul_f64(0.5 + spread / 2.0)
    }
}

impl Memory {
    /// Remembers what was seen of an object that is now as `rendered` says.
    pub(crate) fn keep(&self, owner: &Owner, key: ObjectKey, left: Left) {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.entry(owner.name.clone()).or_default().insert(key, left);
    }

    /// Whether anything of a set is remembered.
    pub(crate) fn knows(&self, set: &NamespacedName) -> bool {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).contains_key(set)
    }

    /// One object as we left it.
    pub(crate) fn left(&self, set: &NamespacedName, key: &ObjectKey) -> Option<Left> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).get(set)?.get(key).cloned()
    }

    /// Remembers that an object was ready at this resource version.
    pub(crate) fn ready_at(&self, owner: &Owner, key: &ObjectKey, version: &str) {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = sets.get_mut(&owner.name).and_then(|set| set.get_mut(key)) {
            left.ready = Some(version.to_owned());
        }
    }

    /// One more object that a set waits for.
    pub(crate) fn awaits_also(&self, owner: &Owner, key: ObjectKey, seen: Option<String>) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.entry(owner.name.clone()).or_default().insert(key, seen);
    }

    /// What a set waits for from now on.
    pub(crate) fn awaits(&self, owner: &Owner, objects: HashMap<ObjectKey, Option<String>>) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        if objects.is_empty() {
            awaited.remove(&owner.name);
        } else {
            awaited.insert(owner.name.clone(), objects);
        }
    }

    /// Whether a set hears of objects that were ready and have changed since.
    pub(crate) fn follow(&self, owner: &Owner, follows: Follows) {
        let mut following = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        match follows {
            Follows::Yes => following.insert(owner.name.clone()),
            Follows::No => following.remove(&owner.name),
        };
    }

    /// Which of these objects of a set are being deleted from now on.
    pub(crate) fn ends<'k>(
        &self,
        owner: &Owner,
        pruned: impl IntoIterator<Item = &'k ObjectKey>,
        ending: &BTreeSet<&ObjectKey>,
    ) {
        let mut sets = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = sets.entry(owner.name.clone()).or_default();
        for key in pruned {
            objects.remove(key);
        }
        objects.extend(ending.iter().map(|key| (*key).clone()));
        if objects.is_empty() {
            sets.remove(&owner.name);
        }
    }

    /// Whether this object of a set was being deleted; it is asked once for each.
    fn was_ending(&self, set: &NamespacedName, key: &ObjectKey) -> bool {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(objects) = ending.get_mut(set) else { return false };
        let was = objects.remove(key);
        if objects.is_empty() {
            ending.remove(set);
        }
        was
    }

    /// Forgets a set that is gone, with its objects.
    pub(crate) fn forget_set(&self, set: &NamespacedName) {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
        self.following.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
        self.fights.forget(set);
    }

    /// Forgets one object.
    pub(crate) fn forget(&self, owner: &Owner, key: &ObjectKey) {
        self.fights.forget_object(&owner.name, key);
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.get_mut(&owner.name) {
            set.remove(key);
            if set.is_empty() {
                sets.remove(&owner.name);
                self.awaited.lock().unwrap_or_else(PoisonError::into_inner).remove(&owner.name);
            }
        }
    }

    /// Whether an object of a set is no longer as we left it, or as it was when the set began to wait for it; `None` stands for one
    /// that is gone. Objects that we never applied, or no longer want, do not drift.
    pub(crate) fn drift(&self, set: &NamespacedName, key: &ObjectKey, now: Option<&Seen>) -> Option<DriftKind> {
        if now.is_none() && self.was_ending(set, key) {
            return Some(DriftKind::Gone);
        }
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let left = sets.get(set).and_then(|set| set.get(key))?;
        // Nobody has to hear again of an object that is left as it is; when it is repaired is known.
        if self.fights.is_known(set, key, wait::now()) {
            return None;
        }
        if now.is_none_or(|now| !now.holds_what(&left.seen) && !now.is_older_than(&left.seen)) {
            return Some(DriftKind::Moved);
        }
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = awaited.get(set).and_then(|set| set.get(key)) {
            return (*seen != now.map(|now| now.version.clone())).then_some(DriftKind::Awaited);
        }
        let ready = left.ready.as_ref().filter(|_| has_states(key))?;
        let follows = self.following.lock().unwrap_or_else(PoisonError::into_inner).contains(set);
        (follows && now.is_none_or(|now| now.is_later_than(ready))).then_some(DriftKind::Awaited)
    }

    /// What sets left of one kind in one namespace, everywhere if that is empty; only what sets of the namespace `sets_in` left, if it
    /// is given.
    pub(crate) fn left_in(
        &self,
        kind: &Kind,
        namespace: &str,
        sets_in: Option<&str>,
    ) -> Vec<(NamespacedName, ObjectKey)> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let here = |key: &&ObjectKey| {
            key.group == kind.gvk.group
                && key.kind == kind.gvk.kind
                && (namespace.is_empty() || key.namespace == namespace)
        };
        let covered = |set: &NamespacedName| sets_in.is_none_or(|namespace| set.namespace == namespace);
        let sets = sets.iter().filter(|(set, _)| covered(set));
        let all = sets.flat_map(|(set, left)| left.keys().filter(here).map(|key| (set.clone(), key.clone())));
        let ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let ending = ending.iter().filter(|(set, _)| covered(set));
        let going = ending.flat_map(|(set, keys)| keys.iter().filter(here).map(|key| (set.clone(), key.clone())));
        all.chain(going).collect()
    }
}

/// Digest of what was rendered.
pub(crate) fn checksum(object: &Object) -> u64 {
    short_digest(&serde_json::Value::Object(object.0.clone()).to_string())
}
