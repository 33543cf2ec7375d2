//! Environments that are up, with what is deployed there.
//!
//! An environment counts if it is available and has a successful deployment, or in any state if a deployment is
//! running. Stopped environments pile up by the thousands, so they are not listed: the list is narrowed to the
//! available ones, and one request for the project's running deployments finds the others.

use std::collections::{HashMap, HashSet};

use orangery_plugin_sdk::listing::{Completeness, Identity, Item, Listed, list};
use orangery_plugin_sdk::{Error, Facts, Input, Outcome, Poll, UnreadableItem, json};
use serde::Deserialize;
use serde_json::Value;

use crate::candidate::Candidate;
use crate::current::current;
use crate::deployments::{Deployment, Wanted};
use crate::lists::listing;
use crate::project::Project;

const AVAILABLE: &str = "environments?per_page=100&states=available";
const RUNNING: &str = "deployments?order_by=created_at&sort=desc&status=running&per_page=100";

#[derive(Deserialize)]
struct Environment {
    id: u64,
    name: String,
    #[serde(default)]
    slug: String,
    state: String,
    #[serde(default, deserialize_with = "json::if_readable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    auto_stop_at: Option<String>,
}

impl Item for Environment {
    fn key(&self) -> String {
        self.id.to_string()
    }

    fn identify(item: &Value) -> Option<Identity> {
        let id = item.get("id")?.as_u64()?.to_string();
        let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
        Some(Identity { key: id.clone(), id: Some(id), name })
    }
}

/// The environments that count: the available ones in the order of the server, then others by id.
///
/// # Errors
/// Any failure of any request.
pub fn environments(poll: &Poll<'_>, project: &Project) -> Result<Outcome, Error> {
    let explain = |error: Error| error.context("failed to list environments: could not list environments");
    // Running deployments first: an environment that is stopped in between is found by one of the two questions.
    let running = list::<Deployment>(poll.http, &listing(project, "GitLab deployments", RUNNING)).map_err(explain)?;
    let listed =
        list::<Environment>(poll.http, &listing(project, "GitLab environments", AVAILABLE)).map_err(explain)?;
    let stable = [running.completeness, listed.completeness] == [Completeness::Stable, Completeness::Stable];
    let mut candidates = candidates(listed.items, &running.items);
    // An available environment is looked at anyhow; of another one this was the only trace.
    let is_candidate = |unreadable: &UnreadableItem| {
        unreadable.id.as_ref().is_some_and(|id| candidates.iter().any(|candidate| candidate.id.to_string() == *id))
    };
    let mut unreadable: Vec<UnreadableItem> = running
        .unreadable
        .into_iter()
        .filter(|unreadable| !is_candidate(unreadable))
        .chain(listed.unreadable)
        .collect();
    candidates.retain(|candidate| poll.wants(&candidate.name, &[]));
    let mut deployed =
        current(poll.http, project, &candidates).map_err(|error| error.context("failed to list environments"))?;
    unreadable.append(&mut deployed.unreadable);
    let items = candidates
        .into_iter()
        .filter_map(|candidate| deployed.found.remove(&candidate.id).map(|deployment| (candidate, deployment)))
        .collect();
    let completeness = if stable { Completeness::Stable } else { Completeness::Shifting };
    Ok(Listed { items, unreadable, completeness }.outcome(|(candidate, deployment)| input(&candidate, &deployment)))
}

/// The available environments, and those in another state to which something is being deployed. A server that does not
/// know the state filter lists all: they are told apart here.
fn candidates(listed: Vec<Environment>, running: &[Deployment]) -> Vec<Candidate> {
    let mut others: HashMap<u64, Candidate> = running
        .iter()
        .filter(|deployment| deployment.is_running())
        .filter_map(Deployment::target)
        .map(|target| {
            let (name, slug) = (target.name.clone(), target.slug.clone());
            (target.id, Candidate { id: target.id, name, slug, wanted: Wanted::Running, facts: Facts::default() })
        })
        .collect();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for environment in listed {
        let available = environment.state == "available";
        let is_running = others.remove(&environment.id).is_some();
        if (available || is_running) && seen.insert(environment.id) {
            let Environment { id, name, slug, created_at, updated_at, auto_stop_at, .. } = environment;
            let wanted = if available { Wanted::RunningOrDone } else { Wanted::Running };
            let facts = Facts { created: created_at, updated: updated_at, auto_stop: auto_stop_at, ..Facts::default() };
            found.push(Candidate { id, name, slug, wanted, facts });
        }
    }
    let mut others: Vec<Candidate> = others.into_values().collect();
    others.sort_by_key(|candidate| candidate.id);
    found.extend(others);
    found
}

fn input(candidate: &Candidate, deployment: &Deployment) -> Input {
    Input::new(candidate.id.to_string())
        .facts(candidate.facts.clone())
        .with("sha", deployment.sha())
        .with_text("branch", deployment.branch())
        .with_text("title", &candidate.name)
        .with_text("slug", &candidate.slug)
        .with_text("author", deployment.author())
}
