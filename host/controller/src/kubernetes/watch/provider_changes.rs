//! Decides which changes of providers are told to the sets that read them: another offer, and a deletion.
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
pub(super) struct Offers {
    known: BTreeMap<NamespacedName, Known>,
    /// Counts the lists: what the present one does not name is gone.
    list: u64,
}

struct Known {
    uid: String,
    offer: u64,
    list: u64,
}

/// What an event means to the sets.
#[derive(Default)]
pub(super) struct News {
    /// Providers to tell of.
    pub(super) providers: Vec<NamespacedName>,
    /// UIDs of providers that are gone.
    pub(super) gone: Vec<String>,
}

impl Offers {
    /// Takes in an event of the watch.
    pub(super) fn hear(&mut self, event: &Event<ResourceSetInputProvider>) -> News {
        match event {
            Event::Init => {
                self.list += 1;
                News::default()
            }
            Event::InitApply(provider) | Event::Apply(provider) => self.applied(provider),
            Event::InitDone => self.listed(),
            Event::Delete(provider) => {
                let name = name(provider);
                self.known.remove(&name);
                News { gone: provider.uid().into_iter().collect(), providers: vec![name] }
            }
        }
    }

    fn applied(&mut self, provider: &ResourceSetInputProvider) -> News {
        let (name, uid) = (name(provider), provider.uid().unwrap_or_default());
        let heard = Known { uid: uid.clone(), offer: offer(provider), list: self.list };
        let offered = heard.offer;
        let mut news = News::default();
        match self.known.insert(name.clone(), heard) {
            Some(before) if before.uid == uid && before.offer == offered => {}
            before => {
                news.gone.extend(before.map(|before| before.uid).filter(|before| *before != uid));
                news.providers.push(name);
            }
        }
        news
    }

    fn listed(&mut self) -> News {
        let present = self.list;
        let mut news = News::default();
        self.known.retain(|name, known| {
            if known.list == present {
                return true;
            }
            news.providers.push(name.clone());
            news.gone.push(known.uid.clone());
            false
        });
        news
    }
}

fn name(provider: &ResourceSetInputProvider) -> NamespacedName {
    NamespacedName::new(provider.namespace().unwrap_or_default(), provider.name_any())
}

/// What of a provider matters to the sets that read it.
fn offer(provider: &ResourceSetInputProvider) -> u64 {
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

    fn told(news: &News) -> Vec<String> {
        news.providers.iter().map(|provider| provider.name.clone()).collect()
    }

    #[test]
    fn an_offer_is_told_once_and_a_deletion_always() {
        let mut offers = Offers::default();
        assert_eq!(told(&offers.hear(&Event::Apply(provider("a", "1")))), ["a"]);
        assert!(told(&offers.hear(&Event::Apply(provider("a", "1")))).is_empty());
        let news = offers.hear(&Event::Delete(provider("a", "1")));
        assert_eq!((told(&news), news.gone), (vec!["a".to_owned()], vec!["1".to_owned()]));
        assert_eq!(told(&offers.hear(&Event::Apply(provider("a", "2")))), ["a"]);
    }

    #[test]
    fn what_a_later_list_does_not_name_is_gone() {
        let mut offers = Offers::default();
        for event in [Event::Init, Event::InitApply(provider("a", "1")), Event::InitApply(provider("b", "2"))] {
            offers.hear(&event);
        }
        assert!(told(&offers.hear(&Event::InitDone)).is_empty());
        offers.hear(&Event::Init);
        assert!(told(&offers.hear(&Event::InitApply(provider("a", "1")))).is_empty());
        let news = offers.hear(&Event::InitDone);
        assert_eq!((told(&news), news.gone), (vec!["b".to_owned()], vec!["2".to_owned()]));
    }
}
