//! Handing back, and taking over once more.

use super::installation::{self, ACTIVE, Owned};
use super::theirs;
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

/// An installation that this operator has applied from the beginning.
async fn all_applied_by_us(hint: &str) -> Result<(World, Vec<Owned>)> {
    let mut world = World::new(hint).await?;
    world.start().await?;
    installation::manifests(&world).await?;
    for set in ACTIVE {
        world.is_ready(SET, set).await?;
    }
    // What is suspended from the beginning has no objects.
    let mut all = installation::rendered(&world);
    all.retain(|owned| owned.set != "paused");
    Ok((world, all))
}

/// The words that stand anywhere in a value.
fn additions(value: &Value, words: &[&str]) -> Vec<String> {
    let text = value.to_string();
    words.iter().filter(|word| text.contains(**word)).map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn d21_an_installation_is_handed_back_and_taken_over_again_without_a_changed_byte() -> Result<()> {
    let (mut world, all) = all_applied_by_us("d21-back").await?;
    world.stop().await?;
    let ours = installation::now(&world, &all).await?;
    for object in &ours {
        // Nothing in them says who applied them.
        assert_eq!(additions(object, &["orangery"]), Vec::<String>::new(), "{object:#}");
    }
    for (kind, names, finalizers) in
        [(SET, ACTIVE.as_slice(), json!([theirs::FINALIZER])), (PROVIDER, &["pulls"], Value::Null)]
    {
        for name in names {
            let live = world.live(kind, name).await?;
            // A provider has none of ours at all: Flux Operator adds its own.
            assert_eq!(live.pointer("/metadata/finalizers").cloned().unwrap_or_default(), finalizers, "{kind} {name}");
            let annotations = live.pointer("/metadata/annotations").cloned().unwrap_or_default();
            assert_eq!(additions(&annotations, &["orangery"]), Vec::<String>::new());
        }
    }
    // Flux Operator finds its inventory, and an apply in its name changes nothing.
    for Owned { set, objects } in &all {
        let inventory = world.live(SET, set).await?.pointer("/status/inventory/entries").cloned().unwrap_or_default();
        let ids: Vec<&str> =
            inventory.as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_str()).collect();
        assert_eq!(ids.len(), objects.len(), "{set}: {ids:?}");
        assert!(ids.is_sorted(), "{ids:?}");
        for object in objects {
            theirs::applies(&world, set, object).await?;
        }
    }
    installation::is_unchanged(&world, &all, &ours, "an apply in the name of Flux Operator changed an object").await?;

    // It goes on for a while, and writes status as it does, without any of our fields.
    installation::reconciled(&world, &all).await?;
    world.start().await?;
    for set in ACTIVE {
        world.reconciles(SET, set).await?;
        world.is_ready(SET, set).await?;
    }
    installation::is_unchanged(&world, &all, &ours, "taking over again changed an object").await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn d21_what_flux_operator_changed_in_between_stays_as_it_made_it() -> Result<()> {
    let (mut world, mut all) = all_applied_by_us("d21-between").await?;
    world.stop().await?;
    // Under Flux Operator a change request is opened, one is closed, and a set gets another value.
    let shop = world.forge.github("acme/shop");
    shop.closes(1);
    shop.opens("branch-4");
    world.delete("ConfigMap", "pr-1").await?;
    let ns = world.namespace().to_owned();
    let fourth = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pr-4", "namespace": ns}, "data": {"branch": "branch-4"}});
    theirs::applies(&world, "pulls", &fourth).await?;
    if let Some(pulls) = all.iter_mut().find(|owned| owned.set == "pulls") {
        pulls.objects.retain(|object| object["metadata"]["name"] != "pr-1");
        pulls.objects.push(fourth);
    }
    installation::reconciled(&world, &all).await?;
    let exported =
        (2..=4).map(|n| json!({"id": n.to_string(), "sha": format!("{n:040}"), "branch": format!("branch-{n}")}));
    theirs::has_polled(&world, "pulls", exported.collect()).await?;
    let before = installation::now(&world, &all).await?;
    world.start().await?;
    world.reconciles(PROVIDER, "pulls").await?;
    for set in ACTIVE {
        world.reconciles(SET, set).await?;
        world.is_ready(SET, set).await?;
    }
    installation::is_unchanged(&world, &all, &before, "an object was changed").await?;
    assert!(world.live("ConfigMap", "pr-1").await?.is_null(), "what Flux Operator deleted stays away");
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}
