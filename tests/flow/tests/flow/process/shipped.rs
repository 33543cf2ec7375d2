//! `config/deploy` as it is: accepted by the API server, started with its own command line, on a control plane where nobody
//! else works. What its rights allow, and what they do not.

use crate::providers::preview::forge_accepts;
use crate::tenant::{PROGRAM, TENANT};
use anyhow::{Result, ensure};
use clap::{CommandFactory as _, Parser as _};
use orangery::cli::{Arguments, Command};
use orangery_test_flow::{Launch, PROVIDER, SET, Shipped, World};
use orangery_test_forge::Flavour;

/// A set of ConfigMaps in these namespaces; `account` is a line of the spec or nothing.
fn set(name: &str, account: &str, places: &[&str]) -> String {
    let objects: Vec<String> = places
        .iter()
        .map(|place| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: {place}}}}}"))
        .collect();
    format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: {name}}}\nspec:\n  {account}\n  resources: [{}]\n",
        objects.join(", ")
    )
}

const OF_PULLS: &str = "
apiVersion: v1
kind: Secret
metadata: {name: forge}
stringData: {username: git, password: previewtoken-of-the-story}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop, secretRef: {name: forge}}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{name: pulls}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}}]
";

#[tokio::test]
async fn the_manifests_are_accepted_and_their_command_line_is_one_of_ours() -> Result<()> {
    let world = World::of_processes("manifests").await?;
    let shipped = Shipped::read()?;
    // The namespace in it must be there before what lies in it can be tried.
    world.shipped_rights().await?;
    world.try_out(&shipped.rbac).await?;
    world.try_out(&shipped.operator).await?;
    let unknown = shipped.operator.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem");
    assert!(world.try_out(&unknown).await.is_err(), "a field that does not exist is found");

    let parsed = Arguments::try_parse_from(std::iter::once("orangery".to_owned()).chain(shipped.arguments()?))?;
    let Command::Run(options) = parsed.command else { anyhow::bail!("{:?}", parsed.command) };
    assert_eq!(options.default_service_account.as_deref(), Some("flux"));
    assert!(options.elects_a_leader());
    let mut known: Vec<String> = Vec::new();
    let command = Arguments::command();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        known.extend(command.get_arguments().filter_map(|one| Some(one.get_env()?.to_str()?.to_owned())));
    }
    for (name, _) in shipped.environment()? {
        assert!(known.contains(&name), "no flag reads {name}: {known:?}");
    }
    Ok(())
}

