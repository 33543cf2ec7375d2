//! The life of environments under the operator as a process, with the shipped rights and not one more: opened, updated,
//! left alone through every outage of the forge, closed.

use crate::tenant::{PREVIEWS, PROGRAM, PULLS, TENANT};
use anyhow::Result;
use orangery_test_flow::{Launch, PROVIDER, SET, World, get};
use orangery_test_forge::{Failure, Fault};
use serde_json::json;

/// A process that sees the namespace of the story only, and needs no lease.
const ALONE: [&str; 1] = ["--no-leader-election"];

#[tokio::test]
async fn environments_are_opened_updated_kept_through_every_outage_and_closed() -> Result<()> {
    let world = World::of_processes("process").await?;
    let rights = world.shipped_rights().await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_many(3);
    let launch = Launch::new(PROGRAM, &rights, &world)?.flags(&ALONE).flags(&["--watch-namespace", world.namespace()]);
    let mut process = launch.start()?;
    for manifest in [TENANT, PULLS, PREVIEWS] {
        world.apply(manifest).await?;
    }
    world.has_objects("ConfigMap", &["app-1", "app-2", "app-3"]).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.is_ready(SET, "previews").await?;

    let commit = shop.pushes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    world
        .settles("the new commit is in its environment", async |world| {
            Ok(world.live("ConfigMap", "app-1").await?.pointer("/data/sha") == Some(&json!(commit)))
        })
        .await?;

    let outages = [
        (Fault::status(503), "Ready", "False", "SourceUnavailable"),
        (Fault::new(Failure::Maintenance), "Ready", "False", "MalformedResponse"),
        (Fault::status(403), "Ready", "False", "Unauthorized"),
        (Fault::new(Failure::TruncatedBody), "Ready", "False", "SourceUnavailable"),
        // An answer like any other to the provider; what would be deleted is held.
        (Fault::new(Failure::EmptyList), "Ready", "True", "ReconciliationSucceeded"),
    ];
    for (outage, of, status, reason) in outages {
        let what = format!("{:?}", outage.fails);
        let empty = outage.fails == Failure::EmptyList;
        // Otherwise the answer would be "not modified", which has no body to spoil.
        shop.pushes(1);
        world.forge.fault(outage);
        world.reconciles(PROVIDER, "pulls").await?;
        world.has_condition(PROVIDER, "pulls", of, status, reason).await?;
        let consequence = if empty { "PruneHeld" } else { "SourceStale" };
        world.has_condition(SET, "previews", consequence, "True", consequence).await?;
        world.reconciles(SET, "previews").await?;
        assert_eq!(world.owned("ConfigMap").await?, ["app-1", "app-2", "app-3"], "{what}");
        assert_eq!(world.deletes().await?, 0, "{what}");
        world.forge.clear_faults();
        world.reconciles(PROVIDER, "pulls").await?;
        world.is_ready(PROVIDER, "pulls").await?;
        world.is_ready(SET, "previews").await?;
    }

    shop.closes(2);
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-1", "app-3"]).await?;
    world.is_ready(SET, "previews").await?;
    assert_eq!(world.deleted().await?, ["app-2"], "the closed one, and no other");
    let metrics = get(process.metrics, "/metrics").unwrap_or_default();
    assert!(metrics.contains("name=\"previews\""), "{metrics}");

    world.delete(SET, "previews").await?;
    world.is_gone(SET, "previews").await?;
    assert!(world.owned("ConfigMap").await?.is_empty());
    assert_eq!(world.deleted().await?, ["app-1", "app-2", "app-3"]);
    assert_only_the_tenant_wrote(&world).await?;
    assert!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}

/// Objects are written with the rights of the tenant; with its own the operator writes its custom resources and events.
async fn assert_only_the_tenant_wrote(world: &World) -> Result<()> {
    let tenant = format!("system:serviceaccount:{}:flux", world.namespace());
    let requests = world.requests().await?;
    assert!(requests.iter().all(|event| event.user.username == "system:serviceaccount:orangery-system:orangery"));
    let refused: Vec<_> = requests
        .iter()
        .filter(|event| event.response_status.as_ref().is_some_and(|status| status.code == 403))
        .map(|event| format!("{} {}", event.verb, event.uri))
        .collect();
    assert!(refused.is_empty(), "the shipped rights do not suffice for: {refused:#?}");
    for event in requests.writes().iter() {
        let resource = event.object_ref.as_ref().map(|object| object.resource.as_str()).unwrap_or_default();
        let as_tenant = event.impersonated_user.as_ref().is_some_and(|user| user.username == tenant);
        let own = matches!(resource, "resourcesets" | "resourcesetinputproviders" | "events");
        assert_ne!(as_tenant, own, "{} {}", event.verb, event.uri);
    }
    Ok(())
}
