//! The YAML of `docs/install.md`, applied to a real API server: it is accepted, and gives the rights that the page promises and no others.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::{Api, PostParams};
use orangery_test_flow::World;
use std::path::Path;

const ACCOUNT: &str = "system:serviceaccount:previews:flux";

/// What the two `kubectl create` of the page make.
const COMMANDS: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux, namespace: previews}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux, namespace: previews}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{kind: ServiceAccount, name: flux, namespace: previews}]
";

/// The blocks of the page that are YAML.
fn blocks() -> Result<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/install.md");
    let page = std::fs::read_to_string(page)?;
    let ended = |block: &str| block.split("\n```").next().unwrap_or_default().to_owned();
    Ok(page.split("```yaml\n").skip(1).map(ended).collect())
}

/// A control plane of its own, because the page names namespaces and cluster roles.
async fn with_a_documented_account() -> Result<World> {
    let world = World::alone("previews").await?;
    for line in [
        "kubectl --namespace previews create serviceaccount flux",
        "kubectl --namespace previews create rolebinding flux --clusterrole=admin --serviceaccount=previews:flux",
    ] {
        let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/install.md"))?;
        ensure!(page.contains(line), "docs/install.md no longer says {line:?}: this test does what it says");
    }
    world.apply(COMMANDS).await?;
    Ok(world)
}

async fn may(world: &World, verb: &str, resource: &str, namespace: &str) -> Result<bool> {
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let attributes = ResourceAttributes {
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        verb: Some(verb.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        resource_attributes: Some(attributes),
        user: Some(ACCOUNT.to_owned()),
        ..SubjectAccessReviewSpec::default()
    };
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    let answer =
        Api::<SubjectAccessReview>::all(world.cluster.client()?).create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

const RELEASES: &str = "helmreleases.helm.toolkit.fluxcd.io";

/// What the page says before each block: `admin` does not know the kinds of Flux.
async fn lacks_the_kinds_of_flux(world: &World) -> Result<()> {
    world.settles("the account is admin", async |world| may(world, "create", "configmaps", "previews").await).await?;
    ensure!(!may(world, "create", RELEASES, "previews").await?, "admin knows HelmReleases already");
    Ok(())
}

#[tokio::test]
async fn the_first_block_of_the_page_adds_the_kinds_of_flux_to_admin() -> Result<()> {
    let world = with_a_documented_account().await?;
    lacks_the_kinds_of_flux(&world).await?;
    let blocks = blocks()?;
    assert_eq!(blocks.len(), 2, "a new block needs a test: {blocks:#?}");
    let block = blocks.first().context("a block")?;
    world.try_out(block).await?;
    world.apply(block).await?;
    world.settles("the role is aggregated", async |world| may(world, "create", RELEASES, "previews").await).await?;
    for verb in ["get", "list", "watch", "patch", "delete"] {
        assert!(may(&world, verb, RELEASES, "previews").await?, "{verb}");
    }
    assert!(!may(&world, "create", RELEASES, "default").await?, "its binding is in one namespace");
    Ok(())
}

#[tokio::test]
async fn the_second_block_of_the_page_gives_one_account_the_kinds_of_flux_in_one_namespace() -> Result<()> {
    let world = with_a_documented_account().await?;
    lacks_the_kinds_of_flux(&world).await?;
    let blocks = blocks()?;
    let block = blocks.get(1).context("a second block")?;
    world.try_out(block).await?;
    world.apply(block).await?;
    world.settles("the role counts", async |world| may(world, "create", RELEASES, "previews").await).await?;
    for resource in ["ocirepositories.source.toolkit.fluxcd.io", "kustomizations.kustomize.toolkit.fluxcd.io"] {
        assert!(may(&world, "delete", resource, "previews").await?, "{resource}");
    }
    assert!(!may(&world, "create", RELEASES, "default").await?, "one namespace");
    assert!(!may(&world, "create", "alerts.notification.toolkit.fluxcd.io", "previews").await?, "three groups");
    Ok(())
}
