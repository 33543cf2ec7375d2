//! What does not fit into an object becomes a condition with its size, and changes nothing.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::opening;
use serde_json::{Value, json};

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{name: pulls}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}]
";

#[tokio::test]
async fn inputs_that_do_not_fit_leave_the_last_good_ones_and_say_how_large_they_are() -> Result<()> {
    let mut world = World::new("large").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_one(opening("one").labelled("small"));
    shop.opens_one(opening("two").labelled("small"));
    world.start().await?;
    world.apply(PULLS).await?;
    world.has_objects("ConfigMap", &["app-1", "app-2"]).await?;

    // A megabyte of inputs fits into an object, but not beside a large spec.
    let labels: Vec<String> = (0..6500).map(|n| format!("never-{n}-{}", "x".repeat(90))).collect();
    world.patch(PROVIDER, "pulls", json!({"spec": {"skip": {"labels": labels}}})).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    shop.closes(2);
    for n in 0..33 {
        shop.opens_one(opening(&format!("large-{n}")).titled(&"x".repeat(28_000)));
    }
    world.reconciles(PROVIDER, "pulls").await?;
    let said = world.has_condition(PROVIDER, "pulls", "Ready", "False", "StatusTooLarge").await?;
    let bytes: Option<usize> = said.split(' ').filter_map(|word| word.parse().ok()).find(|number| *number > 1_400_000);
    assert!(bytes.is_some_and(|bytes| bytes < 2_500_000) && said.contains("spec.filter"), "{said}");
    world.has_condition(PROVIDER, "pulls", "SourceStale", "True", "SourceStale").await?;
    let exported = world.live(PROVIDER, "pulls").await?;
    assert_eq!(exported.pointer("/status/exportedInputs").and_then(Value::as_array).map(Vec::len), Some(2));
    world.has_condition(SET, "previews", "SourceStale", "True", "SourceStale").await?;
    assert_eq!((world.owned("ConfigMap").await?.len(), world.deletes().await?), (2, 0));

    // The way out.
    world.patch(PROVIDER, "pulls", json!({"spec": {"filter": {"labels": ["small"]}}})).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-1"]).await?;
    Ok(())
}

#[tokio::test]
async fn an_inventory_that_does_not_fit_is_refused_before_the_first_object_and_a_smaller_set_goes_on() -> Result<()> {
    let mut world = World::new("inventory").await?;
    world.start().await?;
    let set = |count: usize| {
        let inputs: Vec<Value> = (0..count).map(|n| json!({"n": n.to_string()})).collect();
        let name = format!("a{}-<< inputs.n >>", "x".repeat(240));
        json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "metadata": {"name": "wide"},
            "spec": {"inputs": inputs, "resources": [
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": world.namespace()}},
            ]},
        })
        .to_string()
    };
    world.apply(&set(6000)).await?;
    let said = world.has_condition(SET, "wide", "Ready", "False", "StatusTooLarge").await?;
    assert!(said.contains("6000 objects") && said.contains("split it"), "{said}");
    let created = world.requests().await?.writes();
    let created =
        created.iter().filter(|event| event.object_ref.as_ref().is_some_and(|of| of.resource == "configmaps"));
    assert_eq!(created.count(), 0, "nothing is applied that no ledger names");

    world.apply(&set(2)).await?;
    world.is_ready(SET, "wide").await?;
    world.delete(SET, "wide").await?;
    world.is_gone(SET, "wide").await?;
    assert_eq!(world.deletes().await?, 2);
    Ok(())
}
