//! `plan`, `approve` and `deny`: what would happen, and the say over what is held.

use crate::bench::{APPS, established, run};
use anyhow::{Context, Result};
use orangery_test_flow::{SET, World};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

/// A file with a manifest.
fn file(world: &World, text: &str) -> Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("set.yaml");
    std::fs::write(&path, text.replace("NAMESPACE", world.namespace()))?;
    Ok((folder, path))
}

/// [`APPS`] with other inputs, and data in each object.
fn changed(inputs: &str) -> String {
    let data = "metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}, data: {color: << inputs.color >>}}]";
    APPS.replace("metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}]", data)
        .replace("inputs: [{id: a}, {id: b}]", &format!("inputs: {inputs}"))
}

async fn writes(world: &World) -> Result<usize> {
    let commands = world.cluster.audit().await?.by_agent("orangery-ctl").in_namespace(world.namespace());
    Ok(commands.writes().count())
}

#[tokio::test]
async fn a_plan_says_what_would_happen_and_writes_nothing() -> Result<()> {
    let world = established("plan").await?;
    let ns = world.namespace().to_owned();
    run(&world, &["plan", "rset", "apps"]).await?.exits(0)?.prints("nothing to do, 2 unchanged")?;

    let (_kept, path) = file(&world, &changed("[{id: a, color: red}, {id: c, color: blue}]"))?;
    let given = path.to_str().context("a path")?;
    let plan = run(&world, &["plan", "rset", "-f", given]).await?.exits(1)?;
    let plan = plan
        .prints(&format!("+ ConfigMap/{ns}/app-c"))?
        .prints(&format!("~ ConfigMap/{ns}/app-a"))?
        .prints(".data: (absent) → {\"color\":\"red\"}")?
        .prints(&format!("- ConfigMap/{ns}/app-b"))?
        .prints("1 to create, 1 to change, 1 to delete, 0 unchanged")?;
    assert!(plan.out.contains("id c"), "the input is named: {}", plan.out);

    let plan = run(&world, &["plan", "rset", "-f", given, "-o", "json"]).await?.exits(1)?.json()?;
    assert_eq!(plan["created"][0]["object"], format!("ConfigMap/{ns}/app-c"));
    assert_eq!(plan["changed"][0]["fields"][0], json!({"path": ".data", "after": {"color": "red"}}));
    assert_eq!(plan["deleted"][0]["object"], format!("ConfigMap/{ns}/app-b"));
    assert!(plan["deleted"][0]["input"].as_str().is_some_and(|input| input.contains("(gone)")), "{plan:#}");

    let plan = run(&world, &["plan", "rset", "-f", given, "-o", "markdown"]).await?.exits(1)?;
    plan.prints(&format!("| create | `ConfigMap/{ns}/app-c` |"))?.prints("<details>")?.prints(".data: (absent)")?;

    assert_eq!(writes(&world).await?, 0, "a plan writes nothing");
    run(&world, &["suspend", "rset", "apps"]).await?.exits(0)?;
    run(&world, &["plan", "rset", "apps"]).await?.exits(0)?.prints("⚠ the set is suspended")?;
    assert_eq!(world.owned("ConfigMap").await?, ["app-a", "app-b"]);
    Ok(())
}

