//! Watches whoever has an endpoint. Every copy does, because deliveries arrive at any of them.

use super::Hooks;
use super::endpoints::{Endpoint, Owner};
use super::receivers::{ReceiverChange, ServeReceivers};
use crate::kubernetes::watch_namespaces;
use futures::StreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Resource, ResourceExt};
use orangery_api::{Receiver, ResourceSetInputProvider};
use orangery_core::{NamespacedName, keys};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// Follows the providers that have a hook of their own.
pub(super) async fn providers(hooks: &Hooks) {
    let scope = &hooks.context.options.watch;
    let config = match &scope.labels {
        Some(selector) => watcher::Config::default().labels(&selector.to_string()),
        None => watcher::Config::default(),
    };
    let watch = watch_namespaces::<ResourceSetInputProvider>(&hooks.context.watches, &scope.namespaces, &config);
    let mut watch = std::pin::pin!(watch);
    let mut listed = BTreeSet::new();
    while let Some(event) = watch.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(provider) | Event::Apply(provider)) => {
                listed.insert(name_of(&provider));
                follow_provider(hooks, &provider);
            }
            Ok(Event::InitDone) => {
                hooks.endpoints.retain(|owner| !matches!(owner, Owner::Provider(name) if !listed.contains(name)));
            }
            Ok(Event::Delete(provider)) => hooks.endpoints.remove(&Owner::Provider(name_of(&provider))),
            Err(error) => tracing::debug!(%error, "the watch of providers with hooks was interrupted"),
        }
    }
}

fn follow_provider(hooks: &Hooks, provider: &ResourceSetInputProvider) {
    let owner = Owner::Provider(name_of(provider));
    let secret = provider.annotations().get(keys::WEBHOOK_SECRET).cloned();
    let path = provider.status.as_ref().and_then(|status| status.webhook_path.clone());
    match secret.zip(path) {
        Some((secret, path)) => hooks.endpoints.set(owner, path, Endpoint::Provider { secret }),
        None => hooks.endpoints.remove(&owner),
    }
}

/// Follows the Receivers; at once done where they are not served. The definition may be missing, or come later.
pub(super) async fn receivers(hooks: &Hooks, changes: UnboundedSender<ReceiverChange>) {
    if hooks.options.receivers == ServeReceivers::Never {
        return;
    }
    let namespaces = &hooks.context.options.watch.namespaces;
    let watch = watch_namespaces::<Receiver>(&hooks.context.watches, namespaces, &watcher::Config::default());
    let mut watch = std::pin::pin!(watch);
    let mut listed = BTreeSet::new();
    while let Some(event) = watch.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(receiver) | Event::Apply(receiver)) => {
                listed.insert(name_of(&receiver));
                let receiver = Arc::new(receiver);
                follow_receiver(hooks, &receiver);
                // The other side lives as long as this one.
                let _ = changes.send(ReceiverChange::Applied(receiver));
            }
            Ok(Event::InitDone) => {
                hooks.endpoints.retain(|owner| !matches!(owner, Owner::Receiver(name) if !listed.contains(name)));
                let _ = changes.send(ReceiverChange::Listed(listed.clone()));
            }
            Ok(Event::Delete(receiver)) => {
                let name = name_of(&receiver);
                hooks.endpoints.remove(&Owner::Receiver(name.clone()));
                let _ = changes.send(ReceiverChange::Deleted(name));
            }
            Err(error) => tracing::debug!(%error, "the watch of Receivers was interrupted"),
        }
    }
}

fn follow_receiver(hooks: &Hooks, receiver: &Arc<Receiver>) {
    let owner = Owner::Receiver(name_of(receiver.as_ref()));
    let path = receiver.status.as_ref().and_then(|status| status.webhook_path.clone());
    match path.filter(|path| !path.is_empty()) {
        Some(path) => hooks.endpoints.set(owner, path, Endpoint::Receiver(Arc::clone(receiver))),
        None => hooks.endpoints.remove(&owner),
    }
}

fn name_of(object: &impl Resource) -> NamespacedName {
    NamespacedName { namespace: object.namespace().unwrap_or_default(), name: object.name_any() }
}
