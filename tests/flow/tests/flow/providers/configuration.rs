//! A plugin is asked whether it accepts a configuration before anything is sent with it.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

fn provider(config: &Value) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "lists"},
        "spec": {"type": "Lists", "url": "FORGE", "secretRef": {"name": "token"}, "config": config},
    })
    .to_string()
}

#[tokio::test]
async fn a_configuration_that_the_plugin_refuses_sends_no_request_and_a_remark_is_a_warning() -> Result<()> {
    let mut world = World::new("config").await?;
    world.admits(&orangery_test_guests::bytes("lists")?).await?;
    world.start().await?;
    world
        .apply("{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {token: a-token-that-stays-home}}")
        .await?;
    world.apply(&provider(&json!({"project": "forbidden"}))).await?;
    let said = world.has_condition(PROVIDER, "lists", "Stalled", "True", "InvalidSpec").await?;
    assert!(said.contains("spec.config.project: this project is forbidden"), "{said}");
    world.reconciles(PROVIDER, "lists").await?;
    assert!(world.forge.requests().is_empty(), "the token stayed at home");

    world.apply(&provider(&json!({"project": "odd"}))).await?;
    world.settles("it is polled", async |world| Ok(!world.forge.requests().is_empty())).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_plugin_remarks_about_a_configuration_is_shown_while_it_lasts() -> Result<()> {
    let mut world = World::new("remark").await?;
    world.admits(&orangery_test_guests::bytes("echoes")?).await?;
    world.start().await?;
    let echoes = |project: &str, outcome: &str| {
        let config = json!({"project": project, "inputs": [], "outcome": outcome});
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "echoes"},
            "spec": {"type": "Echoes", "url": "FORGE", "config": config},
        })
        .to_string()
    };
    world.apply(&echoes("odd", "complete")).await?;
    let said = world.has_condition(PROVIDER, "echoes", "Warning", "True", "Warning").await?;
    assert_eq!(said, "spec.config: an odd project (OddProject)");
    world.reconciles(PROVIDER, "echoes").await?;
    world.has_condition(PROVIDER, "echoes", "Warning", "True", "Warning").await?;

    // A forge in trouble says nothing about the configuration.
    world.apply(&echoes("odd", "unavailable")).await?;
    world.has_condition(PROVIDER, "echoes", "Ready", "False", "SourceUnavailable").await?;
    world.reconciles(PROVIDER, "echoes").await?;
    let said = world.has_condition(PROVIDER, "echoes", "Warning", "True", "Warning").await?;
    assert_eq!(said, "spec.config: an odd project (OddProject)");

    world.apply(&echoes("web", "complete")).await?;
    world
        .settles("nothing is remarked", async |world| {
            let [warning, ..] = world.condition(PROVIDER, "echoes", "Warning").await?;
            Ok(warning != "True")
        })
        .await
}

#[tokio::test]
async fn a_set_that_waits_for_a_change_says_why_in_its_reason() -> Result<()> {
    let mut world = World::new("renderers").await?;
    world.start().await?;
    let set = |renderer: &Value| {
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "NAMESPACE"}});
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
            "spec": {"renderer": renderer, "resources": [object]},
        })
        .to_string()
    };
    world.apply(&set(&json!({"name": "jsonnet"}))).await?;
    let said = world.has_condition(SET, "set", "Ready", "False", "PluginMissing").await?;
    assert!(said.contains("no loaded plugin serves the renderer 'jsonnet'"), "{said}");
    world.has_condition(SET, "set", "Stalled", "True", "PluginMissing").await?;

    world.apply(&set(&json!({"name": "minijinja", "config": {"keepBlock": true}}))).await?;
    let said = world.has_condition(SET, "set", "Stalled", "True", "InvalidSpec").await?;
    assert!(said.contains("spec.renderer.config") && said.contains("keepBlock"), "{said}");

    world.apply(&set(&json!({"name": "minijinja"}))).await?;
    world.has_condition(SET, "set", "Ready", "True", "ReconciliationSucceeded").await.map(drop)
}
