//! Everything the forge knows, behind one lock, and the execution of commands on it.
//!
//! Time in it is logical: it starts at a fixed date and every command moves it on by a second, so that two runs of a script
//! give the same bytes. Only rate limits and the lives of tokens go by the wall clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::events::{Event, RecordedAction};
use crate::command::{Command, Open, Place, Webhook};
use crate::hosted::change::{ChangeRequest, ChangeState};
use crate::hosted::environment::EnvironmentState;
use crate::hosted::repository::{Deployed, Flavour, Opening, Refused, Repository};
use crate::serving::access::{App, Token};
use crate::serving::budget::Budgets;
use crate::serving::fault::Fault;
use crate::serving::requests::Request;

/// The shared state of one running forge.
#[derive(Default)]
pub(crate) struct World {
    state: Mutex<State>,
}

/// What is behind the lock.
pub(crate) struct State {
    pub(crate) repositories: BTreeMap<Place, Repository>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) apps: Vec<App>,
    pub(crate) budgets: Budgets,
    pub(crate) faults: Vec<Fault>,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) requests: Vec<Request>,
    pub(crate) max_age: u64,
    /// What happened and was not yet sent to the webhooks.
    pub(crate) events: Vec<Event>,
    pub(crate) clock: Timestamp,
    ids: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            repositories: BTreeMap::new(),
            tokens: Vec::new(),
            apps: Vec::new(),
            budgets: Budgets::default(),
            faults: Vec::new(),
            webhooks: Vec::new(),
            requests: Vec::new(),
            max_age: 60,
            events: Vec::new(),
            clock: Timestamp::from_second(1_767_603_600).unwrap_or_default(),
            ids: 1000,
        }
    }
}

impl World {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A number no other object of this forge has.
    pub(crate) fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    pub(crate) fn tick(&mut self) -> Timestamp {
        self.clock += SignedDuration::from_secs(1);
        self.clock
    }

    /// The repository of this name, created public when there is none.
    pub(crate) fn place(&mut self, place: &Place) -> &mut Repository {
        let (at, id) = (self.clock, self.id());
        let fresh = || Repository::new(id, place.flavour, &place.path, at);
        self.repositories.entry(place.clone()).or_insert_with(fresh)
    }

    /// Does one work and answers with what it touched.
    pub(crate) fn run(&mut self, command: Command) -> Result<Value, Refused> {
        let at = self.tick();
        Ok(match command {
            Command::Repository { repository, private } => {
                let found = self.touch(&repository, at);
                found.private = private;
                json!({"id": found.id, "path": found.path, "private": private})
            }
            Command::DeleteRepository { repository } => json!(self.repositories.remove(&repository).is_some()),
            Command::Open(open) => self.open(open, at),
            Command::Push { repository, number } => {
                let change = self.touch(&repository, at).push_change(number, at)?;
                self.note(&repository, RecordedAction::Push { branch: change.branch.clone(), sha: change.sha.clone() });
                self.tell(&repository, RecordedAction::Change { action: "synchronize", change })
            }
            Command::Retitle { repository, number, title } => {
                self.edit(&repository, number, at, "edited", |change| change.title = title)?
            }
            Command::Label { repository, number, label } => {
                self.edit(&repository, number, at, "labeled", |change| {
                    if !change.labels.contains(&label) {
                        change.labels.push(label);
                    }
                })?
            }
            Command::Unlabel { repository, number, label } => {
                self.edit(&repository, number, at, "unlabeled", |change| change.labels.retain(|known| *known != label))?
            }
            Command::Draft { repository, number, draft } => {
                let action = if draft { "converted_to_draft" } else { "ready_for_review" };
                self.edit(&repository, number, at, action, |change| change.draft = draft)?
            }
            Command::Close { repository, number } => self.settle(&repository, number, ChangeState::Closed, at)?,
            Command::Merge { repository, number } => self.settle(&repository, number, ChangeState::Merged, at)?,
            Command::Reopen { repository, number } => self.settle(&repository, number, ChangeState::Open, at)?,
            Command::CreateBranch { repository, name } => {
                let sha = self.touch(&repository, at).create_branch(&name, at)?;
                self.note(&repository, RecordedAction::Push { branch: name.clone(), sha: sha.clone() });
                json!({"name": name, "sha": sha})
            }
            Command::PushBranch { repository, name } => {
                let sha = self.touch(&repository, at).push_branch(&name, at)?;
                self.note(&repository, RecordedAction::Push { branch: name.clone(), sha: sha.clone() });
                json!({"name": name, "sha": sha})
            }
            Command::DeleteBranch { repository, name } => json!(self.touch(&repository, at).delete_branch(&name, at)?),
            Command::CreateTag { repository, name, sha } => {
                let sha = self.touch(&repository, at).create_tag(&name, sha, at)?;
                json!({"name": name, "sha": sha})
            }
            Command::DeleteTag { repository, name } => json!(self.touch(&repository, at).delete_tag(&name)?),
            Command::CreateEnvironment { repository, name, external_url } => {
                let id = self.id();
                json!(self.touch(&repository, at).create_environment(id, &name, external_url, at)?)
            }
            Command::StopEnvironment { repository, name } => {
                self.switch(&repository, &name, EnvironmentState::Stopped, at)?
            }
            Command::StartEnvironment { repository, name } => {
                self.switch(&repository, &name, EnvironmentState::Available, at)?
            }
            Command::DeleteEnvironment { repository, name } => {
                let found = self.touch(&repository, at);
                let id = found.environment(&name)?.id;
                found.deployments.retain(|deployment| deployment.environment != id);
                found.environments.retain(|environment| environment.id != id);
                json!({"id": id})
            }
            Command::Deploy(deploy) => {
                let id = self.id();
                let author = deploy.author.unwrap_or_else(|| "octocat".to_owned());
                let (reference, sha, status) = (deploy.reference, deploy.sha, deploy.status);
                let deployed = Deployed { environment: deploy.environment, reference, sha, status, author };
                let deployment = self.touch(&deploy.repository, at).deploy(id, deployed, at)?;
                self.tell(&deploy.repository, RecordedAction::Deployment(deployment))
            }
            Command::FinishDeployment { repository, iid, status } => {
                let found = self.touch(&repository, at);
                let known = found.deployments.iter().map(|deployment| deployment.iid.to_string()).collect::<Vec<_>>();
                let missing = Refused::Missing {
                    repository: repository.path.clone(),
                    kind: "deployment",
                    name: iid.to_string(),
                    known: known.join(", "),
                };
                let deployment =
                    found.deployments.iter_mut().find(|deployment| deployment.iid == iid).ok_or(missing)?;
                deployment.status = status;
                deployment.updated_at = at;
                let deployment = deployment.clone();
                self.tell(&repository, RecordedAction::Deployment(deployment))
            }
            Command::Token(token) => {
                self.tokens.retain(|known| known.value != token.value);
                self.tokens.push(token);
                Value::Null
            }
            Command::RevokeToken { value } => {
                self.tokens.retain(|known| known.value != value);
                Value::Null
            }
            Command::App(app) => {
                self.apps.retain(|known| known.id != app.id);
                self.apps.push(app);
                Value::Null
            }
            Command::RateLimit { flavour, limit } => {
                self.budgets.set(flavour, limit);
                Value::Null
            }
            Command::MaxAge { seconds } => {
                self.max_age = seconds;
                Value::Null
            }
            Command::Fault(fault) => {
                self.faults.push(fault);
                Value::Null
            }
            Command::ClearFaults => {
                self.faults.clear();
                Value::Null
            }
            Command::Webhook(webhook) => {
                self.webhooks.push(webhook);
                Value::Null
            }
        })
    }

