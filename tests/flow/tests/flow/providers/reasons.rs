//! Reasons of conditions that the other stories do not bring about: each is produced here by the whole operator.

use anyhow::{Result, ensure};
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
