//! An object that somebody else changes back after each repair is left alone for a while, and the other one is named.

use crate::world::World;
use anyhow::Result;
use orangery_core::{Action, ApplyReport};
use serde_json::json;

/// Another controller sets the value of `a`.
async fn meddle(world: &World) -> Result<()> {
    world.somebody_applies("scaler", world.map("a", "theirs")).await
}

/// Applies `a` with this value, and `b`.
async fn apply(world: &mut World, value: &str) -> Result<ApplyReport> {
    let (applied, _) = world.settle(vec![world.map("a", value), world.map("b", "1")]).await?;
    assert_eq!(applied.failed, []);
    Ok(applied)
}

/// A world whose object `a` was repaired three times, and changed once more.
async fn contested(hint: &str) -> Result<World> {
    let mut world = World::new(hint).await?;
    apply(&mut world, "1").await?;
    for _ in 0..3 {
        meddle(&world).await?;
        let applied = apply(&mut world, "1").await?;
        let actions: Vec<_> = applied.changes.iter().map(|change| change.action).collect();
        assert!(actions.contains(&Action::Configured), "a few changes by hand are undone at once: {applied:?}");
    }
    meddle(&world).await?;
    Ok(world)
}

#[tokio::test]
async fn after_three_repairs_in_a_row_the_object_alone_is_left_as_it_is_and_its_writer_is_named() -> Result<()> {
    let mut world = contested("fought").await?;
    world.merge("v1", "ConfigMap", "b", json!({"data": {"value": "theirs"}})).await?;
    let applied = apply(&mut world, "1").await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("theirs"), "it is left as it is: {applied:?}");
    assert_eq!(world.value("b").await?.as_deref(), Some("1"), "the others are repaired as ever");
    let said = format!("{applied:?}");
    assert!(said.contains("field manager scaler") && said.contains("data.value"), "{said}");
    Ok(())
}

#[tokio::test]
async fn another_rendering_of_a_contested_object_is_applied_at_once() -> Result<()> {
    let mut world = contested("anew").await?;
    apply(&mut world, "1").await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("theirs"));
    apply(&mut world, "2").await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("2"));
    Ok(())
}
