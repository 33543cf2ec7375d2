//! What the guard holds, counted by what was deleted: approvals that come back, renames, draining, sources of one name.

use anyhow::{Context as _, Result};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

const APPROVE: &str = "orangery.dev/approve-prune";
const GUARD: &str = "orangery.dev/prune-guard";

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: pulls}
spec:
  inputsFrom: [{name: pulls}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}]
";

/// A set with these inputs and these templates, each `Kind` and a name.
fn set(inputs: impl IntoIterator<Item = usize>, templates: &[(&str, &str)]) -> String {
    let inputs: Vec<Value> = inputs.into_iter().map(|id| json!({"id": id.to_string()})).collect();
    let resources: Vec<Value> = templates
        .iter()
        .map(|(kind, name)| {
            let metadata = match *kind {
                "Namespace" => json!({"name": name}),
                _ => json!({"name": name, "namespace": "NAMESPACE"}),
            };
            json!({"apiVersion": "v1", "kind": kind, "metadata": metadata})
        })
        .collect();
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
        "spec": {"inputs": inputs, "resources": resources},
    })
    .to_string()
}

async fn running(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    Ok(world)
}

/// Applies, waits until all of it is there, and answers nothing: what follows is counted from here.
async fn established(world: &World, manifest: &str) -> Result<()> {
    world.apply(manifest).await?;
    world.is_ready(SET, "set").await
}

/// The digest of the list that is held now, once there is another than `last`.
async fn held(world: &World, name: &str, last: &str) -> Result<String> {
    world
        .settles(&format!("{name} holds a list that is not {last:?}"), async |world| {
            let digest = pending(world, name).await?;
            Ok(!digest.is_empty() && digest != last)
        })
        .await?;
    pending(world, name).await
}

