//! Requests the reconciliation of objects, without letting a flood of deliveries through to the API server.

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use orangery_core::{NamespacedName, Timestamp, keys};
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Between two annotations of one object.
const PACE: Duration = Duration::from_secs(5);
/// How often an annotation is tried that a delivery does not wait for.
const ATTEMPTS: u32 = 4;

/// An object that hooks name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) kind: GroupVersionKind,
    pub(super) name: NamespacedName,
}

impl Target {
    pub(super) fn api(&self, client: &Client) -> Api<DynamicObject> {
        Api::namespaced_with(client.clone(), &self.name.namespace, &ApiResource::from_gvk(&self.kind))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.kind, self.name)
    }
}

/// An object that cannot be annotated.
#[derive(Debug, thiserror::Error)]
#[error("unable to annotate {target}: {source}")]
pub(super) struct RequestError {
    target: Target,
    source: kube::Error,
}

/// Annotates objects, each at most once in a while.
#[derive(Clone)]
pub(super) struct Requests {
    client: Client,
    pace: Arc<Mutex<Paces>>,
}

impl Requests {
    pub(super) fn new(client: Client) -> Self {
        Self { client, pace: Arc::default() }
    }

    /// Requests the reconciliation of an object: now, or, shortly after the last request, when its turn comes. Then the delivery does
    /// not wait for it, and one annotation answers all deliveries until then.
    ///
    /// # Errors
    /// The annotation was tried now, and failed.
    pub(super) async fn reconcile(&self, target: Target) -> Result<(), RequestError> {
        let turn = self.pace.lock().unwrap_or_else(PoisonError::into_inner).turn(&target, Instant::now());
        match turn {
            Turn::Now => self.annotate(&target).await,
            Turn::Covered => Ok(()),
            Turn::After(wait) => {
                let requests = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    requests.pace.lock().unwrap_or_else(PoisonError::into_inner).begins(&target, Instant::now());
                    requests.insist(&target).await;
                });
                Ok(())
            }
        }
    }

    /// Nobody waits for the answer, so a failure is tried again here.
    async fn insist(&self, target: &Target) {
        for attempt in 1..=ATTEMPTS {
            match self.annotate(target).await {
                Ok(()) => return,
                Err(error) if attempt == ATTEMPTS => tracing::error!(%error, "a verified webhook had no effect"),
                Err(error) => {
                    tracing::warn!(%error, "a webhook is tried again");
                    tokio::time::sleep(Duration::from_secs(1) * attempt).await;
                }
            }
        }
    }

    async fn annotate(&self, target: &Target) -> Result<(), RequestError> {
        let now = Timestamp::from(SystemTime::now());
        let patch = json!({"metadata": {"annotations": {keys::REQUESTED_AT: now.to_string()}}});
        target
            .api(&self.client)
            .patch_metadata(&target.name.name, &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .map_err(|source| RequestError { target: target.clone(), source })?;
        tracing::info!(
            kind = %target.kind.kind,
            namespace = %target.name.namespace,
            name = %target.name.name,
            "reconciliation requested by a webhook"
        );
        Ok(())
    }
}

/// When an object was annotated last, and whether somebody will do it again.
#[derive(Default)]
struct Paces(HashMap<Target, Pace>);

struct Pace {
    last: Instant,
    /// A task waits for the next turn.
    waits: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Now,
    After(Duration),
    /// An annotation that has not begun yet is about this delivery too.
    Covered,
}

impl Paces {
    fn turn(&mut self, target: &Target, now: Instant) -> Turn {
        self.0.retain(|_, pace| pace.waits || now.duration_since(pace.last) < PACE);
        match self.0.get_mut(target) {
            None => {
                self.0.insert(target.clone(), Pace { last: now, waits: false });
                Turn::Now
            }
            Some(pace) if pace.waits => Turn::Covered,
            Some(pace) => {
                pace.waits = true;
                Turn::After(PACE.saturating_sub(now.duration_since(pace.last)))
            }
        }
    }

    /// From now on a delivery needs another annotation.
    fn begins(&mut self, target: &Target, now: Instant) {
        self.0.insert(target.clone(), Pace { last: now, waits: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Target {
        Target {
            kind: GroupVersionKind::gvk("fluxcd.controlplane.io", "v1", "ResourceSetInputProvider"),
            name: NamespacedName { namespace: "apps".into(), name: name.into() },
        }
    }

    #[test]
    fn d18_a_flood_costs_one_annotation_now_and_one_after_the_last_delivery() {
        let (mut paces, begin, a) = (Paces::default(), Instant::now(), target("a"));
        assert_eq!(paces.turn(&a, begin), Turn::Now);
        let second = begin + Duration::from_secs(1);
        assert_eq!(paces.turn(&a, second), Turn::After(Duration::from_secs(4)));
        for _ in 0..1000 {
            assert_eq!(paces.turn(&a, second), Turn::Covered);
        }
        assert_eq!(paces.turn(&target("b"), second), Turn::Now, "others do not wait");
        let turn = begin + PACE;
        paces.begins(&a, turn);
        // A push while the annotation is on its way may not be seen by the poll that it causes.
        assert_eq!(paces.turn(&a, turn), Turn::After(PACE), "the last push is never lost");
    }

    #[test]
    fn what_is_not_asked_for_any_more_is_forgotten() {
        let (mut paces, begin) = (Paces::default(), Instant::now());
        for number in 0..1000 {
            paces.turn(&target(&number.to_string()), begin);
        }
        assert_eq!(paces.turn(&target("0"), begin + PACE), Turn::Now);
        assert_eq!(paces.0.len(), 1);
    }
}
