//! Why a rollout does not come to its end: what its pods say. Read with the rights of the set, and only when the rollout has failed.

use crate::kubernetes::client::connection::Session;
use orangery_core::readiness::pod_trouble;
use orangery_core::{Object, Planned};
use serde::Deserialize;

/// Failed rollouts of one environment whose pods are looked at.
const ROLLOUTS: usize = 3;
/// Pods that are looked at: those of one rollout fail in much the same way.
const LOOKED_AT: usize = 20;
/// Pods that a message names.
const SHOWN: usize = 3;

#[derive(Deserialize)]
struct Pods {
    #[serde(default)]
    items: Vec<Object>,
}

/// The message of a failure, with what the pods of the workloads that failed say.
pub(crate) async fn explained(session: &Session, message: String, failed: Vec<&Planned>) -> String {
    let mut lines = vec![message];
    for planned in failed.into_iter().take(ROLLOUTS) {
        lines.extend(trouble(session, planned).await);
    }
    lines.join("\n")
}

/// A line for each pod of a workload that is in trouble; none for other kinds, and where the pods say nothing.
async fn trouble(session: &Session, planned: &Planned) -> Vec<String> {
    let (key, gvk) = (planned.object.key(), planned.object.gvk());
    let runs_pods =
        gvk.group == "apps" && matches!(gvk.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet");
    let Some(selector) = selector(&planned.object).filter(|_| runs_pods) else { return Vec::new() };
    let path = format!("/api/v1/namespaces/{}/pods?limit={LOOKED_AT}&labelSelector={selector}", key.namespace);
    let pods = match session.get::<Pods>(&path).await {
        Ok(pods) => pods.map(|pods| pods.items).unwrap_or_default(),
        Err(refusal) if refusal.is_forbidden() => {
            let advice = "give the service account of the set the verb list on pods to see why";
            return vec![format!("{key}: its pods may not be read; {advice}")];
        }
        // The rollout has failed whether its pods can be read or not.
        Err(_) => return Vec::new(),
    };
    let said = pods.iter().filter_map(|pod| Some((pod.name().to_owned(), pod_trouble(pod)?)));
    said.take(SHOWN).map(|(name, trouble)| format!("Pod/{}/{name} status: {trouble}", key.namespace)).collect()
}

/// The labels of the pods, as a query; `None` if there are none. Expressions only narrow them down.
fn selector(workload: &Object) -> Option<String> {
    let labels = workload.0.get("spec")?.get("selector")?.get("matchLabels")?.as_object()?;
    let terms: Vec<String> =
        labels.iter().filter_map(|(name, value)| Some(format!("{name}%3D{}", value.as_str()?))).collect();
    (!terms.is_empty()).then(|| terms.join("%2C"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn pods_are_found_by_the_labels_of_the_selector() {
        let of = |selector: Value| selector_of(json!({"spec": {"selector": selector}}));
        assert_eq!(of(json!({"matchLabels": {"app": "a", "x/y": "b"}})).as_deref(), Some("app%3Da%2Cx/y%3Db"));
        assert_eq!(of(json!({"matchLabels": {}})), None, "it would select all pods of the namespace");
        assert_eq!(of(json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]})), None);
        assert_eq!(selector_of(json!({})), None);
    }

    fn selector_of(object: Value) -> Option<String> {
        selector(&serde_json::from_value(object).unwrap())
    }
}
