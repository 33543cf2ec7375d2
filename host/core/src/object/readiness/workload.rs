//! Kinds that run pods.

use super::{Purpose, Readiness, View};
use crate::time::Timestamp;
use serde_json::Value;
use std::time::Duration;

fn progress(text: String) -> Readiness {
    Readiness::InProgress(text)
}

pub(super) fn deployment(root: View<'_>) -> Readiness {
    let wanted = root.number("/spec/replicas").unwrap_or(1);
    let count = |field: &str| root.number(&format!("/status/{field}")).unwrap_or_default();
    let progressing = root.condition("Progressing");
    if let Some(late) = progressing.filter(|condition| condition.reason == "ProgressDeadlineExceeded") {
        return Readiness::Failed(late.message.to_owned());
    }
    // The API server's default is 600 s; the largest integer means that there is no deadline.
    let has_deadline =
        root.number("/spec/progressDeadlineSeconds").is_some_and(|seconds| seconds != i64::from(i32::MAX));
    let rolled_out = progressing.is_some_and(|one| one.status == "True" && one.reason == "NewReplicaSetAvailable");
    if has_deadline && !rolled_out {
        return progress("ReplicaSet not Available".to_owned());
    }
    let (all, updated, ready, available) =
        (count("replicas"), count("updatedReplicas"), count("readyReplicas"), count("availableReplicas"));
    if wanted > all {
        return progress(format!("replicas: {all}/{wanted}"));
    }
    if wanted > updated {
        return progress(format!("Updated: {updated}/{wanted}"));
    }
    if all > wanted {
        return progress(format!("Pending termination: {}", all - wanted));
    }
    if updated > available {
        return progress(format!("Available: {available}/{updated}"));
    }
    if wanted > ready {
        return progress(format!("Ready: {ready}/{wanted}"));
    }
    if root.condition("Available").is_none_or(|condition| condition.status != "True") {
        return progress("Deployment is not available".to_owned());
    }
    Readiness::Current
}

pub(super) fn stateful_set(root: View<'_>) -> Readiness {
    if root.text("/spec/updateStrategy/type") == "OnDelete" {
        return Readiness::Current;
    }
    let wanted = root.number("/spec/replicas").unwrap_or(1);
    let count = |field: &str| root.number(&format!("/status/{field}")).unwrap_or_default();
    let (all, ready, current, updated) =
        (count("replicas"), count("readyReplicas"), count("currentReplicas"), count("updatedReplicas"));
    if wanted > all {
        return progress(format!("Replicas: {all}/{wanted}"));
    }
    if wanted > ready {
        return progress(format!("Ready: {ready}/{wanted}"));
    }
    if all > wanted {
        return progress(format!("Pending termination: {}", all - wanted));
    }
    if let Some(partition) = root.number("/spec/updateStrategy/rollingUpdate/partition") {
        if updated < wanted - partition {
            return progress(format!("updated: {updated}/{}", wanted - partition));
        }
        if partition > 0 {
            return Readiness::Current;
        }
    }
    if wanted > current {
        return progress(format!("current: {current}/{wanted}"));
    }
    if root.text("/status/currentRevision") != root.text("/status/updateRevision") {
        return progress("Waiting for updated revision to match current".to_owned());
    }
    Readiness::Current
}

pub(super) fn daemon_set(root: View<'_>) -> Readiness {
    if root.number("/status/observedGeneration").is_none() || root.number("/status/desiredNumberScheduled").is_none() {
        return progress("Observed generation is not set".to_owned());
    }
    let count = |field: &str| root.number(&format!("/status/{field}")).unwrap_or_default();
    let wanted = count("desiredNumberScheduled");
    for (field, name) in [
        ("currentNumberScheduled", "Current"),
        ("updatedNumberScheduled", "Updated"),
        ("numberAvailable", "Available"),
        ("numberReady", "Ready"),
    ] {
        if wanted > count(field) {
            return progress(format!("{name}: {}/{wanted}", count(field)));
        }
    }
    Readiness::Current
}

pub(super) fn replica_set(root: View<'_>) -> Readiness {
    if let Some(failure) = root.condition("ReplicaFailure").filter(|condition| condition.status == "True") {
        return progress(failure.message.to_owned());
    }
    let wanted = root.number("/spec/replicas").unwrap_or(1);
    let count = |field: &str| root.number(&format!("/status/{field}")).unwrap_or_default();
    for (field, name) in
        [("fullyLabeledReplicas", "Labelled"), ("availableReplicas", "Available"), ("readyReplicas", "Ready")]
    {
        if wanted > count(field) {
            return progress(format!("{name}: {}/{wanted}", count(field)));
        }
    }
    let all = count("replicas");
    if all > wanted { progress(format!("replicas: {all}/{wanted}")) } else { Readiness::Current }
}

pub(super) fn job(root: View<'_>, purpose: Purpose) -> Readiness {
    if let Some(failed) = root.condition("Failed").filter(|condition| condition.status == "True") {
        return Readiness::Failed(failed.message.to_owned());
    }
    let holds = |kind| root.condition(kind).is_some_and(|condition| condition.status == "True");
    if holds("Complete") || holds("Suspended") {
        return Readiness::Current;
    }
    match purpose {
        Purpose::Dependency if root.present("/status/startTime") => Readiness::Current,
        Purpose::Dependency => progress("Job not started".to_owned()),
        Purpose::Wait => progress("Job in progress".to_owned()),
    }
}

/// How long a pod may be unschedulable before that is a failure: autoscalers and slow nodes need a moment.
const UNSCHEDULABLE_GRACE: Duration = Duration::from_secs(15);

pub(super) fn pod(root: View<'_>, now: Timestamp) -> Readiness {
    match root.text("/status/phase") {
        "Succeeded" | "Failed" => Readiness::Current,
        "Running" => match root.condition("Ready") {
            Some(ready) if ready.status == "True" => Readiness::Current,
            _ => match crash_loops(root) {
                Some(names) => Readiness::Failed(format!("Containers in CrashLoop state: {names}")),
                None => progress("Pod is running but is not Ready".to_owned()),
            },
        },
        "Pending" => {
            let scheduled = root.condition("PodScheduled");
            let refused =
                scheduled.filter(|condition| condition.status == "False" && condition.reason == "Unschedulable");
            let late = refused.and_then(|condition| condition.last_transition_time.parse::<Timestamp>().ok());
            match late {
                Some(since) if now.since(since) > UNSCHEDULABLE_GRACE => {
                    Readiness::Failed("Pod could not be scheduled".to_owned())
                }
                _ => match crash_loops(root) {
                    Some(names) => Readiness::Failed(format!("Containers in CrashLoop state: {names}")),
                    None => progress("Pod is in the Pending phase".to_owned()),
                },
            }
        }
        _ => progress("Pod phase not available".to_owned()),
    }
}

fn crash_loops(root: View<'_>) -> Option<String> {
    let lists = [root.list("/status/initContainerStatuses"), root.list("/status/containerStatuses")];
    let looping = |status: &&Value| {
        let reason =
            status.get("state").and_then(|state| state.get("waiting")).and_then(|waiting| waiting.get("reason"));
        reason.and_then(Value::as_str) == Some("CrashLoopBackOff")
    };
    let names: Vec<&str> = lists
        .into_iter()
        .flatten()
        .filter(looping)
        .map(|status| status.get("name").and_then(Value::as_str).unwrap_or_default())
        .collect();
    (!names.is_empty()).then(|| names.join(","))
}
