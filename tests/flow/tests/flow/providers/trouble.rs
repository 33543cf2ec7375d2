//! What a forge in trouble does to environments: nothing.

use anyhow::{Context, Result};
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{Failure, Fault, Flavour, Forge};
use serde_json::Value;

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop, filter: {limit: 1000}}
";

const PREVIEWS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{name: pulls}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}, data: {sha: << inputs.sha >>}}
";

async fn with_pull_requests(hint: &str, count: u64) -> Result<World> {
    let mut world = World::new(hint).await?;
    world.forge.github("acme/shop").opens_many(count);
    world.start().await?;
    world.apply(PULLS).await?;
    world.apply(PREVIEWS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.is_ready(SET, "previews").await?;
    Ok(world)
}

async fn exported(world: &World) -> Result<usize> {
    let live = world.live(PROVIDER, "pulls").await?;
    Ok(live.pointer("/status/exportedInputs").and_then(Value::as_array).map_or(0, Vec::len))
}

#[tokio::test]
async fn whatever_goes_wrong_at_the_forge_the_environments_stay_and_the_conditions_say_why() -> Result<()> {
    let mut world = with_pull_requests("trouble", 3).await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    let troubles = [
        (Fault::status(500), "SourceUnavailable"),
        (Fault::new(Failure::Maintenance), "MalformedResponse"),
        (Fault::status(403), "Unauthorized"),
        (Fault::status(404), "SourceNotFound"),
        (Fault::new(Failure::TruncatedBody), "SourceUnavailable"),
        (Fault::new(Failure::InvalidJson), "SourceUnavailable"),
        (Fault::new(Failure::OtherShape), "MalformedResponse"),
        (Fault::new(Failure::Reset), "SourceUnavailable"),
    ];
    let mut wrong = Vec::new();
    for (fault, reason) in troubles {
        let failure = format!("{:?}", fault.fails);
        // Otherwise the answer would be "not modified", which has no body to spoil.
        world.forge.github("acme/shop").pushes(1);
        world.forge.fault(fault);
        world.reconciles(PROVIDER, "pulls").await?;
        let [ready, why, message] = world.condition(PROVIDER, "pulls", "Ready").await?;
        if (ready.as_str(), why.as_str()) != ("False", reason) {
            wrong.push(format!("{failure} gives Ready={ready} {why}: {message}"));
        }
        assert_eq!(exported(&world).await?, 3, "{failure}: the last good inputs stay");
        world.has_condition(PROVIDER, "pulls", "SourceStale", "True", "SourceStale").await?;
        let said = world.has_condition(SET, "previews", "SourceStale", "True", "SourceStale").await?;
        assert!(said.contains("nothing of this set is deleted"), "{said}");
        world.forge.clear_faults();
        world.reconciles(PROVIDER, "pulls").await?;
        world.is_ready(PROVIDER, "pulls").await?;
    }
    // The forge is gone altogether.
    world.forge = Forge::start().await?;
    world.reconciles(PROVIDER, "pulls").await?;
    let [ready, why, _] = world.condition(PROVIDER, "pulls", "Ready").await?;
    assert_eq!((ready.as_str(), why.as_str()), ("False", "SourceUnavailable"));
    world.has_condition(SET, "previews", "SourceStale", "True", "SourceStale").await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    assert_eq!(world.deletes().await?, 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_failure_on_the_second_page_keeps_what_was_on_it() -> Result<()> {
    let world = with_pull_requests("pages", 105).await?;
    assert_eq!(exported(&world).await?, 105);
    world.forge.github("acme/shop").closes(1);
    world.forge.fault(Fault::status(500).from_page(2));
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(SET, "previews", "SourceStale", "True", "SourceStale").await?;
    assert_eq!(exported(&world).await?, 105);
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (105, 0));

    world.forge.clear_faults();
    world.reconciles(PROVIDER, "pulls").await?;
    world.is_gone("ConfigMap", "app-1").await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (104, 1));
    Ok(())
}

#[tokio::test]
async fn an_empty_list_is_held_and_forgotten_when_the_list_is_back() -> Result<()> {
    let world = with_pull_requests("empty", 3).await?;
    world.forge.fault(Fault::new(Failure::EmptyList));
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(SET, "previews", "PruneHeld", "True", "PruneHeld").await?;
    world.forge.clear_faults();
    world.reconciles(PROVIDER, "pulls").await?;
    world
        .settles("nothing is held any more", async |world| {
            let live = world.live(SET, "previews").await?;
            let [held, ..] = world.condition(SET, "previews", "PruneHeld").await?;
            Ok(held != "True" && live.pointer("/status/pendingPrune").is_none_or(Value::is_null))
        })
        .await?;
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_held_list_goes_when_its_own_digest_is_approved_and_not_by_another() -> Result<()> {
    let world = with_pull_requests("approve", 3).await?;
    for number in 1..=3 {
        world.forge.github("acme/shop").closes(number);
    }
    world.reconciles(PROVIDER, "pulls").await?;
    let said = world.has_condition(SET, "previews", "PruneHeld", "True", "PruneHeld").await?;
    let live = world.live(SET, "previews").await?;
    let digest = live.pointer("/status/pendingPrune/digest").and_then(Value::as_str).context("a digest")?.to_owned();
    assert!(said.contains(&format!("orangery.dev/approve-prune: {digest}")), "{said}");
    let objects = live.pointer("/status/pendingPrune/objects").and_then(Value::as_array).map(Vec::len);
    assert_eq!(objects, Some(3), "{live:#}");

    world.annotate(SET, "previews", "orangery.dev/approve-prune", "sha256:0000").await?;
    world.reconciles(SET, "previews").await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (3, 0));

    world.annotate(SET, "previews", "orangery.dev/approve-prune", digest).await?;
    world.has_objects("ConfigMap", &[]).await?;
    world
        .settles("the set is at rest", async |world| {
            let [held, ..] = world.condition(SET, "previews", "PruneHeld").await?;
            Ok(held != "True")
        })
        .await?;
    assert_eq!(world.deletes().await?, 3);

    // The approval was for that list only.
    world.forge.github("acme/shop").opens("again");
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-4"]).await?;
    world.is_ready(SET, "previews").await?;
    world.forge.github("acme/shop").closes(4);
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(SET, "previews", "PruneHeld", "True", "PruneHeld").await?;
    assert_eq!(world.deletes().await?, 3);

    world.annotate(SET, "previews", "orangery.dev/allow-empty", "true").await?;
    world.has_objects("ConfigMap", &[]).await?;
    Ok(())
}

#[tokio::test]
async fn q01_exhausted_rate_limit() -> Result<()> {
    let world = with_pull_requests("limit", 2).await?;
    world.forge.allows(Flavour::Github, 0);
    world.forge.github("acme/shop").closes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_condition(PROVIDER, "pulls", "Ready", "False", "RateLimited").await?;
    assert_eq!((exported(&world).await?, world.deletes().await?), (2, 0));
    Ok(())
}
