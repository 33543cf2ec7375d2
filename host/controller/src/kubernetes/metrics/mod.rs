//! Prometheus metrics: the two info series of Flux Operator, which dashboards already use, and ours. They are listed in
//! `docs/reference/metrics.md`, which a test compares with this folder.

mod api_requests;
mod collected;
mod labels;
mod series;

pub use labels::{
    ActionLabels, ApiRequestLabels, CallLabels, EventLabels, EventOutcome, EventRecipient, KindLabels, NameLabels,
    ObjectLabels, PluginLabels, ProviderLabels, QuotaLabels, RecipientLabels, RequestLabels, ResultLabels, SetLabels,
    VerbLabels,
};

use collected::Collected;
pub(super) use collected::QueueState;
use orangery_cluster::Target;
use orangery_sandbox::{CallEnd, CallObserver, PluginRef, Sandbox, Usage};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
pub use series::Role;
use series::Series;
use std::sync::Arc;

/// All metrics of the controllers. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    sets: Series<SetLabels>,
    providers: Series<ProviderLabels>,
    held: Series<NameLabels>,
    terminating: Series<NameLabels>,
    frozen: Series<NameLabels>,
    reconciliations: Family<ResultLabels, Counter>,
    seconds: Family<ResultLabels, Histogram>,
    requests: Family<RequestLabels, Counter>,
    objects: Family<ActionLabels, Counter>,
    events: Family<EventLabels, Counter>,
    events_waiting: Family<RecipientLabels, Gauge>,
    calls: Family<CallLabels, Counter>,
    call_seconds: Family<PluginLabels, Histogram>,
    api_requests: Family<ApiRequestLabels, Counter>,
    api_seconds: Family<VerbLabels, Histogram>,
    leader: Gauge,
    collected: Arc<Collected>,
}

/// How many objects of a set are not as the set says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ObjectCounts {
    /// Their deletion waits for approval.
    pub(super) held: usize,
    /// They are being deleted, and not gone yet.
    pub(super) terminating: usize,
    /// They are left alone because they say so.
    pub(super) frozen: usize,
}

