//! A Secret goes where it says, and nowhere else: a canary that the wrong server, the metrics, the events and the conditions
//! never show.

use anyhow::{Context, Result};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use orangery_egress::credential::consent::{OriginsRule, PlainHttp, SecretRules};
use orangery_test_flow::{PROVIDER, World};
use orangery_test_forge::{Fault, Flavour, Forge, Rights, Token};

const CANARY: &str = "canary0123456789superuser";

const STOLEN: &str = "
apiVersion: v1
kind: Secret
metadata: {name: postgres-superuser}
stringData: {username: postgres, password: canary0123456789superuser}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop, secretRef: {name: postgres-superuser}}
";

const ORIGINS: &str = "orangery.dev/origins";

fn rules(origins: OriginsRule, plain_http: PlainHttp) -> SecretRules {
    SecretRules { origins, plain_http }
}

/// A world whose forge knows the canary, with an operator that treats Secrets so.
async fn world(hint: &str, rules: SecretRules) -> Result<World> {
    let mut world = World::new(hint).await?;
    let shop = world.forge.github("acme/shop");
    shop.is_private();
    shop.opens_many(1);
    world.forge.accepts(Token {
        value: CANARY.to_owned(),
        flavour: Flavour::Github,
        repositories: vec![],
        rights: Rights::Read,
        user: "postgres".to_owned(),
        expires_at: None,
    });
    world.treats_secrets(rules);
    world.start().await?;
    Ok(world)
}

fn saw_it(forge: &Forge) -> bool {
    forge.requests().iter().any(|request| request.raw.contains(CANARY))
}

/// The provider is refused for this reason, and the forge has seen nothing.
async fn is_refused(world: &World, because: &[&str]) -> Result<()> {
    world.reconciles(PROVIDER, "pulls").await?;
    let said = world.has_condition(PROVIDER, "pulls", "Ready", "False", "CredentialUnavailable").await?;
    let secret = format!("{}/postgres-superuser", world.namespace());
    for part in because.iter().chain(&[secret.as_str(), world.forge.url().as_str()]) {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(world.forge.requests().is_empty(), "{:?}", world.forge.requests());
    Ok(())
}

#[tokio::test]
async fn a_secret_that_does_not_name_the_server_is_not_sent_over_plain_http_and_a_named_one_is() -> Result<()> {
    let world = world("stolen", rules(OriginsRule::Optional, PlainHttp::Refused)).await?;
    world.apply(STOLEN).await?;
    is_refused(&world, &["plain http", ORIGINS, "--allow-plain-http-credentials"]).await?;
    world.annotate("Secret", "postgres-superuser", ORIGINS, "https://gitlab.example.com").await?;
    is_refused(&world, &["names https://gitlab.example.com"]).await?;

    world.annotate("Secret", "postgres-superuser", ORIGINS, world.forge.url()).await?;
    world.reconciles(PROVIDER, "pulls").await?;
    world.is_ready(PROVIDER, "pulls").await?;
    assert!(saw_it(&world.forge), "the server that the Secret names gets it");

    // A redirect to another server takes nothing along.
    let other = Forge::start().await?;
    world.forge.github("acme/shop").pushes(1);
    world.forge.fault(Fault::redirect_to(&other.url()));
    world.reconciles(PROVIDER, "pulls").await?;
    assert!(!saw_it(&other), "{:?}", other.requests());
    Ok(())
}

#[tokio::test]
async fn a_secret_of_another_use_is_not_sent_until_it_names_the_server() -> Result<()> {
    let world = world("otheruse", rules(OriginsRule::Optional, PlainHttp::Allowed)).await?;
    let typed = "type: kubernetes.io/tls\nstringData: {tls.crt: '', tls.key: '', ";
    world.apply(&STOLEN.replace("stringData: {", typed)).await?;
    is_refused(&world, &["kubernetes.io/tls", ORIGINS]).await?;
    world.annotate("Secret", "postgres-superuser", ORIGINS, world.forge.url()).await?;
    world.reconciles(PROVIDER, "pulls").await?;
    world.is_ready(PROVIDER, "pulls").await?;
    Ok(())
}

#[tokio::test]
async fn where_origins_are_demanded_a_secret_without_them_goes_nowhere() -> Result<()> {
    let world = world("demanded", rules(OriginsRule::Required, PlainHttp::Allowed)).await?;
    world.apply(STOLEN).await?;
    is_refused(&world, &["--require-secret-origins", ORIGINS]).await?;
    world.annotate("Secret", "postgres-superuser", ORIGINS, world.forge.url()).await?;
    world.reconciles(PROVIDER, "pulls").await?;
    world.is_ready(PROVIDER, "pulls").await?;
    assert!(saw_it(&world.forge));
    Ok(())
}

/// `spec.url` with a password and a token in its query, as people paste them.
const PASTED: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: password}
spec: {type: GitHubPullRequest, url: 'http://bot:canary0123456789superuser@ADDRESS/acme/shop'}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: query}
spec: {type: GitHubPullRequest, url: 'http://ADDRESS/acme/shop?private_token=canary0123456789superuser'}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: absent}
spec: {type: GitLabTag, url: 'http://ADDRESS/acme/none?private_token=canary0123456789superuser'}
";

#[tokio::test]
async fn neither_metrics_nor_events_nor_conditions_show_what_stands_in_a_url() -> Result<()> {
    let world = world("pasted", rules(OriginsRule::Optional, PlainHttp::Loopback)).await?;
    world.apply(STOLEN).await?;
    world.is_ready(PROVIDER, "pulls").await?;
    let address = world.forge.address().to_string();
    world.apply(&PASTED.replace("ADDRESS", &address)).await?;
    for name in ["password", "query", "absent"] {
        world
            .settles(&format!("{name} has an outcome"), async |world| {
                let [ready, ..] = world.condition(PROVIDER, name, "Ready").await?;
                Ok(ready == "False" || ready == "True")
            })
            .await?;
        world.reconciles(PROVIDER, name).await?;
    }
    let events: Api<Event> = Api::namespaced(world.cluster.client()?, world.namespace());
    world
        .settles("the failures are told in events", async |_| {
            let told = events.list(&ListParams::default()).await?;
            Ok(told
                .iter()
                .any(|event| event.regarding.as_ref().is_some_and(|about| about.name.as_deref() == Some("password"))))
        })
        .await?;
    let mut shown = world.metrics()?;
    let expected = format!("url=\"http://{address}/acme/shop\"");
    assert!(shown.contains(&expected), "{shown}");
    assert!(
        shown.contains("url=\"http://ADDRESS/acme/none?private_token=…\"".replace("ADDRESS", &address).as_str()),
        "{shown}"
    );
    for name in ["pulls", "password", "query", "absent"] {
        let live = world.live(PROVIDER, name).await?;
        shown += &live.pointer("/status").context("a status")?.to_string();
    }
    for event in events.list(&ListParams::default()).await? {
        shown += &format!("{event:?}");
    }
    let found = shown.lines().find(|line| line.contains(CANARY));
    assert_eq!(found, None);
    Ok(())
}
