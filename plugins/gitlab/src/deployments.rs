//! One deployment, and which deployment of an environment counts.
//!
//! The rule: of the 20 newest, the first that is `running`, or `success` if the environment is available.

use orangery_plugin_sdk::listing::{Entry, Identity, Item};
use orangery_plugin_sdk::{UnreadableItem, json};
use serde::Deserialize;
use serde_json::Value;

/// How many deployments of one environment are looked at: GitLab's default page, which is all that the rule reads.
const LOOKED_AT: usize = 20;

/// One deployment. Only what decides whether it counts must have the documented shape: the user may be gone, a deployment
/// that was made through the API has no job.
#[derive(Debug, Clone, Deserialize)]
pub struct Deployment {
    id: u64,
    status: String,
    #[serde(default, deserialize_with = "json::if_readable")]
    sha: Option<String>,
    #[serde(default, rename = "ref", deserialize_with = "json::if_readable")]
    branch: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    user: Option<User>,
    #[serde(default, deserialize_with = "json::if_readable")]
    deployable: Option<Deployable>,
    #[serde(default)]
    environment: Option<Target>,
}

#[derive(Debug, Clone, Deserialize)]
struct User {
    username: String,
}

/// The job that deployed.
#[derive(Debug, Clone, Deserialize)]
struct Deployable {
    #[serde(default, rename = "ref", deserialize_with = "json::if_readable")]
    branch: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    commit: Option<Commit>,
}

#[derive(Debug, Clone, Deserialize)]
struct Commit {
    id: String,
}

/// The environment as a deployment tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// GitLab's number of the environment.
    pub id: u64,
    /// The name that the user gave.
    pub name: String,
    /// The name in the form that URLs use.
    #[serde(default)]
    pub slug: String,
}

impl Item for Deployment {
    fn key(&self) -> String {
        self.id.to_string()
    }

    /// The identity that matters is that of the environment: what cannot be read is its deployment.
    fn identify(item: &Value) -> Option<Identity> {
        let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let id = item.pointer("/environment/id").and_then(Value::as_u64).map(|id| id.to_string());
        let name = text("/environment/name");
        let own = item.get("id").and_then(Value::as_u64);
        if id.is_none() && name.is_none() {
            return None;
        }
        Some(Identity { key: own.map_or_else(|| item.to_string(), |own| own.to_string()), id, name })
    }
}

impl Deployment {
    /// The commit that is deployed.
    pub fn sha(&self) -> &str {
        let commit = self.deployable.as_ref().and_then(|job| job.commit.as_ref());
        commit.map(|commit| commit.id.as_str()).or(self.sha.as_deref()).unwrap_or_default()
    }

    /// The branch or tag that is deployed.
    pub fn branch(&self) -> &str {
        let job = self.deployable.as_ref().and_then(|job| job.branch.as_deref());
        job.or(self.branch.as_deref()).unwrap_or_default()
    }

    /// The user name of the account that deployed; empty if it is unknown.
    pub fn author(&self) -> &str {
        self.user.as_ref().map_or("", |user| &user.username)
    }

    /// The environment, where the list tells it.
    pub fn target(&self) -> Option<&Target> {
        self.environment.as_ref()
    }

    /// Whether it is being made right now.
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }

    fn counts(&self, wanted: Wanted) -> bool {
        self.is_running() || (wanted == Wanted::RunningOrDone && self.status == "success")
    }
}

/// Which deployments of an environment count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that run and those that succeeded: the environment is available.
    RunningOrDone,
    /// Those that run.
    Running,
}

/// The search for the deployment of one environment that counts: fed with its deployments, newest first.
#[derive(Debug, Default)]
pub struct Search {
    looked_at: usize,
}

/// What a search came to.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// This one counts.
    Deployed(Box<Deployment>),
    /// None of the newest counts.
    Nothing,
    /// A deployment that might count cannot be read.
    Unreadable(String),
}

impl Search {
    /// Takes the next older deployment; `None` while the search goes on.
    pub fn take(&mut self, entry: Entry<Deployment>, wanted: Wanted) -> Option<Verdict> {
        self.looked_at += 1;
        match entry {
            Entry::Unreadable { item: UnreadableItem { problem, .. }, .. } => {
                Some(Verdict::Unreadable(format!("one of its deployments cannot be read: {problem}")))
            }
            Entry::Item(deployment) if deployment.counts(wanted) => Some(if deployment.sha().is_empty() {
                Verdict::Unreadable(format!("its deployment {} names no commit", deployment.id))
            } else {
                Verdict::Deployed(Box::new(deployment))
            }),
            Entry::Item(_) => (self.looked_at >= LOOKED_AT).then_some(Verdict::Nothing),
        }
    }
}
