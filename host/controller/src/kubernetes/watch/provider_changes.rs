//! Decides which provider changes trigger the ResourceSets that read the provider.
//!
//! # Guarantees
//! A deletion always triggers, also one that happened while the watch was interrupted. A filter by content alone would drop it,
//! because the last state of a deleted object equals the one before.

use super::readers::Labels;
use crate::kubernetes::object::name_of;
use kube::runtime::watcher::Event;
use kube::{Resource, ResourceExt};
use orangery_api::ResourceSetInputProvider;
use orangery_core::NamespacedName;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// The last known state of each provider.
#[derive(Default)]
pub(super) struct ProviderTracker {
    known: BTreeMap<NamespacedName, Known>,
    /// Counts the lists: a provider that the present one does not name was deleted.
    list: u64,
}

struct Known {
    uid: String,
    labels: Labels,
    fingerprint: u64,
    list: u64,
}

/// A provider whose readers are reconciled.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProviderChange {
    pub(super) provider: NamespacedName,
    /// Its labels as they were and as they are, by which sets select it.
    pub(super) labels: Vec<Labels>,
}

/// What an event of the watch means for ResourceSets.
#[derive(Default)]
pub(super) struct ProviderChanges {
    /// Providers whose readers are reconciled.
    pub(super) changed: Vec<ProviderChange>,
    /// Providers that were deleted, with their UIDs.
    pub(super) deleted: Vec<(NamespacedName, String)>,
}

impl ProviderTracker {
    /// Takes in an event of the watch.
    pub(super) fn observe(&mut self, event: &Event<ResourceSetInputProvider>) -> ProviderChanges {
        match event {
            Event::Init => {
                self.list += 1;
                ProviderChanges::default()
            }
            Event::InitApply(provider) | Event::Apply(provider) => self.applied(provider),
            Event::InitDone => self.listed(),
            Event::Delete(provider) => {
                let name = name_of(provider);
                let before = self.known.remove(&name).map(|known| known.labels);
                let deleted = provider.uid().map(|uid| (name.clone(), uid)).into_iter().collect();
                let labels = before.into_iter().chain([provider.labels().clone()]).collect();
                ProviderChanges { changed: vec![ProviderChange { provider: name, labels }], deleted }
            }
        }
    }

    fn applied(&mut self, provider: &ResourceSetInputProvider) -> ProviderChanges {
        let (name, uid) = (name_of(provider), provider.uid().unwrap_or_default());
        let fingerprint = fingerprint(provider);
        let labels = provider.labels().clone();
        let known = Known { uid: uid.clone(), labels: labels.clone(), fingerprint, list: self.list };
        let mut changes = ProviderChanges::default();
        match self.known.insert(name.clone(), known) {
            Some(before) if before.uid == uid && before.fingerprint == fingerprint => {}
            before => {
                let replaced = before.as_ref().map(|before| before.uid.clone()).filter(|before| *before != uid);
                changes.deleted.extend(replaced.map(|uid| (name.clone(), uid)));
                let labels = before.map(|before| before.labels).into_iter().chain([labels]).collect();
                changes.changed.push(ProviderChange { provider: name, labels });
            }
        }
        changes
    }

    fn listed(&mut self) -> ProviderChanges {
        let present = self.list;
        let mut changes = ProviderChanges::default();
        self.known.retain(|name, known| {
            if known.list == present {
                return true;
            }
            changes.changed.push(ProviderChange { provider: name.clone(), labels: vec![known.labels.clone()] });
            changes.deleted.push((name.clone(), known.uid.clone()));
            false
        });
        changes
    }
}

/// A hash of everything that ResourceSets read of a provider.
fn fingerprint(provider: &ResourceSetInputProvider) -> u64 {
    let status = provider.status.as_ref();
    let stale = status.and_then(|status| status.stale.as_ref()).map(|stale| &stale.reason);
    let revision = status.and_then(|status| status.last_exported_revision.as_ref());
    let unreadable = status.map(|status| &status.unreadable);
    let mut hasher = DefaultHasher::new();
    (revision, stale, unreadable, &provider.meta().labels, provider.meta().deletion_timestamp.is_some())
        .hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_api::ResourceSetInputProviderSpec;

    fn provider(name: &str, uid: &str) -> ResourceSetInputProvider {
        let mut provider = ResourceSetInputProvider::new(name, ResourceSetInputProviderSpec::default());
        provider.metadata.namespace = Some("previews".to_owned());
        provider.metadata.uid = Some(uid.to_owned());
        provider
    }

    fn changed(changes: &ProviderChanges) -> Vec<&str> {
        changes.changed.iter().map(|change| change.provider.name.as_str()).collect()
    }

    fn deleted(changes: &ProviderChanges) -> Vec<&str> {
        changes.deleted.iter().map(|(_, uid)| uid.as_str()).collect()
    }

    #[test]
    fn a_state_triggers_once_and_a_deletion_always() {
        let mut tracker = ProviderTracker::default();
        assert_eq!(changed(&tracker.observe(&Event::Apply(provider("a", "1")))), ["a"]);
        assert!(changed(&tracker.observe(&Event::Apply(provider("a", "1")))).is_empty());
        let changes = tracker.observe(&Event::Delete(provider("a", "1")));
        assert_eq!((changed(&changes), deleted(&changes)), (vec!["a"], vec!["1"]));
        assert_eq!(changed(&tracker.observe(&Event::Apply(provider("a", "2")))), ["a"]);
    }

    #[test]
    fn a_provider_that_a_later_list_does_not_name_was_deleted() {
        let mut tracker = ProviderTracker::default();
        for event in [Event::Init, Event::InitApply(provider("a", "1")), Event::InitApply(provider("b", "2"))] {
            tracker.observe(&event);
        }
        assert!(changed(&tracker.observe(&Event::InitDone)).is_empty());
        tracker.observe(&Event::Init);
        assert!(changed(&tracker.observe(&Event::InitApply(provider("a", "1")))).is_empty());
        let changes = tracker.observe(&Event::InitDone);
        assert_eq!((changed(&changes), deleted(&changes)), (vec!["b"], vec!["2"]));
    }
}