impl Metrics {
    /// Creates and registers them.
    #[must_use]
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            sets: Series::new(),
            providers: Series::new(),
            held: Series::new(),
            terminating: Series::new(),
            frozen: Series::new(),
            reconciliations: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.005, 2.0, 14))),
            requests: Family::default(),
            objects: Family::default(),
            events: Family::default(),
            events_waiting: Family::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 16))),
            api_requests: Family::default(),
            api_seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.002, 2.0, 15))),
            // Without leader election the only copy leads.
            leader: Gauge::default(),
            collected: Arc::default(),
        };
        metrics.leader.set(1);
        metrics.register_objects(registry);
        metrics.register_work(registry);
        registry.register_collector(Box::new(Arc::clone(&metrics.collected)));
        metrics
    }

    /// What describes the custom resources and what they own.
    fn register_objects(&self, registry: &mut Registry) {
        let sets = self.sets.family.clone();
        registry.register("flux_resourceset_info", "The current status of a ResourceSet", sets);
        let providers = self.providers.family.clone();
        let help = "The current status of a ResourceSetInputProvider";
        registry.register("flux_resourcesetinputprovider_info", help, providers);
        let held = self.held.family.clone();
        registry.register("orangery_held_objects", "Objects of a ResourceSet whose deletion waits for approval", held);
        let terminating = self.terminating.family.clone();
        let help = "Objects of a ResourceSet that are being deleted and still exist";
        registry.register("orangery_terminating_objects", help, terminating);
        let frozen = self.frozen.family.clone();
        let help = "Objects of a ResourceSet that are left alone because they say reconcile: disabled";
        registry.register("orangery_frozen_objects", help, frozen);
        let objects = self.objects.clone();
        registry.register("orangery_objects", "Objects changed, by what happened to them", objects);
    }

    /// What describes the work of the operator.
    fn register_work(&self, registry: &mut Registry) {
        let leader = self.leader.clone();
        registry.register("orangery_leader", "1 while this copy of the operator leads, 0 while it stands by", leader);
        let reconciliations = self.reconciliations.clone();
        registry.register("orangery_reconciliations", "Reconciliations by kind and result", reconciliations);
        let seconds = self.seconds.clone();
        let help = "Duration of reconciliations";
        registry.register_with_unit("orangery_reconciliation", help, Unit::Seconds, seconds);
        let requests = self.requests.clone();
        registry.register("orangery_provider_requests", "HTTP requests made for input providers", requests);
        let events = self.events.clone();
        registry.register("orangery_events", "Events, by recipient and what became of them", events);
        let waiting = self.events_waiting.clone();
        registry.register("orangery_events_waiting", "Events that are queued for a recipient", waiting);
        let calls = self.calls.clone();
        registry.register(
            "orangery_plugin_calls",
            "Polls, renderings and notices, by plugin and how they ended",
            calls,
        );
        let call_seconds = self.call_seconds.clone();
        let help = "Wall-clock time of calls into plugins";
        registry.register_with_unit("orangery_plugin_call", help, Unit::Seconds, call_seconds);
        let api_requests = self.api_requests.clone();
        registry.register("orangery_api_requests", "Requests to the API server, by verb and outcome", api_requests);
        let api_seconds = self.api_seconds.clone();
        let help = "Time to the head of the API server's answer";
        registry.register_with_unit("orangery_api_request", help, Unit::Seconds, api_seconds);
    }

    /// Shows whether this copy acts. The series of objects are those of the copy that acts.
    pub fn plays(&self, role: Role) {
        self.sets.plays(role);
        self.providers.plays(role);
        self.held.plays(role);
        self.terminating.plays(role);
        self.frozen.plays(role);
        self.leader.set(match role {
            Role::Leader => 1,
            Role::Standby => 0,
        });
    }

    /// Replaces the series of one set.
    pub fn set(&self, labels: SetLabels) {
        self.sets.show(labels.object.uid.clone(), labels, 1);
    }

    /// Replaces the numbers of objects of one set that are not as the set says.
    pub(super) fn show_objects(&self, uid: &str, labels: NameLabels, counts: ObjectCounts) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.held.show(uid.to_owned(), labels.clone(), number(counts.held));
        self.terminating.show(uid.to_owned(), labels.clone(), number(counts.terminating));
        self.frozen.show(uid.to_owned(), labels, number(counts.frozen));
    }

    /// Removes the series of a deleted set, for good.
    pub fn forget_set(&self, uid: &str) {
        self.sets.forget(uid);
        self.held.forget(uid);
        self.terminating.forget(uid);
        self.frozen.forget(uid);
    }

    /// Replaces the series of one provider.
    pub fn provider(&self, labels: ProviderLabels) {
        self.providers.show(labels.object.uid.clone(), labels, 1);
    }

    /// Removes the series of a deleted provider, for good.
    pub fn forget_provider(&self, uid: &str) {
        self.providers.forget(uid);
    }

    /// Counts objects that were changed, or whose deletion is held.
    pub(super) fn count_objects(&self, action: &str, count: usize) {
        let labels = ActionLabels { action: action.to_owned() };
        self.objects.get_or_create(&labels).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Counts one request made for a provider of this `spec.type`.
    pub(super) fn count_request(&self, of_type: &str, status: &str) {
        let labels = RequestLabels { r#type: of_type.to_owned(), status: status.to_owned() };
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts one reconciliation.
    pub fn reconciled(&self, kind: &str, result: &str, seconds: f64) {
        let labels = ResultLabels { kind: kind.to_owned(), result: result.to_owned() };
        self.reconciliations.get_or_create(&labels).inc();
        self.seconds.get_or_create(&labels).observe(seconds);
    }

    /// Counts one event.
    pub(super) fn count_event(&self, recipient: EventRecipient, outcome: EventOutcome) {
        self.events.get_or_create(&EventLabels { recipient, outcome }).inc();
    }

    /// Shows how many events are queued for a recipient.
    pub(super) fn show_waiting_events(&self, recipient: EventRecipient, count: usize) {
        let gauge = self.events_waiting.get_or_create(&RecipientLabels { recipient });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts the calls of this sandbox from now on, and shows its open circuits and the quotas that it knows.
    pub(super) fn observe_sandbox(&self, sandbox: &Sandbox) {
        sandbox.observe_calls(Arc::new(self.clone()));
        self.collected.observe_sandbox(sandbox.clone());
    }

    /// Shows how many watches this target keeps.
    pub(super) fn observe_target(&self, target: Arc<dyn Target>) {
        self.collected.observe_target(target);
    }

    /// Shows how many objects of a kind wait to be reconciled, and for how long.
    pub(super) fn observe_queue(&self, kind: &'static str, queue: Arc<dyn QueueState>) {
        self.collected.observe_queue(kind, queue);
    }
}

impl CallObserver for Metrics {
    fn ended(&self, plugin: &PluginRef, end: CallEnd) {
        let outcome = match end {
            CallEnd::Succeeded => "succeeded",
            CallEnd::Answered => "answered",
            CallEnd::Refused => "refused",
            CallEnd::Faulted => "faulted",
        };
        self.calls.get_or_create(&CallLabels { plugin: plugin.name.clone(), outcome }).inc();
    }

    fn took(&self, plugin: &PluginRef, usage: &Usage) {
        let labels = PluginLabels { plugin: plugin.name.clone() };
        self.call_seconds.get_or_create(&labels).observe(usage.wall.as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
