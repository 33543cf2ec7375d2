//! The manifests of the article on ephemeral environments, unchanged but for the forge's host name: from the pull request
//! to its objects and back.

use crate::providers::preview::{PREVIEW, at, forge_accepts};
use anyhow::{Context, Result};
use orangery_test_flow::{PROVIDER, SET, World};
use orangery_test_forge::{Flavour, opening};
use serde_json::json;

const PROVIDER_OF_THE_ARTICLE: &str = r#"
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata:
  name: app-pull-requests-kbot
  namespace: NAMESPACE
  annotations:
    fluxcd.controlplane.io/reconcileEvery: "1m"
spec:
  type: GitHubPullRequest
  url: FORGE/den-vasyliev/kbot-src
  secretRef:
    name: github-auth
  defaultValues:
    chart: "./helm"
"#;

const SET_OF_THE_ARTICLE: &str = r#"
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata:
  name: app-kbot-preview
  namespace: NAMESPACE
spec:
  serviceAccountName: flux
  inputsFrom:
    - apiVersion: fluxcd.controlplane.io/v1
      kind: ResourceSetInputProvider
      name: app-pull-requests-kbot
  resources:
    - apiVersion: source.toolkit.fluxcd.io/v1
      kind: GitRepository
      metadata:
        name: app-<< inputs.id >>
        namespace: NAMESPACE
      spec:
        provider: generic # or 'github' if using GitHub App
        interval: 1m
        url: FORGE/den-vasyliev/kbot-src
        ref:
          commit: << inputs.sha >>
        secretRef:
          name: github-auth
    - apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata:
        name: app-<< inputs.id >>
        namespace: NAMESPACE
        annotations:
          event.toolkit.fluxcd.io/preview-url: "https://previews.example.com/<< inputs.branch >>"
          event.toolkit.fluxcd.io/branch: << inputs.branch | quote >>
          event.toolkit.fluxcd.io/author: << inputs.author | quote >>
      spec:
        serviceAccountName: flux
        interval: 1m
        releaseName: app-<< inputs.id >>
        chart:
          spec:
            chart: << inputs.chart >>
            reconcileStrategy: Revision
            sourceRef:
              kind: GitRepository
              name: app-<< inputs.id >>
        values:
          gateway:
            path: /pr-<< inputs.id >>
          image:
            tag: << inputs.sha >>
"#;

const NAME: &str = "app-pull-requests-kbot";

#[tokio::test]
async fn a_pull_request_gets_an_environment_follows_its_commits_and_takes_it_along_when_it_closes() -> Result<()> {
    let mut world = World::named("app-preview").await?;
    let kbot = world.forge.github("den-vasyliev/kbot-src");
    kbot.is_private();
    forge_accepts(&world, Flavour::Github, "den-vasyliev/kbot-src");
    let staying = kbot.opens_one(opening("docs/typo").by("maria"));
    let pull = kbot.opens_one(opening("feature-x").by("petro"));
    let now = kbot.now();
    let first = &now.changes.iter().find(|change| change.number == pull).context("just opened")?.sha;
    let (staying, app) = (format!("app-{staying}"), format!("app-{pull}"));

    world.start().await?;
    world.apply(PREVIEW).await?;
    world.apply(PROVIDER_OF_THE_ARTICLE).await?;
    world.apply(SET_OF_THE_ARTICLE).await?;
    world.has_objects("GitRepository", &[&staying, &app]).await?;
    world.has_objects("HelmRelease", &[&staying, &app]).await?;
    world.is_ready(PROVIDER, NAME).await?;
    world.is_ready(SET, "app-kbot-preview").await?;

    let source = world.live("GitRepository", &app).await?;
    assert_eq!(*at(&source, "/spec/ref"), json!({"commit": first}));
    assert_eq!(*at(&source, "/spec/secretRef"), json!({"name": "github-auth"}));
    assert_eq!(*at(&source, "/spec/provider"), "generic");
    let release = world.live("HelmRelease", &app).await?;
    assert_eq!(
        *at(&release, "/spec/values"),
        json!({"gateway": {"path": format!("/pr-{pull}")}, "image": {"tag": first}})
    );
    assert_eq!(*at(&release, "/spec/chart/spec/chart"), "./helm");
    assert_eq!(*at(&release, "/spec/chart/spec/sourceRef/name"), app.as_str());
    let annotation = |key: &str| at(&release, &format!("/metadata/annotations/event.toolkit.fluxcd.io~1{key}")).clone();
    assert_eq!(annotation("branch"), "feature-x");
    assert_eq!(annotation("author"), "petro");
    assert_eq!(annotation("preview-url"), "https://previews.example.com/feature-x");
    let requests = world.requests().await?.writes().in_namespace("app-preview");
    let by_flux = requests.acting_as("system:serviceaccount:app-preview:flux").count();
    assert_eq!(by_flux, 4, "the four objects were written with the rights of the set's own service account");

    let second = kbot.pushes(pull);
    assert_ne!(*first, second);
    world.reconciles(PROVIDER, NAME).await?;
    world
        .settles("the new commit is in both objects", async |world| {
            let source = world.live("GitRepository", &app).await?;
            let release = world.live("HelmRelease", &app).await?;
            Ok(*at(&source, "/spec/ref/commit") == second && *at(&release, "/spec/values/image/tag") == second)
        })
        .await?;
    for (kind, before) in [("GitRepository", &source), ("HelmRelease", &release)] {
        let after = world.live(kind, &app).await?;
        assert_eq!(at(&after, "/metadata/uid"), at(before, "/metadata/uid"), "{kind} was changed in place");
    }
    assert_eq!(world.deletes().await?, 0);

    kbot.closes(pull);
    world.reconciles(PROVIDER, NAME).await?;
    world.has_objects("GitRepository", &[&staying]).await?;
    world.has_objects("HelmRelease", &[&staying]).await?;
    world.is_ready(SET, "app-kbot-preview").await?;
    assert_eq!(world.deletes().await?, 2);
    Ok(())
}

#[tokio::test]
async fn with_a_label_filter_the_label_makes_the_environment_and_its_removal_ends_it() -> Result<()> {
    let mut world = World::of_a_tenant("labels").await?;
    let kbot = world.forge.github("den-vasyliev/kbot-src");
    forge_accepts(&world, Flavour::Github, "den-vasyliev/kbot-src");
    let always = format!("app-{}", kbot.opens_one(opening("a").labelled("deploy/flux-preview")));
    let pull = kbot.opens_one(opening("b").labelled("deploy/flux-preview"));
    kbot.opens_one(opening("c").labelled("docs"));
    let app = format!("app-{pull}");

    world.start().await?;
    world.apply(PREVIEW).await?;
    world.apply(&format!("{PROVIDER_OF_THE_ARTICLE}  filter: {{labels: [deploy/flux-preview]}}\n")).await?;
    world.apply(SET_OF_THE_ARTICLE).await?;
    world.has_objects("HelmRelease", &[&always, &app]).await?;

    kbot.unlabels(pull, "deploy/flux-preview");
    world.reconciles(PROVIDER, NAME).await?;
    world.has_objects("HelmRelease", &[&always]).await?;
    world.has_objects("GitRepository", &[&always]).await?;

    kbot.labels(pull, "deploy/flux-preview");
    world.reconciles(PROVIDER, NAME).await?;
    world.has_objects("HelmRelease", &[&always, &app]).await?;
    Ok(())
}
