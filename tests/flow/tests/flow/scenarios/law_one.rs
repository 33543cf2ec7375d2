//! Law 1: only a complete answer may shrink what exists. Every way in which a provider can fail, and the DELETEs it causes.

use anyhow::{Result, ensure};
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{Failure, Fault};
use serde_json::{Value, json};

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

const PREVIEWS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{name: pulls}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}
";

/// Every way to give no complete answer, as the guest `echoes` does it on demand.
const FAILURES: [&str; 16] = [
    "partial",
    "trap",
    "exit",
    "stack",
    "memory",
    "processor",
    "sleep",
    "not-json",
    "same-id-and-name",
    "too-many",
    "invalid-config",
    "unauthorized",
    "not-found",
    "rate-limited",
    "unavailable",
    "malformed-answer",
];

fn provider(name: &str, config: &Value) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": PROVIDER,
        "metadata": {"name": name, "annotations": {"fluxcd.controlplane.io/reconcileTimeout": "8s"}},
        "spec": {"type": "Echoes", "url": "FORGE/", "config": config},
    })
    .to_string()
}

/// Two inputs of this provider.
fn two() -> Value {
    let input = |id: &str| json!([id, json!({"branch": format!("b{id}")}).to_string()]);
    json!([input("1"), input("2")])
}

fn set(name: &str) -> String {
    json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": SET,
        "metadata": {"name": name, "annotations": {"orangery.dev/prune-guard": "off"}},
        "spec": {"inputsFrom": [{"name": name}], "resources": [{
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"branch": "<< inputs.branch >>"},
            "metadata": {"name": format!("{name}-<< inputs.id >>"), "namespace": "NAMESPACE"},
        }]},
    })
    .to_string()
}

async fn exported(world: &World, name: &str) -> Result<usize> {
    let live = world.live(PROVIDER, name).await?;
    Ok(live.pointer("/status/exportedInputs").and_then(Value::as_array).map_or(0, Vec::len))
}

#[tokio::test]
async fn no_failure_of_any_kind_deletes_anything_and_a_complete_answer_does() -> Result<()> {
    let mut world = World::new("lawone").await?;
    world.admits(&orangery_test_guests::bytes("echoes")?).await?;
    world.start().await?;
    for name in FAILURES {
        world.apply(&provider(name, &json!({"inputs": two()}))).await?;
        world.apply(&set(name)).await?;
    }
    for name in FAILURES {
        world.is_ready(SET, name).await?;
    }
    let all = world.owned("ConfigMap").await?;
    assert_eq!(all.len(), 2 * FAILURES.len());

    // Each answers without its inputs, and fails in its own way. The guard is off: only law 1 is left.
    for name in FAILURES {
        world.apply(&provider(name, &json!({"inputs": [], "outcome": name}))).await?;
        world.reconciles(PROVIDER, name).await?;
    }
    for name in FAILURES {
        world.reconciles(SET, name).await?;
        assert_eq!(exported(&world, name).await?, 2, "{name}: the last good inputs stay");
        let [stale, ..] = world.condition(PROVIDER, name, "SourceStale").await?;
        let [ready, reason, message] = world.condition(PROVIDER, name, "Ready").await?;
        ensure!(stale == "True" || ready == "False", "{name}: nobody says so: Ready={ready} {reason}: {message}");
    }
    assert_eq!((world.owned("ConfigMap").await?, world.deletes().await?), (all, 0));

    // So that the zero above means something: a complete answer without them deletes exactly these.
    world.apply(&provider("partial", &json!({"inputs": []}))).await?;
    world.reconciles(PROVIDER, "partial").await?;
    world.is_gone("ConfigMap", "partial-1").await?;
    world.is_gone("ConfigMap", "partial-2").await?;
    assert_eq!(world.deleted().await?, ["partial-1", "partial-2"]);
    Ok(())
}

/// A pull request closes while the forge fails in this way: nothing is deleted until it answers again.
#[tokio::test]
async fn d02_listing_error_is_not_an_empty_list() -> Result<()> {
    let troubles = [
        Failure::Status { code: 500, retry_after: None, body: None },
        Failure::Status { code: 401, retry_after: None, body: None },
        Failure::Status { code: 404, retry_after: None, body: None },
        Failure::Status { code: 200, retry_after: None, body: Some("[{\"title\": \"of something else\"}]".to_owned()) },
        Failure::Maintenance,
        Failure::TruncatedBody,
        Failure::CutChunks,
        Failure::Reset,
        Failure::RedirectLoop,
        Failure::InvalidJson,
        Failure::OtherShape,
        Failure::RepeatedPage,
        Failure::HugeBody { bytes: 32 << 20 },
        Failure::GzipBomb { bytes: 64 << 20 },
        Failure::WrongContentType { content_type: "text/html".to_owned() },
    ];
    let count = u64::try_from(troubles.len())?;
    let mut world = World::new("closing").await?;
    let shop = world.forge.github("acme/shop");
    // So many that closing one for each trouble is less than half within the hour, which the guard would hold.
    shop.opens_many(count * 2 + 10);
    world.start().await?;
    world.apply(PULLS).await?;
    world.apply(PREVIEWS).await?;
    world.is_ready(SET, "previews").await?;
    for (number, failure) in (1..=count).zip(troubles) {
        let name = format!("{failure:?}");
        let before = (world.owned("ConfigMap").await?, world.deletes().await?);
        world.forge.fault(Fault::new(failure));
        shop.closes(number);
        world.reconciles(PROVIDER, "pulls").await?;
        world.has_condition(PROVIDER, "pulls", "SourceStale", "True", "SourceStale").await?;
        world.reconciles(SET, "previews").await?;
        assert_eq!((world.owned("ConfigMap").await?, world.deletes().await?), before, "{name}");
        world.forge.clear_faults();
        world.reconciles(PROVIDER, "pulls").await?;
        world.is_gone("ConfigMap", &format!("app-{number}")).await?;
        assert_eq!(world.deletes().await?, before.1 + 1, "{name}: that one and no other");
    }
    Ok(())
}
