//! The chart installed with the real helm, and the operator under its service account, with its command line: both articles'
//! examples, and what `multitenancy.enabled: false` means.

use crate::process::binary::program;
use crate::providers::preview::{PREVIEW, at, forge_accepts};
use crate::tenant::PROGRAM;
use anyhow::{Context, Result, ensure};
use orangery_test_chart::{Helm, chart};
use orangery_test_flow::{Launch, PROVIDER, Process, SET, Shipped, World};
use orangery_test_forge::{DeploymentStatus, Flavour, Rights, Token, opening};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const PULL_REQUESTS: [&str; 2] = [
    include_str!("../../../../../examples/github-pull-requests/manifests/provider.yaml"),
    include_str!("../../../../../examples/github-pull-requests/manifests/previews.yaml"),
];
const ENVIRONMENTS: [&str; 2] = [
    include_str!("../../../../../examples/gitlab-environments/manifests/provider.yaml"),
    include_str!("../../../../../examples/gitlab-environments/manifests/previews.yaml"),
];

const OF_GITLAB: &str = "
apiVersion: v1
kind: Secret
metadata: {name: gitlab-token-readonly, namespace: NAMESPACE}
stringData: {username: flux, password: token-of-gitlab}
";

/// `helm install`; the definitions are those of another release, the test's.
fn install(world: &World, flags: &[&str]) -> Result<()> {
    let chart = chart().display().to_string();
    let fixed = ["upgrade", "--install", "orangery", chart.as_str(), "--namespace", "orangery-system"];
    let more = ["--create-namespace", "--set", "installCRDs=false"];
    Helm::with_rights_of(world.cluster.kubeconfig_path())?.run(&[&fixed[..], &more, flags].concat())?;
    Ok(())
}

/// The pod of the Deployment that helm installed, as a process with the token of its service account.
async fn starts(world: &World, volumes: &Path) -> Result<Process> {
    let system = world.beside("orangery-system").await?;
    let deployment = system.live("Deployment", "orangery").await?;
    let account = at(&deployment, "/spec/template/spec/serviceAccountName").as_str().context("an account")?;
    let rights = world.cluster.kubeconfig_of("orangery-system", account).await?.keep()?;
    let installed = Shipped { operator: deployment.to_string(), ..Shipped::read()? };
    let mut launch = Launch::shipped(PROGRAM, &rights, &installed.arguments_with(volumes)?);
    for (name, value) in installed.environment()? {
        launch = launch.variable(&name, value);
    }
    launch.variable("ORANGERY_FLOW_AGENT", world.agent()).start()
}

/// What `helm test` runs, with the rights that it has while it runs.
async fn check(world: &World, volumes: &Path) -> Result<(bool, Value)> {
    let system = world.beside("orangery-system").await?;
    let running = serde_json::json!({"availableReplicas": 1, "readyReplicas": 1, "replicas": 1});
    system.patch_status("Deployment", "orangery", running).await?;
    let objects = Helm::offline()?.objects(&["--set", "installCRDs=false"])?;
    let (pods, others): (Vec<Value>, Vec<Value>) = objects
        .into_iter()
        .filter(|object| at(object, "/metadata/annotations/helm.sh~1hook") == "test")
        .partition(|object| at(object, "/kind") == "Pod");
    for object in others {
        system.apply(&object.to_string()).await?;
    }
    let pod = pods.first().context("a pod")?;
    let account = at(pod, "/spec/serviceAccountName").as_str().context("an account")?;
    let rights = world.cluster.kubeconfig_of("orangery-system", account).await?;
    let arguments = at(pod, "/spec/containers/0/args").as_array().cloned().unwrap_or_default();
    let folder = volumes.join("check").display().to_string();
    let arguments = arguments.iter().filter_map(Value::as_str).map(|one| one.replace("=/cache", &format!("={folder}")));
    let output = std::process::Command::new(program()?)
        .args(arguments)
        .env_clear()
        .env("KUBECONFIG", rights.as_os_str())
        .env("ORANGERY_NAMESPACE", "orangery-system")
        .output()?;
    let said: Value = serde_json::from_slice(&output.stdout).with_context(|| format!("{output:?}"))?;
    Ok((output.status.success(), said))
}

/// Requests with the operator's own name that its rights did not suffice for.
async fn refused(world: &World) -> Result<Vec<String>> {
    let requests = world.requests().await?;
    let refused = requests
        .iter()
        .filter(|event| event.impersonated_user.is_none())
        .filter(|event| event.response_status.as_ref().is_some_and(|status| status.code == 403));
    Ok(refused.map(|event| format!("{} {}", event.verb, event.uri)).collect())
}

