//! What a listing holds that is out of the ordinary costs nobody else anything: unreadable items, names of one checksum.

use anyhow::{Context, Result};
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{DeploymentStatus, Fault};
use serde_json::{Value, json};

/// A provider of this type, and a set that makes a ConfigMap of each of its inputs.
fn manifests(kind: &str, name: &str, filter: &Value) -> String {
    let provider = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER, "metadata": {"name": "source"},
        "spec": {"type": kind, "url": "FORGE/acme/shop", "filter": filter},
    });
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "NAMESPACE"},
        "data": {"sha": "<< inputs.sha | quote >>"},
    });
    let set = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "previews"},
        "spec": {"inputsFrom": [{"name": "source"}], "resources": [map]},
    });
    format!("{provider}\n---\n{set}\n")
}

async fn sha(world: &World, name: &str) -> Result<String> {
    let live = world.live("ConfigMap", name).await?;
    Ok(live.pointer("/data/sha").and_then(Value::as_str).with_context(|| format!("{name} has no sha"))?.to_owned())
}

/// Polls, and waits until the set has taken note.
async fn polls(world: &World) -> Result<()> {
    world.reconciles(PROVIDER, "source").await?;
    world.is_ready(PROVIDER, "source").await?;
    world.reconciles(SET, "previews").await?;
    world.is_ready(SET, "previews").await
}

