//! Whose object it is: by ledger, UID and label, and never by a name that looks alike.

use super::{looks_again, map, set, with_pulls};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::json;

/// The label that selects one of two providers is taken off.
#[tokio::test]
async fn d08_selector_matches_fewer_providers() -> Result<()> {
    let mut world = World::new("d08").await?;
    let (shop, blog) = (world.forge.github("acme/shop"), world.forge.github("acme/blog"));
    shop.opens_many(3);
    blog.opens_many(3);
    world.start().await?;
    for (name, path) in [("shop", "acme/shop"), ("blog", "acme/blog")] {
        let provider = json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER,
            "metadata": {"name": name, "labels": {"team": "web"}},
            "spec": {"type": "GitHubPullRequest", "url": format!("FORGE/{path}"), "defaultValues": {"of": name}},
        });
        world.apply(&provider.to_string()).await?;
        world.is_ready(PROVIDER, name).await?;
    }
    let selected = json!([{"selector": {"matchLabels": {"team": "web"}}}]);
    world.apply(&set("previews", &selected, "<< inputs.of >>-<< inputs.id >>")).await?;
    world.is_ready(SET, "previews").await?;
    assert_eq!(world.owned("ConfigMap").await?.len(), 6);

    world.patch(PROVIDER, "blog", json!({"metadata": {"labels": {"team": null}}})).await?;
    let said = world.has_condition(SET, "previews", "PruneHeld", "True", "PruneHeld").await?;
    assert!(said.contains("blog-1"), "{said}");
    shop.closes(1);
    world.reconciles(PROVIDER, "shop").await?;
    world.is_gone("ConfigMap", "shop-1").await?;
    assert_eq!(world.deleted().await?, ["shop-1"], "what is held holds up nobody else");

    world.patch(PROVIDER, "blog", json!({"metadata": {"labels": {"team": "web"}}})).await?;
    world
        .settles("nothing is held", async |world| Ok(world.condition(SET, "previews", "PruneHeld").await?[0] != "True"))
        .await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (5, 1));
    Ok(())
}

/// Objects in the same namespace that nobody rendered: made by hand, with odd content, with names like ours.
#[tokio::test]
async fn d09_ownerless_sweep() -> Result<()> {
    let world = with_pulls("d09", 2, &json!({})).await?;
    let foreign = ["app-three", "app-", "0"].map(|name| format!("foreign-{name}x"));
    for name in &foreign {
        let mut object = map(name);
        object["data"] = json!({"pr": "not a number"});
        world.apply(&object.to_string()).await?;
    }
    // One that looks as if it were of a pull request that is closed.
    world.apply(&map("app-9").to_string()).await?;
    world.forge.github("acme/shop").closes(1);
    looks_again(&world).await?;
    world.has_objects("ConfigMap", &["app-2"]).await?;
    world.delete(SET, "previews").await?;
    world.is_gone(SET, "previews").await?;
    assert_eq!(world.deleted().await?, ["app-1", "app-2"], "by ledger, and nothing else");
    for name in foreign.iter().map(String::as_str).chain(["app-9"]) {
        assert!(!world.live("ConfigMap", name).await?.is_null(), "{name}");
    }
    Ok(())
}

/// One name is the beginning of another.
#[tokio::test]
async fn d11_prefix_match() -> Result<()> {
    let world = with_pulls("d11", 100, &json!({"limit": 200})).await?;
    world.forge.github("acme/shop").closes(1);
    looks_again(&world).await?;
    world.is_gone("ConfigMap", "app-1").await?;
    assert_eq!(world.deleted().await?, ["app-1"]);
    let left = world.owned("ConfigMap").await?;
    assert!(
        left.contains(&"app-10".to_owned()) && left.contains(&"app-100".to_owned()) && left.len() == 99,
        "{left:?}"
    );
    Ok(())
}

/// A renderer suddenly gives only half of what it gave, for inputs that are all still there.
#[tokio::test]
async fn d14_renderer_omits_what_it_saw() -> Result<()> {
    let mut world = World::new("d14").await?;
    world.start().await?;
    let whole = |template: &str| {
        let inputs: Vec<_> = (1..=12).map(|id| json!({"id": id})).collect();
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "set"},
            "spec": {"inputs": inputs, "resourcesTemplate": template},
        })
        .to_string()
    };
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}\n";
    world.apply(&whole(object)).await?;
    world.is_ready(SET, "set").await?;
    world.apply(&whole(&format!("<<- if le (int inputs.id) 3 >>\n{object}<<- end >>\n"))).await?;
    world.has_condition(SET, "set", "PruneHeld", "True", "PruneHeld").await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (12, 0));
    Ok(())
}

/// A set is deleted and made again under its name while no operator runs.
#[tokio::test]
async fn d15_set_made_again_while_nobody_looked() -> Result<()> {
    let mut world = with_pulls("d15", 3, &json!({})).await?;
    world.stop().await?;
    world.delete(SET, "previews").await?;
    // Somebody takes the finalizer off, so that the name is free.
    world.patch(SET, "previews", json!({"metadata": {"finalizers": null}})).await?;
    world.is_gone(SET, "previews").await?;
    world.apply(&set("previews", &json!([{"name": "pulls"}]), "new-<< inputs.id >>")).await?;
    world.start().await?;
    world.is_ready(SET, "previews").await?;
    looks_again(&world).await?;
    // The old set's objects have its name on their labels, but they are not in the ledger of the new one.
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3", "new-1", "new-2", "new-3"]).await?;
    world.delete(SET, "previews").await?;
    world.is_gone(SET, "previews").await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    assert_eq!(world.deleted().await?, ["new-1", "new-2", "new-3"]);
    Ok(())
}
