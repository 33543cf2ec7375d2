//! Steps and dependencies: what is waited for, for how long, and what is said meanwhile.

use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Result, ensure};
use orangery_test_flow::{Launch, PROVIDER, SET, World};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// A Deployment as a template; nothing runs it, so it is never ready by itself.
const NEVER_READY: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: slow, namespace: NAMESPACE}, spec: {selector: {matchLabels: {app: slow}}, \
     template: {metadata: {labels: {app: slow}}, spec: {containers: [{name: main, image: main}]}}}}";

fn map(name: &str) -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: NAMESPACE}}}}")
}

fn set(name: &str, spec: &str) -> String {
    format!("apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: {name}}}\nspec:\n{spec}")
}

async fn running(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    Ok(world)
}

#[tokio::test]
async fn a_step_that_is_not_ready_in_time_fails_by_its_name_and_what_comes_after_it_waits() -> Result<()> {
    let world = running("timeout").await?;
    let old = map("old");
    world.apply(&set("set", &format!("  resources: [{old}]\n"))).await?;
    world.is_ready(SET, "set").await?;
    let (before, after) = (map("before"), map("after"));
    let steps = |timeout: &str| {
        format!(
            "  steps:\n    - {{name: prepare, timeout: {timeout}, resources: [{before}, {NEVER_READY}]}}\n    - {{name: use, resources: [{after}]}}\n"
        )
    };
    // Taken before the set is sent: the operator may begin while the answer is still on its way here.
    // By the clock of the deadline, which is the wall's: the two clocks of a machine do not run equally fast.
    let begun = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    world.apply(&set("set", &steps("2s"))).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "ReconciliationFailed").await?;
    for part in ["step \"prepare\" health check failed: timeout waiting for", "Deployment", "slow"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let waited = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() - begun;
    assert!(waited >= 2_000, "it waited {waited} ms");
    // The first step is there, the second is not, and nothing is deleted as long as not everything is applied.
    assert_eq!(world.owned("ConfigMap").await?, ["before", "old"]);
    assert_eq!(world.deletes().await?, 0);

    world
        .patch_status(
            "Deployment",
            "slow",
            json!({
                "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                "conditions": [
                    {"type": "Available", "status": "True"},
                    {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
                ],
            }),
        )
        .await?;
    world.has_objects("ConfigMap", &["after", "before"]).await?;
    world.is_ready(SET, "set").await
}

#[tokio::test]
async fn a_set_waits_for_a_provider_and_another_set_as_its_expression_says() -> Result<()> {
    let world = running("kinds").await?;
    let last = map("last");
    world
        .apply(&set(
            "last",
            &format!(
                "  dependsOn:\n\
                 \u{20}   - {{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, name: words, namespace: NAMESPACE, ready: true,\n\
                 \u{20}      readyExpr: \"status.exportedInputs.exists(i, i.word == 'go')\"}}\n\
                 \u{20}   - {{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, name: first, namespace: NAMESPACE, ready: true}}\n\
                 \u{20} resources: [{last}]\n"
            ),
        ))
        .await?;
    let waits_for = async |part: &str| -> Result<()> {
        world
            .settles(&format!("the set waits for {part:?}"), async |world| {
                let [ready, reason, message] = world.condition(SET, "last", "Ready").await?;
                Ok(ready == "False" && reason == "DependencyNotReady" && message.contains(part))
            })
            .await?;
        assert!(world.live("ConfigMap", "last").await?.is_null(), "waiting for {part:?}");
        Ok(())
    };
    waits_for("ResourceSetInputProvider").await?;
    waits_for("words not found").await?;
    let words = |word: &str| {
        format!(
            "{{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {{name: words}}, spec: {{type: Static, defaultValues: {{word: {word}}}}}}}"
        )
    };
    world.apply(&words("wait")).await?;
    waits_for("not ready: expression 'status.exportedInputs.exists(i, i.word == 'go')'").await?;
    world.apply(&words("go")).await?;
    world.is_ready(PROVIDER, "words").await?;
    waits_for("first not found").await?;
    // The other set is there, and not ready: it waits itself.
    let gate = map("gate");
    world
        .apply(&set("first", &format!("  steps: [{{name: one, timeout: 20s, resources: [{NEVER_READY}]}}, {{name: two, resources: [{gate}]}}]\n")))
        .await?;
    waits_for("first not ready").await?;
    let ready = json!({
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": [
            {"type": "Available", "status": "True"},
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
        ],
    });
    world.patch_status("Deployment", "slow", ready).await?;
    world.has_objects("ConfigMap", &["gate", "last"]).await?;
    world.is_ready(SET, "last").await
}

