//! Watches the ConfigMaps and Secrets that carry the label of `--watch-configs-label-selector`.
//!
//! # Guarantees
//! Metadata only, and only of labelled objects: no value of a Secret is ever listed. Where the operator may not watch the whole
//! cluster, it watches each `--watch-namespace`. The first list triggers nothing; what changed while a watch was interrupted does.

use super::namespaces;
use crate::kubernetes::context::Context;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event};
use kube::{Client, Resource, ResourceExt};
use orangery_core::checksum::{DataKind, DataRef};
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// When a watch that was forbidden is tried again.
const FORBIDDEN: Duration = Duration::from_secs(60);

/// Watches both kinds for ever; at once done if there is no selector.
pub(super) async fn watch(context: Arc<Context>) {
    let Some(selector) = context.options.watch_configs.clone() else { return };
    tokio::join!(
        watch_kind::<ConfigMap>(&context, &selector, DataKind::ConfigMap),
        watch_kind::<Secret>(&context, &selector, DataKind::Secret),
    );
}

async fn watch_kind<K>(context: &Context, selector: &str, kind: DataKind)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut known = Known::default();
    let mut told = false;
    loop {
        let (client, scope) = (&context.watches, &context.options.watch);
        known.follow(events::<K>(client, &BTreeSet::new(), selector), kind, context).await;
        if !scope.namespaces.is_empty() {
            known.follow(events::<K>(client, &scope.namespaces, selector), kind, context).await;
        }
        if !told {
            told = true;
            tracing::info!(
                kind = kind.as_str(),
                selector,
                "may not be watched: a change reaches what reads it at the next interval; the verbs list and watch make it faster"
            );
        }
        tokio::time::sleep(FORBIDDEN).await;
    }
}

fn events<K>(
    client: &Client,
    namespaces: &BTreeSet<String>,
    selector: &str,
) -> BoxStream<'static, Result<Event<PartialObjectMeta<K>>, watcher::Error>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    namespaces::watch(client, namespaces, &watcher::Config::default().labels(selector))
}

/// The resource versions of what was seen last.
#[derive(Default)]
struct Known {
    versions: HashMap<DataRef, (Option<String>, u64)>,
    /// Counts the lists: an object that the present one does not name is gone.
    list: u64,
}

impl Known {
    /// Follows a watch until it is forbidden.
    async fn follow<K>(
        &mut self,
        events: impl Stream<Item = Result<Event<PartialObjectMeta<K>>, watcher::Error>>,
        kind: DataKind,
        context: &Context,
    ) where
        K: Resource<DynamicType = ()>,
    {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    let event = map(event, kind);
                    for changed in self.observe(event) {
                        tracing::debug!(source = %changed, "what is read has changed");
                        context.sources.changed(changed);
                    }
                }
                Err(error) if is_forbidden(&error) => return,
                Err(error) => tracing::debug!(kind = kind.as_str(), %error, "a watch was interrupted"),
            }
        }
    }

    /// What changed by an event.
    fn observe(&mut self, event: Event<(DataRef, Option<String>)>) -> Vec<DataRef> {
        match event {
            Event::Init => {
                self.list += 1;
                Vec::new()
            }
            // Whatever the first list names is read by the first reconciliations.
            Event::InitApply((source, version)) => {
                let before = self.versions.insert(source.clone(), (version.clone(), self.list));
                let changed = self.list > 1 && before.is_none_or(|(before, _)| before != version);
                changed.then_some(source).into_iter().collect()
            }
            Event::Apply((source, version)) => {
                let before = self.versions.insert(source.clone(), (version.clone(), self.list));
                before.is_none_or(|(before, _)| before != version).then_some(source).into_iter().collect()
            }
            Event::InitDone => {
                let present = self.list;
                self.versions.extract_if(|_, (_, list)| *list != present).map(|(source, _)| source).collect()
            }
            Event::Delete((source, _)) => {
                self.versions.remove(&source);
                vec![source]
            }
        }
    }
}

fn map<K: Resource<DynamicType = ()>>(
    event: Event<PartialObjectMeta<K>>,
    kind: DataKind,
) -> Event<(DataRef, Option<String>)> {
    let named = |object: PartialObjectMeta<K>| {
        let source = DataRef {
            kind,
            namespace: object.metadata.namespace.clone().unwrap_or_default(),
            name: object.metadata.name.clone().unwrap_or_default(),
        };
        (source, object.resource_version())
    };
    match event {
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
        Event::InitApply(object) => Event::InitApply(named(object)),
        Event::Apply(object) => Event::Apply(named(object)),
        Event::Delete(object) => Event::Delete(named(object)),
    }
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => matches!(status.code, 401 | 403),
        watcher::Error::WatchError(status) => matches!(status.code, 401 | 403),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, version: &str) -> (DataRef, Option<String>) {
        let source = DataRef { kind: DataKind::Secret, namespace: "apps".into(), name: name.into() };
        (source, Some(version.to_owned()))
    }

    fn names(changed: Vec<DataRef>) -> Vec<String> {
        changed.into_iter().map(|source| source.name).collect()
    }

    #[test]
    fn the_first_list_triggers_nothing_and_every_later_difference_does() {
        let mut known = Known::default();
        known.observe(Event::Init);
        assert!(known.observe(Event::InitApply(at("a", "1"))).is_empty());
        assert!(known.observe(Event::InitApply(at("b", "1"))).is_empty());
        assert!(known.observe(Event::InitDone).is_empty());
        assert_eq!(names(known.observe(Event::Apply(at("a", "2")))), ["a"]);
        assert!(known.observe(Event::Apply(at("a", "2"))).is_empty());
        assert_eq!(names(known.observe(Event::Delete(at("a", "3")))), ["a"]);
        // The watch was interrupted: meanwhile b went, and c came.
        known.observe(Event::Init);
        assert_eq!(names(known.observe(Event::InitApply(at("c", "9")))), ["c"]);
        assert_eq!(names(known.observe(Event::InitDone)), ["b"]);
    }
}