#[tokio::test]
async fn a_plan_shows_what_the_guard_would_hold_with_the_digest_that_it_will_have() -> Result<()> {
    let world = established("planheld").await?;
    let none = APPS.replace("inputs: [{id: a}, {id: b}]", "inputs: []\n  inputsFrom: [{name: empty}]");
    world
        .apply("{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: empty, labels: {}}, spec: {type: GitHubPullRequest, url: FORGE/acme/none}}")
        .await?;
    world.forge.github("acme/none");
    world.is_ready("ResourceSetInputProvider", "empty").await?;
    let (_kept, path) = file(&world, &none)?;
    let plan =
        run(&world, &["plan", "rset", "-f", path.to_str().context("a path")?, "-o", "json"]).await?.exits(1)?.json()?;
    assert_eq!(plan["held"][0]["objects"].as_array().map(Vec::len), Some(2), "{plan:#}");
    assert_eq!(plan["deleted"], json!([]));
    assert_eq!(world.live(SET, "apps").await?.pointer("/status/pendingPrune"), None);

    world.apply(&none).await?;
    world.has_condition(SET, "apps", "PruneHeld", "True", "PruneHeld").await?;
    let live = world.live(SET, "apps").await?;
    assert_eq!(live.pointer("/status/pendingPrune/digest"), plan.pointer("/held/0/digest"));
    run(&world, &["plan", "rset", "apps"]).await?.exits(1)?.prints("! ConfigMap")?.prints("2 held, 0 unchanged")?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_planned_exits_with_2() -> Result<()> {
    let world = established("planfails").await?;
    let (_kept, path) = file(&world, &changed("[{id: a, color: red}, {id: Not_A_Name, color: red}]"))?;
    let given = path.to_str().context("a path")?;
    run(&world, &["plan", "rset", "-f", given])
        .await?
        .exits(2)?
        .prints("✗ ")?
        .prints("Not_A_Name")?
        .prints("1 to change, ")?;
    let (_kept, broken) = file(&world, &APPS.replace("<< inputs.id >>", "<< inputs.id"))?;
    let broken = broken.to_str().context("a path")?;
    run(&world, &["plan", "rset", "-f", broken])
        .await?
        .exits(2)?
        .prints("failed to parse template")?
        .prints("2 failing")?;
    run(&world, &["plan", "rset", "nothing"]).await?.exits(2)?.warns("not found")?;
    run(&world, &["plan", "rset", "-f", "/no/such"]).await?.exits(2)?.warns("cannot read /no/such")?;
    run(&world, &["plan", "rset"]).await?.exits(2)?.warns("NAME")?;
    Ok(())
}

#[tokio::test]
async fn values_of_secrets_stay_out_of_plans_and_new_namespaces_are_no_failure() -> Result<()> {
    let world = established("plansecret").await?;
    let ns = world.namespace().to_owned();
    world.apply(&secret("old-value")).await?;
    world.is_ready(SET, "secret").await?;
    let (_kept, path) = file(&world, &secret("new-value"))?;
    let plan = run(&world, &["plan", "rset", "-f", path.to_str().context("a path")?, "-o", "json"]).await?.exits(1)?;
    assert!(!plan.out.contains("bmV3LXZhbHVl") && !plan.out.contains("new-value"), "{}", plan.out);
    let plan: Value = plan.json()?;
    assert_eq!(plan["changed"][0]["fields"][0]["path"], ".data.password");

    let fresh = format!(
        "{{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {{name: fresh}}, spec: {{resources: [\
         {{apiVersion: v1, kind: Namespace, metadata: {{name: {ns}-fresh}}}}, \
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: inside, namespace: {ns}-fresh}}}}]}}}}"
    );
    let (_kept, path) = file(&world, &fresh)?;
    run(&world, &["plan", "rset", "-f", path.to_str().context("a path")?])
        .await?
        .exits(1)?
        .prints(&format!("+ ConfigMap/{ns}-fresh/inside"))?
        .prints("2 to create, 0 unchanged")?;
    Ok(())
}

fn secret(value: &str) -> String {
    format!(
        "{{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {{name: secret}}, spec: {{resources: [\
         {{apiVersion: v1, kind: Secret, metadata: {{name: s, namespace: NAMESPACE}}, stringData: {{password: {value}}}}}]}}}}"
    )
}

#[tokio::test]
async fn held_deletions_are_shown_and_released_by_name() -> Result<()> {
    let mut world = World::new("decide").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(3);
    world.start().await?;
    world
        .apply(
            "{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: pulls}, spec: {type: GitHubPullRequest, url: FORGE/acme/shop}}\n---\n\
             {apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: pulls}, spec: {inputsFrom: [{name: pulls}], resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: 'app-<< inputs.id >>', namespace: NAMESPACE}}]}}",
        )
        .await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    world.is_ready(SET, "pulls").await?;
    run(&world, &["approve", "rset", "pulls", "--yes"]).await?.exits(1)?.warns("holds no deletions")?;
    (1..=3).for_each(|number| shop.closes(number));
    world.reconciles("ResourceSetInputProvider", "pulls").await?;
    world.has_condition(SET, "pulls", "PruneHeld", "True", "PruneHeld").await?;

    // Nobody answers: nothing is decided.
    run(&world, &["approve", "rset", "pulls"])
        .await?
        .exits(1)?
        .prints("holds 3 deletions")?
        .prints(&format!("  - ConfigMap/{}/app-2", world.namespace()))?
        .warns("--yes")?;
    run(&world, &["deny", "rset", "pulls", "--yes"]).await?.exits(0)?.prints("✔ Nothing is deleted")?;
    assert_eq!(world.deletes().await?, 0);

    run(&world, &["approve", "rset", "pulls", "--yes"]).await?.exits(0)?.prints("✔ sha256:")?;
    world.has_objects("ConfigMap", &[]).await?;
    assert_eq!(world.deleted().await?, ["app-1", "app-2", "app-3"]);
    run(&world, &["approve", "rset", "pulls", "--yes"]).await?.exits(1)?.warns("holds no deletions")?;
    Ok(())
}

#[tokio::test]
async fn a_held_deletion_of_a_set_is_approved_or_the_set_goes_without_its_objects() -> Result<()> {
    let mut world = World::new("decideset").await?;
    world.start().await?;
    for number in 1..=6 {
        let name = format!("set-{number}");
        world
            .apply(&APPS.replace("name: apps", &format!("name: {name}")).replace("app-<<", &format!("{name}-<<")))
            .await?;
        world.is_ready(SET, &name).await?;
    }
    for number in 1..=6 {
        world.delete(SET, &format!("set-{number}")).await?;
    }
    for number in [1, 2] {
        world.has_condition(SET, &format!("set-{number}"), "DeletionHeld", "True", "DeletionHeld").await?;
    }
    run(&world, &["approve", "rset", "set-1"])
        .await?
        .exits(1)?
        .prints("The deletion of ResourceSet/")?
        .prints("It owns 2 objects.")?
        .warns("--yes")?;
    assert_eq!(world.deletes().await?, 0);
    run(&world, &["approve", "rset", "set-1", "--yes"]).await?.exits(0)?.prints("✔ Deletion of set-1 released")?;
    world.is_gone(SET, "set-1").await?;
    assert_eq!(world.deleted().await?, ["set-1-a", "set-1-b"]);

    run(&world, &["deny", "rset", "set-2", "--yes"]).await?.exits(0)?.prints("✔ The set goes, its objects stay")?;
    world.is_gone(SET, "set-2").await?;
    assert!(!world.live("ConfigMap", "set-2-a").await?.is_null());
    assert_eq!(world.deleted().await?, ["set-1-a", "set-1-b"]);
    Ok(())
}