#[tokio::test]
async fn an_expression_that_cannot_be_parsed_stalls_the_set_and_one_without_an_answer_is_asked_again() -> Result<()> {
    let world = running("expression").await?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: gate}, data: {open: 'yes'}}").await?;
    let behind = map("behind");
    let with = |expression: &str| {
        set(
            "set",
            &format!(
                "  dependsOn: [{{apiVersion: v1, kind: ConfigMap, name: gate, namespace: NAMESPACE, ready: true, readyExpr: \"{expression}\"}}]\n  resources: [{behind}]\n"
            ),
        )
    };
    world.apply(&with("data.open ==")).await?;
    let said = world.has_condition(SET, "set", "Stalled", "True", "InvalidCELExpression").await?;
    assert!(said.contains("failed to parse expression 'data.open =='"), "{said}");
    world.apply(&with("data.open")).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "DependencyNotReady").await?;
    assert!(said.contains("as boolean: 'data.open'"), "{said}");
    assert!(world.owned("ConfigMap").await?.is_empty());
    world.apply(&with("data.open == 'yes'")).await?;
    world.has_objects("ConfigMap", &["behind"]).await?;
    world.is_ready(SET, "set").await?;
    let [stalled, ..] = world.condition(SET, "set", "Stalled").await?;
    assert_ne!(stalled, "True");
    Ok(())
}

#[tokio::test]
async fn what_a_set_waits_for_is_watched_and_not_asked_for_again_and_again() -> Result<()> {
    let world = World::of_processes("awaited").await?;
    let rights = world.shipped_rights().await?;
    world.apply(TENANT).await?;
    // With the next question in an hour, only a watch can tell.
    let flags = ["--no-leader-election", "--watch-namespace", world.namespace(), "--requeue-dependency", "1h"];
    let mut process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    let behind = map("behind");
    world
        .apply(&set(
            "set",
            &format!(
                "  serviceAccountName: flux\n  dependsOn: [{{apiVersion: v1, kind: ConfigMap, name: gate, namespace: NAMESPACE, ready: true, readyExpr: \"data.open == 'yes'\"}}]\n  resources: [{behind}]\n"
            ),
        ))
        .await?;
    let waits_for = async |part: &str| {
        world
            .settles(&format!("the set waits: {part:?}"), async |world| {
                let [ready, reason, message] = world.condition(SET, "set", "Ready").await?;
                Ok(ready == "False" && reason == "DependencyNotReady" && message.contains(part))
            })
            .await
    };
    waits_for("gate not found").await?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: gate}, data: {open: 'no'}}").await?;
    waits_for("not ready: expression").await?;
    world.patch("ConfigMap", "gate", json!({"data": {"open": "yes"}})).await?;
    world.has_objects("ConfigMap", &["behind"]).await?;
    world.is_ready(SET, "set").await?;
    let asked = world.requests().await?.verb("get");
    let asked = asked.iter().filter(|event| event.uri.ends_with("/configmaps/gate")).count();
    assert!((3..=6).contains(&asked), "it was asked for {asked} times");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}

#[tokio::test]
async fn a_dependency_is_read_with_the_rights_of_the_set_and_the_missing_right_is_named() -> Result<()> {
    let mut world = World::of_a_tenant("depends").await?;
    world.start().await?;
    world.apply(TENANT).await?;
    world.apply("{apiVersion: v1, kind: Secret, metadata: {name: gate}, stringData: {open: 'yes'}}").await?;
    let behind = map("behind");
    world
        .apply(&set(
            "set",
            &format!(
                "  serviceAccountName: flux\n  dependsOn: [{{apiVersion: v1, kind: Secret, name: gate, namespace: NAMESPACE}}]\n  resources: [{behind}]\n"
            ),
        ))
        .await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "DependencyNotReady").await?;
    assert!(said.contains("forbidden") && said.contains("give the service account of the set the verb get"), "{said}");
    assert_eq!(world.live("ConfigMap", "behind").await?, Value::Null);
    let rule = json!({"rules": [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch", "delete"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    ]});
    world.patch("Role", "flux", rule).await?;
    world.has_objects("ConfigMap", &["behind"]).await
}
