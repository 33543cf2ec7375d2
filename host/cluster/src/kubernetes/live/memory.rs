//! Remembers each applied object, so that a re-check without drift costs one list for each kind instead of two requests for each
//! object.
//!
//! An object is as we left it if the same rendering was applied to the same UID, and since then either its resource version
//! has not moved, or its generation has not (the kinds that have one raise it with every change outside metadata and status)
//! and neither have its labels and annotations. In memory only: after a restart everything is checked once.

use crate::kubernetes::client::bounded::bounded;
use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::object::ownership::selector;
use futures::FutureExt;
use orangery_core::{NamespacedName, Object, ObjectKey, Owner, Plan, digest, keys};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Objects of one kind by their namespace.
type Candidates = BTreeMap<String, Vec<(ObjectKey, Left)>>;

/// All sets' objects.
#[derive(Default)]
pub(crate) struct Memory {
    sets: Mutex<HashMap<NamespacedName, HashMap<ObjectKey, Left>>>,
    /// The objects that sets wait for, with the resource version that was seen.
    awaited: Mutex<HashMap<NamespacedName, HashMap<ObjectKey, Option<String>>>>,
}

/// Why an event about an object triggers its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DriftKind {
    /// Somebody else changed or deleted it.
    Moved,
    /// It is waited for, and is no longer as it was.
    Awaited,
}

/// One object as we left it.
#[derive(Clone)]
struct Left {
    rendered: String,
    uid: String,
    resource_version: String,
    generation: Option<i64>,
    metadata: String,
    warnings: Vec<String>,
    checked: Instant,
    /// Its resource version when it was seen to be ready.
    ready: Option<String>,
}

impl Memory {
    /// Remembers `live`, which is now as `rendered` says.
    pub(crate) fn keep(&self, owner: &Owner, rendered: &Object, live: &Object, warnings: &[String]) {
        let Some(uid) = live.uid() else { return };
        let left = Left {
            rendered: checksum(rendered),
            uid: uid.to_owned(),
            resource_version: meta_text(live, "resourceVersion"),
            generation: generation(live),
            metadata: metadata(live),
            warnings: warnings.to_vec(),
            checked: Instant::now(),
            ready: None,
        };
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.entry(owner.name.clone()).or_default().insert(rendered.key(), left);
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

    /// Forgets a set that is gone, with its objects.
    pub(crate) fn forget_set(&self, set: &NamespacedName) {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).remove(set);
    }

    /// Forgets one object.
    pub(crate) fn forget(&self, owner: &Owner, key: &ObjectKey) {
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
    pub(crate) fn drift(&self, set: &NamespacedName, key: &ObjectKey, object: Option<&Object>) -> Option<DriftKind> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let left = sets.get(set).and_then(|set| set.get(key))?;
        if object.is_none_or(|object| !left.is(object)) {
            return Some(DriftKind::Moved);
        }
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = awaited.get(set).and_then(|set| set.get(key))?;
        let now = object.map(|object| meta_text(object, "resourceVersion"));
        (*seen != now).then_some(DriftKind::Awaited)
    }

    /// What sets left of one kind in one namespace; everywhere if that is empty.
    pub(crate) fn left_in(&self, kind: &Kind, namespace: &str) -> Vec<(NamespacedName, ObjectKey)> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let here = |key: &&ObjectKey| {
            key.group == kind.gvk.group
                && key.kind == kind.gvk.kind
                && (namespace.is_empty() || key.namespace == namespace)
        };
        let all = sets.iter().flat_map(|(set, left)| left.keys().filter(here).map(|key| (set.clone(), key.clone())));
        all.collect()
    }

    /// What is remembered of `object`, if it was this rendering and a full check is not due.
    fn left(&self, owner: &Owner, object: &Object, recheck: Duration) -> Option<Left> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let left = sets.get(&owner.name)?.get(&object.key())?;
        // Spread by the object's own digest: a thousand objects applied at once are not all checked at once.
        let spread = left.rendered.bytes().last().unwrap_or_default().wrapping_mul(31);
        let due = recheck + recheck.mul_f64(f64::from(spread) / 256.0);
        (left.rendered == checksum(object) && left.checked.elapsed() < due).then(|| left.clone())
    }

    /// The objects of the plan that are as we left them. Lists only their kinds; empty where listing is not allowed.
    pub(crate) async fn confirm(&self, session: &Session, plan: &Plan, recheck: Duration) -> Confirmed {
        let mut candidates: BTreeMap<(String, String), (Kind, Candidates)> = BTreeMap::new();
        for planned in plan.objects() {
            let object = &planned.object;
            // A Job fails without any change of its spec.
            if object.annotation(keys::RECREATE_ON_FAILURE).is_some() {
                continue;
            }
            let Some(left) = self.left(&plan.owner, object, recheck) else { continue };
            let Ok(Some(kind)) = session.kind(&object.gvk()).await else { continue };
            let entry = candidates
                .entry((kind.collection(""), object.gvk().api_version()))
                .or_insert_with(|| (kind, BTreeMap::new()));
            entry.1.entry(object.namespace().to_owned()).or_default().push((object.key(), left));
        }
        let lists = candidates
            .into_values()
            .map(|(kind, namespaces)| async move { unmoved(session, &plan.owner, &kind, namespaces).await }.boxed());
        Confirmed { objects: bounded(lists.collect()).await.into_iter().flatten().collect() }
    }
}

