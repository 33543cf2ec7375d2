//! What tenants write reaches the whole operator: expressions and schedules that are too much for it stop nobody but their own
//! object, and what providers export is held once.

use anyhow::{Result, ensure};
use orangery_test_flow::{PROVIDER, SET, World};
use serde_json::json;

const GATE: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: gate}, data: {open: 'yes'}}";

/// A set that waits for the gate to satisfy an expression.
fn behind(name: &str, expression: &str) -> String {
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: {name}}}\nspec:\n  \
         dependsOn: [{{apiVersion: v1, kind: ConfigMap, name: gate, namespace: NAMESPACE, ready: true, readyExpr: \"{expression}\"}}]\n  \
         resources: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: of-{name}, namespace: NAMESPACE}}}}]\n"
    )
}

/// The operator runs in this process: an overflow of the stack would end the test program.
#[tokio::test]
async fn an_expression_that_is_too_much_stalls_its_own_set_and_no_other() -> Result<()> {
    let mut world = World::new("expressions").await?;
    world.apply(GATE).await?;
    let endless = (0..24).fold("true".to_owned(), |inner, level| format!("[1,2,3,4,5,6,7,8].all(v{level}, {inner})"));
    world.apply(&behind("deep", &format!("{}1 > 0", "1+".repeat(2000)))).await?;
    world.apply(&behind("endless", &endless)).await?;
    world.apply(&behind("broken", "data.open ==")).await?;
    world.apply(&behind("ordinary", "data.open == 'yes'")).await?;
    world.start().await?;
    world.is_ready(SET, "ordinary").await?;
    for name in ["deep", "broken"] {
        world.has_condition(SET, name, "Stalled", "True", "InvalidCELExpression").await?;
    }
    let said = world.has_condition(SET, "endless", "Ready", "False", "InvalidCELExpression").await?;
    ensure!(said.contains("the evaluation") && said.contains("simplify it"), "{said}");
    world.has_objects("ConfigMap", &["of-ordinary"]).await?;
    world.patch(SET, "endless", json!({"spec": {"dependsOn": null}})).await?;
    world.is_ready(SET, "endless").await?;
    world.stop().await
}

#[tokio::test]
async fn a_schedule_of_dates_that_never_come_is_a_warning_and_its_surplus_is_ignored() -> Result<()> {
    let mut world = World::new("never").await?;
    let entries = vec!["{cron: '0 0 31 2 *', window: 1h}"; 25].join(", ");
    world
        .apply(&format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: never}}\n\
             spec: {{type: Static, schedule: [{entries}]}}\n"
        ))
        .await?;
    world.start().await?;
    let said = world.has_condition(PROVIDER, "never", "Warning", "True", "Warning").await?;
    ensure!(said.contains("schedule[0]: cron spec '0 0 31 2 *' names a date that never comes"), "{said}");
    ensure!(said.contains("spec.schedule has 25 entries; only the first 20 count, the other 5 are ignored"), "{said}");
    let [_, reason, _] = world.condition(PROVIDER, "never", "Ready").await?;
    ensure!(reason == "SkippedDueToSchedule", "{reason}");
    world.stop().await
}

#[tokio::test]
async fn providers_are_listed_and_watched_once_and_their_changes_reach_the_sets() -> Result<()> {
    let mut world = World::new("once").await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {name: words}\n\
             spec: {type: Static, defaultValues: {word: one}}\n",
        )
        .await?;
    world
        .apply(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: set}\nspec:\n  \
             inputsFrom: [{name: words}]\n  \
             resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.word >>, namespace: NAMESPACE}}]\n",
        )
        .await?;
    world.start().await?;
    world.has_objects("ConfigMap", &["one"]).await?;
    world.patch(PROVIDER, "words", json!({"spec": {"defaultValues": {"word": "two"}}})).await?;
    world
        .settles("the other word is there", async |world| {
            Ok(world.owned("ConfigMap").await?.contains(&"two".to_owned()))
        })
        .await?;
    let requests = world.requests().await?;
    let of_providers = requests
        .verb("list")
        .iter()
        .filter(|event| event.object_ref.as_ref().is_some_and(|object| object.resource == "resourcesetinputproviders"))
        .count();
    assert_eq!(of_providers, 1, "one cache serves everybody");
    world.stop().await
}
