//! A rollout that fails says what is wrong with its pods, read with the rights of the set.

use anyhow::{Result, ensure};
use orangery_test_flow::{SET, World};
use serde_json::json;

/// An account with the right to Deployments; PODS stands for verbs on pods.
const ACCOUNT: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux, namespace: NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: flux, namespace: NAMESPACE}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [get, list, watch, create, patch, delete]}
  - {apiGroups: [''], resources: [pods], verbs: [PODS]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
";

/// Nothing runs the Deployment.
const ROLLOUT: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set, annotations: {fluxcd.controlplane.io/reconcileTimeout: 5s}}
spec:
  wait: true
  serviceAccountName: flux
  resources:
    - apiVersion: apps/v1
      kind: Deployment
      metadata: {name: shop, namespace: NAMESPACE}
      spec:
        selector: {matchLabels: {app: shop}}
        template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: main, image: shop:typo}]}}
";

/// What its pods would be like, if something ran the Deployment; and one of another workload.
async fn pods_are(world: &World) -> Result<()> {
    for (name, app) in [("shop-1", "shop"), ("other-1", "other")] {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": app}},
            "spec": {"containers": [{"name": "main", "image": "shop:typo"}]},
        });
        world.apply(&pod.to_string()).await?;
        let waiting = json!({"reason": "ImagePullBackOff", "message": "Back-off pulling image \"shop:typo\""});
        let container = json!({
            "name": "main", "image": "shop:typo", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": waiting},
        });
        world.patch_status("Pod", name, json!({"phase": "Pending", "containerStatuses": [container]})).await?;
    }
    Ok(())
}

/// What the set says when the time of the rollout is up.
async fn failed(world: &World, verbs: &str) -> Result<String> {
    world.apply(&ACCOUNT.replace("PODS", verbs)).await?;
    pods_are(world).await?;
    world.apply(ROLLOUT).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    ensure!(
        said.contains("timeout waiting for: [Deployment/") && said.contains("/shop status: 'InProgress'"),
        "{said}"
    );
    Ok(said)
}

/// How often pods were read, and as whom.
async fn readers(world: &World) -> Result<Vec<String>> {
    let requests = world.requests().await?;
    let of_pods = requests.iter().filter(|event| event.uri.contains("/pods"));
    Ok(of_pods.filter_map(|event| Some(event.impersonated_user.as_ref()?.username.clone())).collect())
}

#[tokio::test]
async fn a_rollout_that_is_not_ready_in_time_names_its_pods_and_what_is_wrong_with_them() -> Result<()> {
    let mut world = World::of_a_tenant("rollout").await?;
    world.start().await?;
    let said = failed(&world, "list").await?;
    let wanted = "/shop-1 status: container main: ImagePullBackOff: Back-off pulling image \"shop:typo\"";
    ensure!(said.contains(wanted) && !said.contains("other-1"), "{said}");
    let tenant = format!("system:serviceaccount:{}:flux", world.namespace());
    let readers = readers(&world).await?;
    ensure!(!readers.is_empty() && readers.iter().all(|reader| *reader == tenant), "{readers:?}");
    Ok(())
}

#[tokio::test]
async fn without_the_right_to_list_pods_it_says_which_right_would_tell_why() -> Result<()> {
    let mut world = World::of_a_tenant("unlisted").await?;
    world.start().await?;
    let said = failed(&world, "get").await?;
    ensure!(said.contains("give the service account of the set the verb list on pods"), "{said}");
    ensure!(!said.contains("ImagePullBackOff"), "{said}");
    Ok(())
}
