//! Webhooks: events in the format of each forge, POSTed to the targets that asked for them.
//!
//! Deliveries are sent in the order of the deeds, once each: as with the real forges, a receiver that is down misses them.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::api::{github, gitlab};
use crate::command::{Place, Webhook};
use crate::hosted::change::ChangeRequest;
use crate::hosted::environment::Deployment;
use crate::hosted::repository::{Flavour, Repository};
use crate::world::World;

/// Something that happened in a repository.
pub(crate) struct Event {
    pub(crate) place: Place,
    pub(crate) work: RecordedAction,
}

/// What happened.
pub(crate) enum RecordedAction {
    Change { action: &'static str, change: ChangeRequest },
    Push { branch: String, sha: String },
    Deployment(Deployment),
}

/// One POST to make.
struct Delivery {
    webhook: Webhook,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Sends what is waiting; a receiver that does not answer is no error of the forge.
pub(crate) async fn deliver(world: &World, base: &str) {
    let deliveries = waiting(world, base);
    if deliveries.is_empty() {
        return;
    }
    let client = reqwest::Client::new();
    for delivery in deliveries {
        let request = client.post(&delivery.webhook.url).header("content-type", "application/json");
        let request = delivery.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        if let Err(error) = request.body(delivery.body).timeout(std::time::Duration::from_secs(5)).send().await {
            eprintln!("webhook to {} was not delivered: {error}", delivery.webhook.url);
        }
    }
}

fn waiting(world: &World, base: &str) -> Vec<Delivery> {
    let mut state = world.state();
    let events = std::mem::take(&mut state.events);
    let mut deliveries = Vec::new();
    for event in &events {
        let Some(repository) = state.repositories.get(&event.place) else { continue };
        let Some((name, body)) = payload(&event.work, repository, base) else { continue };
        let body = body.to_string();
        let targets = state.webhooks.iter().filter(|webhook| webhook.flavour == repository.flavour);
        deliveries.extend(targets.map(|webhook| {
            let headers = match webhook.flavour {
                Flavour::Github => github_headers(name, webhook, &body),
                Flavour::Gitlab => gitlab_headers(name, webhook, &body),
            };
            Delivery { webhook: webhook.clone(), headers, body: body.clone() }
        }));
    }
    deliveries
}

fn payload(work: &RecordedAction, repository: &Repository, base: &str) -> Option<(&'static str, Value)> {
    match (repository.flavour, work) {
        (Flavour::Github, RecordedAction::Change { action, change }) => Some((
            "pull_request",
            json!({
                "action": action,
                "number": change.number,
                "pull_request": github::pull(repository, change, base),
                "repository": github::repository(repository, base),
                "sender": github::user(&change.author, base),
            }),
        )),
        (Flavour::Github, RecordedAction::Push { branch, sha }) => Some((
            "push",
            json!({
                "ref": format!("refs/heads/{branch}"),
                "after": sha,
                "repository": github::repository(repository, base),
            }),
        )),
        (Flavour::Github, RecordedAction::Deployment(_)) => None,
        (Flavour::Gitlab, RecordedAction::Change { action, change }) => {
            let action = match *action {
                "opened" => "open",
                "reopened" => "reopen",
                "closed" => "close",
                "merged" => "merge",
                _ => "update",
            };
            let mut attributes = gitlab::merge_request(repository, change, base);
            if let Some(fields) = attributes.as_object_mut() {
                fields.insert("action".to_owned(), json!(action));
                fields.insert("last_commit".to_owned(), json!({"id": change.sha}));
            }
            Some((
                "Merge Request Hook",
                json!({
                    "object_kind": "merge_request",
                    "event_type": "merge_request",
                    "user": gitlab::user(&change.author, base),
                    "project": gitlab::project(repository, base),
                    "object_attributes": attributes,
                    "labels": change.labels.iter().map(|label| json!({"title": label})).collect::<Vec<_>>(),
                }),
            ))
        }
        (Flavour::Gitlab, RecordedAction::Push { branch, sha }) => Some((
            "Push Hook",
            json!({
                "object_kind": "push",
                "ref": format!("refs/heads/{branch}"),
                "after": sha,
                "checkout_sha": sha,
                "project": gitlab::project(repository, base),
            }),
        )),
        (Flavour::Gitlab, RecordedAction::Deployment(deployment)) => {
            let environment = repository.environments.iter().find(|known| known.id == deployment.environment)?;
            Some((
                "Deployment Hook",
                json!({
                    "object_kind": "deployment",
                    "status": deployment.status,
                    "deployment_id": deployment.id,
                    "environment": environment.name,
                    "environment_slug": environment.slug,
                    "environment_external_url": environment.external_url,
                    "ref": deployment.reference,
                    "short_sha": deployment.sha.chars().take(8).collect::<String>(),
                    "user": gitlab::user(&deployment.author, base),
                    "project": gitlab::project(repository, base),
                }),
            ))
        }
    }
}

fn github_headers(event: &'static str, webhook: &Webhook, body: &str) -> Vec<(&'static str, String)> {
    let delivery = crate::hosted::revision::digest(body).chars().take(32).collect();
    let mut headers = vec![("X-GitHub-Event", event.to_owned()), ("X-GitHub-Delivery", delivery)];
    if let Some(secret) = &webhook.secret
        && let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
    {
        mac.update(body.as_bytes());
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        headers.push(("X-Hub-Signature-256", format!("sha256={hex}")));
    }
    headers
}

fn gitlab_headers(event: &'static str, webhook: &Webhook, body: &str) -> Vec<(&'static str, String)> {
    let delivery = crate::hosted::revision::digest(body).chars().take(32).collect();
    let mut headers = vec![("X-Gitlab-Event", event.to_owned()), ("X-Gitlab-Event-UUID", delivery)];
    headers.extend(webhook.secret.iter().map(|secret| ("X-Gitlab-Token", secret.clone())));
    headers
}
