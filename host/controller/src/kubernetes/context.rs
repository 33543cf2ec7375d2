//! What all reconciliations of a process share.

use super::requeue::failures::Failures;
use crate::kubernetes::events::Events;
use crate::kubernetes::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::pipeline::provider::poll::Poller;
use kube::Client;
use orangery_cluster::Target;
use orangery_core::NamespacedName;
use orangery_core::guard::DeletionPolicy;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Whose rights a set without a service account runs with.
#[derive(Debug, Clone)]
pub struct Rights {
    /// `--default-service-account`.
    pub default_service_account: Option<String>,
    /// The operator's namespace: sets in it may run with the operator's own rights.
    pub operator_namespace: String,
}

/// How the controllers behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only this namespace; all if `None`.
    pub namespace: Option<String>,
    /// Objects of each kind that are worked on at once.
    pub concurrent: u16,
    /// Time between checks of a dependency that is not ready.
    pub requeue_dependency: Duration,
    /// First wait after a failure.
    pub min_retry: Duration,
    /// Longest wait after failures.
    pub max_retry: Duration,
    /// Whose rights are used.
    pub rights: Rights,
    /// When the deletion of sets is held.
    pub deletions: DeletionPolicy,
}

/// Clients with the operator's own rights.
pub struct Clients {
    /// For requests: no answer in time is a failure.
    pub requests: Client,
    /// For watches, which are silent while nothing happens.
    pub watches: Client,
}

/// What all reconciliations share.
pub struct Context {
    /// As the operator itself: custom resources, Secrets of providers, events.
    pub client: Client,
    /// As the operator itself: what is watched.
    pub watches: Client,
    /// Polls providers.
    pub poller: Poller,
    /// Renders and judges.
    pub pipeline: Pipeline,
    /// Where objects are applied to.
    pub target: Arc<dyn Target>,
    /// How the controllers behave.
    pub options: Options,
    /// Metrics.
    pub metrics: Metrics,
    /// Events.
    pub events: Events,
    failures: Failures,
}

impl Context {
    /// Everything together.
    #[must_use]
    pub fn new(
        clients: Clients,
        poller: Poller,
        pipeline: Pipeline,
        target: Arc<dyn Target>,
        options: Options,
        metrics: Metrics,
        events: Events,
    ) -> Self {
        let Clients { requests: client, watches } = clients;
        let failures = Failures::new(options.min_retry, options.max_retry);
        Self { client, watches, poller, pipeline, target, options, metrics, events, failures }
    }

    /// Counts a failure and says how long to wait: doubled each time, between the two bounds.
    pub(super) fn back_off(&self, kind: &'static str, name: &NamespacedName) -> Duration {
        self.failures.back_off(kind, name, Instant::now())
    }

    /// Forgets failures.
    pub(super) fn succeeded(&self, kind: &'static str, name: &NamespacedName) {
        self.failures.forget(kind, name);
    }

    /// Forgets everything about an object that was deleted.
    pub(super) fn gone(&self, kind: &'static str, name: &NamespacedName) {
        self.failures.forget(kind, name);
        self.pipeline.sandbox.forget(&format!("{kind}/{name}"));
        if kind == super::sets::KIND {
            self.target.forget(name);
        }
    }
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// RFC 3339 with seconds, as conditions have it.
pub(super) fn timestamp(now: u64) -> String {
    i64::try_from(now / 1000)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_default()
        .to_string()
}

/// An interval, up to five percent longer or shorter, so that a thousand objects do not come back at once. The spread is
/// the object's own and always the same.
pub(super) fn spread(interval: Duration, uid: &str) -> Duration {
    let mut hash = 0_u64;
    for byte in uid.bytes() {
        hash = hash.wrapping_mul(31).wrapping_add(u64::from(byte));
    }
    let percent = u32::try_from(95 + hash % 11).unwrap_or(100);
    interval.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_interval_is_within_five_percent_and_stable() {
        let interval = Duration::from_secs(600);
        for uid in ["a", "b", "7f0c", ""] {
            let spread = spread(interval, uid);
            assert!((570..=630).contains(&spread.as_secs()), "{uid}: {spread:?}");
            assert_eq!(spread, super::spread(interval, uid));
        }
    }

    #[test]
    fn a_condition_time_has_seconds_and_a_z() {
        assert_eq!(timestamp(1_764_000_000_123), "2025-11-24T16:00:00Z");
    }
}
