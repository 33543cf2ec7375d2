//! The environment is the unit of failure: what is wrong with one of them leaves the others alone.

use anyhow::{Context, Result, ensure};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::{Value, json};

/// A set of inline inputs and the resources that it makes of each.
fn set(inputs: Value, resources: Value) -> String {
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

async fn data(world: &World, name: &str) -> Result<Value> {
    Ok(world.live("ConfigMap", name).await?.pointer("/data/v").cloned().unwrap_or_default())
}

/// Waits until the set says that something failed, and answers what. Everything else was done in the same pass.
async fn fails(world: &World, reason: &str, part: &str) -> Result<String> {
    world
        .settles(&format!("the set fails with {part:?}"), async |world| {
            let [ready, why, message] = world.condition(SET, "set", "Ready").await?;
            Ok(ready == "False" && why == reason && message.contains(part))
        })
        .await?;
    let [_, _, message] = world.condition(SET, "set", "Ready").await?;
    Ok(message)
}

/// One ConfigMap for each input, with its branch as a label.
fn labelled() -> Value {
    json!([{
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "env-<< inputs.id >>", "namespace": "NAMESPACE", "labels": {"branch": "<< inputs.branch >>"}},
        "data": {"v": "<< inputs.v >>"},
    }])
}

#[tokio::test]
async fn f01_impossible_label_of_one_input() -> Result<()> {
    let world = running("label").await?;
    let input = |id: &str, branch: &str, v: &str| json!({"id": id, "branch": branch, "v": v});
    let good = [input("1", "login", "one"), input("2", "bump-x", "one"), input("3", "search", "one")];
    world.apply(&set(json!(good), labelled())).await?;
    world.has_objects("ConfigMap", &["env-1", "env-2", "env-3"]).await?;
    world.is_ready(SET, "set").await?;

    let bad = [input("1", "login", "two"), input("2", "dependabot/go_modules/x-0.2.6", "two")];
    world.apply(&set(json!(bad), labelled())).await?;
    let said = fails(&world, "ReconciliationFailed", "1 of 2 environments failed").await?;
    for part in ["id 2", "ConfigMap/", "env-2", "dependabot/go_modules/x-0.2.6", "valid label"] {
        ensure!(said.contains(part), "{part:?} is not in {said}");
    }
    ensure!(!said.contains("env-1"), "{said}");
    world.has_objects("ConfigMap", &["env-1", "env-2"]).await?;
    ensure!(data(&world, "env-1").await? == "two", "the good one is updated");
    ensure!(data(&world, "env-2").await? == "one", "the bad one stays as it is");
    ensure!(world.deleted().await? == ["env-3"], "{:?}", world.deleted().await?);

    world.apply(&set(json!([input("1", "login", "two"), input("2", "x-0.2.6", "two")]), labelled())).await?;
    world.is_ready(SET, "set").await?;
    ensure!(data(&world, "env-2").await? == "two", "it goes on when it is mended");
    Ok(())
}

#[tokio::test]
async fn of_two_deployments_the_sound_one_is_created_and_the_other_named_with_its_input() -> Result<()> {
    let world = running("doubled").await?;
    let deployment = json!([{
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d<< inputs.id >>", "namespace": "NAMESPACE"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "c", "image": "x", "env": [{"name": "A", "value": "1"}, {"name": "<< inputs.extra >>", "value": "2"}]}]},
            },
        },
    }]);
    world.apply(&set(json!([{"id": "1", "extra": "B"}, {"id": "2", "extra": "A"}]), deployment)).await?;
    let said = fails(&world, "ReconciliationFailed", "1 of 2 environments failed").await?;
    for part in ["id 2", "Deployment/", "d2"] {
        ensure!(said.contains(part), "{part:?} is not in {said}");
    }
    world.has_objects("Deployment", &["d1"]).await
}