#[tokio::test]
async fn installed_by_helm_it_runs_both_articles_under_the_rights_of_the_chart() -> Result<()> {
    let world = World::alone("app-preview").await?;
    install(&world, &[])?;
    let volumes = tempfile::tempdir()?;
    let mut process = starts(&world, volumes.path()).await?;

    let webshop = world.forge.github("orchard/webshop");
    webshop.is_private();
    forge_accepts(&world, Flavour::Github, "orchard/webshop");
    let fix = webshop.opens_one(opening("fix/cart").labelled("deploy/preview").by("ada"));
    let other = format!("app-{}", webshop.opens_one(opening("docs").labelled("deploy/preview")));
    let first = webshop.pushes(fix);
    let app = world.forge.gitlab("group/app");
    app.is_private();
    world.forge.accepts(Token {
        value: "token-of-gitlab".to_owned(),
        flavour: Flavour::Gitlab,
        repositories: vec!["group/app".to_owned()],
        rights: Rights::Read,
        user: "maria".to_owned(),
        expires_at: None,
    });
    for name in ["one", "two"] {
        app.creates_branch(name);
        app.creates_environment(&format!("review/{name}"));
    }
    let deployed = app.deploys("review/one", "one", DeploymentStatus::Success);
    app.deploys("review/two", "two", DeploymentStatus::Success);
    let environments = app.now().environments;
    let slug = |name: &str| {
        let found = environments.iter().find(|environment| environment.name == name);
        format!("app-{}", found.map(|found| found.slug.clone()).unwrap_or_default())
    };
    let (one, two) = (slug("review/one"), slug("review/two"));

    world.apply(PREVIEW).await?;
    world.apply(OF_GITLAB).await?;
    // The forge of the tests speaks plain http, which `orangery check` would say.
    for secret in ["github-auth", "gitlab-token-readonly"] {
        world.annotate("Secret", secret, "orangery.dev/origins", world.forge.url()).await?;
    }
    for manifest in PULL_REQUESTS.iter().chain(&ENVIRONMENTS) {
        world.apply(&manifest.replace("https://github.com", "FORGE").replace("https://gitlab.com", "FORGE")).await?;
    }
    let pull = format!("app-{fix}");
    world.has_objects("HelmRelease", &[&pull, &other, &one, &two]).await?;
    world.has_objects("GitRepository", &[&pull, &other, &one, &two]).await?;
    assert_eq!(*at(&world.live("HelmRelease", &pull).await?, "/spec/values/image/tag"), first.as_str());
    assert_eq!(*at(&world.live("HelmRelease", &one).await?, "/spec/values/image/tag"), deployed.as_str());
    world.is_ready(SET, "previews").await?;
    world.is_ready(SET, "app").await?;
    let (passed, findings) = check(&world, volumes.path()).await?;
    ensure!(passed, "`helm test` fails: {findings:#}");
    let worries = |finding: &&Value| at(finding, "/level") != "good" && at(finding, "/area") == "rights";
    let worries: Vec<&Value> = at(&findings, "/findings").as_array().into_iter().flatten().filter(worries).collect();
    ensure!(worries.is_empty(), "{worries:#?}");

    webshop.closes(fix);
    world.reconciles(PROVIDER, "pull-requests").await?;
    world.has_objects("HelmRelease", &[&other, &one, &two]).await?;
    app.stops_environment("review/one");
    world.reconciles(PROVIDER, "app-environments").await?;
    world.has_objects("HelmRelease", &[&other, &two]).await?;
    world.has_objects("GitRepository", &[&other, &two]).await?;
    for set in ["previews", "app"] {
        world.is_ready(SET, set).await?;
        world.delete(SET, set).await?;
        world.is_gone(SET, set).await?;
    }
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    ensure!(refused(&world).await?.is_empty(), "the chart's rights do not suffice for {:#?}", refused(&world).await?);
    Ok(())
}

/// A set without a service account, with an object in another namespace and one of the whole cluster.
const ANYWHERE: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: anywhere, namespace: NAMESPACE}
spec:
  resources:
    - {apiVersion: v1, kind: Namespace, metadata: {name: made-by-a-set}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: made, namespace: NAMESPACE}}
";

#[tokio::test]
async fn without_multitenancy_a_set_without_an_account_has_the_rights_that_the_chart_bound() -> Result<()> {
    let world = World::alone("team-a").await?;
    install(&world, &[])?;
    let volumes = tempfile::tempdir()?;
    let mut process = starts(&world, volumes.path()).await?;
    world.apply(ANYWHERE).await?;
    let said = world.has_condition(SET, "anywhere", "Ready", "False", "ReconciliationFailed").await?;
    ensure!(said.contains("service account team-a/flux may not"), "{said}");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);

    install(&world, &["--set", "multitenancy.enabled=false"])?;
    let mut process = starts(&world, volumes.path()).await?;
    world.has_objects("ConfigMap", &["made"]).await?;
    world.is_ready(SET, "anywhere").await?;
    world.delete(SET, "anywhere").await?;
    tokio::time::timeout(Duration::from_secs(60), world.is_gone(SET, "anywhere")).await??;
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
