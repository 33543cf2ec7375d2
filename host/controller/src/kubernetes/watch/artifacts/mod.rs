//! Watches Flux's ExternalArtifacts while a provider of that type exists, and reconciles the providers that select what changed.
//!
//! # Guarantees
//! Without such a provider nothing is asked. Where the operator may not watch the whole cluster, it watches each `--watch-namespace`.
//! The watch only says *when* to read: what a provider exports is read with the rights of its own service account.

mod selecting;

pub(super) use selecting::SelectingProviders;

use super::namespaces;
use crate::kubernetes::context::Context;
use crate::kubernetes::object::name_of;
use futures::{Stream, StreamExt};
use kube::ResourceExt;
use kube::runtime::watcher::{self, Event};
use orangery_api::ExternalArtifact;
use orangery_core::NamespacedName;
use selecting::Labels;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// When the kind is looked for again that is not served.
const UNSERVED: Duration = Duration::from_secs(5);
/// When a watch that was forbidden is tried again.
const FORBIDDEN: Duration = Duration::from_secs(60);

/// Watches for ever, while there is a provider that wants it. `tell` receives the providers to reconcile.
pub(super) async fn watch(
    context: Arc<Context>,
    providers: Arc<SelectingProviders>,
    tell: UnboundedSender<NamespacedName>,
) {
    let mut follower = Follower { providers: Arc::clone(&providers), tell, known: Known::default(), told: None };
    loop {
        providers.until_any(true).await;
        tokio::select! {
            () = follower.follow_all(&context) => {}
            () = providers.until_any(false) => follower.known = Known::default(),
        }
    }
}

/// Why a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Forbidden,
    NotServed,
}

struct Follower {
    providers: Arc<SelectingProviders>,
    tell: UnboundedSender<NamespacedName>,
    known: Known,
    /// What the log was told last.
    told: Option<End>,
}

impl Follower {
    /// Follows the watch until it ends, and waits for a while.
    async fn follow_all(&mut self, context: &Context) {
        let (client, scope) = (&context.watches, &context.options.watch);
        let config = watcher::Config::default();
        let mut end = self.follow(namespaces::watch(client, &BTreeSet::new(), &config)).await;
        if end == End::Forbidden && !scope.namespaces.is_empty() {
            end = self.follow(namespaces::watch(client, &scope.namespaces, &config)).await;
        }
        if self.told.replace(end) != Some(end) {
            let why = match end {
                End::Forbidden => "may not be watched: a change reaches its providers at the next interval",
                End::NotServed => "is not served: its providers wait for the definition",
            };
            tracing::info!(kind = "ExternalArtifact", "{why}");
        }
        // What a provider reads then may differ from what was watched.
        self.known = Known { is_late: true, ..Known::default() };
        tokio::time::sleep(match end {
            End::Forbidden => FORBIDDEN,
            End::NotServed => UNSERVED,
        })
        .await;
    }

    async fn follow(&mut self, events: impl Stream<Item = Result<Event<ExternalArtifact>, watcher::Error>>) -> End {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.observe(event),
                Err(error) => match end(&error) {
                    Some(end) => return end,
                    None => tracing::debug!(%error, "the watch of ExternalArtifacts was interrupted"),
                },
            }
        }
        End::Forbidden
    }

    fn observe(&mut self, event: Event<ExternalArtifact>) {
        let is_listed = matches!(event, Event::InitDone);
        let mut providers: BTreeSet<NamespacedName> = BTreeSet::new();
        for change in self.known.observe(event) {
            providers.extend(self.providers.of(&change.artifact, &change.labels));
        }
        if is_listed && std::mem::take(&mut self.known.is_late) {
            self.told = None;
            providers.extend(self.providers.all());
        }
        for provider in providers {
            // Nobody receives any more once the controller has ended.
            let _ = self.tell.send(provider);
        }
    }
}

/// An artifact that changed for providers.
#[derive(Debug, PartialEq, Eq)]
struct ArtifactChange {
    artifact: NamespacedName,
    /// Its labels as they were and as they are.
    labels: Vec<Labels>,
}

