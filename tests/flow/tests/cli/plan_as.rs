//! `plan` as the operator would do it: with the rights of the set's account, and with the operator's own flags.

use crate::bench::{established, run};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::json;

/// An account that may do everything with ConfigMaps, and a set of a ConfigMap and something else.
const MANIFESTS: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: flux}
rules: [{apiGroups: [''], resources: [configmaps], verbs: [get, list, watch, create, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: mixed, annotations: {fluxcd.controlplane.io/reconcile: disabled}}
spec:
  serviceAccountName: flux
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: allowed, namespace: NAMESPACE}}
    - {apiVersion: v1, kind: Secret, metadata: {name: forbidden, namespace: NAMESPACE}}
";

#[tokio::test]
async fn with_impersonate_a_plan_has_the_rights_of_the_sets_account() -> Result<()> {
    let world = established("planas").await?;
    world.apply(MANIFESTS).await?;
    let ns = world.namespace();
    // Whoever asks may do everything.
    run(&world, &["plan", "rset", "mixed"]).await?.exits(1)?.prints("2 to create, 0 unchanged")?;
    run(&world, &["plan", "rset", "mixed", "--impersonate"])
        .await?
        .exits(2)?
        .prints(&format!("✗ Secret/{ns}/forbidden"))?
        .prints(&format!("system:serviceaccount:{ns}:flux"))?
        .prints("1 failing")?;
    let impersonated = world.cluster.audit().await?.by_agent("orangery-ctl").in_namespace(ns);
    let account = format!("system:serviceaccount:{ns}:flux");
    assert!(
        impersonated.iter().any(|event| event.impersonated_user.as_ref().is_some_and(|user| user.username == account))
    );
    assert_eq!(impersonated.writes().count(), 0);
    Ok(())
}

/// The operator's Deployment, as far as `plan` reads it.
fn deployment(arguments: &[&str]) -> String {
    let labels = json!({"app.kubernetes.io/name": "orangery"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "orangery", "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
            "containers": [{"name": "orangery", "image": "orangery", "args": arguments}],
        }}},
    })
    .to_string()
}

/// Three change requests of which two are closed, which the guard holds only with narrow thresholds.
async fn two_of_three_closed(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(3);
    world.start().await?;
    world
        .apply(
            "{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: pulls}, spec: {type: GitHubPullRequest, url: FORGE/acme/shop}}\n---\n\
             {apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: pulls}, spec: {inputsFrom: [{name: pulls}], resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: 'app-<< inputs.id >>', namespace: NAMESPACE}}]}}",
        )
        .await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    world.is_ready(SET, "pulls").await?;
    world.annotate(SET, "pulls", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    world.reconciles(SET, "pulls").await?;
    (1..=2).for_each(|number| shop.closes(number));
    world.reconciles(PROVIDER, "pulls").await?;
    Ok(world)
}

#[tokio::test]
async fn a_plan_knows_the_guard_of_the_operator_and_obeys_flags() -> Result<()> {
    let world = two_of_three_closed("planguard").await?;
    let ns = world.namespace().to_owned();
    let plan = async |flags: &[&str]| {
        let words = [&["plan", "rset", "pulls", "-o", "json", "--operator-namespace", &ns], flags].concat();
        run(&world, &words).await?.exits(1)?.json()
    };
    let count = |plan: &serde_json::Value| {
        let held = plan["held"].as_array().map_or(0, Vec::len);
        (plan["deleted"].as_array().map_or(0, Vec::len), held)
    };
    let defaults = plan(&[]).await?;
    assert_eq!(count(&defaults), (2, 0), "{defaults:#}");
    let said = defaults["settings"].as_str().unwrap_or_default().to_owned();
    assert!(said.starts_with("the defaults, because") && said.contains(&ns), "{said}");

    world.apply(&deployment(&["run", "--prune-guard-share=50", "--prune-guard-floor=1"])).await?;
    let narrow = plan(&[]).await?;
    assert_eq!(
        (count(&narrow), narrow["settings"].as_str()),
        ((0, 1), Some(format!("Deployment/{ns}/orangery").as_str()))
    );
    let wide = plan(&["--prune-guard-floor", "5"]).await?;
    assert_eq!(count(&wide), (2, 0), "{wide:#}");
    assert_eq!(count(&plan(&["--prune-guard", "off"]).await?), (2, 0));

    // Arguments of another version are no reason to fail.
    world.apply(&deployment(&["run", "--from-the-future"])).await?;
    let future = plan(&[]).await?;
    let said = future["settings"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("cannot be read") && said.contains("--from-the-future"), "{said}");
    run(&world, &["plan", "rset", "pulls", "--prune-guard-share", "0"])
        .await?
        .exits(2)?
        .warns("--prune-guard-share")?;
    assert_eq!(world.owned("ConfigMap").await?.len(), 3);
    Ok(())
}
