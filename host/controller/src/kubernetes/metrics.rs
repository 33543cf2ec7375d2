//! Prometheus metrics: the two info series of Flux Operator, which dashboards already use, and ours.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// The labels that both info series begin with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ObjectLabels {
    /// `metadata.uid`.
    pub uid: String,
    /// `ResourceSet` or `ResourceSetInputProvider`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub exported_namespace: String,
    /// `True`, `False` or `Unknown`.
    pub ready: String,
    /// Reason of the Ready condition.
    pub reason: String,
    /// `True` or `False`.
    pub suspended: String,
}

/// Labels of `flux_resourceset_info`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SetLabels {
    /// The object and its conditions.
    #[prometheus(flatten)]
    pub object: ObjectLabels,
    /// Number of objects in the ledger.
    pub resources: String,
    /// `lastAppliedRevision`.
    pub revision: String,
}

/// Labels of `flux_resourcesetinputprovider_info`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProviderLabels {
    /// The object and its conditions.
    #[prometheus(flatten)]
    pub object: ObjectLabels,
    /// `spec.url` without user info and query values.
    pub url: String,
}

/// Labels of reconciliations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ResultLabels {
    /// `ResourceSet` or `ResourceSetInputProvider`.
    pub kind: String,
    /// A reason, or `success`.
    pub result: String,
}

/// Labels of requests to a forge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// `spec.type`.
    pub r#type: String,
    /// The HTTP status, `cached`, `denied` or `failed`.
    pub status: String,
}

/// Labels of changed objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ActionLabels {
    /// `created`, `configured`, `recreated`, `deleted`, `held`.
    pub action: String,
}

/// One series for each existing object. Series of deleted objects are refused, because a reconciliation that was under way at the
/// deletion would otherwise bring the series back for ever. UIDs are never used again.
#[derive(Clone)]
struct Series<L> {
    family: Family<L, Gauge>,
    known: Arc<Mutex<Known<L>>>,
}

struct Known<L> {
    shown: HashMap<String, L>,
    gone: VecDeque<String>,
    /// A copy that stands by shows nothing: what it knows may be old.
    role: Role,
}

impl<L: Clone + Eq + Hash> Series<L> {
    /// Deletions that are remembered: far more than reconciliations run at once.
    const REMEMBERED: usize = 1000;

    fn new() -> Self {
        let known = Known { shown: HashMap::new(), gone: VecDeque::new(), role: Role::Leader };
        Self { family: Family::default(), known: Arc::new(Mutex::new(known)) }
    }

    fn show(&self, uid: String, labels: L) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.gone.contains(&uid) {
            return;
        }
        if let Some(old) = known.shown.insert(uid, labels.clone()) {
            self.family.remove(&old);
        }
        if known.role == Role::Leader {
            self.family.get_or_create(&labels).set(1);
        }
    }

    fn plays(&self, role: Role) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.role = role;
        for labels in known.shown.values() {
            match role {
                Role::Leader => drop(self.family.get_or_create(labels).set(1)),
                Role::Standby => drop(self.family.remove(labels)),
            }
        }
    }

    fn forget(&self, uid: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = known.shown.remove(uid) {
            self.family.remove(&old);
        }
        if !known.gone.iter().any(|gone| gone == uid) {
            known.gone.push_back(uid.to_owned());
            if known.gone.len() > Self::REMEMBERED {
                known.gone.pop_front();
            }
        }
    }
}

/// Whether this copy acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It holds the lease.
    Leader,
    /// Another copy acts, or none.
    Standby,
}

/// All metrics of the controllers. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    sets: Series<SetLabels>,
    providers: Series<ProviderLabels>,
    reconciliations: Family<ResultLabels, Counter>,
    seconds: Family<ResultLabels, Histogram>,
    requests: Family<RequestLabels, Counter>,
    objects: Family<ActionLabels, Counter>,
    leader: Gauge,
}