    fn touch(&mut self, place: &Place, at: Timestamp) -> &mut Repository {
        let repository = self.place(place);
        repository.updated_at = at;
        repository
    }

    fn open(&mut self, open: Open, at: Timestamp) -> Value {
        let id = self.id();
        let opening = Opening {
            id,
            title: open.title.unwrap_or_else(|| open.branch.replace(['-', '_', '/'], " ")),
            branch: open.branch,
            body: open.body,
            author: open.author.unwrap_or_else(|| "octocat".to_owned()),
            labels: open.labels,
            fork: open.fork,
            target: open.target,
            draft: open.draft,
        };
        let change = self.touch(&open.repository, at).open(opening, at);
        self.tell(&open.repository, RecordedAction::Change { action: "opened", change })
    }

    fn edit(
        &mut self,
        place: &Place,
        number: u64,
        at: Timestamp,
        action: &'static str,
        edit: impl FnOnce(&mut ChangeRequest),
    ) -> Result<Value, Refused> {
        let change = self.touch(place, at).change(number)?;
        edit(change);
        change.updated_at = at;
        let change = change.clone();
        Ok(self.tell(place, RecordedAction::Change { action, change }))
    }

    fn settle(&mut self, place: &Place, number: u64, to: ChangeState, at: Timestamp) -> Result<Value, Refused> {
        let change = self.touch(place, at).settle(number, to, at)?;
        let action = match to {
            ChangeState::Open => "reopened",
            ChangeState::Closed => "closed",
            ChangeState::Merged if place.flavour == Flavour::Gitlab => "merged",
            ChangeState::Merged => "closed",
        };
        Ok(self.tell(place, RecordedAction::Change { action, change }))
    }

    fn switch(&mut self, place: &Place, name: &str, to: EnvironmentState, at: Timestamp) -> Result<Value, Refused> {
        let environment = self.touch(place, at).environment(name)?;
        environment.state = to;
        environment.updated_at = at;
        Ok(json!(environment))
    }

    fn note(&mut self, place: &Place, work: RecordedAction) {
        self.events.push(Event { place: place.clone(), work });
    }

    /// Notes the work for the webhooks and gives back the object it was done to.
    fn tell(&mut self, place: &Place, work: RecordedAction) -> Value {
        let told = match &work {
            RecordedAction::Change { change, .. } => json!(change),
            RecordedAction::Deployment(deployment) => json!(deployment),
            RecordedAction::Push { sha, .. } => json!(sha),
        };
        self.note(place, work);
        told
    }
}
