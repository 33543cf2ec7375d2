//! The example of GitLab environments (the article's manifests, with the provider's name put right): from a deployment to
//! its objects and back.

use crate::providers::preview::{PREVIEW, at, forge_accepts};
use anyhow::Result;
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{DeploymentStatus, Flavour};
use serde_json::json;

const MANIFESTS: [&str; 2] = [
    include_str!("../../../../../examples/gitlab-environments/manifests/provider.yaml"),
    include_str!("../../../../../examples/gitlab-environments/manifests/previews.yaml"),
];

#[tokio::test]
async fn a_deployed_environment_gets_its_objects_and_a_stopped_one_loses_them() -> Result<()> {
    let mut world = World::of_a_tenant("environments").await?;
    let app = world.forge.gitlab("group/app");
    app.is_private();
    forge_accepts(&world, Flavour::Gitlab, "group/app");
    for name in ["review/one", "review/two", "production"] {
        app.creates_branch(&name.replace('/', "-"));
        app.creates_environment(name);
    }
    world.start().await?;
    world.apply(PREVIEW).await?;
    for manifest in MANIFESTS {
        world.apply(&manifest.replace("app-preview", "NAMESPACE").replace("https://gitlab.com", "FORGE")).await?;
    }
    world.is_ready(PROVIDER, "app-environments").await?;
    world.has_objects("HelmRelease", &[]).await?;

    let first = app.deploys("review/one", "review-one", DeploymentStatus::Success);
    app.deploys("review/two", "review-two", DeploymentStatus::Running);
    app.deploys("production", "production", DeploymentStatus::Success);
    world.reconciles(PROVIDER, "app-environments").await?;
    let environments = app.now().environments;
    let slug = |name: &str| {
        let found = environments.iter().find(|environment| environment.name == name);
        format!("app-{}", found.map(|found| found.slug.clone()).unwrap_or_default())
    };
    let (one, two) = (slug("review/one"), slug("review/two"));
    world.has_objects("GitRepository", &[&one, &two]).await?;
    world.has_objects("HelmRelease", &[&one, &two]).await?;
    let release = world.live("HelmRelease", &one).await?;
    assert_eq!(
        *at(&release, "/spec/values"),
        json!({"image": {"tag": first}, "ingress": {"hosts": [{"host": format!("{one}.example.com")}]}})
    );
    assert_eq!(*at(&release, "/spec/chart/spec/chart"), "charts/app");
    assert_eq!(*at(&world.live("GitRepository", &one).await?, "/spec/ref/commit"), first.as_str());

    app.stops_environment("review/one");
    world.reconciles(PROVIDER, "app-environments").await?;
    world.has_objects("GitRepository", &[&two]).await?;
    world.has_objects("HelmRelease", &[&two]).await?;
    world.is_ready(SET, "app").await?;
    Ok(())
}