#[tokio::test]
async fn installed_as_shipped_it_serves_tenants_with_their_own_rights_and_none_beyond() -> Result<()> {
    let world = World::alone("team-a").await?;
    let other = world.beside("team-b").await?;
    let rights = world.shipped_rights().await?;
    let shipped = Shipped::read()?;
    world.apply(&shipped.operator).await?;
    let volumes = tempfile::tempdir()?;
    let arguments = shipped.arguments_with(volumes.path())?;
    let mut launch = Launch::shipped(PROGRAM, &rights, &arguments).variable("ORANGERY_FLOW_AGENT", world.agent());
    for (name, value) in shipped.environment()? {
        launch = launch.variable(&name, value);
    }
    let mut process = launch.start()?;
    world.apply(TENANT).await?;
    other.apply(TENANT).await?;

    let shop = world.forge.github("acme/shop");
    shop.is_private();
    forge_accepts(&world, Flavour::Github, "acme/shop");
    shop.opens_many(2);
    world.apply(OF_PULLS).await?;
    world.has_objects("ConfigMap", &["app-1", "app-2"]).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    world.is_ready(SET, "previews").await?;
    shop.closes(1);
    world.reconciles(PROVIDER, "pulls").await?;
    world.has_objects("ConfigMap", &["app-2"]).await?;
    world.is_ready(SET, "previews").await?;

    other.apply(&set("reaching", "serviceAccountName: flux", &["team-b", "team-a"])).await?;
    let said = other.has_condition(SET, "reaching", "Ready", "False", "ReconciliationFailed").await?;
    for part in ["ConfigMap/team-a/reaching not applied (Forbidden)", "service account team-b/flux may not"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(!said.contains("ConfigMap/team-b/reaching"), "{said}");
    // A missing right stops the objects that need it, and no other.
    other.has_objects("ConfigMap", &["reaching"]).await?;
    assert_eq!(world.owned("ConfigMap").await?, ["app-2"]);
    let tried = world.requests().await?.in_namespace("team-a").acting_as("system:serviceaccount:team-b:flux");
    assert_eq!(tried.writes().count(), 0, "what the account may not do is not tried");

    other.apply(&set("reaching", "serviceAccountName: flux", &["team-b"])).await?;
    other.is_ready(SET, "reaching").await?;
    other.has_objects("ConfigMap", &["reaching"]).await?;

    // Whether another owner exists is asked with the operator's own rights.
    other.apply(&set("reaching", "", &["team-b"]).replace("{name: reaching}\nspec", "{name: second}\nspec")).await?;
    other.has_condition(SET, "second", "Ready", "False", "OwnedByAnother").await?;

    // An account that does not exist can do nothing, and is named.
    let nobody = world.beside("team-c").await?;
    nobody.apply(&set("orphan", "", &["team-c"])).await?;
    let said = nobody.has_condition(SET, "orphan", "Ready", "False", "ReconciliationFailed").await?;
    assert!(said.contains("service account team-c/flux may not"), "{said}");
    nobody.delete(SET, "orphan").await?;
    nobody.is_gone(SET, "orphan").await?;

    world.delete(SET, "previews").await?;
    world.is_gone(SET, "previews").await?;
    let refused: Vec<String> = world
        .requests()
        .await?
        .iter()
        .filter(|event| event.impersonated_user.is_none())
        .filter(|event| event.response_status.as_ref().is_some_and(|status| status.code == 403))
        .map(|event| format!("{} {}", event.verb, event.uri))
        .collect();
    ensure!(refused.is_empty(), "the operator's own rights do not suffice for: {refused:#?}");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    let events = world.requests().await?.verb("create");
    let told = events.iter().any(|event| event.object_ref.as_ref().is_some_and(|object| object.resource == "events"));
    assert!(told, "events were recorded");
    Ok(())
}

#[tokio::test]
async fn without_a_default_account_a_set_of_its_own_namespace_has_the_rights_of_the_operator() -> Result<()> {
    let world = World::of_processes("own").await?;
    let rights = world.shipped_rights().await?;
    let flags =
        ["--no-leader-election", "--watch-namespace", world.namespace(), "--operator-namespace", world.namespace()];
    let mut process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    world.apply(&set("own", "", &["NAMESPACE"])).await?;
    let said = world.has_condition(SET, "own", "Ready", "False", "ReconciliationFailed").await?;
    assert!(said.contains("(Forbidden)") && said.contains("the operator may not"), "{said}");

    let to_the_operator =
        TENANT.replace("name: flux, namespace: NAMESPACE}]", "name: orangery, namespace: orangery-system}]");
    world.apply(&to_the_operator).await?;
    world.has_objects("ConfigMap", &["own"]).await?;
    world.is_ready(SET, "own").await?;
    let requests = world.requests().await?;
    ensure!(requests.iter().all(|event| event.impersonated_user.is_none()), "nobody is impersonated");
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}

#[tokio::test]
async fn without_a_default_account_a_set_of_another_namespace_is_refused_and_nothing_is_asked_for_it() -> Result<()> {
    let world = World::of_processes("refused").await?;
    let rights = world.shipped_rights().await?;
    let flags = ["--no-leader-election", "--watch-namespace", world.namespace()];
    let mut process = Launch::new(PROGRAM, &rights, &world)?.flags(&flags).start()?;
    world.apply(TENANT).await?;
    world.apply(&set("nobody", "", &["NAMESPACE"])).await?;
    let said = world.has_condition(SET, "nobody", "Stalled", "True", "InvalidSpec").await?;
    for part in ["spec.serviceAccountName is not set", "--default-service-account", "orangery-system"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let asked = world.requests().await?;
    // Labelled ones are watched for all sets.
    let for_sets = asked.iter().filter(|event| !event.uri.contains("labelSelector=reconcile.fluxcd.io"));
    let maps = for_sets.filter(|event| event.object_ref.as_ref().is_some_and(|one| one.resource == "configmaps"));
    assert_eq!(maps.count(), 0);
    ensure!(process.terminate().await?.success(), "{}", process.said()?);
    Ok(())
}