#[tokio::test]
async fn l01_poisoned_item() -> Result<()> {
    let world = running("name").await?;
    let named = json!([{
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "env-<< inputs.branch >>", "namespace": "NAMESPACE"}, "data": {"v": "<< inputs.v >>"},
    }]);
    let input = |branch: &str, v: &str| json!({"branch": branch, "v": v});
    world.apply(&set(json!([input("login", "one"), input("search", "one")]), named.clone())).await?;
    world.has_objects("ConfigMap", &["env-login", "env-search"]).await?;
    world.is_ready(SET, "set").await?;

    world.apply(&set(json!([input("login", "two"), input("feat/x", "two")]), named)).await?;
    let said = fails(&world, "BuildFailed", "1 of 2 environments failed").await?;
    ensure!(said.contains("env-feat/x") && said.contains("metadata.name"), "{said}");
    world.has_objects("ConfigMap", &["env-login"]).await?;
    ensure!(data(&world, "env-login").await? == "two", "the good one is updated");
    ensure!(world.deleted().await? == ["env-search"], "{:?}", world.deleted().await?);
    let [stalled, ..] = world.condition(SET, "set", "Stalled").await?;
    ensure!(stalled != "True", "another answer may mend it");

    let refusing = json!([{
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "env-<< inputs.branch >>", "namespace": "NAMESPACE"},
        "data": {"v": "<< if eq inputs.branch \"third\" >><< fail \"no\" >><< end >><< inputs.v >>"},
    }]);
    world.apply(&set(json!([input("login", "three"), input("third", "x: [")]), refusing)).await?;
    fails(&world, "BuildFailed", "1 of 2 environments failed").await?;
    world.settles("the good one is updated", async |world| Ok(data(world, "env-login").await? == "three")).await
}

#[tokio::test]
async fn a_pull_request_with_an_impossible_branch_delays_neither_a_push_nor_a_closing() -> Result<()> {
    let mut world = World::new("pulls").await?;
    let shop = world.forge.github("acme/shop");
    let search = shop.opens("search");
    let login = shop.opens("login");
    world.start().await?;
    world
        .apply("{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: pulls}, spec: {type: GitHubPullRequest, url: FORGE/acme/shop}}")
        .await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: set}\nspec:\n  inputsFrom: [{name: pulls}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: env-<< inputs.branch >>, namespace: NAMESPACE}, data: {v: << inputs.sha >>}}]\n",
        )
        .await?;
    world.has_objects("ConfigMap", &["env-login", "env-search"]).await?;
    world.is_ready(SET, "set").await?;

    shop.opens("feat/x");
    let sha = shop.pushes(login);
    shop.closes(search);
    world.reconciles(PROVIDER, "pulls").await?;
    let said = fails(&world, "BuildFailed", "1 of 2 environments failed").await?;
    ensure!(said.contains("feat/x"), "{said}");
    world.has_objects("ConfigMap", &["env-login"]).await?;
    ensure!(data(&world, "env-login").await? == sha.as_str(), "the push arrived");
    ensure!(world.deleted().await? == ["env-search"], "{:?}", world.deleted().await?);
    Ok(())
}

#[tokio::test]
async fn an_input_that_cannot_be_rendered_keeps_its_objects_also_when_it_has_no_id() -> Result<()> {
    let world = running("spared").await?;
    let template = json!([{
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "env-<< inputs.tenant >>", "namespace": "NAMESPACE"},
        "data": {"v": "<< if eq inputs.v \"bad\" >><< fail \"no\" >><< end >><< inputs.v >>"},
    }]);
    let all = |known: &str, unknown: &str| {
        json!([
            {"id": "1", "tenant": "known", "v": known}, {"tenant": "unknown", "v": unknown}, {"id": "3", "tenant": "third", "v": "good"},
        ])
    };
    world.apply(&set(all("good", "good"), template.clone())).await?;
    world.has_objects("ConfigMap", &["env-known", "env-third", "env-unknown"]).await?;
    world.is_ready(SET, "set").await?;

    world.apply(&set(all("bad", "bad"), template.clone())).await?;
    fails(&world, "BuildFailed", "2 of 3 environments failed").await?;
    world.reconciles(SET, "set").await?;
    ensure!(world.deletes().await? == 0, "{:?}", world.deleted().await?);
    world.has_objects("ConfigMap", &["env-known", "env-third", "env-unknown"]).await?;

    // An input that is taken out of the spec is gone, whatever the other one does.
    world
        .apply(&set(json!([{"id": "1", "tenant": "known", "v": "bad"}, {"tenant": "unknown", "v": "bad"}]), template))
        .await?;
    world.has_objects("ConfigMap", &["env-known", "env-unknown"]).await?;
    ensure!(world.deleted().await? == ["env-third"], "{:?}", world.deleted().await?);
    Ok(())
}