#[tokio::test]
async fn f03_one_unreadable_item() -> Result<()> {
    let mut world = World::new("unreadable").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(3);
    world.start().await?;
    world.apply(&manifests("GitHubPullRequest", "app-<< inputs.id >>", &json!({}))).await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    world.is_ready(SET, "previews").await?;
    let before = (sha(&world, "app-2").await?, sha(&world, "app-3").await?);

    // The author of 2 found a way to make it unreadable; 1 closes, 3 gets a push, 4 opens.
    world.forge.fault(Fault::unreadable_item(2, "/head", Value::Null));
    shop.closes(1);
    shop.pushes(2);
    shop.pushes(3);
    shop.opens("four");
    polls(&world).await?;
    world.has_objects("ConfigMap", &["app-2", "app-3", "app-4"]).await?;
    world.settles("3 is updated", async |world| Ok(sha(world, "app-3").await? != before.1)).await?;
    assert_eq!(sha(&world, "app-2").await?, before.0, "its last inputs stay");
    assert_eq!(world.deleted().await?, ["app-1"]);
    let said = world.has_condition(PROVIDER, "source", "Warning", "True", "MalformedResponse").await?;
    assert!(said.contains(r#"(id "2")"#) || said.contains(r#"id "2""#), "{said}");
    assert!(said.contains("its last inputs stay"), "{said}");

    // A provider that is made anew has never exported it; only the set's ledger knows that it was there.
    world.delete(PROVIDER, "source").await?;
    world.is_gone(PROVIDER, "source").await?;
    world.apply(&manifests("GitHubPullRequest", "app-<< inputs.id >>", &json!({}))).await?;
    world.is_ready(PROVIDER, "source").await?;
    shop.closes(3);
    polls(&world).await?;
    world.has_objects("ConfigMap", &["app-2", "app-4"]).await?;
    assert_eq!(sha(&world, "app-2").await?, before.0);
    assert_eq!(world.deleted().await?, ["app-1", "app-3"]);

    world.forge.clear_faults();
    shop.closes(2);
    polls(&world).await?;
    world.has_objects("ConfigMap", &["app-4"]).await?;
    assert_eq!(world.deleted().await?, ["app-1", "app-2", "app-3"], "it goes when the listing says so");
    let [warning, ..] = world.condition(PROVIDER, "source", "Warning").await?;
    assert_ne!(warning, "True");
    Ok(())
}

#[tokio::test]
async fn a_tag_of_a_tree_is_left_out_and_the_others_are_exported() -> Result<()> {
    let mut world = World::new("tree").await?;
    let shop = world.forge.gitlab("acme/shop");
    for tag in ["v2.6.11-tree", "v2.6.12", "v2.6.13"] {
        shop.tags(tag);
    }
    world.forge.fault(Fault::unreadable_item("v2.6.11-tree", "/commit", Value::Null));
    world.start().await?;
    let filter = json!({"semver": ">=2.6.0-0", "limit": 5});
    world.apply(&manifests("GitLabTag", "app-<< inputs.slug >>", &filter)).await?;
    world.has_objects("ConfigMap", &["app-v2-6-12", "app-v2-6-13"]).await?;
    let said = world.has_condition(PROVIDER, "source", "Warning", "True", "MalformedResponse").await?;
    assert!(said.contains("v2.6.11-tree") && said.contains("it is left out"), "{said}");
    world.is_ready(PROVIDER, "source").await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_environment_whose_deployment_cannot_be_read_stays_and_the_others_go_on() -> Result<()> {
    let mut world = World::new("deployed").await?;
    let shop = world.forge.gitlab("acme/shop");
    for name in ["review/a", "review/b", "review/c"] {
        shop.creates_environment(name);
        shop.deploys(name, "main", DeploymentStatus::Success);
    }
    world.start().await?;
    world.apply(&manifests("GitLabEnvironment", "app-<< inputs.slug >>", &json!({}))).await?;
    world.is_ready(SET, "previews").await?;
    let all = world.owned("ConfigMap").await?;
    assert_eq!(all.len(), 3);
    let name_of = |part: &str| all.iter().find(|name| name.contains(part)).cloned().context("an object of each");
    let (gone, unreadable) = (name_of("review-a")?, name_of("review-b")?);
    let newest = shop.now().deployments.iter().map(|deployment| deployment.id).max().context("a deployment")?;
    shop.deploys("review/b", "main", DeploymentStatus::Success);
    let unreadable_one = shop
        .now()
        .deployments
        .iter()
        .map(|deployment| deployment.id)
        .find(|id| *id > newest)
        .context("a new deployment")?;
    world.forge.fault(Fault::unreadable_item(unreadable_one, "/status", Value::Null));
    shop.stops_environment("review/a");
    polls(&world).await?;
    world.is_gone("ConfigMap", &gone).await?;
    assert!(world.owned("ConfigMap").await?.contains(&unreadable));
    assert_eq!(world.deleted().await?, [gone]);
    let said = world.has_condition(PROVIDER, "source", "Warning", "True", "MalformedResponse").await?;
    assert!(said.contains("review/b"), "{said}");
    Ok(())
}

#[tokio::test]
async fn f02_two_branches_of_one_checksum() -> Result<()> {
    let mut world = World::new("checksum").await?;
    let shop = world.forge.github("acme/shop");
    shop.creates_branch("SHOP-131");
    world.start().await?;
    let filter = json!({"includeBranch": "^(main|SHOP-.*)$"});
    world.apply(&manifests("GitHubBranch", "env-<< inputs.branch | slugify >>", &filter)).await?;
    world.has_objects("ConfigMap", &["env-main", "env-shop-131"]).await?;
    world.is_ready(SET, "previews").await?;
    let before = sha(&world, "env-main").await?;

    shop.creates_branch("SHOP-212");
    shop.pushes_branch("main");
    polls(&world).await?;
    world.has_objects("ConfigMap", &["env-main", "env-shop-131", "env-shop-212"]).await?;
    world.settles("main is updated", async |world| Ok(sha(world, "env-main").await? != before)).await?;
    let said = world.has_condition(PROVIDER, "source", "Warning", "True", "DuplicateObjects").await?;
    assert!(said.contains("SHOP-131") && said.contains("SHOP-212"), "{said}");
    assert_eq!(world.deletes().await?, 0);

    // One of the two goes: its own object goes, and no other.
    shop.deletes_branch("SHOP-131");
    polls(&world).await?;
    world.has_objects("ConfigMap", &["env-main", "env-shop-212"]).await?;
    assert_eq!(world.deleted().await?, ["env-shop-131"]);
    Ok(())
}

#[tokio::test]
async fn of_175_releases_with_colliding_ids_the_best_one_wins() -> Result<()> {
    let mut world = World::new("releases").await?;
    let shop = world.forge.github("acme/shop");
    for (a, b, c) in (0..7).flat_map(|a| (0..5).flat_map(move |b| (0..5).map(move |c| (a, b, c)))) {
        shop.tags(&format!("{a}.{b}.{c}"));
    }
    world.start().await?;
    world
        .apply(&manifests("GitHubTag", "app-<< inputs.tag | slugify >>", &json!({"semver": ">=0.0.0", "limit": 1})))
        .await?;
    world.has_objects("ConfigMap", &["app-6-4-4"]).await?;
    world.is_ready(PROVIDER, "source").await?;
    let [warning, ..] = world.condition(PROVIDER, "source", "Warning").await?;
    assert_ne!(warning, "True", "nobody needs to know of collisions among what is not exported");

    shop.tags("6.4.5");
    polls(&world).await?;
    world.has_objects("ConfigMap", &["app-6-4-5"]).await?;
    assert_eq!(world.deleted().await?, ["app-6-4-4"]);
    Ok(())
}

#[tokio::test]
async fn environments_that_nobody_deployed_to_cost_a_poll_no_request() -> Result<()> {
    let mut world = World::new("prepared").await?;
    let shop = world.forge.gitlab("acme/shop");
    for number in 1..=250 {
        shop.creates_environment(&format!("review/change-{number}"));
    }
    for number in 1..=3 {
        shop.deploys(&format!("review/change-{number}"), "main", DeploymentStatus::Success);
    }
    world.start().await?;
    let filter = json!({"includeEnvironment": "^review/"});
    world.apply(&manifests("GitLabEnvironment", "app-<< inputs.id >>", &filter)).await?;
    world.is_ready(PROVIDER, "source").await?;
    world.settles("three objects", async |world| Ok(world.owned("ConfigMap").await?.len() == 3)).await?;
    world.forge.forget_requests();
    world.reconciles(PROVIDER, "source").await?;
    let requests = world.forge.requests().len();
    assert!(requests <= 10, "{requests} requests for three pages of environments and one of deployments");
    Ok(())
}

#[tokio::test]
async fn a_permutation_with_an_unreadable_item_stays_also_when_its_provider_is_made_anew() -> Result<()> {
    let mut world = World::new("unreadable-permuted").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(4);
    world.start().await?;
    world
        .apply(
            "{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: place}, spec: {type: Static, defaultValues: {name: eu}}}",
        )
        .await?;
    let name = "app-<< inputs.source.id >>-<< inputs.place.name >>";
    let permuted = manifests("GitHubPullRequest", name, &json!({})).replace("inputs.sha", "inputs.source.sha").replace(
        r#"[{"name":"source"}]"#,
        r#"[{"name":"source"},{"name":"place"}],"inputStrategy":{"name":"Permute"}"#,
    );
    world.apply(&permuted).await?;
    world.has_objects("ConfigMap", &["app-1-eu", "app-2-eu", "app-3-eu", "app-4-eu"]).await?;
    world.is_ready(SET, "previews").await?;
    let before = sha(&world, "app-2-eu").await?;

    // As long as its last inputs are exported, the unreadable item keeps nothing but itself.
    world.forge.fault(Fault::unreadable_item(2, "/head", Value::Null));
    shop.closes(1);
    polls(&world).await?;
    world.has_objects("ConfigMap", &["app-2-eu", "app-3-eu", "app-4-eu"]).await?;

    world.delete(PROVIDER, "source").await?;
    world.is_gone(PROVIDER, "source").await?;
    world.apply(&permuted).await?;
    world.is_ready(PROVIDER, "source").await?;
    shop.closes(3);
    polls(&world).await?;
    assert_eq!(sha(&world, "app-2-eu").await?, before);
    // Which of the missing ones is the unreadable one is not known.
    assert_eq!(world.deleted().await?, ["app-1-eu"]);

    world.forge.clear_faults();
    polls(&world).await?;
    world.has_objects("ConfigMap", &["app-2-eu", "app-4-eu"]).await?;
    assert_eq!(world.deleted().await?, ["app-1-eu", "app-3-eu"]);
    Ok(())
}