/// What is known of an object that is as desired.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) uid: String,
    pub(crate) warnings: Vec<String>,
    /// It was ready when it was seen last, and has not changed since.
    pub(crate) ready: bool,
}

/// The objects that need no further check.
pub(crate) struct Confirmed {
    objects: HashMap<ObjectKey, Known>,
}

impl Confirmed {
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Known> {
        self.objects.get(key)
    }
}

/// Those of one kind that have not moved: one list if the objects are in one namespace or the identity may list all of them.
async fn unmoved(session: &Session, owner: &Owner, kind: &Kind, namespaces: Candidates) -> Vec<(ObjectKey, Known)> {
    let selector = selector(owner);
    let mut seen = HashMap::new();
    let everywhere = match namespaces.len() {
        0 | 1 => None,
        _ => session.list_metadata(&kind.collection(""), &selector).await.ok(),
    };
    match everywhere {
        Some(items) => seen.extend(items.into_iter().map(|item| (place(&item), item))),
        None => {
            for namespace in namespaces.keys() {
                let items = session.list_metadata(&kind.collection(namespace), &selector).await.unwrap_or_default();
                seen.extend(items.into_iter().map(|item| (place(&item), item)));
            }
        }
    }
    let same = |(key, left): (ObjectKey, Left)| {
        let namespace = if kind.namespaced { key.namespace.clone() } else { String::new() };
        let item = seen.get(&(namespace, key.name.clone()))?;
        let ready = left.ready.as_deref() == Some(meta_text(item, "resourceVersion").as_str());
        left.is(item).then(|| (key, Known { uid: left.uid.clone(), warnings: left.warnings.clone(), ready }))
    };
    namespaces.into_values().flatten().filter_map(same).collect()
}

/// Digest of what was rendered.
pub(crate) fn checksum(object: &Object) -> String {
    digest::sha256_hex(serde_json::Value::Object(object.0.clone()).to_string().as_bytes())
}

fn place(item: &Object) -> (String, String) {
    (item.namespace().to_owned(), item.name().to_owned())
}

impl Left {
    fn is(&self, item: &Object) -> bool {
        let deleting = item.0.get("metadata").is_some_and(|metadata| metadata.get("deletionTimestamp").is_some());
        let same_version = self.resource_version == meta_text(item, "resourceVersion");
        let same_generation =
            self.generation.is_some() && self.generation == generation(item) && self.metadata == metadata(item);
        item.uid() == Some(self.uid.as_str()) && !deleting && (same_version || same_generation)
    }
}

fn meta_text(object: &Object, field: &str) -> String {
    let value = object.0.get("metadata").and_then(|metadata| metadata.get(field));
    value.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn generation(object: &Object) -> Option<i64> {
    object.0.get("metadata")?.get("generation")?.as_i64().filter(|generation| *generation > 0)
}

/// Digest of labels and annotations. Deployments carry a revision that their controller counts: that is a change too, and
/// costs one full check.
fn metadata(object: &Object) -> String {
    let metadata = object.0.get("metadata");
    let part =
        |field: &str| metadata.and_then(|metadata| metadata.get(field)).map(ToString::to_string).unwrap_or_default();
    digest::sha256_hex(format!("{}\n{}", part("labels"), part("annotations")).as_bytes())
}
