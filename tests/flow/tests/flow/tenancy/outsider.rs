//! Whoever may open a pull request chooses its title. It can add no key and no document to what is applied.

use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::opening;
use serde_json::{Value, json};

const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

/// The title stands in a field that takes any structure.
const RELEASE: &str = "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: NAME-<< inputs.id >>, namespace: NAMESPACE}, \
    spec: {interval: 1h, chart: {spec: {chart: app, sourceRef: {kind: HelmRepository, name: charts}}}, values: {title: << inputs.title >>}}}";

/// What an outsider may write.
const TITLES: [&str; 6] = [
    "{admin: true}",
    "x}, admin: true, y: {z: 1",
    "x\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: smuggled, namespace: NAMESPACE}\ndata: {a: b}\n",
    "x\n      admin: true",
    "[admin]",
    "x: y",
];

fn set(name: &str, template: &str) -> String {
    let template = match template {
        "resources" => json!({"resources": [release(name)]}),
        _ => json!({"resourcesTemplate": RELEASE.replace("NAME-", &format!("{name}-"))}),
    };
    let mut spec = json!({"inputsFrom": [{"name": "pulls"}]});
    if let (Some(spec), Some(template)) = (spec.as_object_mut(), template.as_object()) {
        spec.extend(template.clone());
    }
    json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": SET, "metadata": {"name": name}, "spec": spec})
        .to_string()
}

fn release(name: &str) -> Value {
    json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": format!("{name}-<< inputs.id >>"), "namespace": "NAMESPACE"},
        "spec": {"interval": "1h", "chart": {"spec": {"chart": "app", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}},
            "values": {"title": "<< inputs.title >>"}},
    })
}

#[tokio::test]
async fn a_title_adds_no_key_and_no_document() -> Result<()> {
    let mut world = World::new("outsider").await?;
    let shop = world.forge.github("acme/shop");
    shop.opens_one(opening("good").titled("Add a cart"));
    for (nth, title) in TITLES.iter().enumerate() {
        let title = title.replace("NAMESPACE", world.namespace());
        shop.opens_one(opening(&format!("evil-{nth}")).titled(&title).by("mallory"));
    }
    shop.opens_one(opening("also-good").titled("Remove the cart"));
    world.start().await?;
    world.apply(PULLS).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    for name in ["resources", "text"] {
        world.apply(&set(name, name)).await?;
        // The two of the honest authors are there whatever the others write.
        for number in [1, 8] {
            let object = format!("{name}-{number}");
            world
                .settles(&format!("{object} is applied"), async |world| {
                    Ok(!world.live("HelmRelease", &object).await?.is_null())
                })
                .await?;
        }
        world.reconciles(SET, name).await?;
        for number in 1..=8 {
            let live = world.live("HelmRelease", &format!("{name}-{number}")).await?;
            if live.is_null() {
                continue;
            }
            let values = live.pointer("/spec/values").cloned().unwrap_or_default();
            let keys: Vec<&str> =
                values.as_object().into_iter().flat_map(|values| values.keys()).map(String::as_str).collect();
            assert_eq!(keys, ["title"], "{name}-{number}: {values}");
            assert!(
                !values.to_string().contains("\"admin\":")
                    && !values["title"].is_object()
                    && !values["title"].is_array(),
                "{name}-{number}: {values}"
            );
        }
        let [ready, reason, message] = world.condition(SET, name, "Ready").await?;
        assert_eq!((ready.as_str(), reason.as_str()), ("False", "BuildFailed"), "{message}");
        assert!(message.contains("pulls id 7") && message.contains("failed to trust"), "{message}");
    }
    assert!(world.live("ConfigMap", "smuggled").await?.is_null());
    assert!(world.owned("ConfigMap").await?.is_empty());
    assert_eq!(world.deletes().await?, 0);

    // One that turns evil keeps what it had.
    shop.retitles(1, "{admin: true}");
    world.reconciles(PROVIDER, "pulls").await?;
    world.reconciles(SET, "resources").await?;
    let live = world.live("HelmRelease", "resources-1").await?;
    assert_eq!(live.pointer("/spec/values/title"), Some(&json!("Add a cart")));
    assert_eq!(world.deletes().await?, 0);
    Ok(())
}
