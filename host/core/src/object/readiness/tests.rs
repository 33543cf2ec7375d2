//! Known answers for every kind that has rules of its own.

use super::*;
use serde_json::json;

fn judge(value: Value, purpose: Purpose) -> Readiness {
    readiness(Some(&Object(value.as_object().cloned().unwrap())), purpose, Timestamp::from_millis(1_709_208_020_000))
}

#[track_caller]
fn is(expected: &str, value: Value) {
    assert_eq!(judge(value, Purpose::Wait).as_str(), expected);
}

fn with(api_version: &str, kind: &str, spec: Value, status: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status})
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "m", "observedGeneration": 2, "lastTransitionTime": "2024-02-29T12:00:01Z"})
}

#[test]
fn rules_for_all_kinds_come_first() {
    assert_eq!(readiness(None, Purpose::Wait, Timestamp::default()), Readiness::NotFound);
    is("Terminating", json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"deletionTimestamp": "x"}}));
    is("InProgress", with("v1", "ConfigMap", json!({}), json!({"observedGeneration": 1})));
    is("InProgress", with("x/v1", "X", json!({}), json!({"conditions": [condition("Reconciling", "True", "")]})));
    is("Failed", with("x/v1", "X", json!({}), json!({"conditions": [condition("Stalled", "True", "")]})));
}

#[test]
fn unknown_kinds_are_ready_by_their_condition_or_without_one() {
    is("Current", with("x/v1", "X", json!({}), json!({})));
    is("Current", with("x/v1", "X", json!({}), json!({"conditions": [condition("Ready", "True", "")]})));
    is("InProgress", with("x/v1", "X", json!({}), json!({"conditions": [condition("Ready", "False", "")]})));
    is("InProgress", with("x/v1", "X", json!({}), json!({"conditions": [condition("Ready", "Unknown", "")]})));
}

#[test]
fn services_claims_and_definitions() {
    is("Current", with("v1", "Service", json!({"type": "ClusterIP"}), json!({})));
    is("InProgress", with("v1", "Service", json!({"type": "LoadBalancer"}), json!({})));
    is("Current", with("v1", "PersistentVolumeClaim", json!({}), json!({"phase": "Bound"})));
    is("InProgress", with("v1", "PersistentVolumeClaim", json!({}), json!({"phase": "Pending"})));
    let crd = |conditions: Value| {
        with("apiextensions.k8s.io/v1", "CustomResourceDefinition", json!({}), json!({"conditions": conditions}))
    };
    is("Current", crd(json!([condition("Established", "True", "")])));
    is("InProgress", crd(json!([condition("Established", "False", "Installing")])));
    is("Failed", crd(json!([condition("NamesAccepted", "False", "")])));
}

#[test]
fn deployments() {
    let deployment =
        |status: Value| with("apps/v1", "Deployment", json!({"replicas": 2, "progressDeadlineSeconds": 600}), status);
    let conditions =
        json!([condition("Progressing", "True", "NewReplicaSetAvailable"), condition("Available", "True", "")]);
    let full = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, "conditions": conditions});
    is("Current", deployment(full.clone()));
    for (field, value) in
        [("replicas", 1), ("replicas", 3), ("updatedReplicas", 1), ("readyReplicas", 1), ("availableReplicas", 1)]
    {
        let mut status = full.clone();
        status[field] = json!(value);
        is("InProgress", deployment(status));
    }
    is("InProgress", deployment(json!({"observedGeneration": 2})));
    is("Failed", deployment(json!({"conditions": [condition("Progressing", "False", "ProgressDeadlineExceeded")]})));
}

#[test]
fn stateful_sets_daemon_sets_and_replica_sets() {
    let full = json!({"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "a"});
    is("Current", with("apps/v1", "StatefulSet", json!({}), full.clone()));
    is("Current", with("apps/v1", "StatefulSet", json!({"updateStrategy": {"type": "OnDelete"}}), json!({})));
    let mut rolling = full.clone();
    rolling["updateRevision"] = json!("b");
    is("InProgress", with("apps/v1", "StatefulSet", json!({}), rolling));
    is("InProgress", with("apps/v1", "StatefulSet", json!({}), json!({})));
    let daemon = json!({"observedGeneration": 2, "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1, "numberReady": 1});
    is("Current", with("apps/v1", "DaemonSet", json!({}), daemon.clone()));
    let mut slow = daemon;
    slow["numberReady"] = json!(0);
    is("InProgress", with("apps/v1", "DaemonSet", json!({}), slow));
    is("InProgress", with("apps/v1", "DaemonSet", json!({}), json!({})));
    let replicas = json!({"replicas": 1, "fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1});
    is("Current", with("apps/v1", "ReplicaSet", json!({}), replicas));
    is("InProgress", with("apps/v1", "ReplicaSet", json!({}), json!({})));
}

#[test]
fn a_job_is_ready_when_complete_or_for_dependents_when_started() {
    let job = |status: Value| with("batch/v1", "Job", json!({}), status);
    is("Current", job(json!({"conditions": [condition("Complete", "True", "")]})));
    is("Current", job(json!({"conditions": [condition("Suspended", "True", "")]})));
    is("Failed", job(json!({"conditions": [condition("Failed", "True", "")]})));
    is("InProgress", job(json!({"startTime": "x"})));
    assert_eq!(judge(job(json!({"startTime": "x"})), Purpose::Dependency), Readiness::Current);
    assert_eq!(judge(job(json!({})), Purpose::Dependency).as_str(), "InProgress");
}

#[test]
fn pods() {
    let pod = |status: Value| with("v1", "Pod", json!({}), status);
    is("Current", pod(json!({"phase": "Succeeded"})));
    is("Current", pod(json!({"phase": "Running", "conditions": [condition("Ready", "True", "")]})));
    is("InProgress", pod(json!({"phase": "Running"})));
    let looping = json!([{"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]);
    is("Failed", pod(json!({"phase": "Running", "containerStatuses": looping})));
    is("Failed", pod(json!({"phase": "Pending", "conditions": [condition("PodScheduled", "False", "Unschedulable")]})));
    is("InProgress", pod(json!({"phase": "Pending"})));
    let early = Object(
        pod(json!({"phase": "Pending", "conditions": [condition("PodScheduled", "False", "Unschedulable")]}))
            .as_object()
            .cloned()
            .unwrap(),
    );
    assert_eq!(
        readiness(Some(&early), Purpose::Wait, Timestamp::from_millis(1_709_208_002_000)).as_str(),
        "InProgress"
    );
}

#[test]
fn our_own_kinds_are_ready_for_their_present_generation_only() {
    let set = |conditions: Value| {
        with("fluxcd.controlplane.io/v1", "ResourceSet", json!({}), json!({"conditions": conditions}))
    };
    is("Current", set(json!([condition("Ready", "True", "")])));
    let mut old = condition("Ready", "True", "");
    old["observedGeneration"] = json!(1);
    is("InProgress", set(json!([old])));
    is("InProgress", set(json!([])));
}
