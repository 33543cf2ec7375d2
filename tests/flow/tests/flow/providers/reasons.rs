//! Reasons of conditions that the other stories do not bring about: each is produced here by the whole operator.

use anyhow::{Result, ensure};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

/// A provider that answers what its configuration says.
fn echoes(name: &str, spec: &Value) -> String {
    let common = json!({"type": "Echoes", "url": "FORGE"});
    let fields = [&common, spec].into_iter().filter_map(Value::as_object).flatten();
    let spec: serde_json::Map<String, Value> = fields.map(|(key, value)| (key.clone(), value.clone())).collect();
    json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": name}, "spec": spec})
        .to_string()
}

#[tokio::test]
async fn what_a_plugin_answers_or_does_decides_the_reason_of_its_provider() -> Result<()> {
    let mut world = World::new("reasons").await?;
    world.admits(&orangery_test_guests::bytes("echoes")?).await?;
    world.start().await?;
    let branches = json!([["1", "{\"branch\":\"a\"}"], ["2", "{\"branch\":\"b\"}"]]);

    world.apply(&echoes("some", &json!({"config": {"inputs": branches, "outcome": "partial"}}))).await?;
    world.has_condition(PROVIDER, "some", "SourceStale", "True", "SourceStale").await?;
    let stale = world.live(PROVIDER, "some").await?;
    ensure!(stale.pointer("/status/stale/reason").and_then(Value::as_str) == Some("PartialAnswer"), "{stale}");

    world.apply(&echoes("many", &json!({"config": {"inputs": branches}, "filter": {"limit": 1}}))).await?;
    let said = world.has_condition(PROVIDER, "many", "LimitReached", "True", "LimitReached").await?;
    ensure!(said.contains("1 inputs wait because the limit of 1 is reached"), "{said}");

    world
        .apply("{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {token: a-token-that-comes-back}}")
        .await?;
    let leak = json!([["1", "{\"branch\":\"a-token-that-comes-back\"}"]]);
    world.apply(&echoes("leaks", &json!({"config": {"inputs": leak}, "secretRef": {"name": "token"}}))).await?;
    let said = world.has_condition(PROVIDER, "leaks", "Ready", "False", "PluginRefused").await?;
    ensure!(said.contains("contains a credential") && !said.contains("comes-back"), "{said}");

    world.apply(&echoes("broken", &json!({"config": {"outcome": "trap"}}))).await?;
    world.has_condition(PROVIDER, "broken", "Ready", "False", "PluginFaulted").await?;
    world.has_condition(PROVIDER, "broken", "Reconciling", "True", "ProgressingWithRetry").await?;
    let said = world.has_condition(PROVIDER, "broken", "Ready", "False", "CircuitOpen").await?;
    ensure!(said.contains("failed 3 times in a row"), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_a_manifest_says_decides_the_reason_before_anything_is_asked() -> Result<()> {
    let mut world = World::new("said").await?;
    world.start().await?;
    let schedule = json!([{"cron": "61 * * * *"}]);
    let cron = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "cron"},
        "spec": {"type": "Static", "schedule": schedule},
    });
    world.apply(&cron.to_string()).await?;
    let said = world.has_condition(PROVIDER, "cron", "Stalled", "True", "InvalidSchedule").await?;
    ensure!(said.contains("61 * * * *"), "{said}");

    let nameless = "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: NAMESPACE}\n";
    let set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"resourcesTemplate": nameless},
    });
    world.apply(&set.to_string()).await?;
    world.has_condition(SET, "set", "Warning", "True", "ObjectLeftOut").await?;
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_not_there_a_suspension_and_an_object_made_twice_are_told() -> Result<()> {
    let mut world = World::new("told").await?;
    world.start().await?;
    let provider = |name: &str, annotations: Value, spec: Value| {
        let metadata = json!({"name": name, "annotations": annotations});
        json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": metadata, "spec": spec})
            .to_string()
    };
    let locked = json!({"type": "GitHubBranch", "url": "FORGE/acme/shop", "secretRef": {"name": "absent"}});
    world.apply(&provider("locked", json!({}), locked)).await?;
    let said = world.has_condition(PROVIDER, "locked", "Ready", "False", "CredentialUnavailable").await?;
    ensure!(said.contains("absent"), "{said}");

    let disabled = json!({"fluxcd.controlplane.io/reconcile": "disabled"});
    world.apply(&provider("asleep", disabled, json!({"type": "Static"}))).await?;
    let events: Api<Event> = Api::namespaced(world.cluster.client()?, world.namespace());
    world
        .settles("an event about the suspension", async |_| {
            let all = events.list(&ListParams::default()).await?;
            Ok(all.items.iter().any(|event| {
                event.reason.as_deref() == Some("ReconciliationDisabled")
                    && event.regarding.as_ref().and_then(|about| about.name.as_deref()) == Some("asleep")
            }))
        })
        .await?;

    let twice = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "twice"},
        "spec": {
            "inputs": [{"id": "1"}, {"id": "2"}],
            "resources": [{
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "same", "namespace": "NAMESPACE"},
                "data": {"of": "input << inputs.id >>"},
            }],
        },
    });
    world.apply(&twice.to_string()).await?;
    let said = world.has_condition(SET, "twice", "DuplicateObjects", "True", "DuplicateObjects").await?;
    ensure!(said.contains("same"), "{said}");
    Ok(())
}
