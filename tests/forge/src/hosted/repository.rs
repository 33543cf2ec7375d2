//! One repository (GitHub) or project (GitLab) and what people do to it.
//!
//! Owns branches, tags, change requests, environments, deployments and commit statuses. Every operation is pure but for
//! the clock and the id it is handed; it refuses what the forge itself would refuse, with a sentence that says why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hosted::change::{ChangeRequest, ChangeState};
use crate::hosted::environment::{Deployment, DeploymentStatus, Environment, EnvironmentState, slug};
use crate::hosted::revision::revision;

/// Whose API a repository is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// `/repos/…` and `/api/v3/repos/…`.
    Github,
    /// `/api/v4/projects/…`.
    Gitlab,
}

/// One repository and everything in it.
#[derive(Debug, Clone, Serialize)]
pub struct Repository {
    /// The numeric id both APIs accept in place of the path.
    pub id: u64,
    /// Whose API it is read by.
    pub flavour: Flavour,
    /// `owner/repo`, or `group/subgroup/project` on GitLab.
    pub path: String,
    /// Hidden from those who may not see it.
    pub private: bool,
    /// The branch change requests target unless they say otherwise.
    pub default_branch: String,
    /// By name, which is also the order of the listings.
    pub branches: BTreeMap<String, Branch>,
    /// By name.
    pub tags: BTreeMap<String, Tag>,
    /// Oldest first.
    pub changes: Vec<ChangeRequest>,
    /// Oldest first.
    pub environments: Vec<Environment>,
    /// Oldest first.
    pub deployments: Vec<Deployment>,
    /// Oldest first.
    pub statuses: Vec<CommitStatus>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything in it last changed: the Last-Modified of its listings.
    pub updated_at: Timestamp,
}

/// A branch and the commit it points to.
#[derive(Debug, Clone, Serialize)]
pub struct Branch {
    /// The head commit.
    pub sha: String,
    /// How often it was pushed.
    pub pushes: u64,
    /// When it was last pushed.
    pub updated_at: Timestamp,
}

/// A tag and the commit it points to.
#[derive(Debug, Clone, Serialize)]
pub struct Tag {
    /// The commit, peeled.
    pub sha: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A commit status, as CI posts them.
#[derive(Debug, Clone, Serialize)]
pub struct CommitStatus {
    /// Instance-wide id.
    pub id: u64,
    /// The commit.
    pub sha: String,
    /// `error`, `failure`, `pending` or `success`; GitLab's words on GitLab.
    pub state: String,
    /// One line for people.
    pub description: Option<String>,
    /// Where to read more.
    pub target_url: Option<String>,
    /// Which check it is.
    pub context: String,
    /// Who posted it.
    pub creator: String,
    /// When it was posted.
    pub created_at: Timestamp,
}

/// Why the forge refused an operation.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such thing.
    #[error("{repository} has no {kind} {name:?}; it has {known}")]
    Missing {
        /// The repository's path.
        repository: String,
        /// Branch, tag, change request…
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// A few of the things there are.
        known: String,
    },
    /// There already is one.
    #[error("{repository} already has a {kind} {name:?}")]
    Taken {
        /// The repository's path.
        repository: String,
        /// Branch, tag, environment…
        kind: &'static str,
        /// The name that is taken.
        name: String,
    },
    /// The change request is not in the state the operation needs.
    #[error("change request {number} of {repository} is {state:?}; only {wanted}")]
    WrongState {
        /// The repository's path.
        repository: String,
        /// The change request.
        number: u64,
        /// Its state.
        state: ChangeState,
        /// What would have been possible.
        wanted: &'static str,
    },
}

/// What opening a change request needs to be told.
pub(crate) struct Opening {
    pub(crate) id: u64,
    pub(crate) branch: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) author: String,
    pub(crate) labels: Vec<String>,
    pub(crate) fork: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) draft: bool,
}

impl Repository {
    pub(crate) fn new(id: u64, flavour: Flavour, path: &str, at: Timestamp) -> Self {
        let main = Branch { sha: revision(path, "main", 1), pushes: 1, updated_at: at };
        Self {
            id,
            flavour,
            path: path.to_owned(),
            private: false,
            default_branch: "main".to_owned(),
            branches: BTreeMap::from([("main".to_owned(), main)]),
            tags: BTreeMap::new(),
            changes: Vec::new(),
            environments: Vec::new(),
            deployments: Vec::new(),
            statuses: Vec::new(),
            created_at: at,
            updated_at: at,
        }
    }