/// The last known state of each artifact.
#[derive(Default)]
struct Known {
    artifacts: HashMap<NamespacedName, Exported>,
    /// Counts the lists: an artifact that the present one does not name is gone.
    list: u64,
    /// Providers were told that there is nothing to read before this watch began.
    is_late: bool,
}

/// What a provider exports of an artifact.
struct Exported {
    labels: Labels,
    revision: Option<String>,
    list: u64,
}

impl Known {
    fn observe(&mut self, event: Event<ExternalArtifact>) -> Vec<ArtifactChange> {
        match event {
            Event::Init => {
                self.list += 1;
                Vec::new()
            }
            Event::InitApply(artifact) | Event::Apply(artifact) => self.applied(&artifact).into_iter().collect(),
            Event::InitDone => {
                let present = self.list;
                let gone = self.artifacts.extract_if(|_, exported| exported.list != present);
                gone.map(|(artifact, before)| ArtifactChange { artifact, labels: vec![before.labels] }).collect()
            }
            Event::Delete(artifact) => {
                let name = name_of(&artifact);
                let before = self.artifacts.remove(&name).map(|before| before.labels);
                let labels = before.into_iter().chain([artifact.labels().clone()]).collect();
                vec![ArtifactChange { artifact: name, labels }]
            }
        }
    }

    fn applied(&mut self, artifact: &ExternalArtifact) -> Option<ArtifactChange> {
        let (name, labels) = (name_of(artifact), artifact.labels().clone());
        let revision = artifact.revision().map(str::to_owned);
        let exported = Exported { labels: labels.clone(), revision: revision.clone(), list: self.list };
        let before = self.artifacts.insert(name.clone(), exported);
        if before.as_ref().is_some_and(|before| before.labels == labels && before.revision == revision) {
            return None;
        }
        let labels = before.map(|before| before.labels).into_iter().chain([labels]).collect();
        Some(ArtifactChange { artifact: name, labels })
    }
}

fn end(error: &watcher::Error) -> Option<End> {
    let code = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => status.code,
        watcher::Error::WatchError(status) => status.code,
        _ => return None,
    };
    match code {
        401 | 403 => Some(End::Forbidden),
        404 => Some(End::NotServed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn artifact(name: &str, team: &str, revision: &str) -> ExternalArtifact {
        let artifact = json!({
            "metadata": {"namespace": "apps", "name": name, "labels": {"team": team}},
            "status": {"artifact": {"revision": revision}},
        });
        serde_json::from_value(artifact).unwrap()
    }

    fn changed(changes: Vec<ArtifactChange>) -> Vec<String> {
        let teams = |labels: &Vec<Labels>| labels.iter().map(|labels| labels["team"].clone()).collect::<Vec<_>>();
        changes.iter().map(|change| format!("{} {}", change.artifact.name, teams(&change.labels).join(">"))).collect()
    }

    #[test]
    fn only_what_providers_export_counts_as_a_change() {
        let mut known = Known::default();
        assert_eq!(changed(known.observe(Event::Apply(artifact("a", "fruit", "1")))), ["a fruit"]);
        assert!(known.observe(Event::Apply(artifact("a", "fruit", "1"))).is_empty());
        assert_eq!(changed(known.observe(Event::Apply(artifact("a", "fruit", "2")))), ["a fruit>fruit"]);
        assert_eq!(changed(known.observe(Event::Apply(artifact("a", "nut", "2")))), ["a fruit>nut"]);
        assert_eq!(changed(known.observe(Event::Delete(artifact("a", "nut", "2")))), ["a nut>nut"]);
        known.observe(Event::Apply(artifact("b", "nut", "1")));
        known.observe(Event::Init);
        assert_eq!(changed(known.observe(Event::InitApply(artifact("c", "nut", "1")))), ["c nut"]);
        assert_eq!(changed(known.observe(Event::InitDone)), ["b nut"], "a list names all artifacts");
    }
}
