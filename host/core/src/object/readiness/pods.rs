//! What keeps a pod from being ready, in the words of Kubernetes.

use super::View;
use crate::object::Object;
use serde_json::Value;

/// Characters of one message; an image name or a scheduler may say much more.
const LONGEST: usize = 300;

/// Reasons of containers that are only starting.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// What keeps a pod from being ready, for example `container main: ImagePullBackOff: Back-off pulling image "x"`; `None` if there is
/// nothing wrong with it, if it only starts, or if it is being deleted.
#[must_use]
pub fn pod_trouble(pod: &Object) -> Option<String> {
    let root = View(pod);
    if root.present("/metadata/deletionTimestamp") {
        return None;
    }
    if root.text("/status/phase") == "Failed" {
        return Some(sentence("failed", root.text("/status/reason"), root.text("/status/message")));
    }
    let unscheduled = root.condition("PodScheduled").filter(|condition| condition.status == "False");
    if let Some(condition) = unscheduled {
        return Some(sentence("not scheduled", condition.reason, condition.message));
    }
    let statuses = root.list("/status/initContainerStatuses").iter().chain(root.list("/status/containerStatuses"));
    statuses.filter_map(container_trouble).next()
}

fn container_trouble(status: &Value) -> Option<String> {
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let what = format!("container {}", text(status, "name"));
    let ended = |state: &str| status.get(state).and_then(|state| state.get("terminated"));
    if let Some(waiting) = status.get("state").and_then(|state| state.get("waiting")) {
        let (reason, message) = (text(waiting, "reason"), text(waiting, "message"));
        if reason.is_empty() || STARTING.contains(&reason.as_str()) {
            return None;
        }
        let before = ended("lastState").map(|ended| format!("; it ended before with {}", ending(ended)));
        return Some(sentence(&what, &reason, &message) + &before.unwrap_or_default());
    }
    let ended = ended("state").filter(|ended| ended.get("exitCode").and_then(Value::as_i64) != Some(0))?;
    Some(format!("{what}: ended with {}", ending(ended)))
}

/// `exit code 1 (Error)`
fn ending(terminated: &Value) -> String {
    let code = terminated.get("exitCode").and_then(Value::as_i64).unwrap_or_default();
    match terminated.get("reason").and_then(Value::as_str).unwrap_or_default() {
        "" => format!("exit code {code}"),
        reason => format!("exit code {code} ({reason})"),
    }
}

fn sentence(what: &str, reason: &str, message: &str) -> String {
    let parts = [what, reason, message].into_iter().filter(|part| !part.is_empty());
    let text = parts.collect::<Vec<_>>().join(": ");
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn trouble(status: Value) -> Option<String> {
        pod_trouble(&serde_json::from_value(json!({"metadata": {"name": "p"}, "status": status})).unwrap())
    }

    fn container(state: Value, last: Value) -> Value {
        json!({"phase": "Pending", "containerStatuses": [{"name": "main", "state": state, "lastState": last}]})
    }

    #[test]
    fn the_reason_of_kubernetes_is_named() {
        for (status, wanted) in [
            (
                container(
                    json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\""}}),
                    json!({}),
                ),
                "container main: ImagePullBackOff: Back-off pulling image \"x\"",
            ),
            (
                container(
                    json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}),
                    json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
                ),
                "container main: CrashLoopBackOff: back-off 10s; it ended before with exit code 137 (OOMKilled)",
            ),
            (container(json!({"terminated": {"exitCode": 1}}), json!({})), "container main: ended with exit code 1"),
            (
                json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]}),
                "not scheduled: Unschedulable: 0/3 nodes are available",
            ),
            (
                json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}),
                "failed: Evicted: low on memory",
            ),
        ] {
            assert_eq!(trouble(status).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn a_pod_that_runs_starts_or_goes_is_in_no_trouble() {
        for status in [
            json!({"phase": "Running"}),
            container(json!({"running": {}}), json!({"terminated": {"exitCode": 1}})),
            container(json!({"waiting": {"reason": "ContainerCreating"}}), json!({})),
            container(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}), json!({})),
        ] {
            assert_eq!(trouble(status.clone()), None, "{status}");
        }
        let going = json!({"metadata": {"deletionTimestamp": "t"}, "status": {"phase": "Failed"}});
        assert_eq!(pod_trouble(&serde_json::from_value(going).unwrap()), None);
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let long = trouble(json!({"phase": "Failed", "message": "ü".repeat(1000)})).unwrap();
        assert!(long.chars().count() == LONGEST + 1 && long.ends_with("ü…"), "{long}");
    }
}
