//! `orangery hook`.

use crate::bench::run;
use anyhow::Result;
use orangery_controller::hooks::HookOptions;
use orangery_test_flow::{PROVIDER, World};
use serde_json::Value;

const PROVIDERS: &str = "
apiVersion: v1
kind: Secret
metadata: {name: hook, namespace: NAMESPACE}
stringData: {token: correct-horse}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls, annotations: {orangery.dev/webhook-secret: hook}}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: plain}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: broken, annotations: {orangery.dev/webhook-secret: absent}}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

#[tokio::test]
async fn a_hook_is_printed_and_tried_out() -> Result<()> {
    let mut world = World::new("hookcli").await?;
    let address = world.start_with_hooks(HookOptions::default()).await?;
    world.forge.github("acme/shop").opens("first");
    world.apply(PROVIDERS).await?;
    for provider in ["pulls", "plain", "broken"] {
        world.is_ready(PROVIDER, provider).await?;
    }
    let host = format!("http://{address}");
    let path = world.live(PROVIDER, "pulls").await?.pointer("/status/webhookPath").cloned().unwrap_or_default();
    let url = format!("{host}{}", path.as_str().unwrap_or_default());
    run(&world, &["hook", "url", "pulls", "--host", &format!("{host}/")])
        .await?
        .exits(0)?
        .prints(&format!("URL:     {url}\n"))?
        .prints(&format!("the key token of the Secret {}/hook", world.namespace()))?;

    let requested = "/metadata/annotations/reconcile.fluxcd.io~1requestedAt";
    assert_eq!(world.live(PROVIDER, "pulls").await?.pointer(requested), None);
    world
        .settles("the endpoint is known", async |world| {
            let tried = run(world, &["hook", "test", "pulls", "--host", &host]).await?;
            Ok(tried.exits(0).is_ok())
        })
        .await?;
    assert!(world.live(PROVIDER, "pulls").await?.pointer(requested).is_some_and(Value::is_string));

    let elsewhere = format!("{host}/elsewhere");
    for (words, why) in [
        (["hook", "test", "plain", "--host", &host], "has no hook: name a Secret"),
        (["hook", "url", "broken", "--host", &host], "/absent does not exist"),
        (["hook", "test", "pulls", "--host", &elsewhere], "answered 404 Not Found: nobody listens there"),
        (["hook", "url", "pulls", "--host", "hooks.example.com"], "write a URL such as https://"),
    ] {
        run(&world, &words).await?.exits(1)?.warns(why)?;
    }
    Ok(())
}
