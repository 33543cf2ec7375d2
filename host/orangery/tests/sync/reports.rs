//! What is on stdout.

use crate::world::{Kind, World, ready};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn row_d19_a_report_has_the_badge_and_each_object() {
    let world = World::new().await;
    world.source().await;
    world.kustomization("apps").await;
    world.kustomization("broken").await;
    let digest = world.push().await;
    world.fetched(&digest, "").await;
    world.applied("apps", &digest).await;
    let status = json!({
        "conditions": ready("False", "BuildFailed", "a | b <c> \"d\"\nnext"), "lastAttemptedRevision": format!("main@{digest}"),
    });
    world.status(Kind::Kustomization, "broken", status).await;
    let report = async |format: &str| world.sync(&[&world.address(), "--report", format]).ended().await.exits(1).out;

    let said: Value = serde_json::from_str(&report("json").await).unwrap();
    assert_eq!(said["badge"], "Failed");
    assert_eq!(said["digest"], digest.as_str());
    let states: Vec<_> =
        said["objects"].as_array().unwrap().iter().map(|object| (&object["name"], &object["state"])).collect();
    assert_eq!(json!(states), json!([["app", "Reconciled"], ["apps", "Reconciled"], ["broken", "Failed"]]));

    let markdown = report("markdown").await;
    assert!(markdown.starts_with(&format!("**Failed** {digest}\n")), "{markdown}");
    assert!(markdown.contains(r#"| BuildFailed: a \| b &lt;c> "d" next |"#), "{markdown}");

    let junit = report("junit").await;
    assert!(junit.contains("tests=\"3\" failures=\"1\""), "{junit}");
    assert!(junit.contains("message=\"BuildFailed: a | b &lt;c&gt; &quot;d&quot; next\""), "{junit}");
}
