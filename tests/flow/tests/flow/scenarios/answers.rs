//! Listings that do not say what they seem to say.

use super::{exported, looks_again, with_pulls};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET};
use orangery_test_forge::{Failure, Fault};
use serde_json::json;

/// A maintenance page with status 200.
#[tokio::test]
async fn d01_html_instead_of_json() -> Result<()> {
    let world = with_pulls("d01", 20, &json!({})).await?;
    // Otherwise the answer would be "not modified", which has no body.
    world.forge.github("acme/shop").pushes(1);
    world.forge.fault(Fault::new(Failure::Maintenance));
    looks_again(&world).await?;
    world.has_condition(PROVIDER, "pulls", "Ready", "False", "MalformedResponse").await?;
    world.has_condition(SET, "previews", "SourceStale", "True", "SourceStale").await?;
    assert_eq!(exported(&world).await?, 20, "the last inputs stay");

    // It is tried again by itself, and goes on where it was.
    world.forge.github("acme/shop").closes(20);
    world.forge.clear_faults();
    world.is_gone("ConfigMap", "app-20").await?;
    assert_eq!(world.deleted().await?, ["app-20"]);
    Ok(())
}

/// Words that look like "there is nothing", and a repository that the token may no longer see.
#[tokio::test]
async fn d03_error_text_that_says_not_found() -> Result<()> {
    let world = with_pulls("d03", 3, &json!({})).await?;
    world.forge.fault(Fault::status_saying(500, "404 page not found: no open pull requests"));
    looks_again(&world).await?;
    world.has_condition(PROVIDER, "pulls", "Ready", "False", "SourceUnavailable").await?;
    world.forge.clear_faults();
    world.forge.github("acme/shop").is_private();
    looks_again(&world).await?;
    let said = world.has_condition(PROVIDER, "pulls", "Ready", "False", "SourceNotFound").await?;
    assert!(said.contains("access") || said.contains("credential") || said.contains("token"), "{said}");
    assert_eq!((exported(&world).await?, world.owned("ConfigMap").await?.len(), world.deletes().await?), (3, 3, 0));
    Ok(())
}

/// Exactly as many previews as there are pull requests, at every edge of a page.
#[tokio::test]
async fn d04_missing_pagination() -> Result<()> {
    let world = with_pulls("d04", 31, &json!({"limit": 2000})).await?;
    let shop = world.forge.github("acme/shop");
    for count in [31_usize, 100, 101] {
        while shop.now().changes.len() < count {
            shop.opens(&format!("more-{}", shop.now().changes.len()));
        }
        looks_again(&world).await?;
        world
            .settles("every one has its object", async |world| Ok(world.owned("ConfigMap").await?.len() == count))
            .await?;
    }
    // What the provider exports is enough for a thousand.
    world.annotate(SET, "previews", "fluxcd.controlplane.io/reconcile", "disabled").await?;
    while shop.now().changes.len() < 1001 {
        shop.opens(&format!("more-{}", shop.now().changes.len()));
    }
    world.reconciles(PROVIDER, "pulls").await?;
    assert_eq!((exported(&world).await?, world.deletes().await?), (1001, 0));
    Ok(())
}

/// A pull request closes between two pages, and another slips from the second to the first.
#[tokio::test]
async fn d05_listing_changes_while_paging() -> Result<()> {
    let world = with_pulls("d05", 150, &json!({"limit": 200})).await?;
    // The newest come first, so that 50 slips from the second page to the first when 150 is gone.
    world.forge.fault(Fault::new(Failure::ThenClose { number: 150 }).once());
    world.forge.github("acme/shop").pushes(149);
    looks_again(&world).await?;
    looks_again(&world).await?;
    world.is_gone("ConfigMap", "app-150").await?;
    assert_eq!(world.deleted().await?, ["app-150"], "and no other");
    assert_eq!(exported(&world).await?, 149);

    // A page that says it is the next one again is no page to believe.
    world.forge.github("acme/shop").closes(149);
    world.forge.fault(Fault::new(Failure::RepeatedPage));
    looks_again(&world).await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (149, 1));
    Ok(())
}

/// One more pull request than the limit allows.
#[tokio::test]
async fn d06_limit_evicts_nobody() -> Result<()> {
    let world = with_pulls("d06", 5, &json!({"limit": 5})).await?;
    let shop = world.forge.github("acme/shop");
    shop.opens("the-sixth");
    looks_again(&world).await?;
    let said = world.has_condition(PROVIDER, "pulls", "LimitReached", "True", "LimitReached").await?;
    assert!(said.contains('6'), "{said}");
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3", "app-4", "app-5"]).await?;
    assert_eq!(world.deletes().await?, 0);

    shop.closes(2);
    looks_again(&world).await?;
    world.has_objects("ConfigMap", &["app-1", "app-3", "app-4", "app-5", "app-6"]).await?;
    assert_eq!(world.deleted().await?, ["app-2"]);
    Ok(())
}

/// The first page is full and unchanged, while the list grows or shrinks behind it.
#[tokio::test]
async fn d23_full_page_from_the_cache() -> Result<()> {
    let world = with_pulls("d23", 101, &json!({"limit": 200})).await?;
    let shop = world.forge.github("acme/shop");
    // The newest come first: 1 is alone on the second page.
    shop.closes(1);
    looks_again(&world).await?;
    world.is_gone("ConfigMap", "app-1").await?;
    assert_eq!(world.deleted().await?, ["app-1"]);
    shop.reopens(1);
    looks_again(&world).await?;
    world.settles("it is back", async |world| Ok(world.owned("ConfigMap").await?.len() == 101)).await?;
    assert_eq!(world.deletes().await?, 1);
    Ok(())
}
