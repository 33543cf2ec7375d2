//! A right that the account of a set lacks is named in a condition, stops the environments that need it, and is seen when it is granted.

use crate::tenant::TENANT;
use anyhow::{Result, ensure};
use orangery_test_flow::{SET, World};
use std::time::{Duration, Instant};

/// Two environments with a ConfigMap, of which one has a Secret too.
const ENVIRONMENTS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set, annotations: {orangery.dev/prune-guard: 'off'}}
spec:
  serviceAccountName: flux
  inputs: [{id: plain, secret: ''}, {id: secretive, secret: 'yes'}, {id: leaving, secret: ''}]
  resourcesTemplate: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: map-<< inputs.id >>, namespace: NAMESPACE}
    <<- if inputs.secret >>
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: secret-<< inputs.id >>, namespace: NAMESPACE}
    <<- end >>
";

/// The right to write Secrets.
const SECRETS: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: secrets, namespace: NAMESPACE}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get, list, watch, create, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: secrets, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: secrets}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
";

#[tokio::test]
async fn a_missing_right_is_a_condition_that_fails_its_environment_only_until_it_is_granted() -> Result<()> {
    let mut world = World::of_a_tenant("lacks").await?;
    world.start().await?;
    world.apply(TENANT).await?;
    world.apply(ENVIRONMENTS).await?;
    let said = world.has_condition(SET, "set", "RightsMissing", "True", "ReconciliationFailed").await?;
    let namespace = world.namespace();
    ensure!(
        said.contains(&format!(
            "service account {namespace}/flux may not get, create and patch secrets (the core API group) in namespace {namespace}"
        )),
        "{said}"
    );
    let ready = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    ensure!(ready.contains("1 of 3 environments failed") && ready.contains("secret-secretive"), "{ready}");
    world.has_objects("ConfigMap", &["map-leaving", "map-plain", "map-secretive"]).await?;

    // What is gone is still pruned, and nothing of the environment that failed.
    world.apply(&ENVIRONMENTS.replace(", {id: leaving, secret: ''}", "")).await?;
    world.has_objects("ConfigMap", &["map-plain", "map-secretive"]).await?;

    world.apply(SECRETS).await?;
    let granted = Instant::now();
    world.is_ready(SET, "set").await?;
    // Fifteen seconds, and the time that a reconciliation takes on the machine of the tests.
    ensure!(granted.elapsed() < Duration::from_secs(20), "seen after {:?}", granted.elapsed());
    world.has_objects("Secret", &["secret-secretive"]).await?;
    let [status, ..] = world.condition(SET, "set", "RightsMissing").await?;
    ensure!(status.is_empty(), "the condition goes with the problem: {status}");
    Ok(())
}
