//! Namespaces that nothing renders any more, and that contain what has to stay: counted by what was deleted.

use anyhow::{Context, Result};
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};

/// A set with these inputs: each gives a ConfigMap in the namespace of its team, and those that own the team give the namespace.
fn set(inputs: &[(&str, &str, &str)]) -> String {
    let inputs: Vec<Value> =
        inputs.iter().map(|(id, team, owns)| json!({"id": id, "team": team, "owns": owns})).collect();
    let template = "\
<<- if inputs.owns >>
apiVersion: v1
kind: Namespace
metadata: {name: NAMESPACE-<< inputs.team >>}
---
<<- end >>
apiVersion: v1
kind: ConfigMap
metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE-<< inputs.team >>}
";
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": inputs, "resourcesTemplate": template},
    })
    .to_string()
}

/// The UID of an object in a namespace of the story; it must be there, and nobody may have asked for its deletion.
async fn uid(world: &World, path: &str) -> Result<String> {
    let request = http::Request::get(format!("/api/v1/namespaces/{}-{path}", world.namespace())).body(Vec::new())?;
    let live: Value = world.cluster.client()?.request(request).await.with_context(|| path.to_owned())?;
    anyhow::ensure!(live.pointer("/metadata/deletionTimestamp").is_none(), "{path} is being deleted");
    Ok(live.pointer("/metadata/uid").and_then(Value::as_str).context("a UID")?.to_owned())
}

#[tokio::test]
async fn a_namespace_of_a_closed_input_stays_while_objects_of_another_are_rendered_into_it() -> Result<()> {
    let mut world = World::new("occupied").await?;
    world.start().await?;
    let others = [("x", "other", "yes"), ("y", "other", "")];
    world.apply(&set(&[&[("a", "team", "yes"), ("b", "team", "")], others.as_slice()].concat())).await?;
    world.is_ready(SET, "set").await?;
    let before = (uid(&world, "team").await?, uid(&world, "team/configmaps/app-b").await?);

    world.apply(&set(&[&[("b", "team", "")], others.as_slice()].concat())).await?;
    world.is_ready(SET, "set").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.deleted().await?, ["app-a"]);
    let said = world.has_condition(SET, "set", "Warning", "True", "Warning").await?;
    let namespace = world.namespace().to_owned();
    assert_eq!(
        said,
        format!(
            "Namespace/{namespace}-team is not deleted while it contains objects that stay: ConfigMap/{namespace}-team/app-b"
        )
    );
    // Also after a restart, which knows nothing but the ledger.
    world.stop().await?;
    world.start().await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.deleted().await?, ["app-a"]);
    assert_eq!((uid(&world, "team").await?, uid(&world, "team/configmaps/app-b").await?), before);

    // The last object that was in it goes, and it goes too, unasked.
    world.apply(&set(&others)).await?;
    world.settles("all three are deleted", async |world| Ok(world.deletes().await? == 3)).await?;
    assert_eq!(world.deleted().await?, ["app-a", "app-b", &format!("{namespace}-team")]);
    uid(&world, "other/configmaps/app-x").await?;
    Ok(())
}

#[tokio::test]
async fn a_namespace_stays_with_the_adopted_object_in_it_when_its_input_closes_and_when_the_set_is_deleted()
-> Result<()> {
    let mut world = World::new("occupied-adopted").await?;
    world.start().await?;
    let inputs = [("a", "team", "yes"), ("x", "other", "yes"), ("y", "other", "")];
    // The namespace is the set's own; somebody puts an object into it, under a name that a later template has.
    world.apply(&set(&inputs).replace("ConfigMap", "Secret")).await?;
    world.is_ready(SET, "set").await?;
    world
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: app-a, namespace: NAMESPACE-team}, data: {theirs: kept}}")
        .await?;
    world.apply(&set(&inputs)).await?;
    world
        .settles("app-a is adopted", async |world| {
            let entries = world.inventory("set").await?;
            Ok(entries.iter().any(|entry| entry["mark"] == "Adopted"))
        })
        .await?;
    let before = world.deletes().await?;
    let theirs = uid(&world, "team/configmaps/app-a").await?;

    world.apply(&set(&inputs[1..])).await?;
    world.is_ready(SET, "set").await?;
    world.reconciles(SET, "set").await?;
    assert_eq!(world.deletes().await?, before);
    world.has_condition(SET, "set", "PruneHeld", "True", "PruneHeld").await?;
    let said = world.has_condition(SET, "set", "Warning", "True", "Warning").await?;
    assert!(said.contains("-team is not deleted while it contains objects that stay"), "{said}");
    world.reconciles(SET, "set").await?;
    assert!(!world.deleted().await?.contains(&format!("{}-team", world.namespace())));

    world.delete(SET, "set").await?;
    world.is_gone(SET, "set").await?;
    assert_eq!(uid(&world, "team/configmaps/app-a").await?, theirs);
    let deleted = world.deleted().await?;
    assert!(!deleted.contains(&format!("{}-team", world.namespace())), "{deleted:?}");
    assert!(deleted.contains(&format!("{}-other", world.namespace())), "{deleted:?}");
    assert!(world.deletes().await? > before);
    uid(&world, "team").await?;
    Ok(())
}
