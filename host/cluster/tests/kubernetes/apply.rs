//! Creating, changing, leaving alone.

use crate::world::World;
use anyhow::{Context, Result};
use orangery_cluster::Target;
use orangery_core::{Action, ObjectKey};
use serde_json::{Value, json};

#[tokio::test]
async fn an_object_is_created_then_unchanged_then_configured() -> Result<()> {
    let mut world = World::new("apply").await?;
    assert_eq!(world.applied(vec![world.map("a", "1")]).await?, [Action::Created]);
    assert_eq!(world.applied(vec![world.map("a", "1")]).await?, [Action::Unchanged]);
    assert_eq!(world.applied(vec![world.map("a", "2")]).await?, [Action::Configured]);
    assert_eq!(world.value("a").await?.as_deref(), Some("2"));
    Ok(())
}

#[tokio::test]
async fn a_change_by_hand_is_undone_and_a_deleted_object_comes_back() -> Result<()> {
    let mut world = World::new("drift").await?;
    world.applied(vec![world.map("a", "1"), world.map("b", "1")]).await?;
    world.merge("v1", "ConfigMap", "a", json!({"data": {"value": "by hand"}})).await?;
    world.api("v1", "ConfigMap").delete("b", &kube::api::DeleteParams::default()).await?;
    assert_eq!(
        world.applied(vec![world.map("a", "1"), world.map("b", "1")]).await?,
        [Action::Configured, Action::Created]
    );
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn r05_dropped_field() -> Result<()> {
    let mut world = World::new("fields").await?;
    let data = |data: Value| world.object("v1", "ConfigMap", "a", json!({"data": data}));
    let (first, second) = (data(json!({"keep": "1", "drop": "1"})), data(json!({"keep": "1"})));
    world.applied(vec![first]).await?;
    world.somebody_applies("somebody", data_of(&world, json!({"theirs": "1"}))).await?;
    assert_eq!(world.applied(vec![second]).await?, [Action::Configured]);
    let live = world.live("v1", "ConfigMap", "a").await?.context("it exists")?;
    assert_eq!(live["data"], json!({"keep": "1", "theirs": "1"}));
    Ok(())
}

fn data_of(world: &World, data: Value) -> Value {
    world.object("v1", "ConfigMap", "a", json!({"data": data}))
}

#[tokio::test]
async fn a_key_that_leaves_string_data_leaves_the_secret() -> Result<()> {
    let mut world = World::new("secret").await?;
    let secret = |world: &World, data: Value| world.object("v1", "Secret", "a", json!({"stringData": data}));
    world.applied(vec![secret(&world, json!({"keep": "1", "drop": "1"}))]).await?;
    world.applied(vec![secret(&world, json!({"keep": "1"}))]).await?;
    let live = world.live("v1", "Secret", "a").await?.context("it exists")?;
    assert_eq!(live["data"], json!({"keep": "MQ=="}));
    Ok(())
}

#[tokio::test]
async fn what_kubectl_applied_before_is_taken_over() -> Result<()> {
    let mut world = World::new("takeover").await?;
    let mut theirs = data_of(&world, json!({"old": "1", "value": "1"}));
    theirs["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": "{}"});
    theirs["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "x"});
    world.somebody_applies("kubectl", theirs).await?;
    world.applied(vec![world.map("a", "1")]).await?;
    let live = world.live("v1", "ConfigMap", "a").await?.context("it exists")?;
    assert_eq!(live["data"], json!({"value": "1"}));
    assert_eq!(live["metadata"].get("annotations"), None);
    assert_eq!(live["metadata"]["labels"].get("kustomize.toolkit.fluxcd.io/name"), None);
    assert_eq!(world.applied(vec![world.map("a", "1")]).await?, [Action::Unchanged]);
    Ok(())
}

#[tokio::test]
async fn an_unknown_field_is_a_warning_and_the_rest_is_applied() -> Result<()> {
    let mut world = World::new("unknown").await?;
    let object = world.object("v1", "ConfigMap", "a", json!({"data": {"value": "1"}, "dta": {"x": "y"}}));
    let (applied, _) = world.settle(vec![object]).await?;
    assert_eq!(applied.failed, []);
    assert!(applied.warnings.iter().any(|warning| warning.contains("unknown field \"dta\"")), "{:?}", applied.warnings);
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn one_invalid_object_keeps_the_whole_stage_from_being_written() -> Result<()> {
    let mut world = World::new("invalid").await?;
    let invalid = world.object("v1", "Service", "b", json!({"spec": {"ports": [{"port": 99999}]}}));
    let message = world.refused(vec![world.map("a", "1"), invalid]).await?;
    let place = format!("Service/{}/b dry-run failed (Invalid): ", world.namespace.name());
    assert!(message.starts_with(&place), "{message}");
    assert_eq!(world.value("a").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_namespace_is_never_guessed() -> Result<()> {
    let mut world = World::new("nowhere").await?;
    let message =
        world.refused(vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})]).await?;
    assert!(message.starts_with("ConfigMap/a namespace not specified"), "{message}");
    let absent =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "no-such-namespace"}});
    let message = world.refused(vec![absent]).await?;
    assert!(message.contains("not found: namespaces \"no-such-namespace\" not found"), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_named() -> Result<()> {
    let mut world = World::new("nokind").await?;
    let message = world.refused(vec![world.object("example.org/v1", "Widget", "a", json!({}))]).await?;
    assert!(message.contains("no matches for kind \"Widget\" in version \"example.org/v1\""), "{message}");
    Ok(())
}

#[tokio::test]
async fn the_value_of_a_secret_is_never_in_a_message() -> Result<()> {
    let mut world = World::new("canary").await?;
    for (field, value) in
        [("stringData", json!({"a": {"b": "canary-in-a-map"}})), ("data", json!({"a": "canary not base64!"}))]
    {
        let message = world.refused(vec![world.object("v1", "Secret", "a", json!({field: value}))]).await?;
        assert!(!message.contains("canary-in") && !message.contains("canary not"), "{message}");
    }
    Ok(())
}

#[tokio::test]
async fn a_live_object_is_read_and_a_missing_one_is_none() -> Result<()> {
    let mut world = World::new("read").await?;
    world.applied(vec![world.map("a", "1")]).await?;
    let key = |name: &str| ObjectKey {
        group: String::new(),
        kind: "ConfigMap".to_owned(),
        namespace: world.namespace.name().to_owned(),
        name: name.to_owned(),
    };
    let live = world.target.read(&world.owner, "v1", &key("a")).await?.context("it exists")?;
    assert_eq!(live.0["data"], json!({"value": "1"}));
    assert_eq!(world.target.read(&world.owner, "v1", &key("b")).await?, None);
    Ok(())
}