#[tokio::test]
async fn a_missing_copy_an_owner_or_an_early_stage_fails_its_own_environment_and_a_shared_object_all() -> Result<()> {
    let world = running("kinds").await?;
    world.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: source}, data: {v: copied}}").await?;
    let copying = json!([{
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "env-<< inputs.id >>", "namespace": "NAMESPACE", "annotations": {"fluxcd.controlplane.io/copyFrom": "NAMESPACE/<< inputs.from >>"}},
    }]);
    let inputs = |second: &str| json!([{"id": "1", "from": "source"}, {"id": "2", "from": second}]);
    world.apply(&set(inputs("missing"), copying.clone())).await?;
    let said = fails(&world, "ReconciliationFailed", "1 of 2 environments failed").await?;
    ensure!(said.contains("missing: not found") && said.contains("id 2"), "{said}");
    world.has_objects("ConfigMap", &["env-1"]).await?;
    ensure!(data(&world, "env-1").await? == "copied");

    // The other environment takes over what a second set has made.
    let other = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": "other"},
        "spec": {"inputs": [{"id": "2"}], "resources": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "env-2", "namespace": "NAMESPACE"}}]},
    });
    world.apply(&other.to_string()).await?;
    world.is_ready(SET, "other").await?;
    world.apply(&set(inputs("source"), copying)).await?;
    let said = fails(&world, "OwnedByAnother", "1 of 2 environments failed").await?;
    ensure!(said.contains("id 2") && said.contains("other"), "{said}");
    ensure!(data(&world, "env-2").await?.is_null());

    // Without an input in it, an object is everybody's: what comes after it is left out.
    let shared = json!([
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "Not a name!", "namespace": "NAMESPACE"}, "rules": []},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late-<< inputs.id >>", "namespace": "NAMESPACE"}},
    ]);
    world.apply(&set(inputs("source"), shared)).await?;
    world
        .settles("the shared object is to blame", async |world| {
            let [ready, _, message] = world.condition(SET, "set", "Ready").await?;
            Ok(ready == "False" && message.contains("Not a name!") && !message.contains("environments failed"))
        })
        .await?;
    world.has_objects("ConfigMap", &["env-1", "env-2"]).await?;
    ensure!(world.deletes().await? == 0, "{:?}", world.deleted().await?);
    Ok(())
}

#[tokio::test]
async fn what_one_provider_no_longer_lists_goes_while_another_cannot_answer() -> Result<()> {
    let mut world = World::new("two").await?;
    let (shop, site) = (world.forge.github("acme/shop"), world.forge.github("acme/site"));
    shop.opens_many(3);
    site.opens_many(2);
    world.start().await?;
    for repository in ["shop", "site"] {
        world
            .apply(&format!(
                "{{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {{name: {repository}}}, spec: {{type: GitHubPullRequest, url: FORGE/acme/{repository}}}}}"
            ))
            .await?;
        world.is_ready(PROVIDER, repository).await?;
    }
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: set}\nspec:\n  inputsFrom: [{name: shop}, {name: site}]\n  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.provider.name >>-<< inputs.id >>, namespace: NAMESPACE}}]\n",
        )
        .await?;
    world.has_objects("ConfigMap", &["shop-1", "shop-2", "shop-3", "site-1", "site-2"]).await?;
    world.is_ready(SET, "set").await?;

    // One repository is hidden from now on, and loses a pull request behind that; one of the other is closed.
    world.patch(PROVIDER, "site", json!({"spec": {"url": format!("{}/acme/nowhere", world.forge.url())}})).await?;
    world.has_condition(SET, "set", "SourceStale", "True", "SourceStale").await?;
    site.closes(1);
    shop.closes(2);
    world.reconciles(PROVIDER, "shop").await?;
    world.has_objects("ConfigMap", &["shop-1", "shop-3", "site-1", "site-2"]).await?;
    let [_, _, said] = world.condition(SET, "set", "SourceStale").await?;
    ensure!(said.contains("site") && said.contains("none of its environments is deleted"), "{said}");
    ensure!(world.deleted().await? == ["shop-2"], "{:?}", world.deleted().await?);
    let live = world.live(SET, "set").await?;
    let entries = live.pointer("/status/inventory/entries").and_then(Value::as_array).context("entries")?;
    ensure!(entries.len() == 4, "{live:#}");
    Ok(())
}