    /// The owner or the group: all of the path but its last part.
    pub(crate) fn owner(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(owner, _)| owner)
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }

    pub(crate) fn change(&mut self, number: u64) -> Result<&mut ChangeRequest, Refused> {
        let known = some_of(self.changes.iter().map(|change| change.number.to_string()));
        let repository = self.path.clone();
        self.changes.iter_mut().find(|change| change.number == number).ok_or_else(|| Refused::Missing {
            repository,
            kind: "change request",
            name: number.to_string(),
            known,
        })
    }

    pub(crate) fn open(&mut self, opening: Opening, at: Timestamp) -> ChangeRequest {
        let head_repository = opening.fork.unwrap_or_else(|| self.path.clone());
        let sha = if head_repository == self.path {
            let path = self.path.clone();
            let branch = self.branches.entry(opening.branch.clone());
            let first = || Branch { sha: revision(&path, &opening.branch, 1), pushes: 1, updated_at: at };
            branch.or_insert_with(first).sha.clone()
        } else {
            revision(&head_repository, &opening.branch, 1)
        };
        let change = ChangeRequest {
            id: opening.id,
            number: self.changes.last().map_or(1, |last| last.number + 1),
            title: opening.title,
            body: opening.body,
            author: opening.author,
            branch: opening.branch,
            head_repository,
            target: opening.target.unwrap_or_else(|| self.default_branch.clone()),
            sha,
            labels: opening.labels,
            draft: opening.draft,
            state: ChangeState::Open,
            pushes: 1,
            created_at: at,
            updated_at: at,
            closed_at: None,
        };
        self.changes.push(change.clone());
        change
    }

    /// A push to the head of a change request; its branch moves along, as do other requests from the same branch.
    pub(crate) fn push_change(&mut self, number: u64, at: Timestamp) -> Result<ChangeRequest, Refused> {
        let change = self.change(number)?.clone();
        if !change.is_open() {
            let (repository, state) = (self.path.clone(), change.state);
            return Err(Refused::WrongState { repository, number, state, wanted: "open ones can be pushed to" });
        }
        if change.head_repository == self.path {
            self.push_branch(&change.branch, at)?;
        } else {
            let change = self.change(number)?;
            change.pushes += 1;
            change.sha = revision(&change.head_repository, &change.branch, change.pushes);
            change.updated_at = at;
        }
        Ok(self.change(number)?.clone())
    }

    pub(crate) fn push_branch(&mut self, name: &str, at: Timestamp) -> Result<String, Refused> {
        let missing = self.missing("branch", name, self.branches.keys().cloned());
        let branch = self.branches.get_mut(name).ok_or(missing)?;
        branch.pushes += 1;
        branch.sha = revision(&self.path, name, branch.pushes);
        branch.updated_at = at;
        let sha = branch.sha.clone();
        let heads = self.changes.iter_mut().filter(|change| change.is_open() && change.branch == name);
        for change in heads.filter(|change| change.head_repository == self.path) {
            change.sha.clone_from(&sha);
            change.pushes += 1;
            change.updated_at = at;
        }
        Ok(sha)
    }

    pub(crate) fn create_branch(&mut self, name: &str, at: Timestamp) -> Result<String, Refused> {
        if self.branches.contains_key(name) {
            return Err(self.taken("branch", name));
        }
        let sha = revision(&self.path, name, 1);
        self.branches.insert(name.to_owned(), Branch { sha: sha.clone(), pushes: 1, updated_at: at });
        Ok(sha)
    }

    /// Also closes the open change requests from it, as both forges do.
    pub(crate) fn delete_branch(&mut self, name: &str, at: Timestamp) -> Result<Branch, Refused> {
        let missing = self.missing("branch", name, self.branches.keys().cloned());
        let gone = self.branches.remove(name).ok_or(missing)?;
        let path = self.path.clone();
        let from_it = |change: &&mut ChangeRequest| change.branch == name && change.head_repository == path;
        for change in self.changes.iter_mut().filter(from_it).filter(|change| change.is_open()) {
            change.state = ChangeState::Closed;
            change.closed_at = Some(at);
            change.updated_at = at;
        }
        Ok(gone)
    }

    pub(crate) fn create_tag(&mut self, name: &str, sha: Option<String>, at: Timestamp) -> Result<String, Refused> {
        if self.tags.contains_key(name) {
            return Err(self.taken("tag", name));
        }
        let sha = sha.unwrap_or_else(|| revision(&self.path, &format!("refs/tags/{name}"), 1));
        self.tags.insert(name.to_owned(), Tag { sha: sha.clone(), created_at: at });
        Ok(sha)
    }

    pub(crate) fn delete_tag(&mut self, name: &str) -> Result<Tag, Refused> {
        let missing = self.missing("tag", name, self.tags.keys().cloned());
        self.tags.remove(name).ok_or(missing)
    }

    /// Closes, merges or reopens.
    pub(crate) fn settle(&mut self, number: u64, to: ChangeState, at: Timestamp) -> Result<ChangeRequest, Refused> {
        let repository = self.path.clone();
        let change = self.change(number)?;
        let (allowed, wanted) = match to {
            ChangeState::Open => (change.state == ChangeState::Closed, "closed ones can be reopened"),
            ChangeState::Closed => (change.is_open(), "open ones can be closed"),
            ChangeState::Merged => (change.is_open(), "open ones can be merged"),
        };
        if !allowed {
            return Err(Refused::WrongState { repository, number, state: change.state, wanted });
        }
        change.state = to;
        change.closed_at = (to != ChangeState::Open).then_some(at);
        change.updated_at = at;
        Ok(change.clone())
    }

    /// An environment by name.
    pub(crate) fn environment(&mut self, name: &str) -> Result<&mut Environment, Refused> {
        let known = self.environments.iter().map(|environment| environment.name.clone());
        let missing = self.missing("environment", name, known);
        self.environments.iter_mut().find(|environment| environment.name == name).ok_or(missing)
    }

    pub(crate) fn create_environment(
        &mut self,
        id: u64,
        name: &str,
        external_url: Option<String>,
        at: Timestamp,
    ) -> Result<Environment, Refused> {
        if self.environments.iter().any(|environment| environment.name == name) {
            return Err(self.taken("environment", name));
        }
        let environment = Environment {
            id,
            name: name.to_owned(),
            slug: slug(name),
            external_url,
            state: EnvironmentState::Available,
            auto_stop_at: None,
            created_at: at,
            updated_at: at,
        };
        self.environments.push(environment.clone());
        Ok(environment)
    }

    pub(crate) fn deploy(&mut self, id: u64, deployed: Deployed, at: Timestamp) -> Result<Deployment, Refused> {
        let environment = self.environment(&deployed.environment)?;
        environment.updated_at = at;
        let environment = environment.id;
        let head = self.branches.get(&deployed.reference).map(|branch| branch.sha.clone());
        let sha = deployed.sha.or(head).unwrap_or_else(|| revision(&self.path, &deployed.reference, 1));
        let deployment = Deployment {
            id,
            iid: self.deployments.last().map_or(1, |last| last.iid + 1),
            environment,
            reference: deployed.reference,
            sha,
            status: deployed.status,
            author: deployed.author,
            created_at: at,
            updated_at: at,
        };
        self.deployments.push(deployment.clone());
        Ok(deployment)
    }

    fn missing(&self, kind: &'static str, name: &str, known: impl Iterator<Item = String>) -> Refused {
        Refused::Missing { repository: self.path.clone(), kind, name: name.to_owned(), known: some_of(known) }
    }

    fn taken(&self, kind: &'static str, name: &str) -> Refused {
        Refused::Taken { repository: self.path.clone(), kind, name: name.to_owned() }
    }
}

/// What a deployment needs to be told.
pub(crate) struct Deployed {
    pub(crate) environment: String,
    pub(crate) reference: String,
    pub(crate) sha: Option<String>,
    pub(crate) status: DeploymentStatus,
    pub(crate) author: String,
}

/// A handful of names for an error text: enough to see the typing mistake.
fn some_of(names: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = names.take(9).collect();
    if shown.len() > 8 {
        shown.truncate(8);
        shown.push("…".to_owned());
    }
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}