async fn pending(world: &World, name: &str) -> Result<String> {
    let live = world.live(SET, name).await?;
    Ok(live.pointer("/status/pendingPrune/digest").and_then(Value::as_str).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn d19_approval_replayed() -> Result<()> {
    let mut world = World::new("replay").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(3);
    world.start().await?;
    world.apply(PULLS).await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    let mut last = String::new();
    for round in 1..=2 {
        (1..=3).for_each(|number| shop.closes(number));
        world.reconciles(PROVIDER, "pulls").await?;
        let digest = held(&world, "pulls", &last).await?;
        // The approval of the last round is still there, and a restart forgets nothing.
        world.stop().await?;
        world.start().await?;
        world.reconciles(SET, "pulls").await?;
        assert_eq!(world.deletes().await?, 3 * (round - 1), "round {round}: held");
        world.annotate(SET, "pulls", APPROVE, digest.as_str()).await?;
        world.has_objects("ConfigMap", &[]).await?;
        world.settles("nothing is held", async |world| Ok(pending(world, "pulls").await?.is_empty())).await?;
        assert_eq!(world.deletes().await?, 3 * round, "round {round}: approved");
        let used = world.live(SET, "pulls").await?.pointer("/status/lastHandledApproval").cloned();
        assert_eq!(used, Some(json!(digest)));
        (1..=3).for_each(|number| shop.reopens(number));
        world.reconciles(PROVIDER, "pulls").await?;
        world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
        world.is_ready(SET, "pulls").await?;
        last = digest;
    }
    // And emptied by edits of the set, with the annotation of the first approval in the manifest for ever.
    (1..=3).for_each(|number| shop.closes(number));
    world.reconciles(PROVIDER, "pulls").await?;
    held(&world, "pulls", &last).await?;
    let said = world.has_condition(SET, "pulls", "PruneHeld", "True", "PruneHeld").await?;
    assert!(said.contains("has been used already"), "{said}");
    world.reconciles(SET, "pulls").await?;
    assert_eq!((world.deletes().await?, world.owned("ConfigMap").await?.len()), (6, 3));
    Ok(())
}

#[tokio::test]
async fn d13_renamed_template() -> Result<()> {
    let world = running("renamed").await?;
    let templates =
        [("ConfigMap", "a-<< inputs.id >>"), ("Secret", "b-<< inputs.id >>"), ("Secret", "c-<< inputs.id >>")];
    established(&world, &set(0..8, &templates)).await?;
    let [_, b, c] = templates;
    world.apply(&set(0..7, &[("ConfigMap", "renamed-<< inputs.id >>"), b, c])).await?;
    let digest = held(&world, "set", "").await?;
    world.is_ready(SET, "set").await?;
    // The input that is gone has gone with its three objects; the seven of the others wait beside their successors.
    assert_eq!(world.owned("ConfigMap").await?.len(), 14);
    assert_eq!(world.owned("Secret").await?.len(), 14);
    assert_eq!(world.deletes().await?, 3, "{:?}", world.deleted().await?);
    world.annotate(SET, "set", APPROVE, digest.as_str()).await?;
    let renamed: Vec<String> = (0..7).map(|id| format!("renamed-{id}")).collect();
    world.has_objects("ConfigMap", &renamed.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    assert_eq!(world.deletes().await?, 10);
    Ok(())
}

#[tokio::test]
async fn a_namespace_whose_input_is_still_there_is_held_however_many_others_there_are() -> Result<()> {
    let world = running("precious").await?;
    let maps: Vec<String> = (0..6).map(|map| format!("map-{map}-<< inputs.id >>")).collect();
    let mut templates: Vec<(&str, &str)> = maps.iter().map(|name| ("ConfigMap", name.as_str())).collect();
    let namespace = format!("{}-<< inputs.id >>", world.namespace());
    established(&world, &set(0..2, &[templates.as_slice(), &[("Namespace", &namespace)]].concat())).await?;
    world.apply(&set(0..2, &templates)).await?;
    let digest = held(&world, "set", "").await?;
    assert_eq!(world.deletes().await?, 0);
    // What is no container of anything goes without a question.
    templates.pop();
    world.apply(&set(0..2, &templates)).await?;
    world.is_gone("ConfigMap", "map-5-0").await?;
    world.is_gone("ConfigMap", "map-5-1").await?;
    world.is_ready(SET, "set").await?;
    assert_eq!(pending(&world, "set").await?, digest, "the list is the same");
    assert_eq!(world.deletes().await?, 2);
    world.annotate(SET, "set", APPROVE, digest.as_str()).await?;
    world.settles("both namespaces are asked to go", async |world| Ok(world.deletes().await? == 4)).await
}

#[tokio::test]
async fn half_of_all_is_held_and_so_is_draining_in_steps_across_restarts() -> Result<()> {
    let mut world = running("drained").await?;
    let templates = [("ConfigMap", "app-<< inputs.id >>")];
    established(&world, &set(0..14, &templates)).await?;
    world.apply(&set(0..7, &templates)).await?;
    held(&world, "set", "").await?;
    assert_eq!(world.deletes().await?, 0, "exactly half");
    world.apply(&set(0..14, &templates)).await?;
    world.settles("nothing is held", async |world| Ok(pending(world, "set").await?.is_empty())).await?;

    for (left, deleted) in [(12, 2), (10, 4), (8, 6)] {
        established(&world, &set(0..left, &templates)).await?;
        world.settles("they are gone", async |world| Ok(world.deletes().await? == deleted)).await?;
        world.stop().await?;
        world.start().await?;
    }
    for left in [7, 4, 2, 1] {
        let last = pending(&world, "set").await?;
        world.apply(&set(0..left, &templates)).await?;
        held(&world, "set", &last).await?;
        assert_eq!(world.deletes().await?, 6, "{left} of 14 left");
    }
    assert_eq!(world.owned("ConfigMap").await?.len(), 8);
    Ok(())
}

#[tokio::test]
async fn a_set_and_a_provider_of_one_name_are_two_sources() -> Result<()> {
    let mut world = World::new("namesakes").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(3);
    world.start().await?;
    world
        .apply(&PULLS.replace("spec:\n  inputsFrom", "spec:\n  inputs: [{id: a}, {id: b}, {id: c}]\n  inputsFrom"))
        .await?;
    let all = ["app-1", "app-2", "app-3", "app-a", "app-b", "app-c"];
    world.has_objects("ConfigMap", &all).await?;
    world.is_ready(SET, "pulls").await?;
    (1..=3).for_each(|number| shop.closes(number));
    world.reconciles(PROVIDER, "pulls").await?;
    held(&world, "pulls", "").await?;
    assert_eq!((world.deletes().await?, world.owned("ConfigMap").await?), (0, all.map(str::to_owned).to_vec()));
    Ok(())
}

#[tokio::test]
async fn a_set_chooses_its_thresholds_and_a_value_that_cannot_be_read_leaves_the_default_in_force() -> Result<()> {
    let world = running("thresholds").await?;
    let templates = [("ConfigMap", "app-<< inputs.id >>")];
    established(&world, &set(0..10, &templates)).await?;
    world.annotate(SET, "set", GUARD, "20/1").await?;
    world.apply(&set(0..8, &templates)).await?;
    held(&world, "set", "").await?;
    assert_eq!(world.deletes().await?, 0, "two of ten are too many here");
    world.annotate(SET, "set", GUARD, "a lot").await?;
    let said = world.has_condition(SET, "set", "Warning", "True", "InvalidSpec").await?;
    assert!(said.contains("orangery.dev/prune-guard]: \"a lot\" is not of the form SHARE/FLOOR"), "{said}");
    assert!(said.contains("The operator's default stays in force: 50/5"), "{said}");
    world.settles("two of ten are everyday by default", async |world| Ok(world.deletes().await? == 2)).await?;
    world.apply(&set(0..1, &templates)).await?;
    held(&world, "set", "").await?;
    assert_eq!(world.deletes().await?, 2, "seven of ten within the hour are not");
    world.annotate(SET, "set", GUARD, "off").await?;
    world.has_objects("ConfigMap", &["app-0"]).await
}

#[tokio::test]
async fn an_inventory_of_an_older_version_is_read_as_it_was_meant() -> Result<()> {
    let mut world = running("older").await?;
    let templates = [("ConfigMap", "app-<< inputs.id >>")];
    established(&world, &set(0..4, &templates)).await?;
    world.stop().await?;
    let mut entries = world.inventory("set").await?;
    for entry in &mut entries {
        let entry = entry.as_object_mut().context("an entry")?;
        assert_eq!(entry.remove("template"), Some(json!("resources[0]")));
        let input = entry.get("input").and_then(Value::as_str).unwrap_or_default().to_owned();
        entry.insert("input".to_owned(), json!(input.strip_prefix("rset/").context(input.clone())?));
    }
    world.patch_status(SET, "set", json!({"inventory": {"entries": entries}, "inventoryDetails": null})).await?;
    world.apply(&set(0..3, &templates)).await?;
    world.start().await?;
    world.has_objects("ConfigMap", &["app-0", "app-1", "app-2"]).await?;
    assert_eq!(world.deleted().await?, ["app-3"]);
    world.is_ready(SET, "set").await
}
