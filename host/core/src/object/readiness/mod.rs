//! Whether a live object is ready, by the rules of kstatus, which users know from Flux.

mod pods;
mod workload;

pub use pods::pod_trouble;

use crate::object::{Object, ObjectKey};
use crate::time::Timestamp;
use serde_json::Value;

/// The readiness of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// The object is as desired.
    Current,
    /// The object is still changing; the text says how.
    InProgress(String),
    /// The object will not become ready without intervention; the text says why.
    Failed(String),
    /// The object is being deleted.
    Terminating,
    /// The object does not exist.
    NotFound,
}

impl Readiness {
    /// The status as Flux Operator's messages name it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Current => "Current",
            Self::InProgress(_) => "InProgress",
            Self::Failed(_) => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
        }
    }

    /// Whether it is as it should be.
    #[must_use]
    pub fn is_current(&self) -> bool {
        *self == Self::Current
    }
}

/// What readiness is needed for: the two differ for Jobs and for the kinds of `controlplane.io`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `wait`, steps and stages: a Job must be complete.
    Wait,
    /// `dependsOn`: a Job must have started.
    Dependency,
}

/// Whether objects of a kind can stop being ready while they exist. The others are ready from the start, whatever their status says.
#[must_use]
pub fn has_states(key: &ObjectKey) -> bool {
    !matches!(
        (key.group.as_str(), key.kind.as_str()),
        ("", "ConfigMap" | "Secret")
            | ("batch", "CronJob")
            | ("policy", "PodDisruptionBudget")
            | ("autoscaling", "HorizontalPodAutoscaler")
    )
}

/// Judges a live object at this moment.
#[must_use]
pub fn readiness(object: Option<&Object>, purpose: Purpose, now: Timestamp) -> Readiness {
    let Some(object) = object else { return Readiness::NotFound };
    let root = View(object);
    if root.present("/metadata/deletionTimestamp") {
        return Readiness::Terminating;
    }
    if let Some(early) = generic(root) {
        return early;
    }
    let gvk = object.gvk();
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "ConfigMap" | "Secret") | ("batch", "CronJob") | ("policy", "PodDisruptionBudget") => Readiness::Current,
        ("", "Service") => service(root),
        ("", "PersistentVolumeClaim") => claim(root),
        ("", "Pod") => workload::pod(root, now),
        ("apps", "Deployment") => workload::deployment(root),
        ("apps", "StatefulSet") => workload::stateful_set(root),
        ("apps", "DaemonSet") => workload::daemon_set(root),
        ("apps", "ReplicaSet") => workload::replica_set(root),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(root),
        ("batch", "Job") => workload::job(root, purpose),
        (group, "ResourceSet" | "ResourceSetInputProvider" | "FluxInstance") if group.ends_with(".controlplane.io") => {
            ours(root)
        }
        _ => ready_condition(root),
    }
}

/// The rules that hold for all kinds: observed generation, Reconciling, Stalled.
fn generic(root: View<'_>) -> Option<Readiness> {
    let observed = root.number("/status/observedGeneration");
    let generation = root.number("/metadata/generation").unwrap_or_default();
    if let Some(observed) = observed.filter(|observed| *observed != generation) {
        return Some(Readiness::InProgress(format!(
            "generation is {generation}, but latest observed generation is {observed}"
        )));
    }
    if let Some(condition) = root.condition("Reconciling").filter(|condition| condition.status == "True") {
        return Some(Readiness::InProgress(condition.message.to_owned()));
    }
    root.condition("Stalled")
        .filter(|condition| condition.status == "True")
        .map(|condition| Readiness::Failed(condition.message.to_owned()))
}

fn service(root: View<'_>) -> Readiness {
    if root.text("/spec/type") == "LoadBalancer" && root.text("/spec/clusterIP").is_empty() {
        return Readiness::InProgress("ClusterIP not set. Service type: LoadBalancer".to_owned());
    }
    Readiness::Current
}

fn claim(root: View<'_>) -> Readiness {
    match root.text("/status/phase") {
        "Bound" => Readiness::Current,
        phase => Readiness::InProgress(format!("PVC is not Bound. phase: {phase}")),
    }
}

fn definition(root: View<'_>) -> Readiness {
    if let Some(refused) = root.condition("NamesAccepted").filter(|condition| condition.status == "False") {
        return Readiness::Failed(refused.message.to_owned());
    }
    match root.condition("Established") {
        Some(condition) if condition.status == "True" => Readiness::Current,
        Some(condition) if condition.status == "False" && condition.reason != "Installing" => {
            Readiness::Failed(condition.message.to_owned())
        }
        _ => Readiness::InProgress("Install in progress".to_owned()),
    }
}

/// For the kinds of `controlplane.io`, Ready must be about the present generation.
fn ours(root: View<'_>) -> Readiness {
    let Some(ready) = root.condition("Ready") else { return Readiness::InProgress("not reconciled yet".to_owned()) };
    let generation = root.number("/metadata/generation").unwrap_or_default();
    match ready.status {
        "True" if ready.observed_generation == generation => Readiness::Current,
        _ => Readiness::InProgress(ready.message.to_owned()),
    }
}

fn ready_condition(root: View<'_>) -> Readiness {
    match root.condition("Ready") {
        None => Readiness::Current,
        Some(ready) if ready.status == "True" => Readiness::Current,
        Some(ready) => Readiness::InProgress(ready.message.to_owned()),
    }
}

/// A condition, borrowed; absent parts are empty.
#[derive(Clone, Copy)]
struct ConditionView<'a> {
    status: &'a str,
    reason: &'a str,
    message: &'a str,
    observed_generation: i64,
    last_transition_time: &'a str,
}

/// Reads an object by JSON pointers; what is absent is empty.
#[derive(Clone, Copy)]
struct View<'a>(&'a Object);

impl<'a> View<'a> {
    fn at(self, pointer: &str) -> Option<&'a Value> {
        let mut parts = pointer.split('/').skip(1);
        let first = self.0.0.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    fn present(self, pointer: &str) -> bool {
        self.at(pointer).is_some_and(|value| !value.is_null())
    }

    fn text(self, pointer: &str) -> &'a str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(self, pointer: &str) -> Option<i64> {
        self.at(pointer).and_then(Value::as_i64)
    }

    fn list(self, pointer: &str) -> &'a [Value] {
        self.at(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn condition(self, kind: &str) -> Option<ConditionView<'a>> {
        let found = self
            .list("/status/conditions")
            .iter()
            .find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))?;
        let text = |field: &str| found.get(field).and_then(Value::as_str).unwrap_or_default();
        Some(ConditionView {
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            observed_generation: found.get("observedGeneration").and_then(Value::as_i64).unwrap_or_default(),
            last_transition_time: text("lastTransitionTime"),
        })
    }
}

#[cfg(test)]
mod tests;
