//! Which deployment of an environment counts.
//!
//! The rule: of the 20 newest, the first that is `running`, or `success` if the environment is available. It costs one
//! request an environment, which with hundreds of environments is more than a call may send, so many environments are
//! answered from the project's own list of deployments, newest first, page by page, and only what is then still open is
//! asked one by one. Both ways give the same answer.

use std::collections::{HashMap, HashSet};

use orangery_plugin_sdk::listing::Item;
use orangery_plugin_sdk::names::encode_segment;
use orangery_plugin_sdk::paging::{Paging, Step, Walk};
use orangery_plugin_sdk::{Error, Http, json};
use serde::Deserialize;

use crate::environments::Candidate;
use crate::project::Project;

/// How many deployments of one environment are looked at: GitLab's default page, which is all that the rule reads.
const LOOKED_AT: usize = 20;
/// Up to so many environments, asking one by one is cheapest.
const FEW: usize = 10;

/// One deployment.
#[derive(Debug, Clone, Deserialize)]
pub struct Deployment {
    id: u64,
    status: String,
    #[serde(default)]
    sha: Option<String>,
    #[serde(default, rename = "ref")]
    branch: Option<String>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    deployable: Option<Deployable>,
    #[serde(default)]
    environment: Option<Target>,
}

#[derive(Debug, Clone, Deserialize)]
struct User {
    username: String,
}

/// The job; null for a deployment that was made through the API.
#[derive(Debug, Clone, Deserialize)]
struct Deployable {
    #[serde(default, rename = "ref")]
    branch: Option<String>,
    #[serde(default)]
    commit: Option<Commit>,
}

#[derive(Debug, Clone, Deserialize)]
struct Commit {
    id: String,
}

/// The environment as a deployment tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its slug.
    #[serde(default)]
    pub slug: String,
}

impl Item for Deployment {
    fn key(&self) -> String {
        self.id.to_string()
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

    /// Who deployed.
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

    fn counts_for(&self, candidate: &Candidate) -> bool {
        self.is_running() || (candidate.available && self.status == "success")
    }
}

/// The deployment that counts for each candidate that has one, by environment id.
///
/// # Errors
/// Any failure of any request.
pub fn current(
    http: &dyn Http,
    project: &Project,
    candidates: &[Candidate],
) -> Result<HashMap<u64, Deployment>, Error> {
    let mut found = HashMap::new();
    let open = if candidates.len() > FEW {
        sweep(http, project, candidates, &mut found)?
    } else {
        candidates.iter().collect()
    };
    for candidate in open {
        if let Some(deployment) = newest(http, project, candidate)? {
            found.insert(candidate.id, deployment);
        }
    }
    Ok(found)
}

/// Asks for the deployments of one environment.
fn newest(http: &dyn Http, project: &Project, candidate: &Candidate) -> Result<Option<Deployment>, Error> {
    let name = encode_segment(&candidate.name);
    let request = project.request(&format!("deployments?order_by=created_at&sort=desc&environment={name}"));
    let deployments: Vec<Deployment> = json::fetch(http, &request)
        .map_err(|error| error.context(format!("could not list deployments for environment {:?}", candidate.name)))?;
    Ok(deployments.into_iter().take(LOOKED_AT).find(|deployment| deployment.counts_for(candidate)))
}

/// Reads the project's deployments, newest first, and returns the candidates that are still open. It gives up when
/// asking one by one has become cheaper than reading on.
fn sweep<'a>(
    http: &dyn Http,
    project: &Project,
    candidates: &'a [Candidate],
    found: &mut HashMap<u64, Deployment>,
) -> Result<Vec<&'a Candidate>, Error> {
    let mut open: HashMap<u64, (&Candidate, usize)> =
        candidates.iter().map(|candidate| (candidate.id, (candidate, 0))).collect();
    let mut seen = HashSet::new();
    let first = project.request("deployments?order_by=created_at&sort=desc&per_page=100");
    let mut walk = Walk::new(http, "GitLab deployments", Paging::NextPage, first);
    let explain = |error: Error| error.context("could not list deployments");
    for _ in 0..candidates.len().div_ceil(4) {
        if open.len() <= FEW {
            break;
        }
        // At the end of the list nothing more is known: whatever is open is asked one by one, which is exact.
        let Step::Page(request, response) = walk.step().map_err(explain)? else { break };
        for deployment in json::decode::<Vec<Deployment>>(&request, &response).map_err(explain)? {
            let Some(id) = deployment.target().map(|target| target.id) else { continue };
            // New deployments push old ones to the next page, where they show up again.
            if !seen.insert(deployment.id) {
                continue;
            }
            let Some((candidate, looked_at)) = open.get_mut(&id) else { continue };
            *looked_at += 1;
            let settled = deployment.counts_for(candidate);
            if settled || *looked_at == LOOKED_AT {
                open.remove(&id);
            }
            if settled {
                found.insert(id, deployment);
            }
        }
    }
    Ok(candidates.iter().filter(|candidate| open.contains_key(&candidate.id)).collect())
}
