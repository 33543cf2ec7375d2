//! `--override-manager`: what a named field manager has set on an object, and no template sets, is removed.

use crate::tenant::PROGRAM;
use anyhow::Result;
use kube::api::{Patch, PatchParams};
use orangery_test_flow::{Launch, SET, World};
use serde_json::{Value, json};

const SET_OF_ONE: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: set}
spec:
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NAMESPACE}, data: {value: ours}}]
";

/// Adds a key to the ConfigMap as somebody's own tool does: by an apply or by an update, in this name.
async fn adds(world: &World, manager: &str, key: &str, how: &str) -> Result<()> {
    let data = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {key: "theirs"}});
    let api = world.api("ConfigMap")?;
    if how == "apply" {
        api.patch("one", &PatchParams::apply(manager), &Patch::Apply(&data)).await?;
    } else {
        let update = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        api.patch("one", &update, &Patch::Merge(&data)).await?;
    }
    Ok(())
}

async fn data(world: &World) -> Result<Value> {
    Ok(world.live("ConfigMap", "one").await?.pointer("/data").cloned().unwrap_or_default())
}

#[tokio::test]
async fn fields_of_the_named_managers_are_taken_over_and_those_of_others_stay() -> Result<()> {
    let world = World::new("managers").await?;
    let launch = Launch::new(PROGRAM, world.cluster.kubeconfig_path(), &world)?
        .flags(&["--no-leader-election", "--operator-namespace", world.namespace()])
        .flags(&["--watch-namespace", world.namespace()]);
    let mut without = launch.start()?;
    world.apply(SET_OF_ONE).await?;
    world.is_ready(SET, "set").await?;
    adds(&world, "pulumi", "applied", "apply").await?;
    adds(&world, "dashboard", "edited", "update").await?;
    adds(&world, "someone", "kept", "update").await?;
    adds(&world, "kubectl-edit", "by-kubectl", "update").await?;
    // Those of kubectl are taken over anyway.
    let all = json!({"value": "ours", "applied": "theirs", "edited": "theirs", "kept": "theirs"});
    world.settles("only what kubectl added is removed", async |world| Ok(data(world).await? == all)).await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(data(&world).await?, all);
    assert!(without.terminate().await?.success());

    let mut with = launch.flags(&["--override-manager", "pulumi,dashboard"]).start()?;
    let rest = json!({"value": "ours", "kept": "theirs"});
    world.settles("what they added is removed", async |world| Ok(data(world).await? == rest)).await?;
    adds(&world, "dashboard", "again", "update").await?;
    world.settles("also what they add later", async |world| Ok(data(world).await? == rest)).await?;
    assert_eq!(world.deletes().await?, 0);
    assert!(with.terminate().await?.success());
    Ok(())
}
