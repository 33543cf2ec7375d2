//! Decides which changes of providers are told to the sets that read them: another fingerprint of what sets read, and a deletion.
//!
//! # Guarantees
//! A deletion is told, also one that happened while the watch was interrupted. The last state of a deleted object equals the
//! one before, so a filter by content alone would keep it back.

use kube::runtime::watcher::Event;
use kube::{Resource, ResourceExt};
use orangery_api::ResourceSetInputProvider;
use orangery_core::NamespacedName;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// What was last heard of each provider.
#[derive(Default)]
pub(super) struct ProviderTracker {
    known: BTreeMap<NamespacedName, Known>,
    /// Counts the lists: what the present one does not name is gone.
    list: u64,
}

struct Known {
    uid: String,
    fingerprint: u64,
    list: u64,
}

/// What an event means to the sets.
#[derive(Default)]
pub(super) struct ProviderChanges {
    /// Providers to tell of.
    pub(super) providers: Vec<NamespacedName>,
    /// UIDs of providers that are gone.
    pub(super) gone: Vec<String>,
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
                let name = name(provider);
                self.known.remove(&name);
                ProviderChanges { gone: provider.uid().into_iter().collect(), providers: vec![name] }
            }
        }
    }

    fn applied(&mut self, provider: &ResourceSetInputProvider) -> ProviderChanges {
        let (name, uid) = (name(provider), provider.uid().unwrap_or_default());
        let heard = Known { uid: uid.clone(), fingerprint: fingerprint(provider), list: self.list };
        let fingerprint = heard.fingerprint;
        let mut changes = ProviderChanges::default();
        match self.known.insert(name.clone(), heard) {
            Some(before) if before.uid == uid && before.fingerprint == fingerprint => {}
            before => {
                changes.gone.extend(before.map(|before| before.uid).filter(|before| *before != uid));
                changes.providers.push(name);
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
            changes.providers.push(name.clone());
            changes.gone.push(known.uid.clone());
            false
        });
        changes
    }
}

fn name(provider: &ResourceSetInputProvider) -> NamespacedName {
    NamespacedName::new(provider.namespace().unwrap_or_default(), provider.name_any())
}

/// What of a provider matters to the sets that read it.
fn fingerprint(provider: &ResourceSetInputProvider) -> u64 {
    let status = provider.status.as_ref();
    let stale = status.and_then(|status| status.stale.as_ref()).map(|stale| &stale.reason);
    let revision = status.and_then(|status| status.last_exported_revision.as_ref());
    let mut hasher = DefaultHasher::new();
    let odd = status.map(|status| &status.odd);
    (revision, stale, odd, &provider.meta().labels, provider.meta().deletion_timestamp.is_some()).hash(&mut hasher);
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

    fn told(changes: &ProviderChanges) -> Vec<String> {
        changes.providers.iter().map(|provider| provider.name.clone()).collect()
    }

    #[test]
    fn an_offer_is_told_once_and_a_deletion_always() {
        let mut tracker = ProviderTracker::default();
        assert_eq!(told(&tracker.observe(&Event::Apply(provider("a", "1")))), ["a"]);
        assert!(told(&tracker.observe(&Event::Apply(provider("a", "1")))).is_empty());
        let changes = tracker.observe(&Event::Delete(provider("a", "1")));
        assert_eq!((told(&changes), changes.gone), (vec!["a".to_owned()], vec!["1".to_owned()]));
        assert_eq!(told(&tracker.observe(&Event::Apply(provider("a", "2")))), ["a"]);
    }

    #[test]
    fn what_a_later_list_does_not_name_is_gone() {
        let mut tracker = ProviderTracker::default();
        for event in [Event::Init, Event::InitApply(provider("a", "1")), Event::InitApply(provider("b", "2"))] {
            tracker.observe(&event);
        }
        assert!(told(&tracker.observe(&Event::InitDone)).is_empty());
        tracker.observe(&Event::Init);
        assert!(told(&tracker.observe(&Event::InitApply(provider("a", "1")))).is_empty());
        let changes = tracker.observe(&Event::InitDone);
        assert_eq!((told(&changes), changes.gone), (vec!["b".to_owned()], vec!["2".to_owned()]));
    }
}
