//! `orangery hook`: what to enter at a forge, and whether it works.

use super::connection::Connection;
use super::item::Item;
use super::kind::Kind;
use crate::cli::cluster::{HookCommand, HookOptions};
use crate::exit;
use anyhow::{Context as _, anyhow};
use http::{Request, StatusCode};
use k8s_openapi::api::core::v1::Secret;
use kube::client::Body;
use kube::{Api, Client, Config};
use orangery_core::keys;
use orangery_hooks::sign;
use std::process::ExitCode;
use url::Url;

/// The key of the Secret.
const KEY: &str = "token";
/// What the sample says; providers look at the signature alone.
const SAMPLE: &str = r#"{"zen":"A sample from orangery hook test"}"#;

/// The hook of a provider.
struct Hook {
    url: Url,
    secret: String,
}

pub(super) async fn perform(command: HookCommand) -> anyhow::Result<ExitCode> {
    match command {
        HookCommand::Url(options) => print(&options).await,
        HookCommand::Test(options) => test(&options).await,
    }
}

async fn print(options: &HookOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let hook = find(&connection, options).await?;
    let (namespace, secret) = (&connection.namespace, &hook.secret);
    println!("URL:     {}", hook.url);
    println!("Secret:  the key {KEY} of the Secret {namespace}/{secret}");
    println!("         GitHub, Gitea, Bitbucket: \"Secret\"; GitLab: \"Secret token\"");
    println!("Content: application/json");
    println!("Events:  whatever changes the inputs, such as pushes and change requests; others do no harm");
    Ok(exit::SUCCESS)
}

async fn test(options: &HookOptions) -> anyhow::Result<ExitCode> {
    let connection = Connection::open(&options.connection).await?;
    let hook = find(&connection, options).await?;
    let api: Api<Secret> = Api::namespaced(connection.client.clone(), &connection.namespace);
    let secret = api.get(&hook.secret).await.with_context(|| format!("cannot read the Secret {}", hook.secret))?;
    let token = secret.data.and_then(|mut data| data.remove(KEY));
    let token = token.ok_or_else(|| anyhow!("the Secret {} has no key {KEY}", hook.secret))?;
    let status = send(&hook.url, &token.0).await?;
    let said = match status {
        StatusCode::OK => {
            println!("✔ {} was taken: the provider polls now, or within five seconds", hook.url);
            return Ok(exit::SUCCESS);
        }
        StatusCode::BAD_REQUEST => {
            "the signature was refused: the operator has read another token; try again in a minute"
        }
        StatusCode::NOT_FOUND => {
            "nobody listens there: does --host lead to port 9292 of the operator, with the path as it is?"
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            "it was verified, but the provider could not be annotated: see the operator's log"
        }
        _ => "the answer is not one of the operator's: something else listens there",
    };
    Err(anyhow!("{} answered {status}: {said}", hook.url))
}

async fn find(connection: &Connection, options: &HookOptions) -> anyhow::Result<Hook> {
    let item: Item = connection.get(Kind::Provider, &options.name).await?;
    let name = item.name();
    let Some(secret) = item.annotation(keys::WEBHOOK_SECRET) else {
        return Err(anyhow!(
            "ResourceSetInputProvider/{name} has no hook: name a Secret with the key {KEY} in the annotation {}",
            keys::WEBHOOK_SECRET
        ));
    };
    let path = item.text("/status/webhookPath");
    if path.is_empty() {
        let why = item.condition("Warning").map(|condition| condition.message);
        let why = why.unwrap_or("it was not reconciled since");
        return Err(anyhow!("the hook of ResourceSetInputProvider/{name} is not ready: {why}"));
    }
    let base = Url::parse(&options.host).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let base =
        base.with_context(|| format!("--host is {:?}; write a URL such as https://hooks.example.com", options.host))?;
    let url = format!("{}{path}", base.as_str().trim_end_matches('/'));
    Ok(Hook { url: Url::parse(&url).context("the URL of the hook")?, secret: secret.to_owned() })
}

/// Sends the sample, without the credentials of the cluster.
async fn send(url: &Url, token: &[u8]) -> anyhow::Result<StatusCode> {
    // The client puts the path of a request behind that of its server.
    let server = url.origin().ascii_serialization().parse().context("the URL of the hook")?;
    let client = Client::try_from(Config::new(server))?;
    let request = Request::post(url.path())
        .header("Content-Type", "application/json")
        .header("X-Hub-Signature-256", sign(token, SAMPLE.as_bytes()))
        .header("X-GitHub-Event", "ping")
        .body(Body::from(SAMPLE.as_bytes().to_vec()))?;
    let answer = client.send(request).await.with_context(|| format!("cannot send to {url}"))?;
    Ok(answer.status())
}