impl Metrics {
    /// Creates and registers them.
    #[must_use]
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            sets: Series::new(),
            providers: Series::new(),
            reconciliations: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.005, 2.0, 14))),
            requests: Family::default(),
            objects: Family::default(),
            // Without leader election the only copy leads.
            leader: Gauge::default(),
        };
        metrics.leader.set(1);
        registry.register("flux_resourceset_info", "The current status of a ResourceSet", metrics.sets.family.clone());
        registry.register(
            "flux_resourcesetinputprovider_info",
            "The current status of a ResourceSetInputProvider",
            metrics.providers.family.clone(),
        );
        registry.register(
            "orangery_reconciliations",
            "Reconciliations by kind and result",
            metrics.reconciliations.clone(),
        );
        registry.register_with_unit(
            "orangery_reconciliation",
            "Duration of reconciliations",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register(
            "orangery_provider_requests",
            "HTTP requests made for input providers",
            metrics.requests.clone(),
        );
        registry.register(
            "orangery_leader",
            "1 while this copy of the operator leads, 0 while it stands by",
            metrics.leader.clone(),
        );
        registry.register("orangery_objects", "Objects changed, by what happened to them", metrics.objects.clone());
        metrics
    }

    /// Shows whether this copy acts. The series of objects are those of the copy that acts.
    pub fn plays(&self, role: Role) {
        self.sets.plays(role);
        self.providers.plays(role);
        self.leader.set(match role {
            Role::Leader => 1,
            Role::Standby => 0,
        });
    }

    /// Replaces the series of one set.
    pub fn set(&self, labels: SetLabels) {
        self.sets.show(labels.object.uid.clone(), labels);
    }

    /// Removes the series of a deleted set, for good.
    pub fn forget_set(&self, uid: &str) {
        self.sets.forget(uid);
    }

    /// Replaces the series of one provider.
    pub fn provider(&self, labels: ProviderLabels) {
        self.providers.show(labels.object.uid.clone(), labels);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(ready: &str) -> ProviderLabels {
        let object = ObjectLabels {
            uid: "u".into(),
            kind: "ResourceSetInputProvider".into(),
            name: "previews".into(),
            exported_namespace: "apps".into(),
            ready: ready.into(),
            reason: "ReconciliationSucceeded".into(),
            suspended: "False".into(),
        };
        ProviderLabels { object, url: "https://forge.example/o/r".into() }
    }

    fn text(registry: &Registry) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
        text
    }

    #[test]
    fn an_object_has_one_series_and_none_after_it_is_deleted() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        metrics.provider(provider("Unknown"));
        metrics.provider(provider("True"));
        let shown = text(&registry);
        assert_eq!(shown.matches("flux_resourcesetinputprovider_info{").count(), 1, "{shown}");
        assert!(shown.contains(r#"ready="True""#));
        metrics.forget_provider("u");
        assert!(!text(&registry).contains("flux_resourcesetinputprovider_info{"));
    }

    #[test]
    fn a_copy_that_stands_by_shows_no_objects_until_it_leads_again() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        metrics.provider(provider("True"));
        metrics.plays(Role::Standby);
        metrics.provider(provider("False"));
        let shown = text(&registry);
        assert!(
            !shown.contains("flux_resourcesetinputprovider_info{") && shown.contains("orangery_leader 0"),
            "{shown}"
        );
        metrics.plays(Role::Leader);
        let shown = text(&registry);
        assert!(shown.contains(r#"ready="False""#) && shown.contains("orangery_leader 1"), "{shown}");
    }

    #[test]
    fn a_reconciliation_that_ends_after_the_deletion_does_not_bring_the_series_back() {
        let mut registry = Registry::default();
        let metrics = Metrics::new(&mut registry);
        metrics.provider(provider("True"));
        metrics.forget_provider("u");
        metrics.provider(provider("True"));
        assert!(!text(&registry).contains("flux_resourcesetinputprovider_info{"));
        let mut namesake = provider("True");
        namesake.object.uid = "namesake".into();
        metrics.provider(namesake);
        assert!(text(&registry).contains(r#"uid="namesake""#));
    }
}
