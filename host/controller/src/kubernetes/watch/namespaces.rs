//! One watch over several namespaces, for an account that may not list the whole cluster.
//!
//! # Guarantees
//! The first list is complete when that of every namespace is. A list that one namespace begins anew later is passed on as single
//! changes, because a cache takes a new list for everything there is.

use super::retry::WatchRetry;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use kube::api::Api;
use kube::core::NamespaceResourceScope;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Watches the objects of these namespaces; of all if there are none.
pub(crate) fn watch<K>(
    client: &Client,
    namespaces: &BTreeSet<String>,
    config: &watcher::Config,
) -> BoxStream<'static, Result<Event<K>, watcher::Error>>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let watch = |api: Api<K>| watcher(api, config.clone()).backoff(WatchRetry::default());
    let namespaced = |name: &String| watch(Api::namespaced(client.clone(), name)).boxed();
    let mut each: Vec<_> = namespaces.iter().map(namespaced).collect();
    match each.len() {
        0 => watch(Api::all(client.clone())).boxed(),
        1 => each.remove(0),
        _ => merge(each).boxed(),
    }
}

fn merge<K, S>(watches: Vec<S>) -> impl Stream<Item = Result<Event<K>, watcher::Error>> + Send + 'static
where
    K: Resource + Clone + Send + 'static,
    S: Stream<Item = Result<Event<K>, watcher::Error>> + Send + Unpin + 'static,
{
    let mut merged = Merged { parts: watches.iter().map(|_| Part::default()).collect(), complete: false };
    let numbered = watches.into_iter().enumerate().map(|(number, watch)| watch.map(move |event| (number, event)));
    stream::select_all(numbered).flat_map(move |(number, event)| stream::iter(merged.observe(number, event)))
}

/// What is known of all namespaces.
struct Merged<K> {
    parts: Vec<Part<K>>,
    /// Whether the list of all of them was passed on.
    complete: bool,
}

/// What is known of one namespace.
struct Part<K> {
    objects: BTreeMap<String, K>,
    /// The names in the list that is being read.
    listing: BTreeSet<String>,
    listed: bool,
}

impl<K> Default for Part<K> {
    fn default() -> Self {
        Self { objects: BTreeMap::new(), listing: BTreeSet::new(), listed: false }
    }
}

impl<K: Resource + Clone> Merged<K> {
    /// The events to pass on for one of a namespace.
    fn observe(
        &mut self,
        number: usize,
        event: Result<Event<K>, watcher::Error>,
    ) -> Vec<Result<Event<K>, watcher::Error>> {
        let event = match event {
            Ok(event) => event,
            Err(error) => return vec![Err(error)],
        };
        let Some(part) = self.parts.get_mut(number) else { return Vec::new() };
        let changes = part.observe(event);
        if self.complete {
            return changes.into_iter().map(Ok).collect();
        }
        if !self.parts.iter().all(|part| part.listed) {
            return Vec::new();
        }
        self.complete = true;
        let all = self.parts.iter().flat_map(|part| part.objects.values().cloned().map(Event::InitApply));
        [Event::Init].into_iter().chain(all).chain([Event::InitDone]).map(Ok).collect()
    }
}

impl<K: Resource + Clone> Part<K> {
    /// The changes that an event is.
    fn observe(&mut self, event: Event<K>) -> Vec<Event<K>> {
        match event {
            Event::Init => {
                self.listing.clear();
                Vec::new()
            }
            Event::InitApply(object) => {
                self.listing.insert(object.name_any());
                self.objects.insert(object.name_any(), object.clone());
                vec![Event::Apply(object)]
            }
            Event::InitDone => {
                self.listed = true;
                let listing = std::mem::take(&mut self.listing);
                self.objects
                    .extract_if(.., |name, _| !listing.contains(name))
                    .map(|(_, gone)| Event::Delete(gone))
                    .collect()
            }
            Event::Apply(object) => {
                self.objects.insert(object.name_any(), object.clone());
                vec![Event::Apply(object)]
            }
            Event::Delete(object) => {
                self.objects.remove(&object.name_any());
                vec![Event::Delete(object)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use futures::FutureExt;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn object(name: &str) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.name = Some(name.to_owned());
        object
    }

    /// Events as words: `init`, `+a` of a list, `done`, `a` changed, `-a` deleted.
    fn words(events: Vec<Result<Event<ConfigMap>, watcher::Error>>) -> Vec<String> {
        let word = |event: Event<ConfigMap>| match event {
            Event::Init => "init".to_owned(),
            Event::InitApply(object) => format!("+{}", object.name_any()),
            Event::InitDone => "done".to_owned(),
            Event::Apply(object) => object.name_any(),
            Event::Delete(object) => format!("-{}", object.name_any()),
        };
        events.into_iter().map(|event| word(event.unwrap())).collect()
    }

    fn merged() -> Merged<ConfigMap> {
        Merged { parts: vec![Part::default(), Part::default()], complete: false }
    }

    fn list(merged: &mut Merged<ConfigMap>, number: usize, names: &[&str]) -> Vec<String> {
        let events = names.iter().map(|name| Event::InitApply(object(name)));
        let events = [Event::Init].into_iter().chain(events).chain([Event::InitDone]);
        words(events.flat_map(|event| merged.observe(number, Ok(event))).collect())
    }

    #[test]
    fn the_list_is_complete_when_every_namespace_is_listed() {
        let mut merged = merged();
        assert!(list(&mut merged, 0, &["a", "b"]).is_empty());
        // A namespace may change, and be listed again, while another one is silent.
        assert!(merged.observe(0, Ok(Event::Apply(object("c")))).is_empty());
        assert!(list(&mut merged, 0, &["a", "c"]).is_empty());
        assert_eq!(list(&mut merged, 1, &["x"]), ["init", "+a", "+c", "+x", "done"]);
    }

    #[test]
    fn a_list_that_begins_anew_is_changes_and_touches_no_other_namespace() {
        let mut merged = merged();
        list(&mut merged, 0, &["a", "b"]);
        list(&mut merged, 1, &["x"]);
        assert_eq!(list(&mut merged, 0, &["b", "d"]), ["b", "d", "-a"]);
        assert_eq!(words(merged.observe(1, Ok(Event::Delete(object("x"))))), ["-x"]);
        assert_eq!(list(&mut merged, 1, &[]), Vec::<String>::new());
    }

    #[test]
    fn the_events_of_all_namespaces_arrive() {
        let one = |name: &'static str| {
            stream::iter(
                [Event::Init, Event::InitApply(object(name)), Event::InitDone, Event::Apply(object(name))].map(Ok),
            )
        };
        let events = merge(vec![one("a"), one("b")]).collect::<Vec<_>>().now_or_never().unwrap();
        let words = words(events);
        let begins: Vec<&str> = words.iter().map(String::as_str).take(4).collect();
        assert_eq!(begins, ["init", "+a", "+b", "done"]);
    }
}
